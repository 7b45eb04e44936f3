//! Ratings with their intervals as lines of characters on one common scale.

use crate::rating::uncertainty::Interval;

/// The share of the scale beyond the last number where an end is open.
const ROOM: f64 = 0.08;

/// A rating, if it is bounded, and its interval.
pub type Rated = (Option<f64>, Interval);

/// What the lines reach over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// Over every number, with some room at the ends where an interval is open; `None` where there is no number.
    #[must_use]
    pub fn over(rated: impl Iterator<Item = Rated> + Clone) -> Option<Scale> {
        let shown = rated.clone().flat_map(|(rating, interval)| [interval.low, rating, interval.high]).flatten();
        let (low, high) =
            shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        // Where there is one number only it stands in the middle.
        let room = ((high - low) * ROOM).max(1.0);
        let at = |open: bool| if open || high - low < 1.0 { room } else { 0.0 };
        let below = rated.clone().any(|(_, interval)| interval.low.is_none());
        let above = rated.clone().any(|(_, interval)| interval.high.is_none());
        (low <= high).then(|| Scale { low: low - at(below), high: high + at(above) })
    }

    /// The ends of the scale above the lines; blank where they find no room.
    #[must_use]
    pub fn ruler(self, columns: usize) -> String {
        let (low, high) = (format!("{:.0}", self.low), format!("{:.0}", self.high));
        let gap = columns.saturating_sub(low.chars().count() + high.chars().count());
        if gap == 0 { " ".repeat(columns) } else { format!("{low}{}{high}", " ".repeat(gap)) }
    }

    /// The interval as a line with the rating on it; an arrow is an open end.
    #[must_use]
    pub fn line(self, (rating, interval): Rated, columns: usize) -> String {
        let last = columns.saturating_sub(1);
        let column = |value: f64| {
            let part = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
            (part * last as f64).round() as usize
        };
        let (from, to) = (interval.low.map_or(0, column), interval.high.map_or(last, column));
        let rating = rating.map(column);
        let cell = |at: usize| match at {
            _ if rating == Some(at) => '●',
            0 if interval.low.is_none() => '←',
            _ if at == last && interval.high.is_none() => '→',
            _ if (from..=to).contains(&at) => '─',
            _ => ' ',
        };
        (0..columns).map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rated(low: Option<f64>, rating: Option<f64>, high: Option<f64>) -> Rated {
        (rating, Interval { low, high })
    }

    fn over(rated: &[Rated]) -> Option<(f64, f64)> {
        Scale::over(rated.iter().copied()).map(|scale| (scale.low, scale.high))
    }

    #[test]
    fn a_line_shows_its_interval_and_arrows_where_it_is_open() {
        let scale = Scale { low: 900.0, high: 1000.0 };
        let line = |low, rating, high, columns| scale.line(rated(low, rating, high), columns);
        assert_eq!(line(Some(920.0), Some(940.0), Some(980.0), 11), "  ──●────  ");
        assert_eq!(line(None, Some(900.0), Some(1000.0), 5), "●────");
        assert_eq!(line(Some(950.0), Some(975.0), None, 5), "  ─●→");
        assert_eq!(line(None, None, None, 5), "←───→");
    }

    #[test]
    fn the_scale_holds_every_end_and_room_for_arrows_and_one_rating_stands_in_the_middle() {
        let closed = [rated(Some(1.0), Some(5.0), Some(7.0)), rated(Some(2.0), Some(9.0), Some(12.0))];
        assert_eq!(over(&closed), Some((1.0, 12.0)));
        let open = [rated(Some(0.0), Some(50.0), None), rated(Some(0.0), Some(9.0), Some(100.0))];
        assert_eq!(over(&open), Some((0.0, 108.0)));
        assert_eq!(over(&[rated(None, Some(5.0), None)]), Some((4.0, 6.0)));
        assert_eq!(over(&[rated(None, None, None)]), None);
        let scale = Scale { low: 900.0, high: 1100.0 };
        assert_eq!((scale.ruler(12), scale.ruler(7)), ("900     1100".to_owned(), "       ".to_owned()));
    }
}
