//! Who took what from whom: the win matrix as a heat map, the cycles in it, and what the side does.

use std::fmt::{Result, Write};

use crate::domain::tournament::standings::Cell;
use crate::engine::tournament::findings::Findings;
use crate::engine::tournament::page::{figure, points, told};
use crate::engine::tournament::report::TournamentReport;
use crate::rating::caution::Caution;
use crate::text::html::escape_untrusted;
use crate::text::name::short;

/// The share of colour in a cell that won or lost everything.
const MOST_COLOUR: f64 = 60.0;

pub fn write(out: &mut String, report: &TournamentReport, findings: &Findings, order: &[usize]) -> Result {
    if !report.players.is_empty() {
        matrix(out, report, order)?;
        cycles(out, report, findings)?;
    }
    side(out, report, findings)
}

fn matrix(out: &mut String, report: &TournamentReport, order: &[usize]) -> Result {
    writeln!(out, "<h2>Who took what from whom</h2>\n<div class=\"wide\"><table class=\"heat\">")?;
    write!(out, "<tr><th></th><th class=\"name\"></th>")?;
    for (place, player) in order.iter().enumerate() {
        write!(out, "<th title=\"{}\">{}</th>", escape_untrusted(&short(&report.players[*player].player)), place + 1)?;
    }
    writeln!(out, "</tr>")?;
    for (place, row) in order.iter().enumerate() {
        let name = escape_untrusted(&short(&report.players[*row].player));
        write!(out, "<tr><td>{}</td><td class=\"name\">{name}</td>", place + 1)?;
        for column in order {
            let cell = report.matrix.get(*row).and_then(|row| row.get(*column)).copied().unwrap_or_default();
            write_cell(out, cell, row == column)?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table></div>")?;
    writeln!(
        out,
        "<p class=\"key\">Points of the row's player against the column's, of so many matches: blue where it is ahead, red \
         where it is behind.</p>"
    )
}

fn write_cell(out: &mut String, cell: Cell, own: bool) -> Result {
    let share = cell.score / cell.matches as f64;
    if cell.matches == 0 || !share.is_finite() {
        return write!(out, "<td class=\"none\">{}</td>", if own { "" } else { "–" });
    }
    let class = if share > 0.5 {
        "ahead"
    } else if share < 0.5 {
        "behind"
    } else {
        "even"
    };
    let colour = figure((share - 0.5).abs() * 2.0 * MOST_COLOUR, 0);
    write!(out, "<td class=\"{class}\" style=\"--share:{colour}%\">{}/{}</td>", points(cell.score), cell.matches)
}

fn cycles(out: &mut String, report: &TournamentReport, findings: &Findings) -> Result {
    let mut cycles = findings.cautions.iter().filter(|caution| matches!(caution, Caution::Cycle { .. })).peekable();
    if cycles.peek().is_none() {
        if report.proposition.matches == 0 {
            return Ok(());
        }
        return writeln!(out, "<p>No player beats another in a circle.</p>");
    }
    for cycle in cycles {
        writeln!(out, "<p class=\"says\">{}</p>", escape_untrusted(&told(report, cycle)))?;
    }
    Ok(())
}

fn side(out: &mut String, report: &TournamentReport, findings: &Findings) -> Result {
    writeln!(out, "<h2>Sides</h2>")?;
    let Cell { score, matches } = report.proposition;
    if matches == 0 {
        return writeln!(out, "<p>No match has a score yet.</p>");
    }
    write!(
        out,
        "<p>The proposition took {} of {matches} points, {} %.",
        points(score),
        figure(score / matches as f64 * 100.0, 0)
    )?;
    if let Some(side) = findings.record.as_ref().and_then(|record| record.side) {
        write!(
            out,
            " Between equals, speaking for the motion is worth {} points of rating (95 %: {}).",
            figure(side.points, 0),
            side.interval
        )?;
    }
    writeln!(out, "</p>")
}
