//! The questions of a bench put to a llama.cpp server, in the order that serves it best.

use std::cmp::Reverse;

use crate::clock::Stopwatch;
use crate::engine::error::EngineError;
use crate::engine::judging::ServerBench;
use crate::engine::judging::trial::Heard;
use crate::model::local::{Continuations, common};
use crate::model::peer::Peer;

/// Alternatives that the server is asked for; the labels are among them.
const TOP: usize = 10;
/// Tokens that are sent and not counted: the server is warm then, and what its slot held is gone.
const WARM_UP: usize = 32;

/// Puts the questions to a server, recipe by recipe. Of a recipe's questions the one that shares most with the last
/// comes next: no other order lets one slot keep more of its cache.
pub async fn ask_server(peer: &Peer, heard: &[Heard], ours: f64) -> Result<ServerBench, EngineError> {
    let mut last: Vec<u32> = vec![0; WARM_UP];
    peer.next(&last, TOP).await?;
    let (mut read, mut compared, mut farthest) = (0, 0, 0.0_f64);
    let watch = Stopwatch::start();
    for heard in heard {
        let calls = heard.calls.iter();
        let mut left: Vec<(&Continuations, &Vec<f64>)> =
            calls.flat_map(|call| call.prompts.iter().zip(&call.scores.log_probabilities)).collect();
        while let Some(next) = nearest(left.iter().map(|(made, _)| made.prompt.as_slice()), &last) {
            let (made, scores) = left.remove(next);
            let answer = peer.next(&made.prompt, TOP).await?;
            read += answer.read;
            for (label, score) in made.labels.iter().zip(scores) {
                let theirs = answer.top.iter().find(|(token, _)| label.as_slice() == [*token]);
                if let Some((_, theirs)) = theirs {
                    compared += 1;
                    farthest = farthest.max((theirs - score).abs());
                }
            }
            last.clone_from(&made.prompt);
        }
    }
    let milliseconds = watch.elapsed().as_secs_f64() * 1e3;
    let ratio = ours / milliseconds;
    Ok(ServerBench { milliseconds, read, ratio, labels_compared: compared, max_difference: farthest })
}

/// The number of the prompt that shares most with the last one; the first of equals.
fn nearest<'a>(prompts: impl Iterator<Item = &'a [u32]>, last: &[u32]) -> Option<usize> {
    let shared = prompts.enumerate().map(|(i, prompt)| (common(prompt, last), Reverse(i)));
    shared.max().map(|(_, Reverse(i))| i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_asked_next_what_shares_most_with_the_last_question() {
        let left: [&[u32]; 3] = [&[1, 9], &[1, 2, 3], &[1, 2, 4]];
        assert_eq!(nearest(left.into_iter(), &[1, 2, 5]), Some(1));
        assert_eq!(nearest(left.into_iter(), &[7]), Some(0));
        assert_eq!(nearest(std::iter::empty(), &[7]), None);
    }
}
