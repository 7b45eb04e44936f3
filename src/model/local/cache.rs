//! The keys and values that one sequence has read, in pages that sequences share.
//!
//! A fork shares every page with its origin and copies nothing; what either reads afterwards goes into pages of its own.
//! Rolling back forgets the last tokens. What a page holds is the arithmetic's affair; which prompts are worth keeping
//! is decided in `slots`.

use std::sync::Arc;

use candle_core::Result;

use crate::model::local::shape::Shape;

/// Room for the keys and values of some tokens, in all layers.
pub trait Page {
    /// Tokens that a page has room for.
    const TOKENS: usize;

    /// Bytes that a page takes.
    fn bytes(shape: &Shape) -> u64;
}

/// The cache of one sequence.
pub struct Cache<P> {
    pages: Vec<Held<P>>,
    len: usize,
}

/// A page, and how many of its tokens are of this sequence.
struct Held<P> {
    page: Arc<P>,
    used: usize,
}

/// Where tokens that are about to be read belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Number of the page.
    pub page: usize,
    /// The first place in the page.
    pub start: usize,
    pub tokens: usize,
}

impl<P> Default for Cache<P> {
    fn default() -> Cache<P> {
        Cache { pages: Vec::new(), len: 0 }
    }
}

impl<P> Cache<P> {
    /// Tokens held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Forgets all tokens from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        let mut left = self.len;
        self.pages.retain_mut(|held| {
            held.used = held.used.min(left);
            left -= held.used;
            held.used > 0
        });
    }

    /// A cache that holds the first `len` tokens in the same pages.
    #[must_use]
    pub fn fork(&self, len: usize) -> Cache<P> {
        let held = |held: &Held<P>| Held { page: Arc::clone(&held.page), used: held.used };
        let mut fork = Cache { pages: self.pages.iter().map(held).collect(), len: self.len };
        fork.truncate(len);
        fork
    }

    /// Counts tokens that every layer has written into the room made for them.
    pub fn advance(&mut self, rooms: &[Room]) {
        for room in rooms {
            if let Some(held) = self.pages.get_mut(room.page) {
                held.used += room.tokens;
                self.len += room.tokens;
            }
        }
    }

    /// The pages with the tokens that they hold when the room made is filled.
    #[must_use]
    pub fn filled(&self, rooms: &[Room]) -> Vec<(&P, usize)> {
        let more = |page: usize| rooms.iter().filter(|room| room.page == page).map(|room| room.tokens).sum::<usize>();
        self.pages.iter().enumerate().map(|(i, held)| (&*held.page, held.used + more(i))).collect()
    }

    /// Bytes of the pages, if one takes `page`; of those shared with others the share.
    #[must_use]
    pub fn bytes(&self, page: u64) -> u64 {
        self.pages.iter().map(|held| page / Arc::strong_count(&held.page) as u64).sum()
    }

    /// A page to write to; `None` if another sequence shares it.
    pub fn page_mut(&mut self, page: usize) -> Option<&mut P> {
        Arc::get_mut(&mut self.pages.get_mut(page)?.page)
    }
}

impl<P: Page> Cache<P> {
    /// Makes room for more tokens, behind those held. They are held only when [`Cache::advance`] counts them.
    ///
    /// # Errors
    /// Those of `page`, which makes a page.
    pub fn reserve(&mut self, tokens: usize, page: impl Fn() -> Result<P>) -> Result<Vec<Room>> {
        // Empty pages are left when a reading failed.
        self.truncate(self.len);
        let (mut rooms, mut left) = (Vec::new(), tokens);
        while left > 0 {
            let last = self.pages.len().wrapping_sub(1);
            let fresh = rooms.last().is_some_and(|room: &Room| room.page == last);
            let start = match self.pages.get(last) {
                Some(held) if !fresh && held.used < P::TOKENS && Arc::strong_count(&held.page) == 1 => held.used,
                _ => {
                    self.pages.push(Held { page: Arc::new(page()?), used: 0 });
                    0
                }
            };
            let taken = left.min(P::TOKENS - start);
            rooms.push(Room { page: self.pages.len() - 1, start, tokens: taken });
            left -= taken;
        }
        Ok(rooms)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! { static MADE: Cell<usize> = const { Cell::new(0) }; }

    struct Small;

    impl Page for Small {
        const TOKENS: usize = 10;

        fn bytes(_: &Shape) -> u64 {
            100
        }
    }

    fn page() -> Result<Small> {
        MADE.with(|made| made.set(made.get() + 1));
        Ok(Small)
    }

    fn read(cache: &mut Cache<Small>, tokens: usize) -> Vec<Room> {
        let rooms = cache.reserve(tokens, page).unwrap();
        assert!(rooms.iter().all(|room| cache.page_mut(room.page).is_some()));
        let filled: usize = cache.filled(&rooms).iter().map(|(_, tokens)| tokens).sum();
        assert_eq!(filled, cache.len() + tokens);
        cache.advance(&rooms);
        rooms
    }

    fn room(page: usize, start: usize, tokens: usize) -> Room {
        Room { page, start, tokens }
    }

    #[test]
    fn tokens_fill_a_page_before_the_next_begins() {
        let mut cache = Cache::default();
        assert_eq!(read(&mut cache, 7), [room(0, 0, 7)]);
        assert_eq!(read(&mut cache, 15), [room(0, 7, 3), room(1, 0, 10), room(2, 0, 2)]);
        assert_eq!((cache.len(), cache.pages.len()), (22, 3));
    }

    #[test]
    fn a_fork_makes_no_page_and_shares_none_that_is_written_to() {
        let mut origin = Cache::default();
        read(&mut origin, 25);
        let made = MADE.with(Cell::get);
        let mut fork = origin.fork(23);
        assert_eq!((fork.len(), MADE.with(Cell::get)), (23, made));
        assert_eq!(read(&mut fork, 1), [room(3, 0, 1)]);
        assert_eq!(read(&mut origin, 1), [room(3, 0, 1)]);
        drop(fork);
        assert_eq!(read(&mut origin, 1), [room(3, 1, 1)]);
    }

    #[test]
    fn what_is_rolled_back_is_written_over() {
        let mut cache = Cache::default();
        read(&mut cache, 25);
        cache.truncate(12);
        assert_eq!((cache.len(), cache.pages.len()), (12, 2));
        assert_eq!(read(&mut cache, 9), [room(1, 2, 8), room(2, 0, 1)]);
        cache.truncate(0);
        assert_eq!(read(&mut cache, 1), [room(0, 0, 1)]);
    }

    #[test]
    fn room_that_was_never_filled_is_given_again() {
        let mut cache = Cache::<Small>::default();
        read(&mut cache, 5);
        cache.reserve(20, page).unwrap();
        assert_eq!(read(&mut cache, 6), [room(0, 5, 5), room(1, 0, 1)]);
    }

    #[test]
    fn shared_pages_are_counted_once() {
        let mut origin = Cache::default();
        read(&mut origin, 20);
        let fork = origin.fork(20);
        assert_eq!(origin.bytes(100) + fork.bytes(100), 200);
    }
}
