//! What is looked up for a brief: the motion's own words, and topics that the model names.

use serde_json::json;
use unicode_segmentation::UnicodeSegmentation;

use crate::agent::reply;
use crate::engine::brief::author::{Author, Wanted};
use crate::engine::error::EngineError;
use crate::evidence::query_score::{has_form, length};
use crate::text::overlap::content_words;
use crate::text::words::is_unspaced;

/// Topics that the model is asked for.
const TOPICS: usize = 5;
const TOKENS: u32 = 80;

/// The most of the motion's own words that are looked up.
const OWN_WORDS: usize = 8;

/// Words of a query; a longer one is cut to its content.
const MOST_WORDS: usize = 6;

/// What motions begin with, whatever they are about.
const OPENING: [&str; 10] =
    ["house", "would", "believe", "believes", "support", "supports", "oppose", "opposes", "regret", "regrets"];
/// The same in Chinese, in the order in which they follow each other.
const CHINESE_OPENING: [&str; 8] = ["本院", "我们", "认为", "主张", "支持", "反对", "应当", "应该"];

/// A query, and whether the model planned it.
pub(super) type Planned = (String, bool);

/// The queries, none of them twice: first the motion's own words, so that there is one whatever the model says. `None` if it was stopped.
///
/// # Errors
/// As [`Author::write`].
pub(super) async fn planned(author: &Author<'_>) -> Result<Option<Vec<Planned>>, EngineError> {
    let wanted = Wanted {
        call: "brief/queries".to_owned(),
        prompt: "queries",
        context: json!({ "count": TOPICS }),
        material: false,
        tokens: TOKENS,
        temperature: 0.7,
    };
    let Some(answer) = author.write(wanted).await? else { return Ok(None) };
    Ok(Some(chosen(&author.motion.text, &answer)))
}

/// The queries that an answer comes to.
fn chosen(motion: &str, answer: &str) -> Vec<Planned> {
    let own = own_words(motion);
    let mut before = vec![own.clone()];
    for query in reply::queries(answer, usize::MAX, &[]) {
        // A topic that is spelled out is looked up by its content.
        let query = if length(&query) > MOST_WORDS { first_content(&query, MOST_WORDS) } else { query };
        if before.len() <= TOPICS && has_form(&query, motion, &before) {
            before.push(query);
        }
    }
    before.into_iter().enumerate().map(|(place, query)| (query, place > 0)).collect()
}

/// The motion's content words in their order, without what every motion begins with; the motion itself where none is left.
fn own_words(motion: &str) -> String {
    let own = first_content(motion, OWN_WORDS);
    if own.is_empty() { motion.trim().to_owned() } else { own }
}

/// The first content words of a text, in their order and each once. Characters that stand without spaces stay together.
fn first_content(text: &str, most: usize) -> String {
    let text = CHINESE_OPENING.iter().fold(text.trim(), |rest, opening| rest.strip_prefix(opening).unwrap_or(rest));
    let content = content_words(text);
    let mut own: Vec<&str> = Vec::new();
    let mut query = String::new();
    for word in text.unicode_words() {
        let lower = word.to_lowercase();
        let is_new = word.chars().all(is_unspaced) || !own.contains(&word);
        let carries = content.contains(&lower) || is_acronym(word);
        if !carries || OPENING.contains(&lower.as_str()) || !is_new {
            continue;
        }
        let joins = query.ends_with(is_unspaced) && word.starts_with(is_unspaced);
        let longer = if query.is_empty() || joins { format!("{query}{word}") } else { format!("{query} {word}") };
        if length(&longer) > most {
            break;
        }
        own.push(word);
        query = longer;
    }
    query
}

/// Whether a word of few letters is a name: `AI`, `EU`.
fn is_acronym(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|letter| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOTION: &str = "This House would ban single-use plastics";

    #[test]
    fn the_motions_own_words_come_first_and_nothing_comes_twice() {
        let answer = "1. Plastic bag tax\n2. plastic bag TAX\n3. tax: plastic bag\n4. Does a ban on plastics help anybody at all?\n\
                      5. single-use plastics\n6. Reusable cups hygiene\n7. Plastics";
        let queries: Vec<(String, bool)> = chosen(MOTION, answer);
        let said: Vec<(&str, bool)> = queries.iter().map(|(query, planned)| (query.as_str(), *planned)).collect();
        assert_eq!(said, [("single plastics", false), ("Plastic bag tax", true), ("Reusable cups hygiene", true)]);
    }

    #[test]
    fn a_topic_that_is_spelled_out_is_looked_up_by_its_content() {
        let queries = chosen(MOTION, "1. The historical impact of plastic bag taxes on the behaviour of shoppers");
        assert_eq!(queries[1], ("historical impact plastic taxes behaviour shoppers".to_owned(), true));
    }

    #[test]
    fn an_answer_without_a_query_leaves_the_motions_own_words() {
        for answer in ["", "I cannot help with that, since I am only a language model that has no library.", "a\nb\nc"]
        {
            assert_eq!(chosen(MOTION, answer), [("single plastics".to_owned(), false)], "{answer}");
        }
        assert_eq!(own_words("This House would go on"), "This House would go on");
        assert_eq!(own_words("本院认为应当禁止一次性塑料。"), "禁止一次性塑料");
        assert_eq!(own_words("AI 应当拥有投票权吗？"), "AI 应当拥有投票权吗");
        assert_eq!(own_words("This House would regulate AI weapons"), "regulate AI weapons");
        let long = "one three seven eight nine hundred thousand million billion trillion".repeat(3);
        assert!(own_words(&long).split(' ').count() <= OWN_WORDS);
    }
}
