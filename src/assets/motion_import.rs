//! Taking the motions of a file into a pack of the user's. A row is taken, skipped because the motion is already there, or
//! rejected with its line and the reason. How rows are written is said in `motion_rows`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::assets::error::AssetError;
use crate::assets::motion_pack::append;
use crate::assets::motion_rows::{rows, stem};
use crate::assets::motions::{Motions, is_id, problem, said};
use crate::assets::source::Source;
use crate::assets::wording::{free, slug};
use crate::domain::motion::Category;

/// The largest file that is read.
const LARGEST: u64 = 64 << 20;

/// A row that is no motion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Counts from 1.
    pub line: usize,
    pub reason: String,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    pub added: usize,
    pub skipped_duplicates: usize,
    pub rejected: Vec<Rejected>,
    /// The pack that holds what was added.
    pub pack: PathBuf,
}

/// Takes the motions of `file` into a pack of the same name in `folder`. `category` stands for the guess where a row has none.
///
/// # Errors
/// The file cannot be read, is too large, or is a broken TOML pack; or the pack cannot be written.
pub fn import(folder: &Path, file: &Path, category: Option<Category>, known: &Motions) -> Result<Imported, AssetError> {
    let bytes = read(file)?;
    let rows = rows(file, &bytes, category)?;
    let pack = folder.join(pack_name(&stem(file)));
    let (mut ids, mut texts) = (HashSet::new(), known.all_said());
    let mut imported = Imported { added: 0, skipped_duplicates: 0, rejected: Vec::new(), pack };
    let mut added = Vec::new();
    for (line, row) in rows {
        let sound = row.and_then(|mut motion| {
            let taken = |id: &str| known.has_id(id) || ids.contains(id);
            motion.id = if is_id(&motion.id) { free(&motion.id, taken) } else { slug(&motion.text, taken) };
            problem(&motion).map_or(Ok(motion), Err)
        });
        match sound {
            Err(reason) => imported.rejected.push(Rejected { line, reason }),
            Ok(motion) if !texts.insert(said(&motion.text)) => imported.skipped_duplicates += 1,
            Ok(motion) => {
                ids.insert(motion.id.clone());
                added.push(motion);
            }
        }
    }
    imported.added = added.len();
    if !added.is_empty() {
        append(&imported.pack, &added)?;
    }
    Ok(imported)
}

fn read(file: &Path) -> Result<Vec<u8>, AssetError> {
    let unreadable = |error: std::io::Error| AssetError::unreadable(file, &error);
    if std::fs::metadata(file).map_err(unreadable)?.len() > LARGEST {
        let reason = format!("it is larger than {} MB; split it", LARGEST >> 20);
        return Err(AssetError::Invalid { file: file.display().to_string(), reason });
    }
    std::fs::read(file).map_err(unreadable)
}

