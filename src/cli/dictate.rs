//! What a person types on standard input: a line, or a speech of lines up to one that holds only a dot, or to the end of the input.

use std::io::{self, BufRead};

use crate::engine::error::EngineError;
use crate::engine::interrupt::told_to_end;

/// The line that ends a speech.
const END: &str = ".";

/// Reads one speech, beside the program; `None` where the input has ended and nothing came.
pub async fn dictate() -> io::Result<Option<String>> {
    let read = tokio::task::spawn_blocking(|| speech(&mut io::stdin().lock()));
    read.await.map_err(io::Error::other)?
}

/// Reads one line, beside the program; `None` where the input or the user has ended.
///
/// # Errors
/// The input cannot be read.
pub async fn heard() -> Result<Option<String>, EngineError> {
    let read = || {
        let mut line = String::new();
        Ok::<_, io::Error>((io::stdin().lock().read_line(&mut line)? > 0).then_some(line))
    };
    let failed = |error: io::Error| EngineError::Failed(format!("the input cannot be read: {error}"));
    tokio::select! {
        read = tokio::task::spawn_blocking(read) => read.map_err(io::Error::other).flatten().map_err(failed),
        () = told_to_end() => Ok(None),
    }
}

fn speech(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut text = String::new();
    let mut line = String::new();
    let mut ended = false;
    while !ended {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok((!text.trim().is_empty()).then_some(text));
        }
        ended = line.trim_end_matches(['\r', '\n']) == END;
        if !ended {
            text.push_str(&line);
        }
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_alone_ends_a_speech_and_the_input_may_end_without_one() {
        let mut input = "We agree.\n\nMostly.\n.\nAnd so.\n".as_bytes();
        assert_eq!(speech(&mut input).unwrap().as_deref(), Some("We agree.\n\nMostly.\n"));
        assert_eq!(speech(&mut input).unwrap().as_deref(), Some("And so.\n"));
        assert_eq!(speech(&mut input).unwrap(), None);
    }
}
