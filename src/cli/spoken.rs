//! What stands for signs where nobody looks at them: plain words for screen readers and pipes.

use crate::domain::evidence::Standing;
use crate::domain::prospect::Prospect;

/// How a quotation stands to its source.
#[must_use]
pub fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Verified => "stands in its source",
        Standing::Close => "stands nearly so in its source",
        Standing::Absent => "does not stand in its source",
        Standing::Unquoted => "is cited without a quotation",
    }
}

/// Whether what was checked holds.
#[must_use]
pub fn holds(holds: bool) -> &'static str {
    if holds { "Holds:" } else { "Does not hold:" }
}

/// Who is ahead and how far, with what changed since the look before.
#[must_use]
pub fn momentum(now: &Prospect, before: Option<f64>) -> String {
    let lead = now.probability.max(1.0 - now.probability);
    let side = if now.probability >= 0.5 { "proposition" } else { "opposition" };
    let how = match lead {
        lead if lead < 0.53 => None,
        lead if lead < 0.62 => Some("slightly ahead"),
        lead if lead < 0.8 => Some("ahead"),
        _ => Some("far ahead"),
    };
    let standing = how.map_or("both sides are about even".to_owned(), |how| format!("the {side} is {how}"));
    let moved = before.map(|before| ((now.probability - before) * 100.0).round()).filter(|points| *points != 0.0);
    let moved = moved.map_or_else(String::new, |points| {
        let to = if points > 0.0 { "proposition" } else { "opposition" };
        format!(", {} points to the {to} since the look before", points.abs())
    });
    let speeches = if now.speeches == 1 { "1 speech".to_owned() } else { format!("{} speeches", now.speeches) };
    format!("Momentum after {speeches}: {standing}, {:.0} percent for the proposition{moved}.", now.probability * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hash::ContentHash;
    use crate::domain::usage::Usage;

    #[test]
    fn the_momentum_is_told_in_words() {
        let look = |speeches, probability, before| {
            let (texts, usage) = (ContentHash::default(), Usage::default());
            momentum(&Prospect { speeches, probability, judge: "j@m".to_owned(), texts, usage }, before)
        };
        assert_eq!(
            look(1, 0.5, None),
            "Momentum after 1 speech: both sides are about even, 50 percent for the proposition."
        );
        let moved = "Momentum after 2 speeches: the opposition is ahead, 30 percent for the proposition, 20 points to the \
                     opposition since the look before.";
        assert_eq!(look(2, 0.3, Some(0.5)), moved);
        assert!(look(3, 0.95, Some(0.951)).ends_with("the proposition is far ahead, 95 percent for the proposition."));
    }
}
