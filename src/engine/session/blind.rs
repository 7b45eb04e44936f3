//! A blind session: what a person has to judge, in an order of its own, with letters drawn for the sides. Nothing of a verdict
//! and no team is in it.

use std::collections::BTreeSet;

use crate::assets::Sourced;
use crate::assets::transcripts::problem;
use crate::domain::debate::Debate;
use crate::domain::event::DebateId;
use crate::domain::judgement::{PERSON, debate_source};
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Transcript};
use crate::engine::error::EngineError;
use crate::engine::open::usual_judge;
use crate::engine::queries::Queries;
use crate::engine::seat::recipe_and_models;
use crate::store::{DebateState, Filter};
use crate::text::hash::number_of;

/// The most that one session holds. The rest waits for the next.
pub const MOST: usize = 200;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlindRequest {
    /// Who judges.
    pub name: String,
    /// Files, folders, stored debates by their ids.
    pub what: Vec<String>,
    /// Stored debates to choose from where nothing is named; `None` for all of them.
    pub debates: Option<Vec<DebateId>>,
}

/// One contest as a blind judge sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct BlindCase {
    pub case: Sourced,
    /// Who is called A.
    pub first: Side,
    /// What is scored, from the usual judge's recipe.
    pub dimensions: Vec<String>,
}

impl BlindCase {
    /// The side behind a letter, 0 for A.
    #[must_use]
    pub fn side(&self, letter: usize) -> Side {
        if letter == 0 { self.first } else { self.first.opponent() }
    }

    /// The letter of a side, 0 for A.
    #[must_use]
    pub fn letter(&self, side: Side) -> usize {
        usize::from(side != self.first)
    }

    /// The speeches in the order in which they are shown. Texts that have no order of their own are shown by their letters.
    #[must_use]
    pub fn shown(&self) -> Transcript {
        let mut transcript = self.case.transcript.clone();
        if transcript.contest != Contest::Debate {
            transcript.speeches.sort_by_key(|spoken| self.letter(spoken.side));
        }
        transcript
    }
}

/// What a person has to judge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlindQueue {
    pub name: String,
    pub cases: Vec<BlindCase>,
    /// How many of what was asked for this person has judged already.
    pub done: usize,
    /// Files among others that could not be read, a sentence each.
    pub failed: Vec<String>,
}

impl Queries {
    /// What waits for a person. The same person gets the same order and the same letters each time, another person others.
    ///
    /// # Errors
    /// Something that was named cannot be read, or the store cannot.
    pub fn blind_queue(&self, request: &BlindRequest) -> Result<BlindQueue, EngineError> {
        let name = request.name.trim().to_owned();
        let judge = format!("{PERSON}{name}");
        let known = self.reader.sources_of(&judge)?;
        let (mut done, mut failed) = (0, Vec::new());
        let mut cases = if request.what.is_empty() {
            let (waiting, judged) = self.unjudged(&known, request.debates.as_deref())?;
            done += judged;
            self.read_debates(&ordered(waiting, &name, |id| &id.0))?
        } else {
            let gathered = self.gather(&request.what)?;
            failed.extend(gathered.failed.iter().map(ToString::to_string));
            let (judged, open): (Vec<_>, Vec<_>) =
                gathered.cases.into_iter().partition(|case| known.contains(&case.source));
            done += judged.len();
            ordered(open, &name, |case| &case.source)
        };
        cases.truncate(MOST);
        let recipe = self.library().recipe(recipe_and_models(&usual_judge(self.library())).0)?;
        let blind = |case: Sourced| {
            let contest = case.transcript.contest;
            let asked = recipe.criteria.iter();
            let asked = asked.filter(|(_, row)| row.contests.is_empty() || row.contests.contains(&contest));
            let flips = number_of(&[b"letters", name.as_bytes(), case.source.as_bytes()]) % 2 == 1;
            BlindCase {
                dimensions: asked.map(|(dimension, _)| dimension.clone()).collect(),
                first: if flips { Side::Opposition } else { Side::Proposition },
                case,
            }
        };
        Ok(BlindQueue { cases: cases.into_iter().map(blind).collect(), name, done, failed })
    }

    /// Debates that are over and not judged by this person yet, and how many it has judged.
    fn unjudged(
        &self,
        known: &BTreeSet<String>,
        among: Option<&[DebateId]>,
    ) -> Result<(Vec<DebateId>, usize), EngineError> {
        let among: Option<BTreeSet<&DebateId>> = among.map(|ids| ids.iter().collect());
        let debates = self.history(&Filter::default())?;
        let closed = debates.into_iter().filter(|debate| debate.state == DebateState::Closed).map(|debate| debate.id);
        let closed = closed.filter(|id| among.as_ref().is_none_or(|among| among.contains(id)));
        let (judged, waiting): (Vec<_>, Vec<_>) = closed.partition(|id| known.contains(&debate_source(id)));
        Ok((waiting, judged.len()))
    }

    /// The transcripts of debates. Passed over are those that have nothing to judge, those of more than two teams, which two letters
    /// cannot name, and those in which a person spoke: whoever sits here may know whose side is whose.
    fn read_debates(&self, ids: &[DebateId]) -> Result<Vec<Sourced>, EngineError> {
        let mut found = Vec::new();
        for id in ids {
            if found.len() == MOST {
                break;
            }
            let debate = self.debate(id)?;
            let Some(transcript) = Transcript::of(&debate).filter(|_| is_for_two(&debate)) else { continue };
            if problem(&transcript).is_none() {
                found.push(Sourced { source: debate_source(id), transcript });
            }
        }
        Ok(found)
    }
}

fn is_for_two(debate: &Debate) -> bool {
    let Some(opening) = &debate.opening else { return false };
    let mut models = opening.participants.iter().flat_map(|seat| seat.models.values());
    !opening.format.is_ranked() && !models.any(|model| model.is_person())
}

/// Items in the order that belongs to a name.
fn ordered<T>(mut items: Vec<T>, name: &str, key: impl Fn(&T) -> &str) -> Vec<T> {
    items.sort_by_cached_key(|item| number_of(&[b"order", name.as_bytes(), key(item).as_bytes()]));
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_has_an_order_of_its_own_that_never_changes() {
        let items: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let order = |name: &str| ordered(items.clone(), name, |item| item);
        assert_eq!(order("ann"), order("ann"));
        assert_ne!(order("ann"), order("ben"));
        assert_ne!(order("ann"), items);
    }
}
