//! Debates in the YAML form of Debatrix (arXiv 2403.08010): a motion with the names of both sides, and a list of speeches
//! with the names of the debaters, together or in two files of the same stem.
//!
//! The info slide is set-up text and is not read. Names tell the sides and go no further.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::assets::error::AssetError;
use crate::assets::transcripts::shape::{Given, shaped};
use crate::assets::transcripts::{Sourced, unusable};
use crate::domain::seat::Side;
use crate::domain::transcript::Contest;

/// What a file holds.
pub enum Debate {
    Whole(Sourced),
    Part(Part),
}

/// One of two files of the same stem.
pub struct Part {
    path: PathBuf,
    document: Document,
}

enum Document {
    Motion(Box<Motion>),
    Speeches(Vec<Speech>),
}

/// Other keys, the info slide among them, are passed over.
#[derive(Deserialize)]
struct Motion {
    motion: String,
    pro_side: Vec<Debater>,
    con_side: Vec<Debater>,
    #[serde(default)]
    speech_order: Vec<String>,
    #[serde(default)]
    speeches: Option<Vec<Speech>>,
}

#[derive(Deserialize)]
struct Debater {
    name: String,
}

#[derive(Deserialize)]
struct Speech {
    debater_name: String,
    content: String,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Document, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a motion with pro_side and con_side, or a list of speeches")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Document, A::Error> {
                Motion::deserialize(MapAccessDeserializer::new(map)).map(|motion| Document::Motion(Box::new(motion)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Document, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Document::Speeches)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Reads one file.
///
/// # Errors
/// It is no YAML of this form, or what it holds cannot be judged.
pub fn read(path: &Path, text: &str) -> Result<Debate, AssetError> {
    let file = path.display().to_string();
    let mut documents = documents(&file, text)?.into_iter();
    let (first, second) = (documents.next(), documents.next());
    let part = |document| Ok(Debate::Part(Part { path: path.to_owned(), document }));
    match (first, second, documents.next()) {
        (Some(Document::Motion(mut motion)), None, None) => match motion.speeches.take() {
            Some(speeches) => debate(&file, &motion, speeches).map(Debate::Whole),
            None => part(Document::Motion(motion)),
        },
        (Some(speeches), None, None) => part(speeches),
        (Some(Document::Motion(motion)), Some(Document::Speeches(speeches)), None)
        | (Some(Document::Speeches(speeches)), Some(Document::Motion(motion)), None) => {
            debate(&file, &motion, speeches).map(Debate::Whole)
        }
        (None, ..) => Err(unusable(&file, "the file is empty; write a motion and its speeches")),
        _ => {
            Err(unusable(&file, "it holds more than one motion and one list of speeches; write a file for each debate"))
        }
    }
}

fn documents(file: &str, text: &str) -> Result<Vec<Document>, AssetError> {
    // An alias stands for as much text as one likes, and a list of aliases for as much again: nobody needs them here.
    let options = serde_saphyr::options! { budget: serde_saphyr::budget! { max_aliases: 0 } };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location();
        let number = |number: Option<u64>| number.and_then(|it| usize::try_from(it).ok()).unwrap_or(1).max(1);
        AssetError::Broken {
            file: file.to_owned(),
            line: number(place.map(|place| place.line())),
            column: number(place.map(|place| place.column())),
            reason: explained(&error.to_string()),
        }
    })
}

/// What the parser says, on one line and with the mend.
fn explained(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or(line).trim_end_matches([':', ' ']);
    if line.contains("alias") {
        return "the file uses aliases (\"*name\"), which are not read; write out what they stand for".to_owned();
    }
    format!("{line}; a debate needs motion, pro_side and con_side, and speeches with debater_name and content")
}

