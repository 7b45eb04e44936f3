//! Which side of the motion a passage helps. A model that shows probabilities is asked for a letter, with either side behind the first one,
//! and what it says to silence is taken off between the sides (after arXiv 2102.09690): a model that leans to one side by itself leans
//! there without a passage, too. Between a side and neither it stays, since silence does help neither. Other models are asked in words.

use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

use crate::domain::seat::Side;
use crate::engine::brief::author::{Author, Wanted};
use crate::engine::brief::found::{Passed, labelled};
use crate::engine::brief::paper::Weighed;
use crate::engine::brief::{Watch, shown, step};
use crate::engine::consult::CALLS_AT_ONCE;
use crate::engine::error::EngineError;
use crate::evidence::Passage;
use crate::text::fence::Fence;

const LETTERS: [&str; 3] = ["A", "B", "C"];
const READING: &str = "reading passages";
const TOKENS: u32 = 8;

/// Log-probabilities of for, against and neither, one row for each order of the letters.
type Read = [[f64; 3]; 2];

/// Reads every passage. `None` if it was stopped.
///
/// # Errors
/// As [`Author::write`] and [`Author::labels`].
pub(super) async fn read(
    author: &Author<'_>,
    passages: Vec<Passage>,
    watch: &Watch,
) -> Result<Option<Passed>, EngineError> {
    let total = passages.len();
    if total == 0 {
        return Ok(Some(Passed::default()));
    }
    step(watch, READING, 0, total);
    let mut prior = None;
    if author.shows_probabilities() {
        let silence = Fence::new(0).wrap("text", &author.words("silence", json!({}))?);
        let Some(read) = probabilities(author, "brief/prior", &silence).await? else { return Ok(None) };
        prior = Some(read);
    }
    let reading = passages.into_iter().enumerate().map(|(number, passage)| async move {
        let item = labelled(&passage, number + 1);
        let text = shown(&item);
        let fenced = author.fence(&text).wrap(&item.title, &text);
        let call = format!("brief/stance/{}", number + 1);
        let weighed = match prior {
            Some(prior) => probabilities(author, &call, &fenced).await?.map(|read| weighed(&read, &prior)),
            None => in_words(author, call, &fenced).await?,
        };
        Ok::<_, EngineError>(weighed.map(|weighed| (passage, weighed)))
    });
    let mut reading = stream::iter(reading).buffered(CALLS_AT_ONCE);
    let mut passed = Passed::default();
    while let Some(read) = reading.next().await {
        let Some(read) = read? else { return Ok(None) };
        passed.read.push(read);
        step(watch, READING, passed.read.len(), total);
    }
    if prior.is_some() {
        unlean(&mut passed.read);
    }
    Ok(Some(passed))
}

async fn probabilities(author: &Author<'_>, call: &str, fenced: &str) -> Result<Option<Read>, EngineError> {
    let contexts = [Side::Proposition, Side::Opposition].map(|first| asked(fenced, first)).to_vec();
    let rows = author.labels(call.to_owned(), "stance", contexts, &LETTERS).await?;
    Ok(rows.map(|rows| {
        let at = |row: usize, place: usize| rows.get(row).and_then(|row| row.get(place)).copied().unwrap_or(f64::MIN);
        [[at(0, 0), at(0, 1), at(0, 2)], [at(1, 1), at(1, 0), at(1, 2)]]
    }))
}

/// The question with one side behind the first letter.
fn asked(fenced: &str, first: Side) -> Value {
    let sides = [first.name(), first.opponent().name(), "neither"];
    let options: Vec<Value> =
        LETTERS.iter().zip(sides).map(|(label, side)| json!({ "label": label, "side": side })).collect();
    json!({ "passage": fenced, "options": options })
}

/// Three shares out of what was read, the leaning between the sides taken off.
fn weighed(read: &Read, prior: &Read) -> Weighed {
    let orders = read.len() as f64;
    let mut mean = [0.0; 3];
    for (read, prior) in read.iter().zip(prior) {
        let leaning = (prior[0] - prior[1]) / 2.0;
        for (sum, read) in mean.iter_mut().zip([read[0] - leaning, read[1] + leaning, read[2]]) {
            *sum += read.max(LEAST) / orders;
        }
    }
    let highest = mean.iter().copied().fold(f64::MIN, f64::max);
    let [proposition, opposition, neither] = mean.map(|mean| (mean - highest).exp());
    let all = proposition + opposition + neither;
    Weighed { proposition: proposition / all, opposition: opposition / all, neither: neither / all }
}

/// How many nats of a leaning to neither are taken off at the most: a model that is surer of it than that may be right about all.
const MOST_LEANING: f64 = 1.0;

/// Takes off what a model leans to neither: a small one hardly tells passages apart there, so what it says of the one in the middle is
/// its leaning (after batch calibration, arXiv 2309.17249).
fn unlean(read: &mut [(Passage, Weighed)]) {
    let odds = |weighed: &Weighed| (weighed.neither / weighed.proposition.max(weighed.opposition)).ln();
    let mut all: Vec<f64> = read.iter().map(|(_, weighed)| odds(weighed)).collect();
    all.sort_by(f64::total_cmp);
    let middle = all.get(all.len() / 2).copied().unwrap_or(0.0);
    let share = (-middle.clamp(0.0, MOST_LEANING)).exp();
    for (_, weighed) in read {
        let Weighed { proposition, opposition, neither } = *weighed;
        let all = proposition + opposition + neither * share;
        let (proposition, opposition) = (proposition / all, opposition / all);
        *weighed = Weighed { proposition, opposition, neither: neither * share / all };
    }
}

