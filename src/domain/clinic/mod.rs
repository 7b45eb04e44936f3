//! The motion clinic: from a vague wish to a motion, by the questions of which the most is to be learnt.
//!
//! A belief gives each candidate a probability; a question has answers with a likelihood under each candidate. The question with the
//! highest expected information gain is asked next (Lindley, Ann. Math. Statist. 27, 1956). Where candidates come from, who
//! answers and what was typed is not known here.

mod belief;
mod question;

pub use crate::domain::clinic::belief::Belief;
pub use crate::domain::clinic::question::{Candidate, Question};

/// The most questions of one visit.
pub const MOST_QUESTIONS: usize = 5;
