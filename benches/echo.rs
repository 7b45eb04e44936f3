//! How often repetitions and contradictions are found, on texts by people.
//!
//! ```text
//! cargo bench --bench echo -- DATA
//! ```
//!
//! DATA is the folder of labelled data. Contradictions: the two warrants of an argument in `fallacy/arct_logicom.jsonl` say the opposite of
//! each other; its warrant and its reason, and sentences of different arguments for one stance in `pairs/ukpconvarg1.jsonl`, do not.
//! Repetitions: a sentence repeats its own argument; of another argument for the same stance it is a false find.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rhetor::text::echo::{is_opposite, repeated};
use rhetor::text::sentences::sentences;
use serde_json::Value;

/// Sentences that are compared for each stance.
const FOR_EACH: usize = 100;

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("skipped: name the folder of labelled data, as in `cargo bench --bench echo -- DATA`");
        return;
    };
    let rows = |file: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(Path::new(&folder).join(file));
        text.unwrap_or_default().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    let field = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let warrants = rows("fallacy/arct_logicom.jsonl");
    let pairs = rows("pairs/ukpconvarg1.jsonl");
    if warrants.is_empty() || pairs.is_empty() {
        println!("skipped: {folder} has no fallacy/arct_logicom.jsonl or no pairs/ukpconvarg1.jsonl");
        return;
    }
    let opposite: Vec<_> = warrants.iter().map(|row| (field(row, "warrant0"), field(row, "warrant1"))).collect();
    let aside: Vec<_> = warrants.iter().map(|row| (field(row, "warrant0"), field(row, "reason"))).collect();
    let mut stances: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &pairs {
        let texts = [field(row, "a"), field(row, "b")];
        stances.entry(field(row, "group")).or_default().extend(texts);
    }
    let (mut beside, mut own) = (Vec::new(), Vec::new());
    for texts in stances.values() {
        let texts: Vec<&String> = texts.iter().collect();
        // A fixed stride pairs every text with others far from it in the alphabet.
        for number in 0..FOR_EACH {
            let (one, other) = (texts[number * 7 % texts.len()], texts[(number * 13 + 5) % texts.len()]);
            if one != other {
                beside.push((one.as_str(), other.as_str()));
            }
            own.push((one.as_str(), one.as_str()));
        }
    }
    let share = |found: usize, all: usize| format!("{:.3} ({found} of {all})", found as f64 / all.max(1) as f64);
    let opposites = |pairs: &[(String, String)]| {
        share(pairs.iter().filter(|(one, other)| is_opposite(one, other)).count(), pairs.len())
    };
    println!("contradictions found among opposite warrants            {}", opposites(&opposite));
    println!("claimed between a warrant and the reason beside it      {}", opposites(&aside));
    let crossed: Vec<(&str, &str)> = beside
        .iter()
        .flat_map(|(one, other)| sentences(one).into_iter().take(1).zip(sentences(other).into_iter().take(1)))
        .collect();
    let claimed = crossed.iter().filter(|(one, other)| is_opposite(one, other)).count();
    println!("claimed between sentences for one stance                {}", share(claimed, crossed.len()));
    let repeats = |pairs: &[(&str, &str)]| {
        let of = |(text, before): &(&str, &str)| (repeated(text, &[before]).len(), sentences(text).len());
        let counts = pairs.iter().map(of).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        share(counts.0, counts.1)
    };
    println!("sentences found in their own argument                   {}", repeats(&own));
    println!("claimed in another argument for the same stance         {}", repeats(&beside));
}
