//! The motion clinic's candidates: the motions that are installed, those that its forms make of the wish, and a model's, each with how
//! much it has to do with the wish.

use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::assets::parse::parse;
use crate::assets::{Library, motions};
use crate::domain::clinic::{Belief, Candidate};
use crate::domain::event::DebateId;
use crate::domain::motion::{Category, Motion};
use crate::domain::usage::{Ceilings, Usage};
use crate::engine::call::CallSite;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::ledger::Ledger;
use crate::engine::publish::Caller;
use crate::model::{ChatRequest, Message, Sampling};
use crate::text::fence::Fence;
use crate::text::hash::number_of;
use crate::text::resemblance::resemblance;
use crate::text::sanitize::one_line;
use crate::text::words::count_words;

/// The file of the forms.
const FORMS: &str = "clinic.toml";
/// Motions that a model is asked for.
const FROM_MODEL: usize = 6;
/// The most tokens of its answer.
const TOKENS: u32 = 600;
/// Words of a topic that fits into a form.
const LONGEST_TOPIC: usize = 12;
/// Columns of a motion that a model may write.
const LONGEST_MOTION: usize = 240;
/// How much a word counts in a motion's text and tags, in its context, and in the burdens of its sides.
const WEIGHTS: [f64; 3] = [1.0, 0.6, 0.3];
/// How much a motion counts that was made for the wish, by a form or by a model, as a share of one that says all of the wish: an
/// installed motion that fits well goes before it, one that shares a word does not.
const MADE: [f64; 2] = [0.5, 0.6];

/// What the clinic's file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Forms {
    openings: Vec<String>,
    sentences: Vec<String>,
    form: Vec<Form>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    category: Category,
    text: String,
}

/// What a model writes.
#[derive(Debug, Deserialize)]
struct Written {
    motions: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    text: String,
    category: Category,
    #[serde(default)]
    tags: Vec<String>,
}

/// What is believed of a wish before the first question. `suggested` comes from a model.
///
/// # Errors
/// The wish has no words, or the file of the forms is broken.
pub fn belief(library: &Library, wish: &str, suggested: Vec<Motion>) -> Result<Belief, EngineError> {
    let wordless = || EngineError::Request("the wish has no words; say what the debate should be about".to_owned());
    if count_words(wish) == 0 {
        return Err(wordless());
    }
    let installed = library.motions();
    let tags: Vec<String> = installed.all().iter().map(|motion| motion.tags.join(" ").replace('-', " ")).collect();
    let texts: Vec<Vec<(&str, f64)>> = installed
        .all()
        .iter()
        .zip(&tags)
        .map(|(motion, tags)| {
            let [said, context, burdens] = WEIGHTS;
            let parts = [(motion.text.as_str(), said), (tags.as_str(), said), (motion.context.as_str(), context)];
            parts
                .into_iter()
                .chain([(motion.proposition.as_str(), burdens), (motion.opposition.as_str(), burdens)])
                .collect()
        })
        .collect();
    let mut scores = resemblance(wish, &[texts, vec![vec![(wish, 1.0)]]].concat());
    let all_of_it = scores.pop().unwrap_or_default();
    let known = installed.all().iter().zip(scores);
    let known = known.map(|(motion, score)| (Candidate { motion: motion.clone(), is_new: false }, score.exp()));
    let forms: Forms = parse(&library.text(FORMS)?)?;
    let made = forms.made_of(wish).into_iter().map(|motion| (motion, MADE[0]));
    let made = made.chain(suggested.into_iter().map(|motion| (motion, MADE[1])));
    let said = installed.all_said();
    let made = made.filter(|(motion, _)| !said.contains(&motions::said(&motion.text)));
    let made = made.map(|(motion, weight)| (Candidate { motion, is_new: true }, (weight * all_of_it).exp()));
    Belief::new(known.chain(made).collect()).ok_or_else(wordless)
}

