//! What a judge said of one transcript, and what its two orders of a pair come to.

use crate::audit::case::{Case, Label};
use crate::domain::ballot::Ballot;
use crate::domain::judgement::Decided;
use crate::domain::seat::Side;
use crate::domain::usage::Usage;
use crate::rating::calibration::{logistic, logit};

/// What a judge said of one transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// That the proposition is better, 0 to 1.
    pub probability: f64,
    /// As the judge names it; `None` is a tie.
    pub winner: Option<Side>,
    /// Sides that forfeited before a model was asked.
    pub forfeits: Vec<Side>,
    /// How far the judge agreed with itself over the orders that it read, 0 to 1, and how much it favoured the first place.
    pub within: Option<(f64, f64)>,
    pub usage: Usage,
}

/// How a hearing ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Hearing {
    Decided(Heard),
    /// The judge could not decide, for this reason.
    Void(String),
}

impl Hearing {
    /// What the judge would have said of the same two texts, their sides exchanged.
    #[must_use]
    pub fn mirrored(&self) -> Hearing {
        let exchange = |side: &Side| side.opponent();
        match self {
            Hearing::Decided(heard) => Hearing::Decided(Heard {
                probability: 1.0 - heard.probability,
                winner: heard.winner.as_ref().map(exchange),
                forfeits: heard.forfeits.iter().map(exchange).collect(),
                ..heard.clone()
            }),
            Hearing::Void(reason) => Hearing::Void(reason.clone()),
        }
    }

    #[must_use]
    pub fn heard(&self) -> Option<&Heard> {
        match self {
            Hearing::Decided(heard) => Some(heard),
            Hearing::Void(_) => None,
        }
    }
}

impl From<&Decided> for Hearing {
    fn from(decided: &Decided) -> Hearing {
        match decided {
            Decided::Ballot(ballot) => {
                let Ballot { probability, winner, forfeits, usage, .. } = ballot.as_ref();
                let (probability, winner, usage) = (*probability, *winner, *usage);
                let within = ballot.consistency.zip(ballot.position_bias);
                let forfeits = forfeits.keys().copied().collect();
                Hearing::Decided(Heard { probability, winner, forfeits, within, usage })
            }
            Decided::Void { reason } => Hearing::Void(reason.clone()),
        }
    }
}

/// What all orders of a case come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Log-odds that a is better: the mean of the orders, so that swapping a and b turns its sign.
    pub log_odds: f64,
    /// Log-odds that a is better in each order: a first, then b first. A debate has one.
    pub orders: Vec<f64>,
    /// The judge's own verdict: a tie where every order is called one, else the sign of `log_odds`.
    pub own: Label,
    /// Over the orders that one judgement reads: agreement with itself, and favour of the first place.
    pub within: Option<(f64, f64)>,
    pub usage: Usage,
}

impl Opinion {
    /// The opinion on a case; `None` if one of its orders is void or missing.
    #[must_use]
    pub fn of(case: &Case, hearings: &[Hearing]) -> Option<Opinion> {
        let heard: Vec<&Heard> = hearings.iter().map(Hearing::heard).collect::<Option<_>>()?;
        if heard.len() != case.orders() {
            return None;
        }
        // In the second order a is the opposition.
        let orders: Vec<f64> =
            heard.iter().zip([1.0, -1.0]).map(|(heard, sign)| sign * logit(heard.probability)).collect();
        let log_odds = orders.iter().sum::<f64>() / orders.len() as f64;
        let own = if heard.iter().all(|heard| heard.winner.is_none()) { Label::Tie } else { Label::of(log_odds) };
        let mut usage = Usage::default();
        heard.iter().for_each(|heard| usage += heard.usage);
        let within: Vec<(f64, f64)> = heard.iter().filter_map(|heard| heard.within).collect();
        let mean = |of: fn(&(f64, f64)) -> f64| within.iter().map(of).sum::<f64>() / within.len() as f64;
        let within = (!within.is_empty()).then(|| (mean(|it| it.0), mean(|it| it.1)));
        Some(Opinion { log_odds, orders, own, within, usage })
    }

