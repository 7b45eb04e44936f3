//! What the two programs say to each other, one JSON document a line.
//!
//! The child begins with a [`Greeting`]. From then on the parent sends [`Request`]s and the child [`Answer`]s, each with
//! the number of a call; several calls go on at once. An opened model is named by the number of the call that opened it.
//! A prompt that the model has read before is found by what it says, so nobody has to name it. The end of its input ends
//! the child.

use std::io::{self, BufRead, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::hash::ContentHash;
use crate::model::chat::{Card, ChatRequest, Delta};
use crate::model::embedder::{EmbedRequest, Embeddings};
use crate::model::error::ModelError;
use crate::model::scorer::{LabelRequest, LabelScores};

/// Changes whenever either side would misread the other.
pub const PROTOCOL: u32 = 2;

/// The first line of the child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Greeting {
    /// Ready for requests.
    Hello {
        protocol: u32,
        /// The version of the program.
        version: String,
        /// The device that models run on, for instance `NVIDIA H100 80GB HBM3`.
        device: String,
    },
    /// It was built without a GPU, so it has nothing to serve, and ends.
    WithoutGpu,
    /// It cannot serve here, for this reason, and ends.
    Refused { reason: String },
}

/// A line of the parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub call: u64,
    pub ask: Ask,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Answered with [`Said::Opened`].
    Open { path: String, name: String, hash: Option<ContentHash> },
    /// Forgets a model, once its calls are answered. There is no answer.
    Close { model: u64 },
    /// Answered with [`Said::Began`], then deltas.
    Chat { model: u64, request: ChatRequest },
    /// Answered with progress, then [`Said::Scored`].
    Score { model: u64, request: LabelRequest },
    /// Answered with progress, then [`Said::Embedded`].
    Embed { model: u64, request: EmbedRequest },
    /// Cancels the call of this number. The call itself answers.
    Cancel,
}

/// A line of the child behind the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub call: u64,
    pub said: Said,
}

/// A part of the answer to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    Opened { card: Card, can_chat: bool },
    Began,
    Delta(Delta),
    Scored(LabelScores),
    Embedded(Embeddings),
    Failed(ModelError),
}

/// Writes a line and sends it off.
///
/// # Errors
/// The other side is gone.
pub fn write(output: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    output.write_all(&text)?;
    output.flush()
}

/// Reads a line; `None` at the end.
///
/// # Errors
/// The line is not what was expected, or cannot be read.
pub fn read<T: DeserializeOwned>(input: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::chat::{Message, Sampling, StopReason};

    fn round<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(line: &T) {
        let mut text = Vec::new();
        write(&mut text, line).unwrap();
        assert_eq!(text.iter().filter(|&&byte| byte == b'\n').count(), 1);
        assert_eq!(read::<T>(&mut &text[..]).unwrap().as_ref(), Some(line));
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let request = ChatRequest {
            messages: vec![Message::user("two\nlines, \u{2028} and \"quotes\"")],
            max_tokens: 9,
            sampling: Sampling { temperature: 0.1 + 0.2, top_p: 0.95, repetition_penalty: 1.1, seed: u64::MAX },
            stop: vec!["\n".to_owned()],
            schema: None,
        };
        round(&Request { call: u64::MAX, ask: Ask::Chat { model: 1, request } });
        round(&Request { call: 2, ask: Ask::Cancel });
        round(&Answer { call: 2, said: Said::Delta(Delta::Prefill { done: 1, total: 2 }) });
        round(&Answer { call: 2, said: Said::Delta(Delta::Done(StopReason::Cancelled)) });
        let failed = ModelError::PromptTooLong { model: "m".to_owned(), tokens: 9, limit: 8 };
        round(&Answer { call: 2, said: Said::Failed(failed) });
        round(&Greeting::Refused { reason: "no".to_owned() });
    }

    #[test]
    fn the_end_is_no_line_and_nonsense_is_an_error() {
        assert_eq!(read::<Request>(&mut &b""[..]).unwrap(), None);
        assert!(read::<Request>(&mut &b"hello\n"[..]).is_err());
        assert!(read::<Request>(&mut &b"{\"call\":1,\"ask\":{\"dance\":{}}}\n"[..]).is_err());
    }
}
