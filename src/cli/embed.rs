//! `rhetor models embed`: texts to vectors, or how alike the texts are.

use std::io;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::cli::arguments::EmbedArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::model::chat::Delta;
use crate::model::embedder::{EmbedRequest, Embedding, cosine};
use crate::model::error::ModelError;

/// Characters of a text that are shown beside a similarity.
const SHOWN: usize = 48;

/// A text and its vector, as one line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    #[serde(flatten)]
    embedding: &'a Embedding,
}

/// Two texts and the cosine of their vectors.
#[derive(Serialize)]
struct Pair<'a> {
    similarity: f64,
    a: &'a str,
    b: &'a str,
}

/// Prints the vector of each text, or how alike each two are.
///
/// # Errors
/// The model cannot be opened or has no vectors, or a text is empty.
pub async fn embed(
    engine: &EngineHandle,
    arguments: EmbedArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let texts = texts(arguments.texts)?;
    if arguments.similar && texts.len() < 2 {
        return Err(EngineError::Request("--similar compares texts with each other; give two or more".to_owned()));
    }
    let name = arguments.name;
    output.progress(&format!("{name} · loading"));
    let model = engine.queries().registry().open(&name).await?;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let request = EmbedRequest { texts: texts.clone(), before: arguments.before, layer: arguments.layer };
    let embedding = model.embedder()?.embed(request, tell, cancel.clone());
    tokio::pin!(embedding);
    let made = loop {
        tokio::select! {
            made = &mut embedding => break made,
            Some(delta) = told.recv() => if let Delta::Prefill { done, total } = delta {
                output.progress(&format!("{name} · {done}/{total} tokens"));
            },
            () = told_to_end(), if !cancel.is_cancelled() => cancel.cancel(),
        }
    };
    let embeddings = match made {
        Ok(made) => made.embeddings,
        Err(ModelError::Cancelled) => return Ok(ExitStatus::Interrupted),
        Err(error) => return Err(error.into()),
    };
    if let Some(sentence) = left_out(&embeddings, &name, model.card.context) {
        output.note(&sentence);
    }
    if arguments.similar {
        similarities(&texts, &embeddings, output);
    } else {
        for (text, embedding) in texts.iter().zip(&embeddings) {
            output.document(&Line { text, embedding });
        }
    }
    Ok(ExitStatus::Done)
}

/// The texts of the command line; `-` stands for the lines of standard input.
fn texts(given: Vec<String>) -> Result<Vec<String>, EngineError> {
    let mut texts = Vec::with_capacity(given.len());
    for text in given {
        if text == "-" {
            let lines = io::stdin().lines().collect::<io::Result<Vec<String>>>();
            texts
                .extend(lines.map_err(|error| {
                    EngineError::Request(format!("standard input cannot be read as text: {error}"))
                })?);
        } else {
            texts.push(text);
        }
    }
    if texts.is_empty() {
        return Err(EngineError::Request("standard input has no texts; write one a line".to_owned()));
    }
    Ok(texts)
}

/// Says how many texts were cut.
fn left_out(embeddings: &[Embedding], model: &str, context: usize) -> Option<String> {
    let cut = embeddings.iter().filter(|embedding| embedding.left_out > 0).count();
    let texts = match (cut, embeddings.len()) {
        (0, _) => return None,
        (1, 1) => "the text is".to_owned(),
        (1, all) => format!("one text of {all} is"),
        (cut, all) => format!("{cut} texts of {all} are"),
    };
    Some(format!("{texts} longer than the {context} tokens that {model} reads; what is beyond them was left out"))
}

fn similarities(texts: &[String], embeddings: &[Embedding], output: &mut Output) {
    let all: Vec<(&str, &[f32])> =
        texts.iter().zip(embeddings).map(|(text, embedding)| (text.as_str(), &embedding.vector[..])).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    for (i, &(a, first)) in all.iter().enumerate() {
        let later = all.iter().skip(i + 1);
        pairs.extend(later.map(|&(b, second)| Pair { similarity: cosine(first, second), a, b }));
    }
    pairs.sort_by(|one, other| other.similarity.total_cmp(&one.similarity));
    for pair in pairs {
        if output.json {
            output.document(&pair);
        } else {
            output.line(&format!("{:>7.4}  {}  |  {}", pair.similarity, shown(pair.a), shown(pair.b)));
        }
    }
}

/// The beginning of a text, on one line.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedding(left_out: usize) -> Embedding {
        Embedding { vector: vec![1.0], tokens: 3, left_out }
    }

    #[test]
    fn what_was_cut_is_said_in_one_sentence() {
        let said = |left_out: &[usize]| {
            let embeddings: Vec<Embedding> = left_out.iter().map(|&left_out| embedding(left_out)).collect();
            left_out_sentence(&embeddings)
        };
        fn left_out_sentence(embeddings: &[Embedding]) -> Option<String> {
            left_out(embeddings, "mini", 256)
        }
        assert_eq!(said(&[0, 0]), None);
        let end = "longer than the 256 tokens that mini reads; what is beyond them was left out";
        assert_eq!(said(&[7]).unwrap(), format!("the text is {end}"));
        assert_eq!(said(&[0, 7]).unwrap(), format!("one text of 2 is {end}"));
        assert_eq!(said(&[1, 0, 7]).unwrap(), format!("2 texts of 3 are {end}"));
    }

    #[test]
    fn a_long_text_is_shown_by_its_beginning() {
        assert_eq!(shown(" two\n lines "), "two lines");
        assert_eq!(shown(&"ä".repeat(60)).chars().count(), SHOWN + 1);
    }
}
