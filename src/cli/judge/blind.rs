//! `rhetor judge blind`: what a blind session is held over. The session itself is a screen.

use crate::cli::judge::BlindArguments;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::session::blind::BlindRequest;
use crate::engine::tournament::MatchState;

pub const WITHOUT_TERMINAL: &str =
    "a blind session needs a terminal to show its debates in; `rhetor judge vote` keeps a ballot without one";

/// What was asked for, once it is clear that it can be read. A name that is not given is asked for on the screen.
///
/// # Errors
/// Something that was named cannot be read, or means nothing.
pub fn blind(engine: &EngineHandle, arguments: BlindArguments) -> Result<BlindRequest, EngineError> {
    let BlindArguments { what, tournament, name } = arguments;
    let queries = engine.queries();
    let matches = |given: String| -> Result<_, EngineError> {
        let report = queries.tournament(&given)?;
        Ok(report.of_state(MatchState::Done).map(|one| one.debate.clone()).collect())
    };
    let debates = tournament.map(matches).transpose()?;
    let request = BlindRequest { name: name.unwrap_or_default(), what, debates };
    queries.blind_queue(&request)?;
    Ok(request)
}
