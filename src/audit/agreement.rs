//! How far a judge agrees with the labels of a file, and what else could explain it: length, order, the skew of the labels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::audit::case::{Label, Matter};
use crate::audit::hearing::{Judged, Opinion};
use crate::domain::usage::Usage;
use crate::rating::agreement::{consistency, kappa, quadratic_kappa};
use crate::rating::calibration::{Calibration, Forecast, fit_temperature, held_out, measure};
use crate::rating::interval::{Estimated, Scored, share};

/// Texts are of matched length if the shorter has at least this share of the longer one's words.
pub const MATCHED: f64 = 0.9;

/// Accuracy on some of the cases, beside what needs no judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subset {
    pub accuracy: Estimated,
    pub baselines: Baselines,
}

/// What a rule without a judge would get, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baselines {
    pub always_a: f64,
    /// The commoner label, whichever it is.
    pub majority: f64,
    /// More words win; equal ones are half right.
    pub longer_wins: f64,
    pub shorter_wins: f64,
}

/// Accuracy in one group of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub group: String,
    pub accuracy: Estimated,
}

/// Three verdicts against three labels; a tie lies between a and b.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreeWay {
    pub accuracy: Estimated,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quadratic_kappa: Option<f64>,
}

/// Before and after a temperature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationReport {
    pub before: Calibration,
    /// Fitted on all cases; divides log-odds.
    pub temperature: f64,
    /// Each cluster with the temperature of all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<Calibration>,
}

/// What the order of presentation does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// How often the winner changes with the order.
    pub flip_rate: Estimated,
    /// The mean probability that whoever stands first is given, less one half, -0.5 to 0.5.
    pub position_bias: f64,
    /// `(τ + 1) / 2` between the two orders' rankings of the cases, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistency: Option<f64>,
}

/// What the orders that a judge reads within one judgement do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Within {
    /// The share of pairs of its votes that favour the same side, 0 to 1, averaged over cases.
    pub agrees_with_itself: f64,
    /// As in [`Order`], before its votes are averaged.
    pub position_bias: f64,
    pub n: usize,
}

/// How often something is chosen against how often it is right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaning {
    pub chosen: f64,
    pub right: f64,
    pub n: usize,
}

/// Everything about the labelled cases of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementReport {
    /// Cases that were heard.
    pub n: usize,
    pub clusters: usize,
    /// Cases that the judge could not decide, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub void: BTreeMap<String, usize>,
    /// Cases that people call a tie: no part of the accuracy.
    pub label_ties: usize,
    /// By the sign of the antisymmetric log-odds, over decided labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Estimated>,
    /// The same with the judge's own ties half right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_own_ties: Option<Estimated>,
    /// How often the judge calls a tie, 0 to 1.
    pub own_ties: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kappa: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub three_way: Option<ThreeWay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baselines: Option<Baselines>,
    /// Pairs of about the same number of words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_length: Option<Subset>,
    /// Pairs of which the shorter won. It selects on the label, so it is no target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shorter_won: Option<Subset>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Of a judge that reads several orders itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// The longer of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longer: Option<Leaning>,
    /// Whoever spoke last in a debate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_speaker: Option<Leaning>,
    /// The text that the judge's own model or its family wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_model: Option<Leaning>,
    /// How often one person's vote agrees with the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_person: Option<f64>,
    pub tokens_per_case: f64,
}

/// A case with a label and an opinion, and what is asked of it again and again.
struct Known<'a> {
    judged: &'a Judged,
    opinion: &'a Opinion,
    words: [usize; 2],
}

impl Known<'_> {
    fn label(&self) -> Label {
        self.judged.case.label
    }

    fn longer(&self) -> Label {
        Label::of(self.words[0] as f64 - self.words[1] as f64)
    }

    fn is_matched(&self) -> bool {
        let [shorter, longer] = [self.words[0].min(self.words[1]), self.words[0].max(self.words[1])];
        longer > 0 && shorter as f64 >= MATCHED * longer as f64
    }
}

