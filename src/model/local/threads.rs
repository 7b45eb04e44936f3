//! How many threads the arithmetic uses.
//!
//! candle and its thread pools read this from the environment, once, at the first product; there is no other way in.
//! Changing the environment is unsafe while threads run, so the program must be started with it: see [`environment`].

/// What the environment must hold before the first model is loaded, but for what the user has set already. If it is
/// not empty, start the program again with it (on Unix: `exec`), before any thread runs.
///
/// `cores` is what the machine has. With a screen open one core is left to it. Waiting threads sleep at once instead
/// of spinning: a thread that spins on a core which another program wants makes all others wait, and writing falls to
/// a tenth. On a machine that has nothing else to do this costs a sixth of the speed.
#[must_use]
pub fn environment(cores: usize, screen: bool, is_set: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
    let threads = if screen { cores.saturating_sub(1) } else { cores }.max(1);
    let mut wanted =
        vec![("RAYON_NUM_THREADS", threads.to_string()), ("CANDLE_BARRIER_POOL_SPIN_LIMIT", "0".to_owned())];
    wanted.retain(|(name, _)| !is_set(name));
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_gets_a_core_of_its_own() {
        let named = |name: &'static str, value: &str| (name, value.to_owned());
        let of = |threads: &str| [named("RAYON_NUM_THREADS", threads), named("CANDLE_BARRIER_POOL_SPIN_LIMIT", "0")];
        assert_eq!(environment(8, false, |_| false), of("8"));
        assert_eq!(environment(8, true, |_| false), of("7"));
        assert_eq!(environment(1, true, |_| false).first(), Some(&named("RAYON_NUM_THREADS", "1")));
    }

    #[test]
    fn what_the_user_has_set_stands() {
        assert_eq!(environment(8, false, |_| true), []);
    }
}
