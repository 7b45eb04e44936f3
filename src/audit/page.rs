//! The report as one HTML file without scripts, links or anything from the network.

use std::fmt::Write;

use crate::audit::curve::svg;
use crate::audit::document::{Section, Table, sections};
use crate::audit::report::AuditReport;
use crate::text::html::escape_untrusted;

const STYLE: &str = "body{font:16px/1.5 Georgia,serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fdfdfb}\
h1{line-height:1.2;overflow-wrap:anywhere}h2{margin-top:2.5rem;overflow-wrap:anywhere}table{border-collapse:collapse;margin:1rem 0;font-size:.9rem}\
td,th{padding:.15rem .7rem;text-align:right;border-bottom:1px solid #ddd;font-variant-numeric:tabular-nums;white-space:nowrap}\
td:first-child,th:first-child{text-align:left;white-space:normal}.says{border-left:.3rem solid #888;padding-left:.8rem}\
.facts td{text-align:left;white-space:pre-wrap}.facts td:first-child{color:#666}.wide{overflow-x:auto}\
svg{max-width:22rem;font:11px sans-serif;fill:#666}.frame,.ideal,polyline{fill:none;stroke:#bbb}.ideal{stroke-dasharray:4 4}\
polyline.before{stroke:#b5532a;stroke-width:1.5}circle.before{fill:#b5532a;fill-opacity:.8}\
polyline.after{stroke:#3573a8;stroke-width:1.5}circle.after{fill:#3573a8;fill-opacity:.5}.key{font-size:.85rem;color:#666}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#3a3a3a}.facts td:first-child,.key{color:#999}\
svg{fill:#999}.frame,.ideal{stroke:#555}polyline.before{stroke:#e08a5f}circle.before{fill:#e08a5f}polyline.after{stroke:#79b4e3}circle.after{fill:#79b4e3}}";

/// Writes the page.
#[must_use]
pub fn html(report: &AuditReport) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, report: &AuditReport) -> std::fmt::Result {
    let title = escape_untrusted(&format!("Audit of {}", report.judge));
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )?;
    writeln!(out, "<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>")?;
    for (place, section) in sections(report).iter().enumerate() {
        let level = if place == 0 { 1 } else { 2 };
        writeln!(out, "<h{level}>{}</h{level}>", escape_untrusted(&section.heading))?;
        write_section(out, section)?;
    }
    writeln!(out, "</body>\n</html>")
}

fn write_section(out: &mut String, section: &Section) -> std::fmt::Result {
    for sentence in &section.says {
        writeln!(out, "<p class=\"says\">{}</p>", escape_untrusted(sentence))?;
    }
    if !section.facts.is_empty() {
        writeln!(out, "<table class=\"facts\">")?;
        for (name, value) in &section.facts {
            writeln!(out, "<tr><td>{}</td><td>{}</td></tr>", escape_untrusted(name), escape_untrusted(value.trim()))?;
        }
        writeln!(out, "</table>")?;
    }
    for table in &section.tables {
        write_table(out, table)?;
    }
    if let Some(curve) = &section.curve {
        let after = if curve.after.is_some() { " Blue: after calibration on the other clusters." } else { "" };
        let key = "How often it is right against how sure it is. Orange: as it comes. Dotted line: perfect.";
        writeln!(out, "{}\n<p class=\"key\">{key}{after}</p>", svg(curve))?;
    }
    Ok(())
}

fn write_table(out: &mut String, table: &Table) -> std::fmt::Result {
    let cells = |cells: &[String], tag: &str| {
        cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape_untrusted(cell.trim()))).collect::<String>()
    };
    writeln!(out, "<div class=\"wide\"><table>\n<tr>{}</tr>", cells(&table.columns, "th"))?;
    for row in &table.rows {
        writeln!(out, "<tr>{}</tr>", cells(row, "td"))?;
    }
    writeln!(out, "</table></div>")
}
