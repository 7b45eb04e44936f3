//! The reliability curve as an SVG picture.

use std::fmt::Write;

use crate::audit::document::Curve;
use crate::rating::calibration::Bin;

/// The side of the plot, and the room around it, in units of the picture.
const SIDE: f64 = 220.0;
const MARGIN: f64 = 34.0;

/// Draws both curves over the line of perfect calibration, from one half to certainty on both axes.
#[must_use]
pub fn svg(curve: &Curve) -> String {
    let whole = SIDE + 2.0 * MARGIN;
    let mut out = format!(
        "<svg viewBox=\"0 0 {whole:.0} {whole:.0}\" role=\"img\" aria-label=\"Reliability: how often the judge is right \
         against how sure it is\">"
    );
    let (low, high) = (MARGIN, MARGIN + SIDE);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<rect class=\"frame\" x=\"{low:.0}\" y=\"{low:.0}\" width=\"{SIDE:.0}\" height=\"{SIDE:.0}\"/>\
         <line class=\"ideal\" x1=\"{low:.0}\" y1=\"{high:.0}\" x2=\"{high:.0}\" y2=\"{low:.0}\"/>"
    );
    for percent in [50, 75, 100] {
        let at = SIDE * (f64::from(percent) - 50.0) / 50.0;
        let (x, y) = (low + at, high - at);
        let (below, left) = (high + 15.0, low - 4.0);
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"{below:.1}\" text-anchor=\"middle\">{percent}</text>\
             <text x=\"{left:.1}\" y=\"{:.1}\" text-anchor=\"end\">{percent}</text>",
            y + 4.0
        );
    }
    let middle = low + SIDE / 2.0;
    let _ = write!(
        out,
        "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">says, %</text>\
         <text x=\"{low:.0}\" y=\"{:.1}\">right, %</text>",
        high + 29.0,
        low - 10.0
    );
    if let Some(after) = &curve.after {
        line(&mut out, "after", &after.curve);
    }
    line(&mut out, "before", &curve.before.curve);
    out.push_str("</svg>");
    out
}

/// One curve: a line through its bins, and a dot for each that grows with its cases.
fn line(out: &mut String, class: &str, bins: &[Bin]) {
    let place = |bin: &Bin| {
        // A bin that is right in fewer than half of its cases stands at the bottom.
        let up = (bin.accuracy - 0.5).clamp(0.0, 0.5) * 2.0;
        (MARGIN + SIDE * (bin.confidence - 0.5).max(0.0) * 2.0, MARGIN + SIDE * (1.0 - up))
    };
    let points: Vec<String> = bins.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = write!(out, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
    let all: usize = bins.iter().map(|bin| bin.n).sum();
    for bin in bins {
        let (x, y) = place(bin);
        let radius = 2.5 + 6.0 * (bin.n as f64 / all.max(1) as f64).sqrt();
        let _ = write!(out, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>");
    }
}
