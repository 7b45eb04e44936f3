//! A debate as one HTML file without scripts, links or anything from the network.

use std::fmt::Write;

use crate::engine::export::page::Page;
use crate::text::html::escape_html;

pub(super) const STYLE: &str = "body{font:16px/1.55 Georgia,serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fdfdfb}\
h1{line-height:1.2}h2{margin-top:2rem;font-size:1.1rem}.facts,.cost,.cite{color:#666;font-size:.9rem}\
.verdict{font-weight:bold;border-left:.3rem solid #888;padding-left:.8rem}p{white-space:pre-wrap}\
table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:left}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}.facts,.cost,.cite{color:#999}}";

pub fn render(page: &Page) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, page);
    text
}

fn write(out: &mut String, page: &Page) -> std::fmt::Result {
    let motion = escape_html(&page.motion);
    write!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )?;
    writeln!(out, "<title>{motion}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{motion}</h1>")?;
    writeln!(out, "<p class=\"facts\">{}</p>", escape_html(&page.facts))?;
    let [proposition, opposition] = page.players.each_ref().map(|player| escape_html(player));
    writeln!(out, "<p>Proposition: <b>{proposition}</b>\nOpposition: <b>{opposition}</b></p>")?;
    writeln!(out, "<p class=\"verdict\">{}</p>", escape_html(&page.verdict))?;
    body(out, page, "h2")?;
    writeln!(out, "<p class=\"cost\">{}</p>\n</body>\n</html>", escape_html(&page.cost))
}

/// The speeches, the ballots and the sources, each under a heading of this level.
///
/// # Errors
/// None where the text is a string.
pub fn body(out: &mut String, page: &Page, heading: &str) -> std::fmt::Result {
    for speech in &page.speeches {
        writeln!(out, "<{heading}>{}</{heading}>\n<p>{}</p>", escape_html(&speech.heading), escape_html(&speech.text))?;
        if !speech.citations.is_empty() {
            writeln!(out, "<p class=\"cite\">Citations: {}</p>", escape_html(&speech.citations.join(", ")))?;
        }
    }
    for ballot in &page.ballots {
        writeln!(
            out,
            "<{heading}>Ballot of {}</{heading}>\n<p>{}</p>",
            escape_html(&ballot.judge),
            escape_html(&ballot.verdict)
        )?;
        if !ballot.dimensions.is_empty() {
            writeln!(out, "<table><tr><th>dimension</th><th>weight</th><th>proposition</th></tr>")?;
            for row in &ballot.dimensions {
                let cells = row.each_ref().map(|cell| format!("<td>{}</td>", escape_html(cell)));
                writeln!(out, "<tr>{}</tr>", cells.concat())?;
            }
            writeln!(out, "</table>")?;
        }
        list(out, ballot.reasons.iter().chain(&ballot.cautions))?;
    }
    if !page.evidence.is_empty() {
        writeln!(out, "<{heading}>Evidence</{heading}>")?;
        let lines: Vec<String> = page
            .evidence
            .iter()
            .map(|item| format!("{} {} {}: {}", item.side, item.label, item.title, item.text))
            .collect();
        list(out, lines.iter())?;
    }
    Ok(())
}

pub(super) fn list<'a>(out: &mut String, lines: impl Iterator<Item = &'a String>) -> std::fmt::Result {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "<ul>")?;
    for line in lines {
        writeln!(out, "<li>{}</li>", escape_html(line))?;
    }
    writeln!(out, "</ul>")
}
