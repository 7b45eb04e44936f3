//! Draws that follow from a seed: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Enough to shuffle a list of players, and
//! the same on every machine.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub struct Draw {
    state: u64,
}

impl Draw {
    /// The stream of a seed for one purpose; streams of different purposes have nothing in common.
    #[must_use]
    pub fn new(seed: u64, purpose: u64) -> Draw {
        let mut draw = Draw { state: seed };
        let mixed = draw.number();
        Draw { state: mixed ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03) }
    }

    /// The next number, any of 64 bits.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        // Numbers above the last whole multiple would make small results likelier.
        let fair = u64::MAX - u64::MAX % bound;
        loop {
            let number = self.number();
            if number < fair {
                return usize::try_from(number % bound).unwrap_or(0);
            }
        }
    }

    /// `0..count` in a drawn order.
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut draw = Draw { state: 1_234_567 };
        assert_eq!([draw.number(), draw.number()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn an_order_holds_everybody_once_and_follows_from_its_seed() {
        let order = |seed| Draw::new(seed, 1).order(20);
        let mut sorted = order(7);
        assert_eq!(sorted, order(7));
        assert_ne!(order(7), order(8));
        assert_ne!(order(7), Draw::new(7, 2).order(20));
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }
}
