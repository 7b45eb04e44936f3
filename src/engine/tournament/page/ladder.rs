//! The ladder of record: a row for each player, its rating and interval drawn on one scale.

use std::fmt::{Result, Write};

use crate::domain::tournament::standings::Standing;
use crate::engine::tournament::page::{figure, points};
use crate::engine::tournament::report::{PlayerReport, TournamentReport};
use crate::rating::bradley_terry::USUAL_PRIOR;
use crate::rating::caution::FEW_CLUSTERS;
use crate::rating::record::{Place, Record};
use crate::text::html::escape_untrusted;
use crate::text::name::short;

/// The size of a row's picture, and the room at its ends for what is open.
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 26.0;
const MARGIN: f64 = 14.0;
/// Points that the scale spans at the least.
const LEAST_SPAN: f64 = 100.0;
/// The most lines of the grid.
const MOST_LINES: f64 = 5.0;

/// The players in the order of the record, then those without a result in the order of the table.
pub fn order(report: &TournamentReport, record: Option<&Record>) -> Vec<usize> {
    let rated = record.iter().flat_map(|record| &record.places);
    let mut order: Vec<usize> =
        rated.filter_map(|place| report.players.iter().position(|player| player.player == place.player)).collect();
    let others: Vec<usize> = (0..report.players.len()).filter(|player| !order.contains(player)).collect();
    order.extend(others);
    order
}

pub fn write(out: &mut String, report: &TournamentReport, record: Option<&Record>, order: &[usize]) -> Result {
    writeln!(out, "<h2>Ladder</h2>")?;
    let places: Vec<Option<&Place>> = order
        .iter()
        .map(|player| record?.places.iter().find(|place| place.player == report.players[*player].player))
        .collect();
    let scale = Scale::of(places.iter().copied().flatten());
    writeln!(out, "<div class=\"wide\"><table>")?;
    write!(out, "<tr><th>rank</th><th class=\"name\">player</th><th>rating</th><th class=\"plot\">")?;
    if let Some(scale) = &scale {
        scale.axis(out)?;
    }
    writeln!(
        out,
        "</th><th>95 %</th><th>points</th><th>played</th><th>won</th><th>tied</th><th>lost</th><th>for</th><th>against</th>{}</tr>",
        rare(report).map(|(name, _)| format!("<th>{name}</th>")).collect::<String>()
    )?;
    for (player, place) in order.iter().zip(&places) {
        row(out, report, &report.players[*player], *place, scale.as_ref())?;
    }
    writeln!(out, "</table></div>")?;
    key(out, record)
}

/// What a column counts of a player.
type Count = fn(&Standing) -> usize;

/// The columns that are there only where somebody has something in them.
fn rare(report: &TournamentReport) -> impl Iterator<Item = (&'static str, Count)> {
    let columns: [(&str, Count); 2] =
        [("no score", |standing| standing.without_score), ("byes", |standing| standing.byes)];
    columns.into_iter().filter(|(_, count)| report.players.iter().any(|player| count(&player.standing) > 0))
}

fn row(
    out: &mut String,
    report: &TournamentReport,
    player: &PlayerReport,
    place: Option<&Place>,
    scale: Option<&Scale>,
) -> Result {
    let ranks = place.map(|place| place.ranks);
    let ranks = match ranks {
        Some(ranks) if ranks.best == ranks.worst => ranks.best.to_string(),
        Some(ranks) => format!("{}–{}", ranks.best, ranks.worst),
        None => "–".to_owned(),
    };
    let name = escape_untrusted(&short(&player.player));
    let version = escape_untrusted(player.version.short());
    write!(out, "<tr><td>{ranks}</td><td class=\"name\">{name}<span class=\"version\">{version}</span></td>")?;
    let rating = place.and_then(|place| place.rating);
    write!(out, "<td>{}</td><td class=\"plot\">", rating.map_or_else(|| "–".to_owned(), |rating| figure(rating, 0)))?;
    if let (Some(place), Some(scale)) = (place, scale) {
        scale.bar(out, place, &name)?;
    }
    let standing = &player.standing;
    let share = |(score, matches): (f64, usize)| format!("{}/{matches}", points(score));
    writeln!(
        out,
        "</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>{}</tr>",
        place.map_or_else(|| "–".to_owned(), |place| place.interval.to_string()),
        points(standing.points),
        standing.played,
        standing.wins,
        standing.ties,
        standing.losses,
        share(standing.as_proposition),
        share(standing.as_opposition),
        rare(report).map(|(_, count)| format!("<td>{}</td>", count(standing))).collect::<String>()
    )
}

