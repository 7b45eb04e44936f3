//! A real encoder, all-MiniLM-L6-v2: its vectors beside those that numpy computes from the same weights
//! (`scripts/encoder-reference`, whose output is `encoder.json`).

use std::env;
use std::path::PathBuf;

use libtest_mimic::Trial;
use rhetor::model::embedder::cosine;
use rhetor::model::local::Encoder;
use rhetor::model::{EmbedRequest, Embedder};
use serde::Deserialize;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::{Outcome, check};

const NAME: &str = "all-minilm-l6-v2";

#[derive(Deserialize)]
struct Reference {
    sha256: String,
    texts: Vec<String>,
    /// Tokens of each text as it is read.
    tokens: Vec<usize>,
    /// The first numbers of each vector.
    first: Vec<Vec<f32>>,
    cosines: Vec<Vec<f64>>,
}

pub fn trials() -> Vec<Trial> {
    let found = find_encoder();
    if found.is_none() {
        eprintln!("the real encoder is not tried: RHETOR_TEST_ENCODER names no folder with {NAME}");
    }
    vec![Trial::test("an_encoder_gives_the_vectors_of_the_reference", vectors_match).with_ignored_flag(found.is_none())]
}

fn find_encoder() -> Option<PathBuf> {
    let named = env::var_os("RHETOR_TEST_ENCODER").map(PathBuf::from);
    let home = || Some(PathBuf::from(env::var_os("RHETOR_HOME")?).join("models").join(NAME));
    named.or_else(home).filter(|folder| folder.join("config.json").is_file())
}

fn vectors_match() -> Outcome {
    let reference: Reference = serde_json::from_str(include_str!("encoder.json"))?;
    let encoder = Encoder::open(&find_encoder().ok_or("there is no encoder")?, NAME, None)?;
    check(encoder.card().hash.0 == reference.sha256, || format!("{} is another model", encoder.card().hash))?;
    let request = EmbedRequest { texts: reference.texts, ..EmbedRequest::default() };
    let (progress, _) = tokio::sync::mpsc::unbounded_channel();
    let made = Runtime::new()?.block_on(encoder.embed(request, progress, CancellationToken::new()))?.embeddings;
    // The last text is longer than the model reads; the others are whole.
    let cut: Vec<bool> = made.iter().map(|embedding| embedding.left_out > 0).collect();
    check(cut == [false, false, false, false, false, true], || format!("cut: {cut:?}"))?;
    for (i, embedding) in made.iter().enumerate() {
        check(embedding.tokens == reference.tokens[i], || format!("text {i} has {} tokens", embedding.tokens))?;
        let off = embedding.vector.iter().zip(&reference.first[i]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // Six decimals are stored; single precision is off by less.
        check(off < 1e-5, || format!("the vector of text {i} is off by {off}"))?;
        for (j, other) in made.iter().enumerate() {
            let (ours, theirs) = (cosine(&embedding.vector, &other.vector), reference.cosines[i][j]);
            check((ours - theirs).abs() < 1e-5, || format!("the cosine of {i} and {j} is {ours}, not {theirs}"))?;
        }
    }
    Ok(())
}
