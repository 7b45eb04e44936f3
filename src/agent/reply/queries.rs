//! What the Searcher wants to look up.

use crate::text::words::count_words;

/// Longer lines are talk about queries, and so are sentences of more than a few words.
const LONGEST_QUERY: usize = 12;
const LONGEST_SENTENCE: usize = 6;

/// The queries of an answer, in order, at most `limit`: the lines of its first fenced block, or all its lines.
/// Empty ones, repeated ones and those in `before` are dropped, whatever their case.
#[must_use]
pub fn queries(answer: &str, limit: usize, before: &[String]) -> Vec<String> {
    let mut known: Vec<String> = before.iter().map(|query| query.to_lowercase()).collect();
    let mut found = Vec::new();
    for query in block(answer).lines().filter_map(query) {
        if found.len() == limit {
            break;
        }
        let key = query.to_lowercase();
        if !known.contains(&key) {
            known.push(key);
            found.push(query);
        }
    }
    found
}

/// The inside of the first fenced block, without the name after its fence.
fn block(answer: &str) -> &str {
    let Some((_, rest)) = answer.split_once("```") else { return answer };
    let inside = rest.split_once("```").map_or(rest, |(inside, _)| inside);
    match inside.split_once('\n') {
        Some((name, lines)) if !name.trim().contains(' ') => lines,
        _ => inside,
    }
}

/// A line as a query: without list marks, labels and quotation marks. `None` for talk.
fn query(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches(|c: char| c.is_ascii_digit() || "-*•.)# ".contains(c));
    let line = match line.split_once(':') {
        Some((label, rest)) if label.to_lowercase().starts_with("query") || label == "SEARCH" => rest,
        _ => line,
    };
    let line = line.replace("**", "");
    let line = line.trim().trim_matches(['"', '“', '”', '\'', '`', ',']).trim();
    // A Chinese word is about two characters, each of which counts as one.
    let words = line.split_whitespace().count().max(count_words(line) / 2);
    let is_talk = line.ends_with([':', '：'])
        || (line.ends_with(['.', '?', '!', '。', '？', '！']) && words > LONGEST_SENTENCE)
        || line.starts_with("<<<")
        || line.starts_with(">>>");
    let has_letters = line.chars().any(char::is_alphanumeric);
    (has_letters && !is_talk && words <= LONGEST_QUERY).then(|| line.to_owned())
}
