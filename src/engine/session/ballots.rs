//! Judgements to look at: those of sessions by their ids, and a debate's own ballots as `DEBATE#N`.

use crate::domain::debate::{Debate, Judging};
use crate::domain::event::Event;
use crate::domain::hash::ContentHash;
use crate::domain::judgement::{Decided, Judgement, debate_source};
use crate::domain::transcript::Transcript;
use crate::engine::error::EngineError;
use crate::engine::queries::Queries;
use crate::store::JudgementFilter;
use crate::text::hash::named_hash;

impl Queries {
    /// Judgements outside of debates, the newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn judgements(&self, filter: &JudgementFilter) -> Result<Vec<Judgement>, EngineError> {
        Ok(self.reader.judgements(filter)?)
    }

    /// A judgement by the beginning of its id, as `last`, or as `DEBATE#N`: what the N-th judge of a debate said.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn judgement(&self, given: &str) -> Result<Judgement, EngineError> {
        let Some((debate, number)) = given.rsplit_once('#') else { return Ok(self.reader.find_judgement(given)?) };
        let number = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).ok_or_else(|| {
            EngineError::Request(format!(
                "\"{given}\" names no ballot; write the debate, #, and the judge's number from 1"
            ))
        })?;
        self.ballot(debate, number)
    }

    fn ballot(&self, debate: &str, judge: usize) -> Result<Judgement, EngineError> {
        let id = self.resolve(debate)?;
        let entries = self.entries(&id, 0)?;
        let folded = Debate::fold(entries.iter().map(|entry| &entry.event));
        let missing = |what: String| EngineError::Request(format!("debate {id} {what}"));
        let (Some(transcript), Some(opening)) = (Transcript::of(&folded), &folded.opening) else {
            return Err(missing("has no opening".to_owned()));
        };
        let judges = opening.judges.len();
        let Some(seat) = opening.judges.get(judge) else {
            return Err(missing(format!("has {judges} judges; number them from 1")));
        };
        let judging = folded.judging.get(judge).cloned().unwrap_or_default();
        if !judging.is_done() {
            return Err(missing(format!("is not judged by {} yet; `rhetor resume {id}` goes on with it", seat.name)));
        }
        let is_its = |event: &Event| match event {
            Event::BallotReturned { judge: by, .. } | Event::BallotVoided { judge: by, .. } => *by == judge,
            _ => false,
        };
        let at = entries.iter().find(|entry| is_its(&entry.event)).map(|entry| entry.at.clone()).unwrap_or_default();
        Ok(Judgement {
            key: key(&id.0, judge),
            at,
            source: debate_source(&id),
            judge: seat.name.clone(),
            transcript,
            decided: decided(&judging),
            said: judging.said,
        })
    }
}

fn key(debate: &str, judge: usize) -> ContentHash {
    named_hash([("debate", debate), ("judge", &judge.to_string())])
}

fn decided(judging: &Judging) -> Option<Decided> {
    match (&judging.ballot, &judging.voided) {
        (Some(ballot), _) => Some(Decided::Ballot(Box::new(ballot.clone()))),
        (None, Some(reason)) => Some(Decided::Void { reason: reason.clone() }),
        (None, None) => None,
    }
}