impl Forms {
    fn made_of(&self, wish: &str) -> Vec<Motion> {
        let wish = one_line(wish, LONGEST_MOTION).into_string();
        let mut topic = wish.trim().trim_end_matches(['.', '?', '!', ' ']);
        let mut openings: Vec<&str> = self.openings.iter().map(String::as_str).collect();
        openings.sort_by_key(|opening| std::cmp::Reverse(opening.len()));
        // One opening may follow another: "a debate about something with".
        while let Some(rest) = openings.iter().find_map(|opening| without(topic, opening)) {
            topic = rest;
        }
        let words = count_words(topic);
        let first = topic.split_whitespace().next().unwrap_or_default().to_lowercase();
        if words == 0 || words > LONGEST_TOPIC || self.sentences.contains(&first) {
            return Vec::new();
        }
        self.form.iter().map(|form| motion(form.text.replace("{topic}", topic), form.category, Vec::new())).collect()
    }
}

/// What stands behind an opening that a text begins with, in letters of any case.
fn without<'a>(text: &'a str, opening: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(opening.len())?;
    let follows = rest.starts_with(' ') && head.eq_ignore_ascii_case(opening);
    follows.then(|| rest.trim_start()).filter(|rest| !rest.is_empty())
}

fn motion(text: String, category: Category, tags: Vec<String>) -> Motion {
    let (context, proposition, opposition) = Default::default();
    Motion { id: String::new(), text, category, context, proposition, opposition, tags, origin: None }
}

impl EngineHandle {
    /// Motions that a model makes of a wish; those that are none are left out.
    ///
    /// # Errors
    /// The model cannot be opened or fails.
    pub async fn suggest_motions(&self, wish: &str, model: &str) -> Result<Vec<Motion>, EngineError> {
        let library = self.queries().library();
        let motions = library.motions();
        let tags: std::collections::BTreeSet<&str> =
            motions.all().iter().flat_map(|motion| &motion.tags).map(String::as_str).collect();
        let open = self.queries().registry().open(model).await?;
        let seed = number_of(&[wish.as_bytes()]);
        let listed = tags.iter().copied().collect::<Vec<_>>().join(", ");
        let wish = Fence::new(seed).wrap("wish", wish);
        let context = json!({ "wish": wish, "count": FROM_MODEL, "tags": listed });
        let prompt = library.prompts().render("clinic/motions", context)?;
        let request = ChatRequest {
            messages: vec![Message::user(prompt.trim())],
            max_tokens: TOKENS,
            sampling: Sampling { temperature: 0.7, top_p: 0.9, repetition_penalty: 1.1, seed },
            stop: Vec::new(),
            schema: Some(schema()),
        };
        let caller = Caller::Watcher { speeches: 0, call: "clinic".to_owned() };
        let (ledger, cancel) = (Ledger::new(Ceilings::default(), Usage::default()), CancellationToken::new());
        let site = CallSite {
            debate: &DebateId(String::new()),
            caller: &caller,
            publisher: self.publisher(),
            ledger: &ledger,
            cancel: &cancel,
        };
        let said = site.chat(open.chat()?, &request).await?;
        Ok(read(&said.text, |tag| tags.contains(tag)))
    }
}

