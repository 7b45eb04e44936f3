//! Sums and percentages that a speech works out for its audience.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::judge::checks::Claim;

/// How far a result may be off, as a share: speakers round.
const ROUNDING: f64 = 0.01;
/// The same behind a word like "about".
const ABOUT: f64 = 0.06;

/// A number with its unit words: `1,200`, `$3.5 million`, `40`.
const NUMBER: &str =
    r"[$€£]?\s?(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)(?:\s?(thousand|million|billion|trillion))?";
const IS: &str = r"(?:=|equals|is|are|makes?|gives?|comes? to|amounts? to)";
const VAGUE: &str = r"(about|around|roughly|nearly|almost|over|more than|some|approximately)?";

type Work = fn(f64, f64) -> f64;

struct Form {
    pattern: Regex,
    work: Work,
}

/// Each form has two numbers and a result, in this order, and a vague word before the result.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let between = |operator: &str| {
        format!(r"(?i){NUMBER}(?: [a-z]+)?\s+(?:{operator})\s+{NUMBER}(?: [a-z]+)?,?\s+{IS}\s*{VAGUE}\s*{NUMBER}")
    };
    let tight = |operator: &str| format!(r"(?i){NUMBER}\s*(?:{operator})\s*{NUMBER}\s*=\s*{VAGUE}\s*{NUMBER}");
    let change = |words: &str| {
        format!(
            r"(?i)from {NUMBER} to {NUMBER},?\s*(?:(?:is|was|that is|which is|i\.e\.,?)\s+)?an?\s*{VAGUE}\s*{NUMBER}(?:\s?%| per ?cent) (?:{words})"
        )
    };
    let forms: [(String, Work); 9] = [
        (between("plus"), |a, b| a + b),
        (between("minus|less"), |a, b| a - b),
        (between("times|multiplied by"), |a, b| a * b),
        (between("divided by"), |a, b| a / b),
        (tight(r"\+"), |a, b| a + b),
        (tight(r"[-−–]"), |a, b| a - b),
        (tight(r"[x×*]"), |a, b| a * b),
        (tight("[/÷]"), |a, b| a / b),
        (format!(r"(?i){NUMBER}(?:\s?%| per ?cent) of {NUMBER}(?: \w+)?,?\s+{IS}\s*{VAGUE}\s*{NUMBER}"), |a, b| {
            a * b / 100.0
        }),
    ];
    let changes: [(String, Work); 2] = [
        (change("rise|increase|growth|gain|jump"), |a, b| (b - a) / a * 100.0),
        (change("fall|drop|decrease|decline|cut|reduction|loss"), |a, b| (a - b) / a * 100.0),
    ];
    // A pattern that does not compile would find nothing, which the tests of every form would show.
    let compiled = forms.into_iter().chain(changes);
    compiled.filter_map(|(pattern, work)| Some(Form { pattern: Regex::new(&pattern).ok()?, work })).collect()
});

/// The sums of a text that can be read for certain.
pub(super) fn claims(text: &str) -> Vec<Claim> {
    let mut claims: Vec<(usize, Claim)> = Vec::new();
    for form in FORMS.iter() {
        for found in form.pattern.captures_iter(text) {
            let whole = found.get(0).map_or(0..0, |all| all.range());
            claims.extend(read(&found, form.work).map(|claim| (whole.start, claim)));
        }
    }
    claims.sort_by_key(|(place, _)| *place);
    claims.into_iter().map(|(_, claim)| claim).collect()
}

fn read(found: &Captures<'_>, work: Work) -> Option<Claim> {
    let text = found.get(0)?.as_str().trim().to_owned();
    let [one, other, said] = [(1, 2), (3, 4), (6, 7)].map(|(number, unit)| value(found, number, unit));
    let (one, other, said) = (one?, other?, said?);
    let right = work(one, other);
    if !right.is_finite() {
        return None;
    }
    let slack = if found.get(5).is_some() { ABOUT } else { ROUNDING };
    // A result with few digits was rounded to them.
    let digits = found.get(6).map_or(0.5, |number| last_digit(number.as_str()) * unit(found, 7) / 2.0);
    let holds = (right - said).abs() <= (right.abs() * slack).max(digits) + 1e-9;
    let finding = if holds { "That is right.".to_owned() } else { format!("That is false: it is {}.", shown(right)) };
    Some(Claim { text, finding, holds, source: None })
}

fn value(found: &Captures<'_>, number: usize, words: usize) -> Option<f64> {
    let number: f64 = found.get(number)?.as_str().replace(',', "").parse().ok()?;
    Some(number * unit(found, words))
}

fn unit(found: &Captures<'_>, group: usize) -> f64 {
    match found.get(group).map(|unit| unit.as_str().to_lowercase()).as_deref() {
        Some("thousand") => 1e3,
        Some("million") => 1e6,
        Some("billion") => 1e9,
        Some("trillion") => 1e12,
        _ => 1.0,
    }
}

/// The worth of the last digit of a number that has a decimal point; nothing for a whole number, which may be exact.
fn last_digit(number: &str) -> f64 {
    number.split_once('.').map_or(0.0, |(_, behind)| 10_f64.powi(-i32::try_from(behind.len()).unwrap_or(0)))
}

fn shown(number: f64) -> String {
    let rounded = (number * 100.0).round() / 100.0;
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Vec<bool> {
        claims(text).iter().map(|claim| claim.holds).collect()
    }

    #[test]
    fn right_sums_hold_in_every_form() {
        for text in [
            "3 + 4 = 7",
            "Then 12 - 5 = 7.",
            "6 x 7 = 42",
            "100 / 8 = 12.5",
            "Forty? No: 30 plus 12 is 42.",
            "50 minus 8 equals 42",
            "20 trees plus 30 trees is 50",
            "1,200 times 3 makes 3,600",
            "$10 million divided by 4 is $2.5 million",
            "20% of 50 is 10",
            "15 per cent of 80 homes are 12",
            "It went from 200 to 250, a 25% rise.",
            "Deaths went from 400 to 300, which is a 25 per cent drop.",
            "A third: 100 divided by 3 is about 33.",
        ] {
            assert_eq!(checked(text), [true], "{text}");
        }
    }

    #[test]
    fn a_false_sum_is_told_with_the_right_result() {
        let claims = claims("They say 20% of 50 is 15. And 3 + 4 = 7.");
        assert_eq!(claims.len(), 2);
        assert_eq!((claims[0].text.as_str(), claims[0].holds), ("20% of 50 is 15", false));
        assert_eq!(claims[0].finding, "That is false: it is 10.");
        for text in ["From 100 to 150 is a 60% increase.", "2 million plus 3 million is 6 million", "7 × 8 = 54"] {
            assert_eq!(checked(text), [false], "{text}");
        }
    }

    #[test]
    fn what_is_no_sum_is_no_finding() {
        for text in [
            "In 2019 there were 3 trials and 2 of them failed.",
            "The vote was 3-2 = a scandal",
            "From 1990 to 2020 the share was 5%.",
            "Article 5 is 40 lines long.",
            "5 / 0 = 3",
            "",
        ] {
            assert_eq!(checked(text), [false; 0], "{text}");
        }
    }
}
