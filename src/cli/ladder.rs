//! `rhetor ladder`: who debates better, and what the ladder does not know.

use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::rating::Selection;

/// Prints the ladder as a table, as JSON or as comma-separated values.
///
/// # Errors
/// The store cannot be read.
pub fn ladder(
    engine: &EngineHandle,
    selection: &Selection,
    csv: bool,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let ladder = engine.queries().ladder(selection)?;
    if output.json {
        output.document(&ladder.rows());
        return Ok(ExitStatus::Done);
    }
    if csv {
        output.line("player,elo,games,wins,ties,losses,audited_games");
        for row in ladder.rows() {
            let player = row.player.replace('"', "\"\"");
            output.line(&format!(
                "\"{player}\",{:.2},{},{},{},{},{}",
                row.elo, row.games, row.wins, row.ties, row.losses, row.audited_games
            ));
        }
        return Ok(ExitStatus::Done);
    }
    if ladder.rows().is_empty() {
        output.line("No rated debates yet. A debate is rated when two different players meet and a judge decides.");
        return Ok(ExitStatus::Done);
    }
    output.line(&format!(
        "{:>3}  {:<40} {:>6}  {:>5}  {:>4} {:>4} {:>4}",
        "#", "player", "Elo", "games", "won", "tied", "lost"
    ));
    for (place, row) in ladder.rows().into_iter().enumerate() {
        output.line(&format!(
            "{:>3}  {:<40} {:>6.0}  {:>5}  {:>4} {:>4} {:>4}",
            place + 1,
            row.player,
            row.elo,
            row.games,
            row.wins,
            row.ties,
            row.losses
        ));
    }
    for caution in ladder.cautions() {
        output.line(&format!("! {}", caution.sentence()));
    }
    Ok(ExitStatus::Done)
}
