//! What is read in the next pass through the model: pure, so that it can be tested without one.

use crate::model::local::queue::Priority;

/// The most tokens of a prompt that are read in one pass.
pub const CHUNK: usize = 256;
/// The most while others wait for their next token.
const CHUNK_IN_COMPANY: usize = 64;
/// So few tokens are read without waiting for a turn: the next token of an answer, the rest of a label.
const FEW: usize = 8;

/// A sequence that has something to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub priority: Priority,
    /// Tokens still to be read, at least one.
    pub pending: usize,
}

/// The sequences to read from, by number and in order, and how many tokens of each.
///
/// Background sequences wait while a live one has something to read. Of those that go first, all who have few tokens
/// left read them together; whoever has many reads a chunk beside them, one at a time in order.
#[must_use]
pub fn next_pass(standings: &[Standing]) -> Vec<(usize, usize)> {
    let live = standings.iter().any(|standing| standing.priority == Priority::Live);
    let first = if live { Priority::Live } else { Priority::Background };
    let ready = || standings.iter().enumerate().filter(|(_, standing)| standing.priority == first);
    let few = ready().filter(|(_, standing)| standing.pending <= FEW);
    let mut pass: Vec<(usize, usize)> = few.map(|(i, standing)| (i, standing.pending)).collect();
    let chunk = if pass.is_empty() { CHUNK } else { CHUNK_IN_COMPANY };
    let many = ready().find(|(_, standing)| standing.pending > FEW);
    pass.extend(many.map(|(i, standing)| (i, standing.pending.min(chunk))));
    pass.sort_unstable();
    pass
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(pending: usize) -> Standing {
        Standing { priority: Priority::Live, pending }
    }

    fn background(pending: usize) -> Standing {
        Standing { priority: Priority::Background, pending }
    }

    #[test]
    fn answers_are_written_together() {
        assert_eq!(next_pass(&[live(1), live(1), live(1)]), [(0, 1), (1, 1), (2, 1)]);
    }

    #[test]
    fn a_prompt_is_read_in_chunks_that_are_shorter_beside_answers() {
        assert_eq!(next_pass(&[live(1000)]), [(0, 256)]);
        assert_eq!(next_pass(&[live(30)]), [(0, 30)]);
        assert_eq!(next_pass(&[live(1), live(1000), live(500)]), [(0, 1), (1, 64)]);
    }

    #[test]
    fn judging_waits_while_somebody_watches() {
        assert_eq!(next_pass(&[background(1), live(1), background(900)]), [(1, 1)]);
        assert_eq!(next_pass(&[background(1), background(900)]), [(0, 1), (1, 64)]);
    }

    #[test]
    fn nothing_to_read_is_no_pass() {
        assert_eq!(next_pass(&[]), []);
    }
}
