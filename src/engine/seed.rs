//! The seed of every call, and the nonce of every speech, from the debate's root seed and their place. Asking again counts, a restart does not.

use crate::engine::publish::Caller;
use crate::text::hash::number_of;

/// The seed for one call: the first eight bytes of a BLAKE3 hash over the root seed, the debate's id and the caller.
#[must_use]
pub fn call_seed(root: u64, caller: &Caller, ask: u32) -> u64 {
    let place = match caller {
        Caller::Role { speech, role, revision, .. } => format!("role/{speech}/{role}/{revision}"),
        Caller::Judge { judge, call } => format!("judge/{judge}/{call}"),
        Caller::Watcher { speeches, call } => format!("watcher/{speeches}/{call}"),
        Caller::Weigher { speech, revision, call, .. } => format!("weigher/{speech}/{revision}/{call}"),
    };
    number(&format!("{root}/{place}/{ask}"))
}

/// The nonce of the fences of one speech. Not one for each call, since then no call of a speech could begin with what
/// the one before has read; and what stands in them was written before the speech began, so nobody can know it.
#[must_use]
pub fn speech_nonce(root: u64, speech: usize) -> u64 {
    number(&format!("{root}/fence/{speech}"))
}

fn number(place: &str) -> u64 {
    number_of(&[place.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::seat::{Seat, Side};
    use crate::domain::team::Role;

    fn writer(speech: usize, revision: u32) -> Caller {
        Caller::Role { speech, seat: Seat(0), side: Side::Proposition, role: Role::Writer, revision, ask: 0 }
    }

    #[test]
    fn a_restarted_call_has_the_same_seed_and_an_asked_again_one_another() {
        assert_eq!(call_seed(7, &writer(0, 0), 0), call_seed(7, &writer(0, 0), 0));
        assert_ne!(call_seed(7, &writer(0, 0), 0), call_seed(7, &writer(0, 0), 1));
    }

    #[test]
    fn speeches_revisions_and_roots_draw_from_different_seeds() {
        let seeds = [
            call_seed(7, &writer(0, 0), 0),
            call_seed(7, &writer(1, 0), 0),
            call_seed(7, &writer(0, 1), 0),
            call_seed(8, &writer(0, 0), 0),
        ];
        for (place, seed) in seeds.iter().enumerate() {
            assert!(!seeds[..place].contains(seed));
        }
    }
}
