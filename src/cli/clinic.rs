//! `rhetor motions clinic`: asks what a vague wish is about, at most five times, and ends with a motion.

use clap::Args;
use serde::Serialize;

use crate::cli::dictate::heard;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::domain::clinic::{Belief, MOST_QUESTIONS, Question};
use crate::domain::motion::Motion;
use crate::engine::clinic::belief;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;

/// Motions that are named beside the one that was found.
const OTHERS: usize = 3;

/// A visit to the clinic.
#[derive(Debug, Args)]
pub struct ClinicArguments {
    /// What the debate should be about, in your own words.
    pub wish: String,
    /// A model that thinks of motions, too; without one those that are installed and simple forms stand to choose.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Add the motion to your own if it is a new one.
    #[arg(long)]
    pub add: bool,
}

/// A question as it was asked and answered.
#[derive(Debug, Serialize)]
struct Asked {
    question: String,
    answer: String,
    /// What was expected of it, in bits.
    gain_bits: f64,
    /// What was not known after it, in bits.
    entropy_bits: f64,
}

/// What a visit came to.
#[derive(Debug, Serialize)]
struct Found<'a> {
    motion: &'a Motion,
    is_new: bool,
    probability: f64,
    questions: Vec<Asked>,
}

/// Holds a visit.
///
/// # Errors
/// The wish has no words, the model fails, the input cannot be read, or the motion cannot be added.
pub async fn clinic(
    engine: &EngineHandle,
    arguments: ClinicArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let ClinicArguments { wish, model, add } = arguments;
    let suggested = match &model {
        Some(model) => {
            output.progress(&format!("{model} thinks of motions ..."));
            let suggested = engine.suggest_motions(&wish, model).await?;
            output.note(&format!("{model} thought of {}.", suggested.len()));
            suggested
        }
        None => Vec::new(),
    };
    let library = engine.queries().library();
    let mut belief = belief(library, &wish, suggested)?;
    let known = belief.candidates().iter().filter(|candidate| !candidate.is_new).count();
    let made = belief.candidates().len() - known;
    output.note(&format!(
        "{known} motions are installed, {made} were made for the wish; {:.1} bits are not known.",
        belief.entropy()
    ));
    let mut questions = Vec::new();
    while questions.len() < MOST_QUESTIONS
        && let Some((question, gain)) = belief.next()
    {
        let number = questions.len() + 1;
        let Some(answer) = ask(&question, (number, gain), &belief, output).await? else { break };
        let (text, answers) = (question.text(), question.answers(belief.candidates()));
        belief.learn(question, answer);
        let (answer, entropy_bits) = (answers[answer].clone(), belief.entropy());
        questions.push(Asked { question: text, answer, gain_bits: gain, entropy_bits });
    }
    let ranked = belief.ranked();
    let Some((best, probability)) = ranked.first() else { return Ok(ExitStatus::Failed) };
    let mut motion = best.motion.clone();
    if add && best.is_new {
        motion = library.add_motion(motion)?;
    }
    if output.json {
        output.document(&Found { motion: &motion, is_new: best.is_new, probability: *probability, questions });
        return Ok(ExitStatus::Done);
    }
    output.line(&format!("\n{}\n{}, {:.0} % probable.", motion.text, motion.category, probability * 100.0));
    let near = ranked.iter().skip(1).take(OTHERS).filter(|(_, share)| *share >= 0.02);
    near.for_each(|(other, share)| output.line(&format!("Near it: {} ({:.0} %)", other.motion.text, share * 100.0)));
    output.line(&match (best.is_new, add) {
        (false, _) => format!("`rhetor debate --motion {}` debates it.", motion.id),
        (true, true) => format!("Added {}; `rhetor debate --motion {0}` debates it.", motion.id),
        (true, false) => format!(
            "It is a new one. `rhetor motions add \"{}\" --category {}` keeps it, `rhetor debate --motion \"{0}\"` debates it at once.",
            motion.text, motion.category
        ),
    });
    Ok(ExitStatus::Done)
}

/// Asks one question; `None` where the input ends.
async fn ask(
    question: &Question,
    (number, gain): (usize, f64),
    belief: &Belief,
    output: &mut Output,
) -> Result<Option<usize>, EngineError> {
    let answers = question.answers(belief.candidates());
    output.note(&format!(
        "\nQuestion {number} of at most {MOST_QUESTIONS}, expected to tell {gain:.2} bits: {}",
        question.text()
    ));
    answers.iter().zip(1..).for_each(|(answer, number)| output.note(&format!("  {number}  {answer}")));
    loop {
        let Some(typed) = heard().await? else { return Ok(None) };
        match read(typed.trim(), &answers) {
            Some(answer) => return Ok(Some(answer)),
            None => output.note(&format!("a number from 1 to {} is asked for", answers.len())),
        }
    }
}

/// The place of an answer that was typed: its number, or the only one that begins so. Nothing is the last.
fn read(typed: &str, answers: &[String]) -> Option<usize> {
    if typed.is_empty() {
        return answers.len().checked_sub(1);
    }
    if let Ok(number) = typed.parse::<usize>() {
        return number.checked_sub(1).filter(|place| *place < answers.len());
    }
    let typed = typed.to_lowercase();
    let exact = answers.iter().position(|answer| answer.to_lowercase() == typed);
    let mut begins = (0..answers.len()).filter(|place| answers[*place].to_lowercase().starts_with(&typed));
    exact.or_else(|| begins.next().filter(|_| begins.next().is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_number_or_a_beginning_and_nothing_is_the_last() {
        let answers = ["yes", "no", "no matter"].map(str::to_owned);
        let place = |typed: &str| read(typed, &answers);
        assert_eq!(
            [place("1"), place("Y"), place("no"), place("no m"), place("")],
            [Some(0), Some(0), Some(1), Some(2), Some(2)]
        );
        assert_eq!([place("0"), place("4"), place("n"), place("perhaps")], [None; 4]);
    }
}
