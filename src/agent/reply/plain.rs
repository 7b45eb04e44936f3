//! Takes off an answer what is not part of its text: wrapping, headings, control words, pieces of the prompt.

/// Words by which roles steer the work. They have no place in a text that is passed on.
const CONTROL_WORDS: [&str; 9] =
    ["FINISHED", "FINISH", "REVISION", "REVISE", "REVISED", "APPROVE", "APPROVED", "SEARCH", "APPROVAL"];

/// Tags that models put around an answer.
const TAGS: [&str; 9] = ["output", "speech", "rebuttal", "answer", "draft", "response", "finish", "revise", "summary"];

/// Headings that a line may begin with; what follows the colon stays.
const LABELS: [&str; 26] = [
    "speech",
    "our speech",
    "opening speech",
    "opening statement",
    "closing speech",
    "closing statement",
    "constructive",
    "constructive speech",
    "rebuttal",
    "rebuttal speech",
    "summary",
    "summary speech",
    "draft",
    "our draft",
    "output",
    "answer",
    "response",
    "text",
    "writer",
    "analyzer",
    "reviewer",
    "speaker",
    "proposition",
    "opposition",
    "plan",
    "our plan",
];

/// Lines of the prompt that small models repeat.
const PROMPT_LINES: [&str; 8] = [
    "motion:",
    "the motion is:",
    "the motion:",
    "task:",
    "which side are you on",
    "word count",
    "we said in our",
    "the other side said in its",
];

/// The text of an answer as plain paragraphs: no markdown, no tags, no control words.
#[must_use]
pub fn plain(answer: &str) -> String {
    let answer = inside_tags(&without_thoughts(answer));
    let mut kept: Vec<String> = Vec::new();
    let mut introduced = false;
    for line in answer.lines() {
        let line = bare(line);
        if line.is_empty() {
            if kept.last().is_some_and(|last| !last.is_empty()) {
                kept.push(String::new());
            }
        } else if kept.is_empty() && is_introduction(&line) {
            introduced = true;
        } else if !is_scaffold(&line) {
            kept.push(line);
        }
    }
    let text = kept.join("\n");
    let text = text.trim();
    unquoted(text, introduced).to_owned()
}

/// Drops private reasoning that a model left in its answer.
fn without_thoughts(answer: &str) -> String {
    let Some((before, rest)) = answer.split_once("<think>") else { return answer.to_owned() };
    let after = rest.split_once("</think>").map_or("", |(_, after)| after);
    format!("{before}{}", without_thoughts(after))
}

/// What stands in the last pair of tags around an answer, or the answer without stray tags.
fn inside_tags(answer: &str) -> String {
    let mut text = answer;
    for tag in TAGS {
        if let Some((_, inside)) = text.rsplit_once(&format!("<{tag}>")) {
            text = inside.split_once(&format!("</{tag}>")).map_or(inside, |(inside, _)| inside);
        }
    }
    TAGS.iter().fold(text.to_owned(), |text, tag| text.replace(&format!("</{tag}>"), ""))
}

/// A line without markdown, list marks, labels and control words.
fn bare(line: &str) -> String {
    let line = line.trim();
    if line.starts_with("```") || line.starts_with("<<<") || line.starts_with(">>>") || line.starts_with('#') {
        return String::new();
    }
    let line = line.replace("**", "").replace("__", "");
    let line = without_label(without_mark(line.trim()));
    without_control_words(line).trim().to_owned()
}

/// Drops the mark of a list item: a dash, an asterisk, a bullet or a number.
fn without_mark(line: &str) -> &str {
    if let Some(rest) = ["- ", "* ", "• ", "– ", "> "].iter().find_map(|mark| line.strip_prefix(mark)) {
        return rest.trim_start();
    }
    let digits = line.trim_start_matches(|character: char| character.is_ascii_digit());
    if (1..=2).contains(&(line.len() - digits.len()))
        && let Some(rest) = digits.strip_prefix(". ").or_else(|| digits.strip_prefix(") "))
    {
        return rest.trim_start();
    }
    line
}

fn without_label(line: &str) -> &str {
    match line.split_once(':') {
        Some((label, rest)) if LABELS.contains(&label.trim().to_lowercase().as_str()) => rest.trim_start(),
        _ => line,
    }
}

/// Drops control words in capitals, boxes included. The same words in a sentence's own spelling stay.
fn without_control_words(line: &str) -> String {
    let line = unboxed(line);
    let is_control = |word: &str| CONTROL_WORDS.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
    if !line.split_whitespace().any(is_control) {
        return line;
    }
    line.split_whitespace().filter(|word| !is_control(word)).collect::<Vec<_>>().join(" ")
}

/// Drops `\boxed{...}`.
fn unboxed(line: &str) -> String {
    let Some((before, rest)) = line.split_once("\\boxed{") else { return line.to_owned() };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    format!("{before}{}", unboxed(after))
}

/// Whether a first line only announces the text.
fn is_introduction(line: &str) -> bool {
    let lower = line.to_lowercase();
    let announces = ["here is", "here's", "here are", "sure", "certainly", "of course", "okay", "below is"];
    line.ends_with(':')
        || (announces.iter().any(|start| lower.starts_with(start)) && line.split_whitespace().count() < 12)
}

/// Whether a line is about the text and not part of it.
fn is_scaffold(line: &str) -> bool {
    let lower = line.trim_start_matches(['(', '[', '*', '_']).to_lowercase();
    let counts_words = lower.ends_with("words)") || lower.ends_with("words]");
    PROMPT_LINES.iter().any(|start| lower.starts_with(start)) || (counts_words && line.split_whitespace().count() < 6)
}

/// What stands in the quotation marks around a text. After an introduction the text ends where its quotation ends:
/// small models go on to praise what they wrote.
fn unquoted(text: &str, introduced: bool) -> &str {
    let Some(inside) = text.strip_prefix(['"', '“']) else { return text };
    let Some(end) = inside.rfind(['"', '”']) else { return inside };
    let (inside, after) = inside.split_at(end);
    let after = after.trim_start_matches(['"', '”', '.']);
    if after.is_empty() || (introduced && after.starts_with('\n')) { inside.trim() } else { text }
}