    /// The verdict by the sign of the log-odds.
    #[must_use]
    pub fn verdict(&self) -> Label {
        Label::of(self.log_odds)
    }

    /// Whether the winner changed with the order; `None` for a debate.
    #[must_use]
    pub fn flipped(&self) -> Option<bool> {
        match self.orders[..] {
            [straight, swapped] => Some(straight * swapped < 0.0),
            _ => None,
        }
    }

    /// The mean probability that whoever stood first was given, less one half; `None` for a debate.
    #[must_use]
    pub fn pull_to_first(&self) -> Option<f64> {
        match self.orders[..] {
            [straight, swapped] => Some((logistic(straight) + logistic(-swapped)) / 2.0 - 0.5),
            _ => None,
        }
    }
}

/// A case and what the judge said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub case: Case,
    /// `None` if a judgement was void.
    pub opinion: Option<Opinion>,
}

impl Judged {
    #[must_use]
    pub fn of(case: Case, hearings: &[Hearing]) -> Judged {
        let opinion = Opinion::of(&case, hearings);
        Judged { case, opinion }
    }
}

/// For tests: hearings without a judge.
#[cfg(test)]
pub mod rehearsed {
    use super::*;

    /// A hearing in which the proposition is better with this probability, and nobody within `band` of one half.
    pub fn hearing(probability: f64, band: f64) -> Hearing {
        let lead = probability - 0.5;
        let winner = (lead.abs() > band).then_some(if lead > 0.0 { Side::Proposition } else { Side::Opposition });
        let usage = Usage { prompt_tokens: 100, milliseconds: 50, ..Usage::default() };
        Hearing::Decided(Heard { probability, winner, forfeits: Vec::new(), within: None, usage })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::rehearsed::hearing;
    use super::*;
    use crate::domain::transcript::Contest;

    fn case() -> Case {
        Case::pair("1", Contest::Arguments, "t", ["x".to_owned(), "y".to_owned()], Label::A)
    }

    #[test]
    fn a_judge_that_always_takes_the_first_has_no_opinion_but_a_bias() {
        let opinion = Opinion::of(&case(), &[hearing(0.9, 0.01), hearing(0.9, 0.01)]).unwrap();
        assert!(opinion.log_odds.abs() < 1e-12);
        assert_eq!(opinion.flipped(), Some(true));
        assert!((opinion.pull_to_first().unwrap() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_tie_of_the_judges_own_needs_both_orders() {
        let both = Opinion::of(&case(), &[hearing(0.52, 0.05), hearing(0.49, 0.05)]).unwrap();
        assert_eq!((both.own, both.verdict()), (Label::Tie, Label::A));
        let one = Opinion::of(&case(), &[hearing(0.52, 0.05), hearing(0.3, 0.05)]).unwrap();
        assert_eq!(one.own, Label::A);
    }

    #[test]
    fn a_void_order_leaves_no_opinion() {
        assert_eq!(Opinion::of(&case(), &[hearing(0.5, 0.0), Hearing::Void("too long".to_owned())]), None);
        assert_eq!(Opinion::of(&case(), &[hearing(0.5, 0.0)]), None);
    }

    proptest! {
        #[test]
        fn swapping_a_and_b_turns_the_opinion_and_keeps_the_bias(first in 0.0f64..=1.0, second in 0.0f64..=1.0) {
            let straight = Opinion::of(&case(), &[hearing(first, 0.0), hearing(second, 0.0)]).unwrap();
            let swapped = Opinion::of(&case(), &[hearing(second, 0.0), hearing(first, 0.0)]).unwrap();
            prop_assert!((straight.log_odds + swapped.log_odds).abs() < 1e-9);
            prop_assert_eq!(straight.flipped(), swapped.flipped());
            prop_assert!((straight.pull_to_first().unwrap() - swapped.pull_to_first().unwrap()).abs() < 1e-9);
        }
    }
}
