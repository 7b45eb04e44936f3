//! Days that do not exist, and spans of years that do not add up.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::{Captures, Regex};

use crate::judge::checks::Claim;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// A leap year: a day without its year is only wrong if no year has it.
const LEAP: i16 = 2024;

const MONTH: &str = "(january|february|march|april|may|june|july|august|september|october|november|december)";

static DAY_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {MONTH}\b(?:,? (\d{{4}})\b)?")).ok()
});
static MONTH_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"(?i)\b{MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}})\b)?")).ok());
static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:from|between) (1\d{3}|20\d{2}) (?:to|and|until|till) (1\d{3}|20\d{2}),?(?: (?:that is|which is|a span of|a period of|are|is))?(?: (?:just|only))? (\d{1,3}) years\b").ok()
});

/// What a text says of days and years, where it can be read for certain.
pub(super) fn claims(text: &str) -> Vec<Claim> {
    let day_first = DAY_FIRST.iter().flat_map(|form| form.captures_iter(text)).filter_map(|found| day(&found, 1, 2));
    let month_first =
        MONTH_FIRST.iter().flat_map(|form| form.captures_iter(text)).filter_map(|found| day(&found, 2, 1));
    let spans = SPAN.iter().flat_map(|form| form.captures_iter(text)).filter_map(|found| span(&found));
    day_first.chain(month_first).chain(spans).collect()
}

/// Only a day that does not exist is a finding: that one does says nothing of what happened on it.
fn day(found: &Captures<'_>, day: usize, month: usize) -> Option<Claim> {
    let number: i8 = found.get(day)?.as_str().parse().ok()?;
    let name = found.get(month)?.as_str();
    let index = MONTHS.iter().position(|month| *month == name.to_lowercase())?;
    let year = found.get(3).and_then(|year| year.as_str().parse().ok());
    if Date::new(year.unwrap_or(LEAP), i8::try_from(index).ok()? + 1, number).is_ok() {
        return None;
    }
    let of = year.map_or(String::new(), |year| format!(" of {year}"));
    let finding = format!("There is no such day: {name}{of} has no {number}.");
    Some(Claim { text: found.get(0)?.as_str().to_owned(), finding, holds: false, source: None })
}

fn span(found: &Captures<'_>) -> Option<Claim> {
    let number = |group: usize| found.get(group).and_then(|number| number.as_str().parse::<i32>().ok());
    let (from, to, said) = (number(1)?, number(2)?, number(3)?);
    let years = to - from;
    // "From 1990 to 2020" may count both ends.
    let holds = said == years || said == years + 1;
    let finding = if holds { "That is right.".to_owned() } else { format!("That is false: it is {years} years.") };
    Some(Claim { text: found.get(0)?.as_str().to_owned(), finding, holds, source: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_does_not_exist_is_found_in_either_form() {
        for text in ["On 30 February we marched.", "On February 30, 1999", "the 31st of April 2020", "29 February 2023"]
        {
            let claims = claims(text);
            assert_eq!(claims.len(), 1, "{text}");
            assert!(!claims[0].holds && claims[0].finding.starts_with("There is no such day"), "{text}");
        }
        for text in ["29 February", "29 February 2024", "May 5 people rest?", "31 December 1999", "June 1945"] {
            assert!(claims(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_span_of_years_has_to_add_up() {
        let one = |text: &str| claims(text).pop().map(|claim| (claim.holds, claim.finding)).unwrap();
        assert!(one("from 1990 to 2020, 30 years of silence").0);
        assert_eq!(
            one("between 1990 and 2020, which is 40 years"),
            (false, "That is false: it is 30 years.".to_owned())
        );
        assert!(claims("from 1990 to 2020 nothing happened").is_empty());
    }
}
