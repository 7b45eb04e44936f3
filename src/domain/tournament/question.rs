//! A question that two sides debate: one defends the official answer, the other an answer of its own (arXiv 2507.17747).
//!
//! It becomes a motion that states the official answer as a claim. Nothing says that it is the official one, so the judge
//! is blind to that: it sees a claim, who argues for it and who against.

use serde::{Deserialize, Serialize};

use crate::domain::motion::{Category, Motion};

/// A question with its official answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub question: String,
    pub answer: String,
}

impl Question {
    /// What is wrong with it, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        if self.question.trim().is_empty() {
            Some("the question is empty")
        } else if self.answer.trim().is_empty() {
            Some("the answer is empty")
        } else {
            None
        }
    }

    /// The motion on it. `number` counts from 1.
    #[must_use]
    pub fn motion(&self, number: usize) -> Motion {
        let (question, answer) = (self.question.trim(), self.answer.trim());
        Motion {
            id: format!("question-{number}"),
            text: format!("The right answer to the question \"{question}\" is \"{answer}\"."),
            category: Category::Fact,
            context: String::new(),
            proposition: format!("Must show that the right answer is \"{answer}\"."),
            opposition: format!("Must name another answer than \"{answer}\" and show that it is the right one."),
            tags: vec!["question".to_owned()],
            origin: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_becomes_a_claim_that_does_not_say_whose_it_is() {
        let question = Question { question: " What is 2 + 2? ".to_owned(), answer: "4".to_owned() };
        let motion = question.motion(3);
        assert_eq!(motion.text, "The right answer to the question \"What is 2 + 2?\" is \"4\".");
        assert_eq!((motion.id.as_str(), motion.category), ("question-3", Category::Fact));
        let told = format!("{}{}{}", motion.text, motion.proposition, motion.opposition);
        assert!(!told.contains("official") && motion.opposition.contains("another answer"));
    }
}