fn key(out: &mut String, record: Option<&Record>) -> Result {
    let Some(record) = record else {
        return writeln!(out, "<p class=\"key\">There are no ratings yet; the table is in the order of points.</p>");
    };
    writeln!(
        out,
        "<p class=\"key\">Ratings are Bradley-Terry strengths on the Elo scale around 1000, with a prior of precision {USUAL_PRIOR}; \
         they rest on {} rated matches on {} {}. Intervals are of 95 %, from {}, drawn {} times{}; an arrow is an open end. \
         Ranks hold for all players at once. For and against: points as proposition and as opposition, of so many matches.</p>",
        record.battles,
        record.clusters,
        if record.clusters == 1 { "motion" } else { "motions" },
        record.source.phrase(),
        record.resamples,
        if record.clusters < FEW_CLUSTERS { ", or of single matches where that is wider" } else { "" }
    )
}

/// Where ratings stand in a row's picture.
#[derive(Debug)]
struct Scale {
    low: f64,
    high: f64,
    /// Between two lines of the grid.
    step: f64,
}

impl Scale {
    /// A scale that holds all ratings and ends; `None` without any.
    fn of<'a>(places: impl Iterator<Item = &'a Place>) -> Option<Scale> {
        let of = |place: &'a Place| [place.rating, place.interval.low, place.interval.high];
        let ends: Vec<f64> = places.flat_map(of).flatten().filter(|end| end.is_finite()).collect();
        let (low, high) = (ends.iter().copied().reduce(f64::min)?, ends.iter().copied().reduce(f64::max)?);
        let missing = (LEAST_SPAN - (high - low)).max(0.0) / 2.0;
        let (low, high) = (low - missing, high + missing);
        let least = (high - low) / MOST_LINES;
        let decade = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * decade).into_iter().find(|step| *step >= least)?;
        Some(Scale { low, high, step })
    }

    fn place(&self, rating: f64) -> f64 {
        MARGIN + (WIDTH - 2.0 * MARGIN) * (rating - self.low) / (self.high - self.low)
    }

    fn lines(&self) -> impl Iterator<Item = f64> {
        let first = (self.low / self.step).ceil();
        let count = ((self.high / self.step).floor() - first).max(0.0) as usize;
        (0..=count).map(move |line| (first + line as f64) * self.step)
    }

    fn axis(&self, out: &mut String) -> Result {
        let label = "The scale of ratings";
        write!(
            out,
            "<svg width=\"{WIDTH}\" height=\"16\" viewBox=\"0 0 {WIDTH} 16\" role=\"img\" aria-label=\"{label}\">"
        )?;
        for line in self.lines() {
            let x = self.place(line);
            write!(out, "<text x=\"{x:.1}\" y=\"11\" text-anchor=\"middle\">{}</text>", figure(line, 0))?;
        }
        write!(out, "</svg>")
    }

    /// One player's interval and rating; `name` is escaped.
    fn bar(&self, out: &mut String, place: &Place, name: &str) -> Result {
        let said = place.rating.map_or_else(|| "no rating".to_owned(), |rating| figure(rating, 0));
        write!(
            out,
            "<svg width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}: {said}, 95 % {}\">",
            place.interval
        )?;
        for line in self.lines() {
            let x = self.place(line);
            write!(out, "<line class=\"grid\" x1=\"{x:.1}\" y1=\"0\" x2=\"{x:.1}\" y2=\"{HEIGHT}\"/>")?;
        }
        let middle = HEIGHT / 2.0;
        let end = |end: Option<f64>| end.filter(|end| end.is_finite());
        let (low, high) = (end(place.interval.low), end(place.interval.high));
        let left = low.map_or(2.0, |low| self.place(low));
        let right = high.map_or(WIDTH - 2.0, |high| self.place(high));
        write!(out, "<line class=\"range\" x1=\"{left:.1}\" y1=\"{middle}\" x2=\"{right:.1}\" y2=\"{middle}\"/>")?;
        // A bar across a known end, an arrow at an open one.
        for (known, x, inwards) in [(low.is_some(), left, 5.0), (high.is_some(), right, -5.0)] {
            let (top, bottom) = (middle - 4.0, middle + 4.0);
            let points = if known {
                format!("{x:.1},{top} {x:.1},{bottom}")
            } else {
                let back = x + inwards;
                format!("{back:.1},{top} {x:.1},{middle} {back:.1},{bottom}")
            };
            write!(out, "<polyline class=\"range\" points=\"{points}\"/>")?;
        }
        if let Some(rating) = end(place.rating) {
            write!(out, "<circle class=\"rating\" cx=\"{:.1}\" cy=\"{middle}\" r=\"4\"/>", self.place(rating))?;
        }
        write!(out, "</svg>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_has_round_numbers_within_the_scale() {
        let scale = Scale { low: 873.0, high: 1211.0, step: 100.0 };
        assert_eq!(scale.lines().collect::<Vec<_>>(), [900.0, 1000.0, 1100.0, 1200.0]);
        let narrow = Scale { low: 1001.0, high: 1019.0, step: 20.0 };
        assert!(narrow.lines().count() <= 1);
    }
}
