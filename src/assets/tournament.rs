//! A tournament's file, and a file of questions: what a user names, read and checked. They lie wherever the user keeps them.

use std::borrow::Cow;
use std::path::Path;

use crate::assets::error::AssetError;
use crate::assets::parse::parse;
use crate::assets::source::{AssetText, Origin};
use crate::domain::tournament::{Question, Tournament};

/// Reads a tournament. One without a name is called after its file.
///
/// # Errors
/// The file cannot be read, is broken, or contradicts itself.
pub fn read_tournament(path: &Path) -> Result<Tournament, AssetError> {
    let text = std::fs::read_to_string(path).map_err(|error| AssetError::unreadable(path, &error))?;
    let asset = AssetText { text: Cow::Owned(text), origin: Origin::File(path.to_owned()) };
    let mut tournament: Tournament = parse(&asset)?;
    if tournament.name.trim().is_empty() {
        tournament.name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    }
    match tournament.problem() {
        Some(reason) => Err(AssetError::Invalid { file: path.display().to_string(), reason }),
        None => Ok(tournament),
    }
}

/// Reads questions and their answers from JSON Lines. Blank lines are passed over, and so is whatever else a line holds.
///
/// # Errors
/// The file cannot be read, a line is no such object, or there is none.
pub fn read_questions(path: &Path) -> Result<Vec<Question>, AssetError> {
    let text = std::fs::read_to_string(path).map_err(|error| AssetError::unreadable(path, &error))?;
    let file = path.display().to_string();
    let mut questions: Vec<Question> = Vec::new();
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let broken = |reason: String| AssetError::Broken { file: file.clone(), line: place + 1, column: 1, reason };
        let question: Question = serde_json::from_str(line).map_err(|error| {
            broken(format!(
                "a line holds {{\"question\": \"...\", \"answer\": \"...\"}}, and this one does not: {error}"
            ))
        })?;
        if let Some(problem) = question.problem() {
            return Err(broken(problem.to_owned()));
        }
        if questions.iter().any(|other| other.question.trim() == question.question.trim()) {
            return Err(broken("this question stands above already".to_owned()));
        }
        questions.push(question);
    }
    if questions.is_empty() {
        return Err(AssetError::Invalid { file, reason: "it holds no question".to_owned() });
    }
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tournament::{Kind, Sides};

    fn read(text: &str) -> Result<Tournament, AssetError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spring.toml");
        std::fs::write(&path, text).unwrap();
        read_tournament(&path)
    }

    const PLAN: &str = "kind = \"swiss\"\nplayers = [\"quartet\", \"solo\"]\nmotions = [\"single-use-plastics\"]\n";

    #[test]
    fn a_file_needs_its_kind_and_its_players() {
        let plan = read(PLAN).unwrap();
        assert_eq!((plan.name.as_str(), plan.kind, plan.seed, plan.attempts), ("spring", Kind::Swiss, None, 3));
        assert_eq!((plan.concurrency.matches, plan.sides()), (4, Sides::Balanced));
        let error = read("kind = \"swiss\"\nmotions = []\n").unwrap_err().to_string();
        assert!(error.ends_with("the key \"players\" is missing"), "{error}");
    }

    #[test]
    fn a_file_may_set_everything() {
        let more = "name = \"Cup\"\nsides = \"both\"\nseed = 7\nattempts = 1\nformat = \"duel\"\njudges = [\"debatrix@m\"]\n\
                    [ceilings]\ndollars = 2.5\nminutes = 30\n[match_ceilings]\ntokens = 9000\n\
                    [concurrency]\nmatches = 8\nlocal = 1\n";
        let plan = read(&format!("{PLAN}{more}")).unwrap();
        assert_eq!(
            (plan.name.as_str(), plan.ceilings.minutes, plan.match_ceilings.tokens),
            ("Cup", Some(30.0), Some(9000))
        );
        assert_eq!((plan.concurrency.matches, plan.concurrency.local, plan.concurrency.endpoint), (8, 1, 4));
    }

    #[test]
    fn a_contradictory_file_is_told_with_its_name() {
        let error = read(&format!("{PLAN}rounds = 9\n")).unwrap_err().to_string();
        assert!(
            error.ends_with("spring.toml: rounds is 9; 2 players who never meet twice have between 1 and 1"),
            "{error}"
        );
        let error = read(&PLAN.replace("swiss", "swis")).unwrap_err().to_string();
        assert!(
            error.ends_with("line 1, column 8: \"swis\" is no value for this key; did you mean \"swiss\"?"),
            "{error}"
        );
    }

    #[test]
    fn questions_are_read_line_by_line_and_a_wrong_line_is_named() {
        let read = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("qa.jsonl");
            std::fs::write(&path, text).unwrap();
            read_questions(&path)
        };
        let good = "{\"question\": \"2 + 2?\", \"answer\": \"4\", \"topic\": \"sums\"}\n\n{\"question\": \"3 + 3?\", \"answer\": \"6\"}\n";
        let questions = read(good).unwrap();
        assert_eq!((questions.len(), questions[1].answer.as_str()), (2, "6"));
        for (text, told) in [
            (format!("{good}{{\"question\": \"4?\"}}\n"), "line 4, column 1: a line holds"),
            ("{\"question\": \" \", \"answer\": \"4\"}\n".to_owned(), "line 1, column 1: the question is empty"),
            (format!("{good}{good}"), "line 4, column 1: this question stands above already"),
            ("\n".to_owned(), "it holds no question"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(told), "{told:?} in {error:?}");
        }
    }
}
