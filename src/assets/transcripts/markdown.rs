//! Debates that people wrote as Markdown: the motion as the first heading or as `Motion: ...`, then a heading for each
//! speech that names its side. A deeper heading belongs to the speech; any other heading ends it.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

use crate::assets::error::AssetError;
use crate::assets::parse::place;
use crate::assets::transcripts::shape::{Given, shaped};
use crate::assets::transcripts::sides::{Named, only_names_a_side, side_in, stage_in};
use crate::assets::transcripts::{Sourced, fault, unusable};
use crate::domain::transcript::Contest;

/// What a heading or a line calls the motion.
const MOTION: [&str; 3] = ["motion", "topic", "resolution"];

/// A heading, or a paragraph, list or quotation as plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    /// 1 to 6; `None` for text.
    level: Option<u8>,
    text: String,
    line: usize,
}

/// The debate of a document.
///
/// # Errors
/// It names no motion, a heading names both sides, or a side does not speak.
pub fn read(file: &str, text: &str) -> Result<Sourced, AssetError> {
    let mut motion: Option<String> = None;
    let mut motion_follows = false;
    let mut given: Vec<Given> = Vec::new();
    // The level of the speech's heading.
    let mut speech: Option<u8> = None;
    for block in blocks(text) {
        match (block.level, speech) {
            (None, _) if motion_follows => {
                motion = Some(block.text.replace('\n', " "));
                motion_follows = false;
            }
            (None, _) if motion.is_none() => motion = named_motion(&block.text),
            (Some(level), Some(of_speech)) if level > of_speech => append(&mut given, &block.text),
            (None, Some(_)) => append(&mut given, &block.text),
            (None, None) => {}
            (Some(level), _) => {
                speech = None;
                if motion.is_none() && MOTION.contains(&block.text.trim().to_lowercase().as_str()) {
                    motion_follows = true;
                } else if motion.is_none() && !only_names_a_side(&block.text) {
                    let named = named_motion(&block.text);
                    motion = named.or_else(|| (level == 1).then(|| block.text.replace('\n', " ")));
                } else {
                    match side_in(&block.text) {
                        Named::One(side) => {
                            given.push(Given { side, stage: stage_in(&block.text), text: String::new() });
                            speech = Some(level);
                        }
                        Named::Both => {
                            let reason =
                                format!("the heading \"{}\" names both sides; name the one that speaks", block.text);
                            return Err(fault(file, block.line, reason));
                        }
                        Named::Neither => {}
                    }
                }
            }
        }
    }
    let Some(motion) = motion else {
        return Err(fault(file, 1, "no motion is named; begin with a line \"# The motion\" or \"Motion: ...\""));
    };
    if given.is_empty() {
        let reason = "no heading names a side; put a heading such as \"## Proposition\" or \"## Opposition, rebuttal\" \
                      before each speech";
        return Err(unusable(file, reason));
    }
    let transcript = shaped(Contest::Debate, &motion, given).map_err(|reason| unusable(file, reason))?;
    Ok(Sourced { source: file.to_owned(), transcript })
}

fn append(given: &mut [Given], text: &str) {
    if let Some(speech) = given.last_mut() {
        if !speech.text.is_empty() {
            speech.text.push_str("\n\n");
        }
        speech.text.push_str(text);
    }
}

/// The motion of a text whose first line is `Motion: ...`.
fn named_motion(text: &str) -> Option<String> {
    let (name, motion) = text.trim_start().lines().next()?.split_once(':')?;
    let motion = motion.trim();
    (MOTION.contains(&name.trim().to_lowercase().as_str()) && !motion.is_empty()).then(|| motion.to_owned())
}

/// The document's headings and texts, as a reader of the page sees them: without marks, tags and comments.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut depth = 0_usize;
    let mut unseen = 0_usize;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_YAML_STYLE_METADATA_BLOCKS).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                unseen += usize::from(matches!(tag, Tag::MetadataBlock(_)));
                if depth == 0 && unseen == 0 {
                    let level = if let Tag::Heading { level, .. } = &tag { Some(*level as u8) } else { None };
                    // Counting lines for headings alone keeps a long document fast.
                    let line = if level.is_some() { place(text, range.start).0 } else { 0 };
                    blocks.push(Block { level, text: String::new(), line });
                }
                depth += 1;
                if let Tag::Item = tag {
                    write(&mut blocks, "\n- ");
                }
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                unseen -= usize::from(matches!(tag, TagEnd::MetadataBlock(_)));
                if depth > 0 && matches!(tag, TagEnd::Paragraph) {
                    write(&mut blocks, "\n");
                }
            }
            _ if unseen > 0 => {}
            Event::Text(words) | Event::Code(words) => write(&mut blocks, &words),
            Event::Html(html) if !is_comment(&html) => write(&mut blocks, &html),
            Event::SoftBreak | Event::HardBreak => write(&mut blocks, "\n"),
            _ => {}
        }
    }
    for block in &mut blocks {
        block.text = block.text.trim().replace("\n\n- ", "\n- ");
    }
    blocks.retain(|block| !block.text.is_empty());
    blocks
}

fn write(blocks: &mut [Block], text: &str) {
    if let Some(block) = blocks.last_mut() {
        block.text.push_str(text);
    }
}

fn is_comment(html: &CowStr<'_>) -> bool {
    html.trim_start().starts_with("<!--")
}
