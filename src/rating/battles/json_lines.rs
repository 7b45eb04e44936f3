//! Battles as JSON Lines.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::rating::battles::{Import, LONGEST_LINE, LineError, Part, Spelled, join, shortened, spelled, style_of};
use crate::rating::results::Results;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    model_a: Cow<'a, str>,
    #[serde(borrow)]
    model_b: Cow<'a, str>,
    #[serde(borrow)]
    winner: Cow<'a, str>,
    #[serde(borrow, default)]
    weight: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "motion", alias = "prompt_id")]
    cluster: Option<&'a RawValue>,
    #[serde(borrow, default)]
    proposition: Option<Cow<'a, str>>,
    #[serde(default)]
    style: Option<BTreeMap<String, f64>>,
}

#[derive(Serialize)]
struct Written<'a> {
    model_a: &'a str,
    model_b: &'a str,
    winner: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposition: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    style: BTreeMap<&'a str, f64>,
}

/// Reads battles, one JSON object a line, on some threads. A cluster is the text of its value, a string without its quotation
/// marks. The number of threads changes nothing but the time.
#[must_use]
pub fn read_json_lines(text: &[u8], threads: usize) -> Import {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let pieces = pieces(text, threads.max(1));
    if let [piece] = pieces[..] {
        return join(vec![read(piece)]);
    }
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = pieces.iter().map(|piece| scope.spawn(|| read(piece))).collect();
        // A piece whose thread panicked is read again here, so that the panic is not lost.
        let parts = workers.into_iter().zip(&pieces);
        parts.map(|(worker, piece)| worker.join().unwrap_or_else(|_| read(piece))).collect()
    });
    join(parts)
}

/// Cuts a text at line ends into about equal pieces, at least one.
fn pieces(text: &[u8], n: usize) -> Vec<&[u8]> {
    let (mut pieces, mut rest) = (Vec::with_capacity(n), text);
    for left in (1..n).rev() {
        let aim = rest.len() / (left + 1);
        let Some(end) = rest[aim..].iter().position(|byte| *byte == b'\n') else { break };
        let (piece, others) = rest.split_at(aim + end + 1);
        pieces.push(piece);
        rest = others;
    }
    pieces.push(rest);
    pieces
}

fn read(text: &[u8]) -> Part {
    let mut part = Part::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest);
        let (line, others) = end.map_or((rest, &rest[rest.len()..]), |end| (&rest[..end], &rest[end + 1..]));
        rest = others;
        part.lines += 1;
        if let Err(error) = read_line(line.trim_ascii(), &mut part) {
            part.refuse(error);
        }
    }
    part
}

fn read_line(line: &[u8], part: &mut Part) -> Result<(), LineError> {
    if line.is_empty() {
        return Ok(());
    }
    if line.len() > LONGEST_LINE {
        return Err(LineError::TooLong { bytes: line.len() });
    }
    let text = std::str::from_utf8(line).map_err(|_| LineError::NotText)?;
    let read: Line<'_> = serde_json::from_str(text).map_err(|error| LineError::NotJson { reason: reason(&error) })?;
    let cluster = read.cluster.map(as_text);
    let style = read.style.iter().flatten().map(|(column, figure)| (column.as_str(), *figure));
    let style: Vec<(&str, f64)> = style.collect();
    let spelled = Spelled {
        model_a: &read.model_a,
        model_b: &read.model_b,
        winner: &read.winner,
        weight: read.weight.map(weight).transpose()?,
        cluster: cluster.as_deref(),
        proposition: read.proposition.as_deref(),
    };
    part.take(&spelled, &style)
}

/// A value as text: a string without its quotation marks, everything else as it is spelled.
fn as_text(value: &RawValue) -> Cow<'_, str> {
    let spelled = value.get();
    match spelled.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
        Some(_) => serde_json::from_str(spelled).map_or(Cow::Borrowed(spelled), Cow::Owned),
        None => Cow::Borrowed(spelled),
    }
}

fn weight(value: &RawValue) -> Result<f64, LineError> {
    let spelled = value.get();
    spelled.parse().map_err(|_| LineError::Weight { weight: shortened(spelled) })
}

/// What the reader of JSON says, without its own count of lines, which is always 1.
fn reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    if error.is_data() {
        return shortened_reason(said);
    }
    format!("it is not JSON: {} at column {}", shortened_reason(said), error.column())
}

fn shortened_reason(said: &str) -> String {
    said.chars().take(200).collect()
}

/// Writes battles, one JSON object a line. What is usual is left out: a weight of 1, no cluster, no sides.
#[must_use]
pub fn json_lines(results: &Results) -> String {
    let mut text = String::new();
    for (number, battle) in results.battles().iter().enumerate() {
        let Spelled { model_a, model_b, winner, weight, cluster, proposition } = spelled(results, battle);
        let columns = results.columns().iter().map(String::as_str);
        let style = columns.zip(style_of(results, number).iter().copied()).collect();
        let written = Written { model_a, model_b, winner, weight, cluster, proposition, style };
        let line = serde_json::to_string(&written);
        // Texts and finite numbers can always be written.
        text.push_str(&line.unwrap_or_default());
        text.push('\n');
    }
    text
}
