//! How many threads the arithmetic uses.

use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;

use crate::model::local::kernels::Pool;

static POOL: OnceLock<Arc<Pool>> = OnceLock::new();

/// Makes the threads that all models share. With a screen open one core of many is left to it; of two it takes what it
/// needs, since a whole one would be half of the speed. Once they are made, nothing changes their number.
pub fn start(screen: bool) -> Arc<Pool> {
    Arc::clone(POOL.get_or_init(|| Arc::new(Pool::new(wanted(cores(), screen)))))
}

/// How many threads there are without a screen.
#[must_use]
pub fn without_screen() -> usize {
    wanted(cores(), false)
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// The threads that all models share; all cores, if nobody has said otherwise.
pub fn shared() -> Arc<Pool> {
    start(false)
}

fn wanted(cores: usize, screen: bool) -> usize {
    if screen && cores > 2 { cores - 1 } else { cores }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_gets_a_core_of_its_own_where_there_are_many() {
        assert_eq!([8, 3, 2, 1].map(|cores| wanted(cores, false)), [8, 3, 2, 1]);
        assert_eq!([8, 3, 2, 1].map(|cores| wanted(cores, true)), [7, 2, 2, 1]);
    }
}
