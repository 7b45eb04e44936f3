//! Which of several models takes a call of a role: the one that has done best for its price and time, within what the team may still
//! spend, and why. The value of a model is (1 - thrift) x success + thrift x (1 - cost), the form of Router-R1's reward
//! (arXiv 2506.09033); success is learned from the calls of the same debate, and a model that was tried less is given the
//! benefit of the doubt (UCB1).

use crate::agent::pipeline::THIN_WORDS;
use crate::agent::reply::{Written, written};
use crate::domain::speech::Work;
use crate::domain::team::Role;
use crate::text::words::count_words;

/// How much a model that was tried less is given in advance.
const CURIOSITY: f64 = 0.2;
/// The fewest words of a plan.
const PLAN: usize = 5;

/// A model that could take a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub model: String,
    /// What the call would cost, US dollars; 0 on this machine.
    pub dollars: f64,
    /// Seconds that its calls took so far; `None` before the first.
    pub seconds: Option<f64>,
    pub tried: u32,
    /// Of those that were tried, 0 or more.
    pub succeeded: u32,
}

/// Who takes the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub model: String,
    /// A sentence.
    pub why: String,
}

/// Chooses among at least one candidate; those that would cost more than `left` stand back unless all would. `thrift` is from 0, only
/// success counts, to 1, only price and time.
#[must_use]
pub fn route(candidates: &[Candidate], thrift: f64, left: Option<f64>) -> Option<Route> {
    let affordable = |one: &&Candidate| left.is_none_or(|left| one.dollars <= left);
    let within: Vec<&Candidate> = candidates.iter().filter(affordable).collect();
    let dear = within.is_empty();
    let within = if dear { candidates.iter().collect() } else { within };
    let all = within.iter().map(|one| one.tried).sum::<u32>();
    let most = |of: fn(&Candidate) -> f64| within.iter().map(|one| of(one)).fold(0.0, f64::max);
    let (dearest, slowest) = (most(|one| one.dollars), most(|one| one.seconds.unwrap_or(0.0)));
    let part = |value: f64, most: f64| if most > 0.0 { value / most } else { 0.0 };
    let value = |one: &Candidate| {
        let success = f64::from(one.succeeded + 1) / f64::from(one.tried + 2);
        let cost = (part(one.dollars, dearest) + part(one.seconds.unwrap_or(0.0), slowest)) / 2.0;
        let doubt = (f64::from(all + 1).ln() / f64::from(one.tried + 1)).sqrt();
        (1.0 - thrift) * success + thrift * (1.0 - cost) + CURIOSITY * doubt
    };
    // The first named wins where nothing speaks for another.
    let mut best = *within.first()?;
    for one in &within[1..] {
        if value(one) > value(best) + 1e-12 {
            best = one;
        }
    }
    let told = match best.tried {
        0 => "not tried yet".to_owned(),
        tried => format!("{} of {tried} calls did what they should", best.succeeded),
    };
    let time = best.seconds.map_or(String::new(), |seconds| format!(", {seconds:.1} s each"));
    let price = if best.dollars > 0.0 { format!(", about ${:.4} a call", best.dollars) } else { String::new() };
    let limit = match (dear, left) {
        (true, Some(left)) => format!("; none fits into the ${left:.4} that are left"),
        (false, _) if within.len() < candidates.len() => "; dearer ones do not fit into what is left".to_owned(),
        _ => String::new(),
    };
    Some(Route { model: best.model.clone(), why: format!("{told}{time}{price}{limit}") })
}

/// How often a model was asked in a role, and how often its answer did what it should: a query that found something, a plan, a draft that
/// was not sent back, a decision.
#[must_use]
pub fn record<'a>(work: impl IntoIterator<Item = &'a [Work]>, role: Role, model: &str) -> (u32, u32) {
    let (mut tried, mut succeeded) = (0, 0);
    for work in work {
        for (at, step) in work.iter().enumerate() {
            let Work::Role(said) = step else { continue };
            if said.role == role && said.model == model {
                tried += 1;
                succeeded += u32::from(did_it(said.role, &said.text, &work[at + 1..]));
            }
        }
    }
    (tried, succeeded)
}

/// Whether an answer did what it should, as what followed it tells.
fn did_it(role: Role, text: &str, after: &[Work]) -> bool {
    let until_next = || after.iter().take_while(|step| !matches!(step, Work::Role(said) if said.role == role));
    match role {
        Role::Searcher => until_next().any(|step| matches!(step, Work::Query(run) if run.hits > 0)),
        Role::Analyzer => count_words(text) >= PLAN,
        Role::Writer => {
            let sent_back = until_next().any(|step| matches!(step, Work::Review(review) if !review.approved));
            !sent_back && matches!(written(text), Written::Speech(speech) if count_words(&speech) >= THIN_WORDS)
        }
        Role::Reviewer => until_next().any(|step| matches!(step, Work::Review(_))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::fixtures::{SPEECH as PROSE, ran, said};

    fn candidate(model: &str, dollars: f64, tried: u32, succeeded: u32) -> Candidate {
        Candidate { model: model.to_owned(), dollars, seconds: None, tried, succeeded }
    }

    fn chosen(candidates: &[Candidate], thrift: f64, left: Option<f64>) -> String {
        route(candidates, thrift, left).unwrap().model
    }

    #[test]
    fn what_did_better_takes_the_call_and_thrift_prefers_the_cheaper() {
        let tried = [candidate("good", 0.02, 20, 19), candidate("cheap", 0.001, 20, 12)];
        assert_eq!(chosen(&tried, 0.0, None), "good");
        assert_eq!(chosen(&tried, 0.9, None), "cheap");
    }

    #[test]
    fn an_untried_model_gets_its_chance_and_the_first_named_the_first_call() {
        let fresh = [candidate("first", 0.0, 0, 0), candidate("second", 0.0, 0, 0)];
        assert_eq!(chosen(&fresh, 0.3, None), "first");
        assert_eq!(chosen(&[candidate("first", 0.0, 4, 2), candidate("second", 0.0, 0, 0)], 0.3, None), "second");
    }

    #[test]
    fn who_costs_more_than_is_left_stands_back_unless_all_do() {
        let models = [candidate("dear", 0.5, 9, 9), candidate("cheap", 0.01, 9, 1)];
        let within = route(&models, 0.0, Some(0.1)).unwrap();
        assert!(within.model == "cheap" && within.why.contains("dearer ones do not fit"), "{within:?}");
        let neither = route(&models, 0.0, Some(0.001)).unwrap();
        assert!(neither.model == "dear" && neither.why.contains("none fits into the $0.0010"), "{neither:?}");
        assert_eq!(route(&[], 0.0, None), None);
    }

    #[test]
    fn success_is_read_from_what_followed() {
        let work = [
            said(Role::Searcher, "sea"),
            ran("sea"),
            said(Role::Analyzer, "no"),
            said(Role::Writer, ""),
            said(Role::Writer, PROSE),
        ];
        let model = match &work[0] {
            Work::Role(said) => said.model.clone(),
            other => panic!("{other:?}"),
        };
        let of = |role| record([work.as_slice()], role, &model);
        assert_eq!(of(Role::Searcher), (1, 1));
        assert_eq!(of(Role::Analyzer), (1, 0));
        assert_eq!(of(Role::Writer), (2, 1));
        assert_eq!(record([work.as_slice()], Role::Writer, "another"), (0, 0));
    }
}