/// A pack named after the file, but never after a built-in pack, which it would stand over.
fn pack_name(stem: &str) -> String {
    let safe: String = stem.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let name = format!("{}.toml", safe.trim_matches('_'));
    if name == ".toml" || Source::is_built_in_pack(&name) { format!("imported-{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imported(name: &str, bytes: &[u8]) -> (Result<Imported, AssetError>, Motions) {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let source = Source::new(home.path());
        let known = Motions::load(&source);
        let result = import(&home.path().join("motions"), &file, None, &known);
        (result, Motions::load(&source))
    }

    #[test]
    fn json_lines_become_motions_with_their_origin() {
        let row = r#"{"id": "hm/7", "motion": "THW ban circuses", "date": "1999-01-01", "tournament": "Riga", "round": "1", "topic_auto": "Arts", "infoslide": "One is a\nshow. Two is cut of"}"#;
        let (result, motions) = imported("hm.jsonl", row.as_bytes());
        assert_eq!(result.unwrap().added, 1);
        let motion = motions.get("hm/7").unwrap();
        assert_eq!(motion.text, "This House would ban circuses");
        assert_eq!(motion.category, Category::Policy);
        assert_eq!(motion.context, "One is a show.");
        assert_eq!(motion.tags, ["arts"]);
        assert_eq!(motion.origin.as_deref(), Some("Riga, round 1, 1999-01-01"));
    }

    #[test]
    fn bad_rows_are_rejected_with_line_and_reason_and_good_ones_stay() {
        let mut file = b"{\"motion\": \"THW ban circuses\"}\nnot json\n{\"motion\": 3}\n\n{\"motion\": \"a\\u001b[31mb\"}\n{\"motion\": \"  \"}\n".to_vec();
        file.extend(b"\xff\xfe\n{\"motion\": \"This house would BAN circuses.\"}\n{\"motion\": \"x y\", \"category\": \"fun\"}\n");
        file.extend(format!("{{\"motion\": \"{}\"}}", "x".repeat(2000)).bytes());
        let (result, motions) = imported("rows.jsonl", &file);
        let result = result.unwrap();
        assert_eq!((result.added, result.skipped_duplicates), (1, 1));
        let told: Vec<_> = result.rejected.iter().map(|row| (row.line, row.reason.as_str())).collect();
        let expected = [
            (2, "not a JSON object"),
            (3, "no \"motion\""),
            (5, "control character"),
            (6, "empty"),
            (7, "not UTF-8"),
            (9, "\"fun\" is no category"),
            (10, "2000 characters"),
        ];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for ((line, reason), (expected_line, words)) in told.into_iter().zip(expected) {
            assert!(line == expected_line && reason.contains(words), "{line}: {reason}");
        }
        assert!(motions.problems().is_empty());
    }

    #[test]
    fn a_second_import_adds_nothing() {
        let home = tempfile::tempdir().unwrap();
        let (file, folder) = (home.path().join("m.txt"), home.path().join("motions"));
        std::fs::write(&file, "\u{feff}THW ban circuses\r\nTHW ban circuses with lions\n").unwrap();
        let source = Source::new(home.path());
        let first = import(&folder, &file, Some(Category::Creative), &Motions::load(&source)).unwrap();
        assert_eq!(first.added, 2);
        let motions = Motions::load(&source);
        assert_eq!(motions.get("ban-circuses").unwrap().category, Category::Creative);
        let second = import(&folder, &file, None, &motions).unwrap();
        assert_eq!((second.added, second.skipped_duplicates), (0, 2));
        assert_eq!(Motions::load(&source), motions);
    }

    #[test]
    fn a_pack_is_taken_over_and_never_stands_over_a_built_in_one() {
        let pack = "category = \"fact\"\n[[motion]]\nid = \"a\"\ntext = \"It rains\"\n";
        let (result, motions) = imported("fact.toml", pack.as_bytes());
        assert!(result.unwrap().pack.ends_with("motions/imported-fact.toml"));
        assert!(motions.all().len() > 60 && motions.has_id("a"));
        let (result, _) = imported("broken.toml", b"category = 1\n");
        assert!(matches!(result, Err(AssetError::Broken { line: 1, .. })));
    }

    #[test]
    fn a_file_that_cannot_be_read_says_what_to_do() {
        let home = tempfile::tempdir().unwrap();
        let told = |file: &str| {
            let error =
                import(home.path(), &home.path().join(file), None, &Motions::default()).unwrap_err().to_string();
            error.rsplit_once(home.path().to_str().unwrap()).unwrap().1.to_owned()
        };
        std::fs::write(home.path().join("a.json"), "[]").unwrap();
        assert_eq!(told("none.txt"), "/none.txt cannot be read: there is no such file; check the path");
        assert_eq!(told(""), "/ cannot be read: it is a folder; name a file in it");
        assert!(told("a.json").starts_with("/a.json: a JSON document is not read; write one motion on each line"));
    }

    #[test]
    fn the_same_id_for_another_text_gets_a_number() {
        let rows = b"{\"id\": \"a\", \"motion\": \"It rains\"}\n{\"id\": \"a\", \"motion\": \"It snows\"}\n{\"id\": \"no id\", \"motion\": \"It hails\"}\n";
        let (_, motions) = imported("rows.jsonl", rows);
        assert_eq!(motions.get("a-2").unwrap().text, "It snows");
        assert_eq!(motions.get("it-hails").unwrap().text, "It hails");
    }
}
