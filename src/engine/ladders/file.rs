//! Results as files, in and out. A file with a line that is no battle makes no ladder.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::engine::error::EngineError;
use crate::engine::queries::Queries;
use crate::rating::Selection;
use crate::rating::battles::{Import, csv, json_lines, read_csv, read_json_lines};
use crate::rating::results::{Results, Weighing};

/// The most bytes of a file.
const MOST_BYTES: u64 = 2 << 30;
/// The most players: a fit takes time with the third power of them.
const MOST_PLAYERS: usize = 1000;
/// So many refused lines are told, then a count stands for the others.
const MOST_TOLD: usize = 3;

/// The form of a file of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultsKind {
    JsonLines,
    Csv,
}

impl ResultsKind {
    /// By the ending of the file's name: `.jsonl` or `.csv`.
    ///
    /// # Errors
    /// Another ending.
    fn of(path: &Path) -> Result<ResultsKind, EngineError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("jsonl") => Ok(ResultsKind::JsonLines),
            Some("csv") => Ok(ResultsKind::Csv),
            _ => Err(EngineError::Request(format!(
                "{} ends neither in .jsonl nor in .csv, so it is not known how to read it",
                path.display()
            ))),
        }
    }
}

impl Queries {
    /// The rated games of a selection as a document of battles.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn results_document(&self, selection: &Selection, kind: ResultsKind) -> Result<String, EngineError> {
        let games = self.selected(selection)?;
        // A battle has a figure in every column or the document has no columns.
        let results = if games.iter().all(|game| game.style.is_some()) {
            Results::of_games_with_style(&games, Weighing::Even)
        } else {
            Results::of_games(&games, Weighing::Even)
        };
        Ok(match kind {
            ResultsKind::JsonLines => json_lines(&results),
            ResultsKind::Csv => csv(&results),
        })
    }
}

/// Reads a file of results.
///
/// # Errors
/// It cannot be read, is too large, or has a line that is no battle.
pub fn read(path: &Path) -> Result<Results, EngineError> {
    let kind = ResultsKind::of(path)?;
    let name = path.display();
    let text = bytes(path)?;
    let Import { results, refused } = match kind {
        ResultsKind::JsonLines => read_json_lines(&text, std::thread::available_parallelism().map_or(1, usize::from)),
        ResultsKind::Csv => {
            read_csv(&text).map_err(|refusal| EngineError::Request(format!("{name} cannot be read: {refusal}")))?
        }
    };
    if !refused.is_empty() {
        let mut told: Vec<String> = refused.iter().take(MOST_TOLD).map(ToString::to_string).collect();
        if let Some(more) = refused.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
            let lines = if more == 1 { "line is" } else { "lines are" };
            told.push(format!("{more} more {lines} none."));
        }
        return Err(EngineError::Request(format!(
            "there is no ladder of {name} until it is mended: {}",
            told.join(" ")
        )));
    }
    if results.battles().is_empty() {
        return Err(EngineError::Request(format!(
            "{name} holds no battle; give one a line, with model_a, model_b, winner"
        )));
    }
    let players = results.players().len();
    if players > MOST_PLAYERS {
        return Err(EngineError::Request(format!("{name} names {players} players; the most is {MOST_PLAYERS}")));
    }
    Ok(results)
}

fn bytes(path: &Path) -> Result<Vec<u8>, EngineError> {
    let unreadable =
        |error: std::io::Error| EngineError::Request(format!("{} cannot be read: {error}", path.display()));
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut text)).map_err(unreadable)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(EngineError::Request(format!(
            "{} has more than {} GiB; give a part of it",
            path.display(),
            MOST_BYTES >> 30
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path).unwrap_err().to_string()
    }

    #[test]
    fn a_file_with_a_bad_line_is_refused_whole_with_the_first_reasons() {
        let bad = r#"{"model_a": "a", "model_b": "a", "winner": "tie"}"#;
        let good = r#"{"model_a": "a", "model_b": "b", "winner": "tie"}"#;
        let sentence = refused("x.jsonl", &[good, bad, bad, good, bad, bad, bad].join("\n"));
        assert!(sentence.contains("Line 2 is no battle: a meets itself"), "{sentence}");
        assert!(sentence.ends_with("2 more lines are none."), "{sentence}");
        assert!(refused("x.jsonl", "\n\n").contains("holds no battle"));
        assert!(refused("x.txt", good).contains("neither in .jsonl nor in .csv"));
        assert!(refused("x.csv", "model_a,model_b\na,b\n").contains("no column winner"));
    }

    #[test]
    fn a_file_of_very_many_players_is_refused_before_anything_is_fitted() {
        let rows: Vec<String> = (0..=MOST_PLAYERS).map(|player| format!("p{player},q,model_a")).collect();
        let sentence = refused("x.csv", &format!("model_a,model_b,winner\n{}\n", rows.join("\n")));
        assert!(sentence.contains("names 1002 players; the most is 1000"), "{sentence}");
    }
}
