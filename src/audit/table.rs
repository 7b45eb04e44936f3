//! The report as text of at most 80 columns.

use unicode_width::UnicodeWidthStr;

use crate::audit::document::{Curve, Section, Table, sections};
use crate::audit::report::AuditReport;
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::wrap;

const WIDTH: usize = 80;
const NAME_WIDTH: usize = 26;
/// The widest first column of a table.
const FIRST_WIDTH: usize = 36;
/// Cells of a bar of the reliability curve.
const BAR: usize = 20;

/// Writes the report.
#[must_use]
pub fn text(report: &AuditReport) -> String {
    let mut out = String::new();
    for section in sections(report) {
        if !out.is_empty() {
            out.push('\n');
        }
        write(&mut out, &section);
    }
    out
}

fn write(out: &mut String, section: &Section) {
    for line in wrapped(&section.heading, WIDTH) {
        out.push_str(&format!("{line}\n"));
    }
    for sentence in &section.says {
        for line in wrapped(sentence, WIDTH - 2) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    for (name, value) in &section.facts {
        let gap = " ".repeat(NAME_WIDTH.saturating_sub(name.width()).max(1));
        for (row, line) in wrapped(value, WIDTH - NAME_WIDTH - 2).iter().enumerate() {
            let head = if row == 0 { format!("{name}{gap}") } else { " ".repeat(NAME_WIDTH) };
            out.push_str(&format!("  {head}{line}\n"));
        }
    }
    for table in &section.tables {
        out.push('\n');
        rows(out, table);
    }
    if let Some(curve) = &section.curve {
        out.push('\n');
        bars(out, curve);
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    // Leading blanks line figures up, and wrapping would take them away.
    let text = sanitize(text).into_string();
    if text.width() <= width { vec![text] } else { wrap(&text, width).into_iter().map(str::to_owned).collect() }
}

fn rows(out: &mut String, table: &Table) {
    let cells = || std::iter::once(&table.columns).chain(&table.rows);
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|column| cells().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    for row in cells() {
        let mut line = String::from(" ");
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let width = if column == 0 { (*width).min(FIRST_WIDTH) } else { *width };
            let cell = cut(cell, width);
            let gap = " ".repeat(width - cell.width().min(width));
            line.push_str(&if column == 0 { format!(" {cell}{gap}") } else { format!("  {gap}{cell}") });
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// A cell that is no wider than its column. Names of groups differ at their ends, so the middle goes.
fn cut(cell: &str, width: usize) -> String {
    let cell = one_line(cell, usize::MAX).into_string();
    if cell.width() <= width {
        return cell;
    }
    let head = one_line(&cell, width.div_ceil(2)).into_string();
    let mut tail = String::new();
    for letter in cell.chars().rev() {
        if head.width() + format!("{letter}{tail}").width() > width {
            break;
        }
        tail.insert(0, letter);
    }
    head + &tail
}

/// How sure the judge is against how often it is right, a bin a line.
fn bars(out: &mut String, curve: &Curve) {
    out.push_str(&format!("  {:<8}  {:<7}  {:<BAR$}  n\n", "says", "right", ""));
    for bin in &curve.before.curve {
        // From one half, which is a guess, to certainty.
        let filled = ((bin.accuracy - 0.5).max(0.0) * 2.0 * BAR as f64).round() as usize;
        let bar = "#".repeat(filled.min(BAR));
        let (says, right) = (bin.confidence * 100.0, bin.accuracy * 100.0);
        out.push_str(&format!("  {says:>5.1} %   {right:>5.1} %  {bar:<BAR$}  {}\n", bin.n));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::agreement;
    use crate::audit::report::{CostReport, FileReport, Forfeits, ModelReport};
    use crate::rating::interval::wilson;

    fn report() -> AuditReport {
        let long = "a/very/long/name/".repeat(9);
        let file = FileReport {
            file: long.clone(),
            hash: "00".to_owned(),
            contest: "arguments".to_owned(),
            rows: 9,
            heard: 9,
            forfeits: Forfeits { texts: 18, forfeited: 1, examples: vec!["x/1".to_owned()] },
            agreement: Some(agreement::report(&[], [(long.clone(), 3)].into(), &[], 1)),
            lists: None,
            answers: None,
        };
        AuditReport {
            judge: format!("short@{long}"),
            recipe_hash: "ab".repeat(32),
            models: vec![ModelReport { name: long, hash: "cd".repeat(32) }],
            device: "processor".to_owned(),
            temperature: 1.0,
            seed: 1,
            accuracy: wilson(30.0, 60),
            files: vec![file],
            master_keys: None,
            injection: None,
            bias: None,
            scaling: Vec::new(),
            notes: vec![
                "A note that is long enough to need a second line, since it says a great deal more.".to_owned(),
            ],
            cost: CostReport::default(),
        }
    }

    #[test]
    fn no_line_is_wider_than_eighty_columns() {
        let text = text(&report());
        let wide: Vec<&str> = text.lines().filter(|line| line.width() > WIDTH).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        assert!(text.contains("A coin toss: it agrees with the labels in 50.0 % of 60 decided cases"), "{text}");
        assert!(text.contains("1 of 18 (x/1)"), "{text}");
    }

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        assert_eq!(cut("if-your-spouse-turned-them-in_yes", 13), "if-you…in_yes");
        assert_eq!(cut("short", 13), "short");
        let mut out = String::new();
        let name = |end: &str| vec![format!("{}{end}", "topic-".repeat(9)), "1".to_owned()];
        let columns = ["group", "n"].map(str::to_owned).to_vec();
        rows(&mut out, &Table { columns, rows: vec![name("yes"), name("no")] });
        let lines: Vec<&str> = out.lines().collect();
        assert!(lines[1].contains("yes  1") && lines[2].contains("no  1"), "{out}");
        assert_eq!(lines[1].width(), lines[2].width());
    }
}