/// Folds the cases of a file. `void` counts the reasons of void judgements; `own_names` are the judge's models and families.
#[must_use]
pub fn report(judged: &[Judged], void: BTreeMap<String, usize>, own_names: &[String], seed: u64) -> AgreementReport {
    let known: Vec<Known<'_>> = judged
        .iter()
        .filter_map(|judged| {
            let words = judged.case.matter.words();
            judged.opinion.as_ref().map(|opinion| Known { judged, opinion, words })
        })
        .collect();
    let decided: Vec<&Known<'_>> = known.iter().filter(|case| case.label() != Label::Tie).collect();
    let only = |keep: &dyn Fn(&Known<'_>) -> bool| -> Vec<&Known<'_>> {
        decided.iter().copied().filter(|case| keep(case)).collect()
    };
    let in_pairs = only(&|case| matches!(case.judged.case.matter, Matter::Pair { .. }));
    let matched: Vec<&Known<'_>> = in_pairs.iter().copied().filter(|case| case.is_matched()).collect();
    let shorter_won: Vec<&Known<'_>> =
        in_pairs.iter().copied().filter(|case| case.longer() != Label::Tie && case.longer() != case.label()).collect();
    let clusters: std::collections::BTreeSet<&str> = judged.iter().map(|judged| judged.case.cluster.as_str()).collect();
    let mut usage = Usage::default();
    known.iter().for_each(|case| usage += case.opinion.usage);
    let per_case = |sum: f64| if known.is_empty() { 0.0 } else { sum / known.len() as f64 };
    AgreementReport {
        n: judged.len(),
        clusters: clusters.len(),
        void,
        label_ties: judged.iter().filter(|judged| judged.case.label == Label::Tie).count(),
        accuracy: accuracy(&decided, Opinion::verdict, seed),
        accuracy_own_ties: accuracy(&decided, |opinion| opinion.own, seed),
        own_ties: per_case(known.iter().filter(|case| case.opinion.own == Label::Tie).count() as f64),
        kappa: kappa(
            &decided.iter().map(|case| (case.label().index(), case.opinion.verdict().index())).collect::<Vec<_>>(),
            3,
        ),
        three_way: three_way(&known, seed),
        baselines: baselines(&decided),
        matched_length: subset(&matched, seed),
        shorter_won: subset(&shorter_won, seed),
        groups: groups(&decided, seed),
        calibration: calibration(&decided),
        order: order(&known, seed),
        within: within(&known),
        longer: leaning(&in_pairs, |case| Some(case.longer())),
        last_speaker: leaning(&decided, |case| case.judged.case.last_speaker()),
        own_model: leaning(&decided, |case| own_model(case, own_names)),
        one_person: one_person(&decided),
        tokens_per_case: per_case(usage.tokens() as f64),
    }
}

/// Accuracy over several files: cases of one cluster in one file belong together.
#[must_use]
pub fn pooled(files: &[&[Judged]], seed: u64) -> Option<Estimated> {
    let named: Vec<(String, f64)> = files
        .iter()
        .enumerate()
        .flat_map(|(file, judged)| judged.iter().map(move |judged| (file, judged)))
        .filter(|(_, judged)| judged.case.label != Label::Tie)
        .filter_map(|(file, judged)| {
            let verdict = judged.opinion.as_ref()?.verdict();
            Some((format!("{file}/{}", judged.case.cluster), judged.case.label.score(verdict)))
        })
        .collect();
    share(&named.iter().map(|(cluster, score)| Scored { cluster, score: *score }).collect::<Vec<_>>(), seed)
}

fn accuracy(cases: &[&Known<'_>], verdict: impl Fn(&Opinion) -> Label, seed: u64) -> Option<Estimated> {
    let scored = cases
        .iter()
        .map(|case| Scored { cluster: &case.judged.case.cluster, score: case.label().score(verdict(case.opinion)) });
    share(&scored.collect::<Vec<_>>(), seed)
}

fn three_way(known: &[Known<'_>], seed: u64) -> Option<ThreeWay> {
    if !known.iter().any(|case| case.label() == Label::Tie) {
        return None;
    }
    let pairs: Vec<(usize, usize)> =
        known.iter().map(|case| (case.label().index(), case.opinion.own.index())).collect();
    let scored = known.iter().map(|case| Scored {
        cluster: &case.judged.case.cluster,
        score: f64::from(u8::from(case.label() == case.opinion.own)),
    });
    let accuracy = share(&scored.collect::<Vec<_>>(), seed)?;
    Some(ThreeWay { accuracy, quadratic_kappa: quadratic_kappa(&pairs, 3) })
}

fn baselines(cases: &[&Known<'_>]) -> Option<Baselines> {
    let share = |score: &dyn Fn(&Known<'_>) -> f64| {
        (!cases.is_empty()).then(|| cases.iter().map(|case| score(case)).sum::<f64>() / cases.len() as f64)
    };
    let always_a = share(&|case| case.label().score(Label::A))?;
    let longer_wins = share(&|case| case.label().score(case.longer()))?;
    Some(Baselines { always_a, majority: always_a.max(1.0 - always_a), longer_wins, shorter_wins: 1.0 - longer_wins })
}

fn subset(cases: &[&Known<'_>], seed: u64) -> Option<Subset> {
    Some(Subset { accuracy: accuracy(cases, Opinion::verdict, seed)?, baselines: baselines(cases)? })
}

/// One row for each group, if there are several.
fn groups(cases: &[&Known<'_>], seed: u64) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Vec<&Known<'_>>> = BTreeMap::new();
    for case in cases {
        groups.entry(&case.judged.case.group).or_default().push(case);
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    let row = |(group, cases): (&str, Vec<&Known<'_>>)| {
        Some(Group { group: group.to_owned(), accuracy: accuracy(&cases, Opinion::verdict, seed)? })
    };
    groups.into_iter().filter_map(row).collect()
}

fn calibration(cases: &[&Known<'_>]) -> Option<CalibrationReport> {
    let forecasts: Vec<Forecast<'_>> = cases
        .iter()
        .map(|case| Forecast {
            cluster: &case.judged.case.cluster,
            log_odds: case.opinion.log_odds,
            first_was_better: case.label() == Label::A,
        })
        .collect();
    let before = measure(&forecasts, 1.0)?;
    Some(CalibrationReport { before, temperature: fit_temperature(&forecasts), held_out: held_out(&forecasts) })
}

fn order(known: &[Known<'_>], seed: u64) -> Option<Order> {
    let flips = known.iter().filter_map(|case| {
        let score = f64::from(u8::from(case.opinion.flipped()?));
        Some(Scored { cluster: &case.judged.case.cluster, score })
    });
    let flip_rate = share(&flips.collect::<Vec<_>>(), seed)?;
    let pulls: Vec<f64> = known.iter().filter_map(|case| case.opinion.pull_to_first()).collect();
    let ranks: Vec<(f64, f64)> = known
        .iter()
        .filter_map(|case| match case.opinion.orders[..] {
            [straight, swapped] => Some((straight, swapped)),
            _ => None,
        })
        .collect();
    let position_bias = pulls.iter().sum::<f64>() / pulls.len().max(1) as f64;
    Some(Order { flip_rate, position_bias, consistency: consistency(&ranks) })
}

fn within(known: &[Known<'_>]) -> Option<Within> {
    let found: Vec<(f64, f64)> = known.iter().filter_map(|case| case.opinion.within).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| found.iter().map(of).sum::<f64>() / found.len() as f64;
    let (agrees_with_itself, position_bias) = (mean(|it| it.0), mean(|it| it.1));
    (!found.is_empty()).then_some(Within { agrees_with_itself, position_bias, n: found.len() })
}

/// How often the marked text is chosen and how often it is right, over cases in which one is marked.
fn leaning(cases: &[&Known<'_>], marked: impl Fn(&Known<'_>) -> Option<Label>) -> Option<Leaning> {
    let (mut chosen, mut right, mut n) = (0.0, 0.0, 0usize);
    for case in cases {
        if let Some(mark) = marked(case).filter(|mark| *mark != Label::Tie) {
            chosen += mark.score(case.opinion.verdict());
            right += mark.score(case.label());
            n += 1;
        }
    }
    (n > 0).then(|| Leaning { chosen: chosen / n as f64, right: right / n as f64, n })
}

/// The text that one of these names wrote, if the other author is somebody else.
fn own_model(case: &Known<'_>, own_names: &[String]) -> Option<Label> {
    let authors = case.judged.case.authors.as_ref()?;
    let plain = |name: &str| {
        name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let is_own = |author: &String| {
        let author = plain(author);
        own_names.iter().map(|name| plain(name)).any(|name| name.len() > 2 && author.starts_with(&name))
    };
    match authors.each_ref().map(is_own) {
        [true, false] => Some(Label::A),
        [false, true] => Some(Label::B),
        _ => None,
    }
}

fn one_person(cases: &[&Known<'_>]) -> Option<f64> {
    let votes = cases.iter().filter_map(|case| Some(case.judged.case.votes?.for_label(case.label())));
    let (agreeing, all) = votes.fold((0.0, 0.0), |sum, votes| (sum.0 + votes.0, sum.1 + votes.1));
    (all > 0.0).then(|| agreeing / all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::case::{Case, Votes};
    use crate::audit::hearing::Hearing;
    use crate::audit::hearing::rehearsed::hearing;
    use crate::domain::transcript::Contest;

    /// A pair of so many words each, with what the judge says in each order.
    fn judged(topic: &str, words: [usize; 2], label: Label, orders: [f64; 2]) -> Judged {
        let texts = words.map(|words| vec!["word"; words].join(" "));
        let mut case = Case::pair(topic, Contest::Arguments, topic, texts, label);
        case.group = topic.to_owned();
        case.votes = Some(Votes { a: 4.0, b: 1.0, equal: 0.0 });
        Judged::of(case, &orders.map(|probability| hearing(probability, 0.05)))
    }

    fn of(judged: &[Judged]) -> AgreementReport {
        report(judged, BTreeMap::new(), &[], 1)
    }

    #[test]
    fn accuracy_counts_the_antisymmetric_score_only() {
        let report = of(&[
            judged("x", [10, 10], Label::A, [0.9, 0.2]),
            judged("y", [10, 10], Label::B, [0.9, 0.2]),
            judged("y", [10, 10], Label::A, [0.8, 0.8]),
            judged("z", [10, 10], Label::Tie, [0.5, 0.5]),
        ]);
        let accuracy = report.accuracy.unwrap();
        assert_eq!((accuracy.value, accuracy.n, report.label_ties, report.n), (0.5, 3, 1, 4));
        let order = report.order.unwrap();
        assert_eq!((order.flip_rate.value, order.flip_rate.n), (0.25, 4));
        let three_way = report.three_way.unwrap();
        assert_eq!(three_way.accuracy.value, 0.5);
        assert_eq!(report.tokens_per_case, 200.0);
    }

    #[test]
    fn length_is_told_apart_from_judgement() {
        let report = of(&[
            judged("x", [20, 10], Label::A, [0.9, 0.1]),
            judged("x", [20, 10], Label::B, [0.9, 0.1]),
            judged("y", [10, 10], Label::B, [0.1, 0.9]),
            judged("z", [19, 20], Label::A, [0.1, 0.9]),
        ]);
        let baselines = report.baselines.unwrap();
        assert_eq!((baselines.longer_wins, baselines.always_a, baselines.majority), (1.5 / 4.0, 0.5, 0.5));
        let matched = report.matched_length.unwrap();
        assert_eq!((matched.accuracy.n, matched.accuracy.value), (2, 0.5));
        let shorter = report.shorter_won.unwrap();
        assert_eq!((shorter.accuracy.n, shorter.accuracy.value, shorter.baselines.shorter_wins), (2, 0.0, 1.0));
        assert_eq!(report.longer, Some(Leaning { chosen: 1.0, right: 1.0 / 3.0, n: 3 }));
        assert_eq!(report.groups.len(), 3);
        assert_eq!(report.one_person, Some((4.0 + 1.0 + 1.0 + 4.0) / 20.0));
    }

    #[test]
    fn a_void_case_is_counted_and_not_scored() {
        let mut cases = vec![judged("x", [9, 9], Label::A, [0.9, 0.1])];
        let case = cases[0].case.clone();
        cases.push(Judged::of(case, &[hearing(0.9, 0.0), Hearing::Void("too long".to_owned())]));
        let report = report(&cases, BTreeMap::from([("too long".to_owned(), 1)]), &[], 1);
        assert_eq!((report.n, report.accuracy.unwrap().n, report.void["too long"]), (2, 1, 1));
    }

    #[test]
    fn a_judge_of_its_own_kind_is_found_by_the_authors() {
        let mut case = judged("x", [9, 9], Label::B, [0.9, 0.1]);
        case.case.authors = Some(["Owl-7B chat".to_owned(), "lark".to_owned()]);
        let own = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            report(std::slice::from_ref(&case), BTreeMap::new(), &names, 1).own_model
        };
        assert_eq!(own(&["owl"]), Some(Leaning { chosen: 1.0, right: 0.0, n: 1 }));
        assert_eq!(own(&["crow"]), None);
        assert_eq!(own(&["owl", "lark"]), None, "both are its own");
    }

    #[test]
    fn nothing_heard_is_nothing_claimed() {
        let report = of(&[]);
        assert_eq!((report.accuracy, report.calibration, report.order), (None, None, None));
    }

    #[test]
    fn files_are_pooled_with_their_clusters_apart() {
        let (one, other) = ([judged("x", [9, 9], Label::A, [0.9, 0.1])], [judged("x", [9, 9], Label::B, [0.9, 0.1])]);
        let pooled = pooled(&[&one, &other], 1).unwrap();
        assert_eq!((pooled.value, pooled.n), (0.5, 2));
    }
}
