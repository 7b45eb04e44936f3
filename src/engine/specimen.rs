//! The debate that measurements read: always the same, so that two machines and two programs can be compared.

use serde::Deserialize;

use crate::assets::parse::parse;
use crate::assets::{AssetError, Library};
use crate::domain::format::StageKind;
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Spoken, Transcript};
use crate::text::words::count_words;

const FILE: &str = "bench/debate.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Specimen {
    motion: String,
    speeches: Vec<Given>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    side: Side,
    stage: StageKind,
    text: String,
}

/// The debate as a judge reads it.
///
/// # Errors
/// The user's own version of the file is broken.
pub fn transcript(library: &Library) -> Result<Transcript, AssetError> {
    let specimen: Specimen = parse(&library.text(FILE)?)?;
    let spoken = |given: Given| {
        let text = given.text.trim().to_owned();
        let words = count_words(&text);
        Spoken { side: given.side, stage: given.stage, words, text, limit: None, citations: Vec::new() }
    };
    Ok(Transcript::new(Contest::Debate, specimen.motion, specimen.speeches.into_iter().map(spoken)))
}

/// Its speeches as one text.
///
/// # Errors
/// As [`transcript`].
pub fn text(library: &Library) -> Result<String, AssetError> {
    let speeches = transcript(library)?.speeches;
    Ok(speeches.into_iter().map(|spoken| spoken.text).collect::<Vec<_>>().join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Paths;

    #[test]
    fn the_debate_has_six_speeches_of_both_sides_and_about_2500_words() {
        let home = tempfile::tempdir().unwrap();
        let transcript = transcript(&Library::load(&Paths::under(home.path())).unwrap()).unwrap();
        let of = |side| transcript.speeches.iter().filter(move |spoken| spoken.side == side).count();
        assert_eq!((of(Side::Proposition), of(Side::Opposition)), (3, 3));
        let words: usize = transcript.speeches.iter().map(|spoken| spoken.words).sum();
        assert!((2400..=2600).contains(&words), "{words} words");
    }
}
