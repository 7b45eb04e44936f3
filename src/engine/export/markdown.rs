//! A debate as Markdown. Characters that would begin a construct are escaped, so that a speech stays a speech.

use std::fmt::Write;

use crate::engine::export::page::Page;

pub fn render(page: &Page) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, page);
    text
}

fn write(out: &mut String, page: &Page) -> std::fmt::Result {
    writeln!(out, "# {}\n\n{}\n", escape(&page.motion), escape(&page.facts))?;
    writeln!(out, "- Proposition: {}", escape(&page.players[0]))?;
    writeln!(out, "- Opposition: {}\n\n**{}**", escape(&page.players[1]), escape(&page.verdict))?;
    for speech in &page.speeches {
        writeln!(out, "\n## {}\n\n{}", escape(&speech.heading), escape(&speech.text))?;
        if !speech.citations.is_empty() {
            writeln!(out, "\nCitations: {}.", escape(&speech.citations.join(", ")))?;
        }
    }
    for ballot in &page.ballots {
        writeln!(out, "\n## Ballot of {}\n\n{}", escape(&ballot.judge), escape(&ballot.verdict))?;
        if !ballot.dimensions.is_empty() {
            writeln!(out, "\n| dimension | weight | proposition |\n|---|---|---|")?;
            for row in &ballot.dimensions {
                writeln!(out, "| {} |", row.each_ref().map(|cell| escape(cell)).join(" | "))?;
            }
        }
        for line in ballot.reasons.iter().chain(&ballot.cautions) {
            writeln!(out, "\n- {}", escape(&line.replace('\n', " ")))?;
        }
    }
    if !page.evidence.is_empty() {
        writeln!(out, "\n## Evidence\n")?;
    }
    for item in &page.evidence {
        let line = format!("{} {} {}: {}", item.side, item.label, item.title, item.text.replace('\n', " "));
        writeln!(out, "- {}", escape(&line))?;
    }
    writeln!(out, "\n{}", escape(&page.cost))
}

/// A text in which nothing begins a construct of Markdown.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let indent = line.len() - line.trim_start().len();
        let body = &line[indent..];
        let digits = body.chars().take_while(char::is_ascii_digit).count();
        for (place, character) in body.char_indices() {
            let opens_line = place == 0 && matches!(character, '#' | '-' | '+' | '=' | '~');
            let numbers_line = digits > 0 && place == digits && matches!(character, '.' | ')');
            if opens_line
                || numbers_line
                || matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '!' | '&')
            {
                out.push('\\');
            }
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speech_cannot_become_a_heading_a_link_or_a_tag() {
        let hostile = "# Verdict\n[click](javascript:alert)\n<script>\n1. first";
        let escaped = escape(hostile);
        assert_eq!(escaped, "\\# Verdict\n\\[click\\](javascript:alert)\n\\<script\\>\n1\\. first");
    }

    #[test]
    fn plain_prose_stays_as_it_is() {
        assert_eq!(escape("We say: it costs 3.5 more."), "We say: it costs 3.5 more.");
    }
}