fn schema() -> serde_json::Value {
    let categories = Category::ALL.map(Category::name);
    let row = json!({
        "type": "object",
        "properties": {
            "text": { "type": "string", "minLength": 12, "maxLength": 160 },
            "category": { "enum": categories },
            "tags": { "type": "array", "items": { "type": "string", "maxLength": 24 }, "maxItems": 3 },
        },
        "required": ["text", "category", "tags"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": { "motions": { "type": "array", "items": row, "minItems": 1, "maxItems": FROM_MODEL } },
        "required": ["motions"],
        "additionalProperties": false,
    })
}

/// The motions in an answer. What is no sentence of a motion's kind, and what stands there twice, is left out.
fn read(answer: &str, is_tag: impl Fn(&str) -> bool) -> Vec<Motion> {
    let from = answer.find('{').unwrap_or_default();
    let to = answer.rfind('}').map_or(answer.len(), |end| end + 1);
    let written: Option<Written> = answer.get(from..to).and_then(|json| serde_json::from_str(json).ok());
    let mut found: Vec<Motion> = Vec::new();
    for row in written.into_iter().flat_map(|written| written.motions) {
        let text = one_line(row.text.trim().trim_end_matches('.'), LONGEST_MOTION).into_string();
        let is_said = found.iter().any(|other| motions::said(&other.text) == motions::said(&text));
        if text.starts_with("This House") && count_words(&text) > 3 && !is_said {
            found.push(motion(text, row.category, row.tags.into_iter().filter(|tag| is_tag(tag)).collect()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Paths;
    use crate::domain::clinic::MOST_QUESTIONS;

    fn library() -> (tempfile::TempDir, Library) {
        let home = tempfile::tempdir().unwrap();
        let library = Library::load(&Paths::under(home.path())).unwrap();
        (home, library)
    }

    /// Answers as somebody who wants the motion at a place, until the clinic is done.
    fn visit(mut belief: Belief, wanted: &str) -> (String, usize) {
        let place = belief.candidates().iter().position(|candidate| candidate.motion.id == wanted).unwrap();
        let mut asked = 0;
        while asked < MOST_QUESTIONS
            && let Some((question, gain)) = belief.next()
        {
            assert!(gain > 0.0);
            let likely = question.likelihood(place, &belief.candidates()[place]);
            let answer = (0..likely.len()).max_by(|one, other| likely[*one].total_cmp(&likely[*other])).unwrap();
            belief.learn(question, answer);
            asked += 1;
        }
        (belief.ranked()[0].0.motion.id.clone(), asked)
    }

    #[test]
    fn a_word_or_two_lead_to_most_installed_motions_in_five_questions() {
        let (_home, library) = library();
        let mut found = 0;
        let all = library.motions();
        for motion in all.all() {
            let words = crate::text::overlap::content_words(&motion.text);
            let words: Vec<String> =
                words.into_iter().filter(|word| !["house", "would", "believes"].contains(&word.as_str())).collect();
            let wish = format!("something about {}", words.iter().max_by_key(|word| word.len()).unwrap());
            let (end, asked) = visit(belief(&library, &wish, Vec::new()).unwrap(), &motion.id);
            assert!(asked <= MOST_QUESTIONS);
            found += usize::from(end == motion.id);
        }
        assert!(found * 10 >= all.all().len() * 9, "{found} of {}", all.all().len());
    }

    #[test]
    fn a_topic_that_nobody_has_thought_of_becomes_a_motion_of_its_own() {
        let (_home, library) = library();
        let belief = belief(&library, "I want to debate something about garden gnomes!", Vec::new()).unwrap();
        let new: Vec<&str> =
            belief.candidates().iter().filter(|one| one.is_new).map(|one| one.motion.text.as_str()).collect();
        assert!(new.contains(&"This House would restrict garden gnomes by law"), "{new:?}");
        let gnomes = belief.ranked().iter().take(new.len()).all(|(one, _)| one.is_new);
        assert!(gnomes, "nothing that is installed is nearer");
        let sentence = super::belief(&library, "is it good to be rich", Vec::new()).unwrap();
        assert!(sentence.candidates().iter().all(|one| !one.is_new));
        assert!(super::belief(&library, " ?! ", Vec::new()).is_err());
    }

    #[test]
    fn what_a_model_writes_is_read_and_nonsense_is_left_out() {
        let answer = "Here: {\"motions\": [\
            {\"text\": \"This House would tax gnomes.\", \"category\": \"policy\", \"tags\": [\"law\", \"gnomes\"]},\
            {\"text\": \"This house would tax gnomes\", \"category\": \"policy\", \"tags\": []},\
            {\"text\": \"Gnomes\", \"category\": \"fact\", \"tags\": []}]} done";
        let found = read(answer, |tag| tag == "law");
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].text.as_str(), found[0].tags.as_slice()),
            ("This House would tax gnomes", &["law".to_owned()][..])
        );
        assert!(read("no json", |_| true).is_empty() && read("}{", |_| true).is_empty());
    }
}
