//! A lesson: what a side can learn from a stored debate, with where its player stands on the ladder.

use serde::Serialize;

use crate::domain::debate::Debate;
use crate::domain::event::DebateId;
use crate::domain::seat::Side;
use crate::engine::error::EngineError;
use crate::engine::queries::Queries;
use crate::judge::coaching::{Coaching, Said, coach};
use crate::rating::Selection;
use crate::text::count::number_of;

/// What one side can learn from one debate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lesson {
    pub debate: DebateId,
    pub motion: String,
    pub player: String,
    /// `None` for a tie, or while nothing is decided.
    pub winner: Option<Side>,
    #[serde(flatten)]
    pub coaching: Coaching,
    /// Where the player stands; `None` without a rated game.
    pub standing: Option<Standing>,
}

/// A player on the live ladder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    pub elo: f64,
    /// Points of the last game, negative for points lost.
    pub last_change: f64,
    pub games: u32,
    pub wins: u32,
}

/// A line of a lesson: the speech it is about, from 0, and what there is to say.
pub type LessonLine = (Option<usize>, String);

impl Lesson {
    /// Whose lesson it is and how the debate went, one sentence.
    #[must_use]
    pub fn headline(&self) -> String {
        let went = match self.winner {
            Some(side) if side == self.coaching.side => "won",
            Some(_) => "lost",
            None => "did not win and did not lose",
        };
        let standing = self.standing.as_ref().map_or_else(String::new, |it| {
            format!(
                " Elo {:.0} ({:+.1}) after {}, {} of them won.",
                it.elo,
                it.last_change,
                number_of(it.games as usize, "game"),
                it.wins
            )
        });
        format!("{}, the {}, {went}.{standing}", self.player, self.coaching.side)
    }

    /// What there is to say under its headings; a heading without a line is left out.
    #[must_use]
    pub fn sections(&self) -> Vec<(&'static str, Vec<LessonLine>)> {
        let said =
            |rows: &[Said]| rows.iter().map(|said| (Some(said.speech), format!("\"{}\"", said.text.trim()))).collect();
        let lost = self.coaching.lost.iter().map(|row| {
            let why = if row.why.is_empty() { String::new() } else { format!(": {}", row.why) };
            (None, format!("{}, {:.0} % for you by {}{why}", row.dimension, row.probability * 100.0, row.judge))
        });
        let mut sections: Vec<(&'static str, Vec<LessonLine>)> = vec![
            ("Where the judges preferred the other side", lost.collect()),
            ("Points of the other side that nothing you said later takes up", said(&self.coaching.dropped)),
            ("What you said again", said(&self.coaching.repeated)),
            ("What the judges quoted of you", said(&self.coaching.quoted)),
        ];
        sections.retain(|(_, rows)| !rows.is_empty());
        sections
    }
}

impl Queries {
    /// What a side can learn: the one that is named, else the one a person spoke for, else the one that lost.
    ///
    /// # Errors
    /// The debate has no opening, or the store cannot be read.
    pub fn lesson(&self, id: &DebateId, side: Option<Side>) -> Result<Lesson, EngineError> {
        let debate = self.debate(id)?;
        let Some(opening) = &debate.opening else {
            return Err(EngineError::Request(format!("debate {id} has no opening, so there is nothing to learn from")));
        };
        let winner = debate.outcome.as_ref().and_then(|outcome| outcome.winner);
        let side =
            side.or_else(|| persons_side(&debate)).or_else(|| winner.map(Side::opponent)).unwrap_or(Side::Proposition);
        let player = debate.outcome.as_ref().map(|outcome| match side {
            Side::Proposition => outcome.proposition.clone(),
            Side::Opposition => outcome.opposition.clone(),
        });
        let ladder = self.ladder(&Selection::default())?;
        let row = ladder.rows().into_iter().find(|row| Some(&row.player) == player.as_ref()).cloned();
        Ok(Lesson {
            debate: id.clone(),
            motion: opening.motion.text.clone(),
            player: player.unwrap_or_else(|| "This side".to_owned()),
            winner,
            coaching: coach(&debate, side),
            standing: row.map(|row| Standing {
                elo: row.elo,
                last_change: row.last_change,
                games: row.games,
                wins: row.wins,
            }),
        })
    }
}

fn persons_side(debate: &Debate) -> Option<Side> {
    let seats = debate.opening.iter().flat_map(|opening| &opening.participants);
    seats.clone().find(|seat| seat.models.values().any(|model| model.is_person())).map(|seat| seat.side)
}
