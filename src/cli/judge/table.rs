//! The table of a session: transcripts against judges, and how often two judges agree.

use unicode_width::UnicodeWidthStr;

use crate::domain::judgement::{Decided, Judgement};
use crate::engine::session::board::Board;
use crate::engine::session::document::outcome;
use crate::text::name::short;
use crate::text::sanitize::{one_line, sanitize};

/// `opposition  38 %`: the widest is as wide.
const CELL: usize = 16;
/// Columns of a source at the least, where many judges leave no more.
const LEAST_SOURCE: usize = 16;
const GAP: usize = 2;

/// The winner and the probability of the proposition.
#[must_use]
pub fn verdict(judgement: &Judgement) -> String {
    match judgement.decided.as_ref().and_then(Decided::ballot) {
        Some(ballot) => format!("{:<11}{:>3.0} %", outcome(judgement), ballot.probability * 100.0),
        None => format!("{:<16}", outcome(judgement)),
    }
}

/// The lines of a table of at most `width` columns, as long as every judge finds room.
#[must_use]
pub fn table(board: &Board, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let numbered = board.judges.len() > 1;
    for (index, judge) in board.judges.iter().enumerate() {
        let judge = short(judge);
        let name = if numbered { format!("{} {judge}", index + 1) } else { judge };
        lines.push(one_line(&name, width).into_string());
    }
    let sources = names(board);
    let room = width.saturating_sub(board.judges.len() * (CELL + GAP)).max(LEAST_SOURCE);
    let widest = sources.iter().map(|source| source.width()).max().unwrap_or(0).clamp("source".len(), room);
    let mut heading = format!("{:<widest$}", "source");
    for index in 0..board.judges.len() {
        let name = if numbered { (index + 1).to_string() } else { "winner".to_owned() };
        heading.push_str(&format!("  {name:<CELL$}"));
    }
    lines.extend([String::new(), heading.trim_end().to_owned()]);
    for (source, row) in sources.iter().zip(&board.rows) {
        let source = ending(source, widest);
        let mut line = format!("{source}{}", " ".repeat(widest - source.width()));
        for judgement in &row.judgements {
            let cell = judgement.as_ref().map_or_else(|| "-".to_owned(), verdict);
            line.push_str(&format!("  {cell:<CELL$}"));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.push("Beside each winner: the probability of the proposition.".to_owned());
    lines.extend(agreements(board));
    lines
}

/// The sources without what all of them begin with.
fn names(board: &Board) -> Vec<String> {
    let sources: Vec<String> = board.rows.iter().map(|row| sanitize(&row.case.source).replace('\n', " ")).collect();
    let Some(first) = sources.first() else { return sources };
    let folder = first.rfind('/').map_or(0, |slash| slash + 1);
    let shared = (0..=folder)
        .rev()
        .filter(|end| *end == 0 || first.as_bytes()[end - 1] == b'/')
        .find(|end| sources.iter().all(|source| source.starts_with(&first[..*end])));
    let shared = shared.unwrap_or(0);
    sources.into_iter().map(|source| source[shared..].to_owned()).collect()
}

/// A name on at most so many columns: of a path the end tells the most.
fn ending(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    let mut kept = name;
    while kept.width() + 1 > columns {
        let mut characters = kept.chars();
        characters.next();
        kept = characters.as_str();
    }
    format!("…{kept}")
}

fn agreements(board: &Board) -> Vec<String> {
    let agreements = board.agreements();
    let told = agreements.iter().map(|agreement| {
        let [one, other] = agreement.judges.map(|judge| judge + 1);
        let share = 100.0 * agreement.same as f64 / agreement.both as f64;
        format!("{one} and {other} name the same winner on {} of {} ({share:.0} %).", agreement.same, agreement.both)
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Sourced;
    use crate::domain::hash::ContentHash;
    use crate::domain::sample;
    use crate::domain::seat::Side;
    use crate::domain::transcript::{Contest, Transcript};
    use crate::engine::session::board::Row;

    fn judgement(judge: &str, decided: Decided) -> Judgement {
        Judgement {
            key: ContentHash("ab".repeat(32)),
            at: String::new(),
            source: String::new(),
            judge: judge.to_owned(),
            transcript: case("x").transcript,
            said: Vec::new(),
            decided: Some(decided),
        }
    }

    fn case(source: &str) -> Sourced {
        let transcript = Transcript {
            contest: Contest::Debate,
            topic: "M".to_owned(),
            positions: Default::default(),
            speeches: Vec::new(),
            places: Vec::new(),
            sources: Default::default(),
        };
        Sourced { source: source.to_owned(), transcript }
    }

    fn board() -> Board {
        let ballot = |winner, probability| Decided::Ballot(Box::new(sample::ballot(winner, probability)));
        let pro = || ballot(Some(Side::Proposition), 0.714);
        let con = || ballot(Some(Side::Opposition), 0.1);
        let void = || Decided::Void { reason: "no".to_owned() };
        let row = |source: &str, decided: [Option<Decided>; 3]| Row {
            case: case(source),
            judgements: decided.map(|decided| decided.map(|decided| judgement("j", decided))).to_vec(),
        };
        Board {
            judges: vec!["label-probability@owl".to_owned(), "debatrix@owl".to_owned(), "human@ann".to_owned()],
            rows: vec![
                row("/home/ann/debates/trees.md", [Some(pro()), Some(con()), None]),
                row("/home/ann/debates/long/a-file-with-a-very-long-name.md", [Some(con()), Some(void()), Some(con())]),
            ],
        }
    }

    #[test]
    fn a_table_fits_the_width_and_keeps_the_end_of_a_name() {
        let lines = table(&board(), 80);
        assert_eq!(
            lines,
            [
                "1 label-probability@owl",
                "2 debatrix@owl",
                "3 human@ann",
                "",
                "source                      1                 2                 3",
                "trees.md                    proposition 71 %  opposition  10 %  -",
                "…-with-a-very-long-name.md  opposition  10 %  void              opposition  10 %",
                "Beside each winner: the probability of the proposition.",
                "1 and 2 name the same winner on 0 of 1 (0 %).",
                "1 and 3 name the same winner on 1 of 1 (100 %).",
            ]
        );
        assert!(lines.iter().all(|line| line.width() <= 80));
    }

    #[test]
    fn what_all_names_begin_with_is_left_out_up_to_a_folder() {
        assert_eq!(names(&board()), ["trees.md", "long/a-file-with-a-very-long-name.md"]);
        assert_eq!(ending("漢字漢字.md", 6), "…字.md");
    }
}