/// Joins motions with the speeches of the same stem: with the nearest in the tree, if there are several. The index is
/// that of the motion's file.
pub fn joined(parts: Vec<(usize, Part)>) -> Vec<(usize, Result<Sourced, AssetError>)> {
    let mut motions: Vec<(usize, PathBuf, Box<Motion>)> = Vec::new();
    let mut lists: BTreeMap<PathBuf, (usize, Vec<Speech>)> = BTreeMap::new();
    for (index, Part { path, document }) in parts {
        match document {
            Document::Motion(motion) => motions.push((index, path, motion)),
            Document::Speeches(speeches) => drop(lists.insert(path, (index, speeches))),
        }
    }
    let mut joined = Vec::new();
    for (index, path, motion) in motions {
        let file = path.display().to_string();
        let found = match nearest(&path, lists.keys()) {
            Some(nearest) => lists.remove(&nearest).map(|(_, speeches)| speeches),
            None => None,
        };
        joined.push((
            index,
            match found {
                Some(speeches) => debate(&file, &motion, speeches),
                None => Err(unusable(
                    &file,
                    "it holds no speeches; add them under the key speeches, or name a folder that also holds their \
                     file, of the same name",
                )),
            },
        ));
    }
    joined.extend(lists.into_iter().map(|(path, (index, _))| {
        let reason =
            "it holds speeches without a motion; name a folder that also holds the motion's file, of the same name";
        (index, Err(unusable(&path.display().to_string(), reason)))
    }));
    joined
}

/// The file of the same stem that shares the most folders with this one; `None` if there is none, or no single one.
fn nearest<'a>(path: &Path, others: impl Iterator<Item = &'a PathBuf>) -> Option<PathBuf> {
    let shared = |other: &Path| path.components().zip(other.components()).take_while(|(one, two)| one == two).count();
    let mut near: Vec<(usize, &PathBuf)> =
        others.filter(|other| other.file_stem() == path.file_stem()).map(|other| (shared(other), other)).collect();
    near.sort();
    match near[..] {
        [] => None,
        [.., (before, _), (last, _)] if before == last => None,
        [.., (_, last)] => Some(last.clone()),
    }
}

fn debate(file: &str, motion: &Motion, speeches: Vec<Speech>) -> Result<Sourced, AssetError> {
    let refuse = |reason: String| unusable(file, reason);
    let speeches = in_order(&motion.speech_order, speeches).map_err(refuse)?;
    let side_of = |name: &str| {
        let of = |debaters: &[Debater]| debaters.iter().any(|debater| debater.name == name);
        match (of(&motion.pro_side), of(&motion.con_side)) {
            (true, false) => Ok(Side::Proposition),
            (false, true) => Ok(Side::Opposition),
            (true, true) => Err(format!("\"{name}\" stands on both sides; give each debater a name of its own")),
            (false, false) => {
                Err(format!("\"{name}\" speaks, and stands neither in pro_side nor in con_side; add the name there"))
            }
        }
    };
    let given = speeches
        .into_iter()
        .map(|speech| Ok(Given { side: side_of(&speech.debater_name)?, stage: None, text: speech.content }));
    let given = given.collect::<Result<_, String>>().map_err(refuse)?;
    let transcript = shaped(Contest::Debate, &motion.motion, given).map_err(refuse)?;
    Ok(Sourced { source: file.to_owned(), transcript })
}

/// The speeches as `speech_order` has the debaters speak; as they stand without it.
fn in_order(order: &[String], speeches: Vec<Speech>) -> Result<Vec<Speech>, String> {
    if order.is_empty() {
        return Ok(speeches);
    }
    if order.len() != speeches.len() {
        return Err(format!(
            "speech_order names {} speeches, and {} are there; mend it, or leave it out to take them as they stand",
            order.len(),
            speeches.len()
        ));
    }
    let mut left: Vec<Option<Speech>> = speeches.into_iter().map(Some).collect();
    let next = |name: &String| {
        let of_name = |speech: &&mut Option<Speech>| speech.as_ref().is_some_and(|it| it.debater_name == *name);
        left.iter_mut().find(of_name).and_then(Option::take).ok_or_else(|| {
            format!("speech_order has \"{name}\" speak more often than there are speeches; mend it, or leave it out")
        })
    };
    order.iter().map(next).collect()
}
