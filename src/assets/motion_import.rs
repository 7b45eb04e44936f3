//! Motions from files of others: JSON Lines, our own TOML packs, or plain text with a motion on each line.
//!
//! A row is taken, skipped because the motion is already there, or rejected with its line and the reason. Texts are kept as
//! they are but for a short opening, which is spelled out, and blanks around them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::assets::error::AssetError;
use crate::assets::motion_pack::append;
use crate::assets::motions::{Motions, problem, read_pack, said};
use crate::assets::parse::place;
use crate::assets::source::{AssetText, Origin, Source};
use crate::assets::wording::{free, guessed_category, slug, spelled_out};
use crate::domain::motion::{Category, Motion};

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
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let rows = match file.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => toml_rows(file, &bytes, category)?,
        Some("jsonl" | "ndjson") => lines(&bytes, |line| json_row(line, &stem, category)),
        Some("json") => {
            let reason =
                "a JSON document is not read; write one motion on each line, as JSON Lines (.jsonl) or text (.txt)";
            return Err(AssetError::Invalid { file: file.display().to_string(), reason: reason.to_owned() });
        }
        _ => lines(&bytes, |line| Ok(text_row(line, &stem, category))),
    };
    let pack = folder.join(pack_name(&stem));
    let (mut ids, mut texts) = (HashSet::new(), known.all_said());
    let mut imported = Imported { added: 0, skipped_duplicates: 0, rejected: Vec::new(), pack };
    let mut added = Vec::new();
    for (line, row) in rows {
        let sound = row.and_then(|mut motion| {
            let taken = |id: &str| known.has_id(id) || ids.contains(id);
            motion.id = if motion.id.is_empty() { slug(&motion.text, taken) } else { free(&motion.id, taken) };
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

type Row = (usize, Result<Motion, String>);

fn lines(bytes: &[u8], row: impl Fn(&str) -> Result<Motion, String>) -> Vec<Row> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut rows = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        match std::str::from_utf8(line).map(str::trim) {
            Ok("") => {}
            Ok(line) => rows.push((index + 1, row(line))),
            Err(_) => rows.push((index + 1, Err("it is not UTF-8 text".to_owned()))),
        }
    }
    rows
}

fn toml_rows(file: &Path, bytes: &[u8], category: Option<Category>) -> Result<Vec<Row>, AssetError> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let asset = AssetText { text: Cow::Owned(text), origin: Origin::File(file.to_owned()) };
    let motions = read_pack(&asset, category)?;
    Ok(motions.into_iter().map(|(span, motion)| (place(&asset.text, span.start).0, Ok(motion))).collect())
}

fn text_row(line: &str, stem: &str, category: Option<Category>) -> Motion {
    Motion {
        id: String::new(),
        text: spelled_out(line),
        category: category.unwrap_or_else(|| guessed_category(line)),
        context: String::new(),
        proposition: String::new(),
        opposition: String::new(),
        tags: Vec::new(),
        origin: Some(stem.to_owned()),
    }
}

fn json_row(line: &str, stem: &str, category: Option<Category>) -> Result<Motion, String> {
    let row: Map<String, Value> =
        serde_json::from_str(line).map_err(|_| "it is not a JSON object on one line".to_owned())?;
    let field = |names: &[&str]| names.iter().find_map(|name| row.get(*name).and_then(Value::as_str)).map(str::trim);
    let Some(text) = field(&["motion", "text"]) else {
        return Err("it has no \"motion\" or \"text\" that is a text".to_owned());
    };
    let own =
        match field(&["category"]) {
            Some(name) => Some(serde_json::from_value(Value::from(name)).map_err(|_| {
                format!("\"{name}\" is no category; the categories are fact, value, policy and creative")
            })?),
            None => None,
        };
    let mut motion = text_row(text, stem, own.or(category));
    motion.id = field(&["id"]).unwrap_or_default().to_owned();
    motion.context = field(&["context", "infoslide"]).map(whole_sentences).unwrap_or_default();
    motion.proposition = field(&["proposition"]).unwrap_or_default().to_owned();
    motion.opposition = field(&["opposition"]).unwrap_or_default().to_owned();
    motion.tags = match row.get("tags").and_then(Value::as_array) {
        Some(tags) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => field(&["topic", "topic_auto"])
            .filter(|topic| !topic.is_empty())
            .map(str::to_lowercase)
            .into_iter()
            .collect(),
    };
    let round = field(&["round"]).filter(|round| !round.is_empty()).map(|round| format!("round {round}"));
    let parts = [field(&["tournament"]).map(str::to_owned), round, field(&["date"]).map(str::to_owned)];
    let named: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    motion.origin = field(&["origin"]).map(str::to_owned).or_else(|| (!named.is_empty()).then(|| named.join(", ")));
    motion.origin = motion.origin.or_else(|| Some(stem.to_owned()));
    Ok(motion)
}

/// A context on one line, up to the end of its last whole sentence: collections cut long ones anywhere.
fn whole_sentences(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = |at: usize| line[at..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    let stop = line.char_indices().rfind(|(at, c)| matches!(c, '.' | '!' | '?') && ends(at + 1));
    let last = stop.map_or(0, |(at, _)| at + 1);
    let closing = line[last..].chars().take_while(|c| matches!(c, '"' | ')' | '\u{201d}' | '\'')).map(char::len_utf8);
    line[..last + closing.sum::<usize>()].to_owned()
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
        let rows = b"{\"id\": \"a\", \"motion\": \"It rains\"}\n{\"id\": \"a\", \"motion\": \"It snows\"}\n";
        let (_, motions) = imported("rows.jsonl", rows);
        assert_eq!(motions.get("a-2").unwrap().text, "It snows");
    }
}
