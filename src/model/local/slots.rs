//! Sequences at rest, so that a prompt which begins like one of them is not read twice.
//!
//! Two teams and a judge take turns at one model; each finds its own beginning again, to the token. What was written
//! counts like what was read: a number never depends on how its tokens came in (see `kernels`).

use crate::model::local::cache::Cache;
use crate::model::local::score::common;

/// A sequence: the tokens it is made of, and the keys and values of those that have been read.
pub struct Reading<P> {
    pub cache: Cache<P>,
    pub tokens: Vec<u32>,
}

impl<P> Reading<P> {
    /// No tokens.
    #[must_use]
    pub fn empty() -> Reading<P> {
        Reading { cache: Cache::default(), tokens: Vec::new() }
    }

    /// The tokens that are still to be read.
    #[must_use]
    pub fn pending(&self) -> &[u32] {
        self.tokens.get(self.cache.len()..).unwrap_or_default()
    }

    /// How many tokens of a prompt's beginning it has read, but for the prompt's last, whose state somebody wants to see.
    fn shared(&self, prompt: &[u32]) -> usize {
        common(self.tokens.get(..self.cache.len()).unwrap_or_default(), prompt).min(prompt.len().saturating_sub(1))
    }

    /// The next tokens to read, and the cache they go to.
    pub fn run(&mut self, tokens: usize) -> (&[u32], &mut Cache<P>) {
        let read = self.cache.len();
        (self.tokens.get(read..read + tokens).unwrap_or_default(), &mut self.cache)
    }
}

/// The sequences at rest, least recently used first.
pub struct Slots<P> {
    resting: Vec<Reading<P>>,
    /// Bytes of a page.
    page: u64,
}

impl<P> Slots<P> {
    /// No sequences; `page` is the bytes of a page of their caches.
    #[must_use]
    pub fn new(page: u64) -> Slots<P> {
        Slots { resting: Vec::new(), page }
    }

    /// Whether some call at work will soon have read more of a prompt's beginning than anybody has now. Whoever waits for
    /// it reads nothing twice.
    #[must_use]
    pub fn is_worth_waiting(&self, prompt: &[u32], at_work: &[&Reading<P>]) -> bool {
        let now = self.resting.iter().chain(at_work.iter().copied()).map(|reading| reading.shared(prompt)).max();
        let soon = |reading: &&Reading<P>| common(&reading.tokens, prompt).min(prompt.len().saturating_sub(1));
        at_work.iter().map(soon).max() > now
    }

    /// Lays what a call at work has read to rest, too, if a prompt finds more of its beginning there than elsewhere.
    pub fn lend(&mut self, prompt: &[u32], at_work: &[&Reading<P>]) {
        let rests = self.resting.iter().map(|reading| reading.shared(prompt)).max().unwrap_or(0);
        let best = at_work.iter().max_by_key(|reading| reading.shared(prompt));
        if let Some(reading) = best.filter(|reading| reading.shared(prompt) > rests) {
            let cache = reading.cache.fork(reading.cache.len());
            self.put_back(Reading { cache, tokens: reading.tokens.clone() });
        }
    }

    /// A sequence of a prompt, which is never empty. As much of its beginning is read as in any sequence at rest, but
    /// for the last token, whose state somebody wants to see. Copies nothing.
    #[must_use]
    pub fn take(&mut self, prompt: &[u32]) -> Reading<P> {
        let shared = |reading: &Reading<P>| reading.shared(prompt);
        // The most recent of equals: `max_by_key` gives the last.
        let best = (0..self.resting.len()).max_by_key(|&i| self.resting.get(i).map_or(0, shared));
        let Some(i) = best.filter(|&i| self.resting.get(i).is_some_and(|reading| shared(reading) > 0)) else {
            return Reading { cache: Cache::default(), tokens: prompt.to_vec() };
        };
        let reading = self.resting.remove(i);
        let cache = reading.cache.fork(shared(&reading));
        self.resting.push(reading);
        Reading { cache, tokens: prompt.to_vec() }
    }

    /// Lays a sequence to rest.
    pub fn put_back(&mut self, mut reading: Reading<P>) {
        reading.tokens.truncate(reading.cache.len());
        // What is the beginning of this one has nothing to add.
        self.resting.retain(|old| !reading.tokens.starts_with(&old.tokens));
        self.resting.push(reading);
    }

    /// Lets go of the oldest sequences until the others take at most `budget` bytes. One is kept in any case.
    pub fn fit(&mut self, budget: u64) {
        while self.resting.len() > 1 && self.bytes() > budget {
            self.resting.remove(0);
        }
    }

    fn bytes(&self) -> u64 {
        self.resting.iter().map(|reading| reading.cache.bytes(self.page)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::local::cache::Page;
    use crate::model::local::shape::Shape;

    struct Small;

    impl Page for Small {
        const TOKENS: usize = 100;

        fn bytes(_: &Shape) -> u64 {
            1
        }
    }

    /// Takes a sequence, reads the rest of the prompt and lays it to rest; gives how much was there already.
    fn read(slots: &mut Slots<Small>, prompt: &[u32]) -> usize {
        let mut reading = slots.take(prompt);
        let there = reading.cache.len();
        assert_eq!(reading.pending(), &prompt[there..]);
        let rooms = reading.cache.reserve(prompt.len() - there, || Ok(Small)).unwrap();
        reading.cache.advance(&rooms);
        slots.put_back(reading);
        there
    }

    fn prompt(who: u32, len: u32) -> Vec<u32> {
        (0..len).map(|i| if i < 140 { i } else { who * 10_000 + i }).collect()
    }

    #[test]
    fn a_longer_prompt_goes_on_where_the_shorter_ended() {
        let mut slots = Slots::new(1);
        assert_eq!(read(&mut slots, &prompt(1, 300)), 0);
        assert_eq!(read(&mut slots, &prompt(1, 500)), 300);
        assert_eq!(slots.resting.len(), 1);
    }

    #[test]
    fn the_last_token_is_left_to_read() {
        let mut slots = Slots::new(1);
        assert_eq!(read(&mut slots, &prompt(1, 256)), 0);
        assert_eq!(read(&mut slots, &prompt(1, 256)), 255);
        assert_eq!(read(&mut slots, &prompt(1, 1)), 0);
    }

    #[test]
    fn speakers_who_take_turns_each_find_their_own_beginning() {
        let mut slots = Slots::new(1);
        assert_eq!(read(&mut slots, &prompt(1, 600)), 0);
        assert_eq!(read(&mut slots, &prompt(2, 600)), 140);
        assert_eq!(read(&mut slots, &prompt(1, 700)), 600);
        assert_eq!(read(&mut slots, &prompt(2, 700)), 600);
    }

    #[test]
    fn without_memory_the_last_sequence_is_kept() {
        let mut slots = Slots::new(1);
        for who in 1..4 {
            read(&mut slots, &prompt(who, 600));
        }
        slots.fit(0);
        assert_eq!(slots.resting.len(), 1);
        assert_eq!(read(&mut slots, &prompt(1, 600)), 140);
        assert_eq!(read(&mut slots, &prompt(3, 600)), 599);
    }

    #[test]
    fn what_two_sequences_share_counts_once() {
        let mut slots = Slots::new(1);
        read(&mut slots, &prompt(1, 600));
        read(&mut slots, &prompt(2, 600));
        // Two pages are shared, four or five are each one's own.
        assert!(slots.bytes() <= 11, "{}", slots.bytes());
        slots.fit(11);
        assert_eq!(slots.resting.len(), 2);
    }
}