/// A log-probability below this is nothing; endpoints leave out what is unlikely.
const LEAST: f64 = -50.0;

async fn in_words(author: &Author<'_>, call: String, fenced: &str) -> Result<Option<Weighed>, EngineError> {
    let context = json!({ "passage": fenced, "options": [] });
    let wanted = Wanted { call, prompt: "stance", context, material: true, tokens: TOKENS, temperature: 0.0 };
    Ok(author.write(wanted).await?.map(|answer| said(&answer)))
}

/// The words that an answer is looked through for, in every language that a prompt asks in.
const SAID: [(&str, Option<Side>); 6] = [
    ("for", Some(Side::Proposition)),
    ("against", Some(Side::Opposition)),
    ("neither", None),
    ("支持", Some(Side::Proposition)),
    ("反对", Some(Side::Opposition)),
    ("都不", None),
];

/// What an answer says in words: the first that it has of them; neither where it has none.
fn said(answer: &str) -> Weighed {
    let lower = answer.to_lowercase();
    let starts = |word: &str| {
        lower.match_indices(word).map(|(place, _)| place).find(|place| {
            let (before, after) = (&lower[..*place], &lower[place + word.len()..]);
            let goes_on = |c: char| word.is_ascii() && c.is_alphabetic();
            !before.ends_with(goes_on) && !after.starts_with(goes_on)
        })
    };
    let found = SAID.iter().filter_map(|(word, side)| Some((starts(word)?, *side)));
    let first = found.min_by_key(|(place, _)| *place).and_then(|(_, side)| side);
    let of = |side: Side| if first == Some(side) { 1.0 } else { 0.0 };
    let (proposition, opposition) = (of(Side::Proposition), of(Side::Opposition));
    Weighed { proposition, opposition, neither: 1.0 - proposition - opposition }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn logs(rows: [[f64; 3]; 2]) -> Read {
        rows.map(|row| row.map(f64::ln))
    }

    #[test]
    fn a_letter_that_is_always_liked_favours_no_side() {
        // The first letter is liked: in the first order it is for, in the second against.
        let read = logs([[0.6, 0.3, 0.1], [0.3, 0.6, 0.1]]);
        let weighed = weighed(&read, &logs([[0.4, 0.4, 0.2]; 2]));
        assert!((weighed.proposition - weighed.opposition).abs() < 1e-9, "{weighed:?}");
    }

    #[test]
    fn what_the_model_says_to_silence_is_taken_off_between_the_sides_only() {
        let leaning = logs([[0.5, 0.1, 0.4]; 2]);
        let silence = weighed(&leaning, &leaning);
        assert!((silence.proposition - silence.opposition).abs() < 1e-9, "{silence:?}");
        assert_eq!(silence.side(), None, "silence helps neither: {silence:?}");
        let read = weighed(&logs([[0.45, 0.45, 0.1]; 2]), &leaning);
        assert_eq!(read.side(), Some(Side::Opposition), "{read:?}");
    }

    #[test]
    fn an_answer_in_words_is_the_first_of_the_three() {
        assert_eq!(said("**Against** the motion, not for it").side(), Some(Side::Opposition));
        assert_eq!(said("For.").side(), Some(Side::Proposition));
        assert_eq!(said("I concede everything, forever").side(), None);
        assert_eq!(said("").side(), None);
        assert_eq!(said("反对。它不支持辩题").side(), Some(Side::Opposition));
        assert_eq!(said("都不支持").side(), None);
    }

    #[test]
    fn a_model_that_is_a_little_likelier_to_say_neither_of_everything_still_sorts_and_a_sure_one_is_believed() {
        let passage = |name: &str| {
            let name = name.to_owned();
            Passage { source: name.clone(), title: name.clone(), address: name.clone(), text: name, score: 1.0 }
        };
        let weighed =
            |proposition: f64, neither: f64| Weighed { proposition, opposition: 1.0 - proposition - neither, neither };
        let sorted = |rows: &[(f64, f64)]| -> usize {
            let mut read: Vec<_> = rows.iter().map(|(one, neither)| (passage("a"), weighed(*one, *neither))).collect();
            unlean(&mut read);
            read.iter().filter(|(_, weighed)| weighed.side().is_some()).count()
        };
        let some = sorted(&[(0.34, 0.40), (0.32, 0.44), (0.28, 0.50)]);
        assert!((1..=2).contains(&some), "the one in the middle may go either way: {some}");
        assert_eq!(sorted(&[(0.05, 0.90), (0.06, 0.90), (0.04, 0.92)]), 0);
        assert_eq!(sorted(&[(0.70, 0.10), (0.60, 0.20), (0.05, 0.90)]), 2);
        unlean(&mut []);
    }

    proptest! {
        #[test]
        fn shares_make_one_and_exchanging_the_sides_exchanges_them(
            rows in proptest::array::uniform2(proptest::array::uniform3(-20.0..0.0f64)),
            prior in proptest::array::uniform2(proptest::array::uniform3(-20.0..0.0f64)),
        ) {
            let turned = |rows: Read| rows.map(|[one, other, neither]| [other, one, neither]);
            let (one, other) = (weighed(&rows, &prior), weighed(&turned(rows), &turned(prior)));
            prop_assert!((one.proposition + one.opposition + one.neither - 1.0).abs() < 1e-9);
            prop_assert!((one.proposition - other.opposition).abs() < 1e-9);
            prop_assert!((one.neither - other.neither).abs() < 1e-9);
        }
    }
}
