//! `rhetor --plain`: every command, typed line by line, for screen readers and pipes. Nothing is written over, nothing has a colour.

use std::io::{self, IsTerminal};

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::arguments::Arguments;
use crate::cli::dictate::heard;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::cli::run::answer;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;

/// What is said first.
const WELCOME: &str = "rhetor, line by line. `debate` asks for a debate and runs it; every other command is typed as behind `rhetor`, for \
    instance `motions list`. `help` lists them, `quit` ends.";

/// The questions before a debate: what is asked, and the flag for the answer. An empty answer leaves the flag out.
const QUESTIONS: [(&str, &str); 5] = [
    ("The motion: an id of `motions list`, or a sentence of your own. Nothing takes single-use-plastics.", "--motion"),
    ("The proposition: a team, TEAM@MODEL, a model, or `person` for yourself. Nothing takes the usual one.", "--pro"),
    ("The opposition, likewise.", "--con"),
    ("The format, for instance duel. Nothing takes the usual one.", "--format"),
    ("The judge: RECIPE@MODEL, or `none`. Nothing takes the usual one.", "--judge"),
];

/// Reads commands and answers them until the input or the user ends.
///
/// # Errors
/// The input cannot be read.
pub async fn listen(engine: &EngineHandle, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let is_typed = io::stdin().is_terminal();
    if is_typed {
        output.note(WELCOME);
    }
    let mut status = ExitStatus::Done;
    loop {
        if is_typed {
            output.note("Command:");
        }
        let Some(typed) = heard().await? else { return Ok(status) };
        let mut words = words(&typed);
        match words.first().map(String::as_str) {
            None => continue,
            Some("quit" | "exit" | "q") => return Ok(status),
            Some("help") if words.len() == 1 => words = vec!["--help".to_owned()],
            Some("debate") if words.len() == 1 => match questions(output).await? {
                Some(asked) => words = asked,
                None => return Ok(status),
            },
            Some(_) => {}
        }
        let arguments = Arguments::try_parse_from(std::iter::once("rhetor".to_owned()).chain(words));
        status = match arguments {
            Ok(Arguments { command: Some(command), home, .. }) => match answer(engine, home, command, output).await {
                Ok(ExitStatus::Interrupted) => return Ok(ExitStatus::Interrupted),
                Ok(status) => status,
                Err(error) => {
                    output.note(&error.to_string());
                    ExitStatus::of(&error)
                }
            },
            Ok(_) => continue,
            Err(error) => {
                let text = error.render().to_string();
                let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
                if is_help {
                    output.text(&text)
                } else {
                    output.note(text.trim_end())
                }
                if is_help { ExitStatus::Done } else { ExitStatus::WrongUse }
            }
        };
    }
}

/// Asks for a debate; `None` where the input has ended.
async fn questions(output: &mut Output) -> Result<Option<Vec<String>>, EngineError> {
    let mut words = vec!["debate".to_owned()];
    for (question, flag) in QUESTIONS {
        output.note(question);
        let Some(given) = heard().await? else { return Ok(None) };
        match (flag, given.trim()) {
            ("--motion", "") => words.extend(["--motion".to_owned(), "single-use-plastics".to_owned()]),
            ("--judge", "none") => words.push("--no-judge".to_owned()),
            (_, "") => {}
            (flag, given) => words.push(format!("{flag}={given}")),
        }
    }
    Ok(Some(words))
}

/// The words of a line. Quotation marks, double or single, hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_hold_words_together() {
        assert_eq!(
            words("debate  --motion \"This House would walk\" --pro ''"),
            ["debate", "--motion", "This House would walk", "--pro", ""]
        );
        assert_eq!(words("motions add \"an open one"), ["motions", "add", "an open one"]);
        assert!(words(" \t").is_empty());
    }
}
