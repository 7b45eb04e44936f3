//! How far the judges agree, and who used what.

use std::fmt::{Result, Write};

use crate::domain::usage::Usage;
use crate::engine::tournament::findings::Findings;
use crate::engine::tournament::page::figure;
use crate::engine::tournament::report::TournamentReport;
use crate::rating::effects::Agreement;
use crate::text::html::escape_untrusted;
use crate::text::name::short;

/// So many players that two judges see in different places are named.
const MOST_DISPUTED: usize = 5;

pub fn judges(out: &mut String, report: &TournamentReport, findings: &Findings) -> Result {
    writeln!(out, "<h2>Judges</h2>")?;
    if findings.agreement.is_empty() {
        let why = match report.judges.len() {
            0 => "Nobody judges.",
            1 => "One judge sits, so that nobody disagrees with it.",
            _ => "No match has ballots to compare yet.",
        };
        return writeln!(out, "<p>{why}</p>");
    }
    writeln!(
        out,
        "<div class=\"wide\"><table>\n<tr><th class=\"name\">judge</th><th class=\"name\">judge</th><th>matches</th>\
         <th>same winner</th><th>kappa</th><th>Spearman</th><th>Kendall</th></tr>"
    )?;
    let some = |value: Option<f64>, decimals| value.map_or_else(|| "–".to_owned(), |value| figure(value, decimals));
    for Agreement { judges, comparison } in &findings.agreement {
        let [one, other] = judges.each_ref().map(|judge| escape_untrusted(&short(judge)));
        let same = comparison.same.map_or_else(|| "–".to_owned(), |same| format!("{} %", figure(same * 100.0, 0)));
        writeln!(
            out,
            "<tr><td class=\"name\">{one}</td><td class=\"name\">{other}</td><td>{}</td><td>{same}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            comparison.cases,
            some(comparison.kappa, 2),
            some(comparison.spearman, 2),
            some(comparison.kendall, 2)
        )?;
    }
    writeln!(out, "</table></div>")?;
    writeln!(
        out,
        "<p class=\"key\">Kappa is Cohen's, over proposition, tie and opposition, with chance taken off. Spearman and Kendall \
         compare the ladders that each judge's own ballots make.</p>"
    )?;
    for Agreement { judges, comparison } in &findings.agreement {
        if comparison.disputed.is_empty() {
            continue;
        }
        let disputed = comparison.disputed.iter().take(MOST_DISPUTED);
        let disputed: Vec<String> = disputed
            .map(|one| format!("{} ({} and {})", escape_untrusted(&short(&one.player)), one.ranks[0], one.ranks[1]))
            .collect();
        let more = comparison.disputed.len().saturating_sub(MOST_DISPUTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let [one, other] = judges.each_ref().map(|judge| escape_untrusted(&short(judge)));
        writeln!(out, "<p>{one} and {other} rank differently: {}{more}.</p>", disputed.join(", "))?;
    }
    Ok(())
}

pub fn costs(out: &mut String, findings: &Findings) -> Result {
    writeln!(out, "<h2>Cost</h2>")?;
    if findings.costs.is_empty() {
        return writeln!(out, "<p>Nothing was used yet.</p>");
    }
    writeln!(
        out,
        "<div class=\"wide\"><table>\n<tr><th class=\"name\">who</th><th class=\"name\">as</th><th>calls</th><th>tokens read</th>\
         <th>from a cache</th><th>tokens written</th><th>dollars</th><th>minutes</th></tr>"
    )?;
    let (mut calls, mut usage) = (0, Usage::default());
    for cost in &findings.costs {
        calls += cost.calls;
        usage += cost.usage;
        let name = escape_untrusted(&short(&cost.name));
        writeln!(
            out,
            "<tr><td class=\"name\">{name}</td><td class=\"name\">{}</td>{}</tr>",
            cost.part.name(),
            cells(cost.calls, &cost.usage)
        )?;
    }
    writeln!(
        out,
        "<tr class=\"total\"><td class=\"name\">all</td><td class=\"name\"></td>{}</tr>\n</table></div>",
        cells(calls, &usage)
    )?;
    writeln!(out, "<p class=\"key\">Minutes are those of the calls, added up; calls at the same time count each.</p>")
}

fn cells(calls: u64, usage: &Usage) -> String {
    let decimals = if usage.dollars > 0.0 && usage.dollars < 1.0 { 4 } else { 2 };
    [
        grouped(calls),
        grouped(usage.prompt_tokens),
        grouped(usage.cached_tokens),
        grouped(usage.completion_tokens),
        figure(usage.dollars, decimals),
        figure(usage.milliseconds as f64 / 60_000.0, 1),
    ]
    .map(|cell| format!("<td>{cell}</td>"))
    .concat()
}

/// A count with a narrow space between thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [7, 999, 1000, 1_234_567].map(grouped),
            ["7", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"].map(str::to_owned)
        );
    }
}
