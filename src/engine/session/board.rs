//! Who judged what how: the transcripts against the judges, and how often two of them agree.

use crate::assets::Sourced;
use crate::domain::judgement::Judgement;
use crate::domain::seat::Side;
use crate::engine::error::EngineError;
use crate::engine::queries::Queries;

/// Judgements by transcript and judge.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// Models first, in the order of the session; then people.
    pub judges: Vec<String>,
    pub rows: Vec<Row>,
}

/// One transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub case: Sourced,
    /// One place for each judge; a person may not have judged it.
    pub judgements: Vec<Option<Judgement>>,
}

/// How often two judges name the same winner, a tie being one of three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Places in the list of judges.
    pub judges: [usize; 2],
    pub same: usize,
    /// Transcripts on which both decided.
    pub both: usize,
}

impl Board {
    pub(super) fn new(judges: Vec<String>, cases: &[Sourced]) -> Board {
        let row = |case: &Sourced| Row { case: case.clone(), judgements: vec![None; judges.len()] };
        Board { rows: cases.iter().map(row).collect(), judges }
    }

    pub(super) fn take(&mut self, case: usize, judge: usize, judgement: Judgement) {
        self.rows[case].judgements[judge] = Some(judgement);
    }

    /// Every pair of judges that decided on the same transcript at least once.
    #[must_use]
    pub fn agreements(&self) -> Vec<Agreement> {
        let winner = |row: &Row, judge: usize| -> Option<Option<Side>> {
            let decided = row.judgements[judge].as_ref()?.decided.as_ref()?;
            decided.ballot().map(|ballot| ballot.winner)
        };
        let mut found = Vec::new();
        for one in 0..self.judges.len() {
            for other in one + 1..self.judges.len() {
                let decided = self.rows.iter().filter_map(|row| Some((winner(row, one)?, winner(row, other)?)));
                let same: Vec<bool> = decided.map(|(one, other)| one == other).collect();
                if !same.is_empty() {
                    let agreed = same.iter().filter(|same| **same).count();
                    found.push(Agreement { judges: [one, other], same: agreed, both: same.len() });
                }
            }
        }
        found
    }

    fn place_of(&mut self, judge: &str) -> usize {
        self.judges.iter().position(|known| known == judge).unwrap_or_else(|| {
            self.judges.push(judge.to_owned());
            self.rows.iter_mut().for_each(|row| row.judgements.push(None));
            self.judges.len() - 1
        })
    }

    /// Every judgement, transcript by transcript.
    pub fn judgements(&self) -> impl Iterator<Item = &Judgement> {
        self.rows.iter().flat_map(|row| row.judgements.iter().flatten())
    }
}

impl Queries {
    /// Adds the ballots of people on the same transcripts.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn with_people(&self, mut board: Board) -> Result<Board, EngineError> {
        for case in 0..board.rows.len() {
            let topic = board.rows[case].case.transcript.topic.clone();
            for vote in self.reader.votes(&topic)? {
                if vote.transcript == board.rows[case].case.transcript {
                    let judge = board.place_of(&vote.judge);
                    board.take(case, judge, vote);
                }
            }
        }
        Ok(board)
    }
}
