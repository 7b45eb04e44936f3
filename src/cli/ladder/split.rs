//! `rhetor ladder --by`: a ladder for each judge, category and so on, and how far judges agree.

use crate::cli::exit::ExitStatus;
use crate::cli::ladder::{nothing, table};
use crate::cli::output::{Output, prose_width};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::ladders::{LadderRequest, Split, SplitBy};
use crate::rating::effects::Agreement;
use crate::text::sanitize::one_line;

/// Prints the ladders one below the other.
///
/// # Errors
/// The store cannot be read, or the anchor is on none of them.
pub fn split(
    engine: &EngineHandle,
    request: &LadderRequest,
    by: SplitBy,
    csv: bool,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let found = engine.queries().split_ladder(request, by)?;
    if output.json {
        output.document(&found);
    } else if csv {
        output.line(&table::csv_head(Some(by.name())));
        for part in &found.ladders {
            table::csv(&part.table, Some(&part.value)).iter().for_each(|line| output.line(line));
        }
    } else if found.ladders.is_empty() {
        output.line(match by {
            SplitBy::People => "No stored debate has a person's vote yet; `rhetor judge vote ID` gives one.",
            SplitBy::Dimension => "No ballot of a stored debate has dimensions yet.",
            _ => nothing(request),
        });
    } else {
        tell(&found, output);
    }
    Ok(ExitStatus::Done)
}

fn tell(found: &Split, output: &mut Output) {
    let width = prose_width();
    for (index, part) in found.ladders.iter().enumerate() {
        if index > 0 {
            output.line("");
        }
        output.line(&one_line(&format!("{}: {}", found.by.name(), part.value), width).into_string());
        table::table(&part.table, width).iter().for_each(|line| output.line(line));
        table::notes(&part.table, width).iter().for_each(|line| output.line(line));
    }
    if !found.agreements.is_empty() {
        output.line("");
    }
    let sentences = found.agreements.iter().map(sentence);
    let cautions = found.cautions.iter().map(|caution| format!("! {}", caution.sentence()));
    for sentence in sentences.chain(cautions) {
        table::marked("", &sentence, width).iter().for_each(|row| output.line(row));
    }
}

/// How far two agree.
fn sentence(found: &Agreement) -> String {
    let Agreement { judges: [one, other], comparison } = found;
    let told = |value: Option<f64>| value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.2}"));
    let disputed = comparison.disputed.first().map(|most| {
        let [first, second] = most.ranks;
        format!("; most apart is {}, {first} and {second}", most.player)
    });
    format!(
        "{one} and {other} agree in {:.0} % of {} debates (kappa {}); their ladders of {} players correlate by {} \
         (Spearman){}.",
        comparison.same.unwrap_or(0.0) * 100.0,
        comparison.cases,
        told(comparison.kappa),
        comparison.players,
        told(comparison.spearman),
        disputed.unwrap_or_default()
    )
}
