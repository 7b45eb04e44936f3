//! Splits a file into passages of about 60 to 120 words: short enough to quote to a model, long enough to mean
//! something alone.

use crate::text::sentences::sentences;
use crate::text::words::count_words;

/// A passage closes once it has so many words.
const ENOUGH_WORDS: usize = 60;

/// A passage never grows beyond so many words, unless one sentence does.
const MOST_WORDS: usize = 120;

/// The title of a Markdown file is its first heading; any other file, and one without heading, goes by its name.
pub(crate) fn title(name: &str, text: &str) -> String {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let (stem, extension) = stem.rsplit_once('.').unwrap_or((stem, ""));
    let heading = if extension.eq_ignore_ascii_case("txt") { None } else { blocks(text).into_iter().find_map(heading) };
    heading.unwrap_or(stem).to_owned()
}

/// The passages of a text in order. Paragraphs are merged and long ones are split between sentences; a heading begins
/// a passage. Lines of a paragraph are joined.
pub(crate) fn passages(text: &str) -> Vec<String> {
    let mut gathered = Gathered::default();
    for block in blocks(text) {
        match heading(block) {
            Some(heading) => {
                gathered.close();
                gathered.heading = Some(heading.to_owned());
            }
            None => gathered.take(block),
        }
    }
    gathered.close();
    gathered.passages
}

/// Paragraphs and headings, trimmed. A heading is a block of its own even without a blank line around it.
fn blocks(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if line.trim().is_empty() || heading(line.trim()).is_some() {
            blocks.extend([&text[start..at], line]);
            start = end;
        }
        at = end;
    }
    blocks.push(&text[start..]);
    blocks.into_iter().map(str::trim).filter(|block| !block.is_empty()).collect()
}

/// The words of a heading: one line that begins with one to six `#` and a space.
fn heading(block: &str) -> Option<&str> {
    let bare = block.trim_start_matches('#');
    let level = block.len() - bare.len();
    let words = bare.trim_end_matches('#').trim();
    ((1..=6).contains(&level) && bare.starts_with(' ') && !words.is_empty() && !block.contains('\n')).then_some(words)
}

#[derive(Default)]
struct Gathered {
    passages: Vec<String>,
    heading: Option<String>,
    open: Vec<String>,
    words: usize,
}

impl Gathered {
    fn take(&mut self, block: &str) {
        let joined = block.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = count_words(&joined);
        if words > MOST_WORDS {
            for sentence in sentences(&joined) {
                self.add(sentence, count_words(sentence), " ");
            }
        } else {
            self.add(&joined, words, "\n");
        }
        if self.words >= ENOUGH_WORDS {
            self.close();
        }
    }

    fn add(&mut self, piece: &str, words: usize, between: &str) {
        if self.words + words > MOST_WORDS {
            self.close();
        }
        if !self.open.is_empty() {
            self.open.push(between.to_owned());
        }
        self.open.push(piece.to_owned());
        self.words += words;
    }

    fn close(&mut self) {
        if self.words > 0 {
            let heading = self.heading.take().map(|heading| format!("{heading}\n")).unwrap_or_default();
            self.passages.push(heading + &self.open.concat());
        }
        self.open.clear();
        self.words = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(count: usize) -> String {
        vec!["word"; count].join(" ")
    }

    #[test]
    fn short_paragraphs_are_merged_until_there_is_enough() {
        let text = format!("{}\n\n{}\n\n{}\n\n{}", words(30), words(35), words(10), words(100));
        let counts: Vec<usize> = passages(&text).iter().map(|passage| count_words(passage)).collect();
        assert_eq!(counts, [65, 110]);
    }

    #[test]
    fn a_long_paragraph_is_split_between_sentences() {
        let text = format!("{}. ", words(50)).repeat(5);
        let passages = passages(&text);
        assert_eq!(passages.iter().map(|passage| count_words(passage)).collect::<Vec<_>>(), [100, 100, 50]);
        assert!(passages.iter().all(|passage| passage.ends_with('.')));
    }

    #[test]
    fn a_heading_begins_a_passage_and_wrapped_lines_are_joined() {
        let text = "# Ports\nShips land\nhere.\n\n## Costs\n\nThey fell.\n#5 is no heading.";
        assert_eq!(passages(text), ["Ports\nShips land here.", "Costs\nThey fell. #5 is no heading."]);
    }

    #[test]
    fn the_title_is_the_first_heading_or_the_name() {
        assert_eq!(title("notes/ports.md", "Intro.\n\n## The *ports* ##\n# Later"), "The *ports*");
        assert_eq!(title("notes/ports.md", "No heading."), "ports");
        assert_eq!(title("ports.2019.txt", "# not Markdown"), "ports.2019");
    }

    #[test]
    fn a_text_of_white_space_or_headings_has_no_passage() {
        assert_eq!(passages(" \n\n# Alone\n\n --- \n"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "([a-c]{1,3}[ .\n]{1,2}){0,300}") {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let passages = passages(&text);
            prop_assert_eq!(bare(&passages.concat()), bare(&text));
        }
    }
}
