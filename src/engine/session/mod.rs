//! A judging session: some judges over some transcripts. What a session said before is taken from the store, so a session
//! that was stopped goes on where it was, and the same one asks nothing twice.

mod ballots;
pub mod blind;
pub mod board;
pub mod document;
pub mod gather;
pub mod people;
pub mod vote;

use std::collections::HashMap;

use futures::stream::{self, StreamExt};
use tokio_util::sync::CancellationToken;

use crate::assets::Sourced;
use crate::clock::Stopwatch;
use crate::domain::event::DebateId;
use crate::domain::hash::ContentHash;
use crate::domain::judgement::Judgement;
use crate::domain::usage::Ceilings;
use crate::engine::court::{Court, CourtSettings};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::open::usual_judge;
use crate::engine::seat::recipe_and_models;
use crate::engine::session::board::Board;
use crate::judge::Estimate;

/// Judgements that are made at the same time. The calls of a local model are then read together.
const JUDGEMENTS_AT_ONCE: usize = 4;

/// A token that is written takes about as long as so many that are read, with several judgements at once.
const WRITTEN: u64 = 8;

/// Judges in session.
pub struct Session {
    courts: Vec<Court>,
    cases: Vec<Sourced>,
    tasks: Vec<Task>,
    cancel: CancellationToken,
}

/// One judge over one transcript, which may stand in several places.
struct Task {
    judge: usize,
    /// Places in the list of transcripts, never empty.
    cases: Vec<usize>,
    key: ContentHash,
    known: bool,
    estimate: Estimate,
}

/// What one judge will cost, or a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// All that are wanted.
    pub judgements: usize,
    /// Those that are in the store already.
    pub known: usize,
    /// Of the others, from above.
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// US dollars; 0 for models on this machine.
    pub dollars: f64,
}

impl Cost {
    fn add(&mut self, other: &Cost) {
        self.judgements += other.judgements;
        self.known += other.known;
        self.calls += other.calls;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.dollars += other.dollars;
    }
}

/// A judgement as it comes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Places in the lists of transcripts and judges.
    pub case: usize,
    pub judge: usize,
    pub judgement: Judgement,
    /// Whether it was in the store before.
    pub known: bool,
    /// Judgements that are in by now, this one counted.
    pub done: usize,
    pub total: usize,
    /// Seconds that the rest may take; `None` until a judgement was made.
    pub seconds_left: Option<f64>,
}

impl EngineHandle {
    /// Opens a session of these judges, or of the usual one. Their ceilings hold for all of them together.
    ///
    /// # Errors
    /// No such recipe or model, a model that cannot do what a recipe asks, or a store that cannot be read.
    pub async fn session(
        &self,
        cases: Vec<Sourced>,
        judges: &[String],
        settings: CourtSettings,
    ) -> Result<Session, EngineError> {
        let library = self.queries().library();
        let mut names: Vec<String> = Vec::new();
        for name in judges {
            // A wrong name is said before a model takes seconds to load.
            library.recipe(recipe_and_models(name).0)?;
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        if names.is_empty() {
            names.push(usual_judge(library));
        }
        let usual = library.config().ceilings;
        let ceilings = Ceilings {
            tokens: settings.ceilings.tokens.or(usual.tokens),
            dollars: settings.ceilings.dollars.or(usual.dollars),
        };
        // A failure stops what still runs, and is no wish of the user's.
        let cancel = settings.cancel.child_token();
        let mut courts: Vec<Court> = Vec::new();
        for name in names {
            let settings = CourtSettings { ceilings, cancel: cancel.clone(), ..settings.clone() };
            let mut court = self.court(&name, settings).await?;
            if let Some(first) = courts.first() {
                court.share_ledger(first);
            }
            courts.push(court);
        }
        let tasks = tasks(&courts, &cases)?;
        Ok(Session { courts, cases, tasks, cancel })
    }
}

/// What there is to do, the judges of one transcript beside each other: they read the same text.
fn tasks(courts: &[Court], cases: &[Sourced]) -> Result<Vec<Task>, EngineError> {
    let mut tasks: Vec<Task> = Vec::new();
    let mut places: HashMap<ContentHash, usize> = HashMap::new();
    for (case, sourced) in cases.iter().enumerate() {
        for (judge, court) in courts.iter().enumerate() {
            let key = court.key_of(&sourced.transcript)?;
            if let Some(&same) = places.get(&key) {
                tasks[same].cases.push(case);
                continue;
            }
            places.insert(key.clone(), tasks.len());
            let known = court.has_heard(&key)?;
            let estimate = if known { Estimate::default() } else { court.estimate(&sourced.transcript)? };
            tasks.push(Task { judge, cases: vec![case], key, known, estimate });
        }
    }
    Ok(tasks)
}

impl Session {
    /// The names of the judges.
    pub fn judges(&self) -> impl Iterator<Item = &str> {
        self.courts.iter().map(|court| court.judge().name.as_str())
    }

    #[must_use]
    pub fn cases(&self) -> &[Sourced] {
        &self.cases
    }

    /// What each judge will cost.
    #[must_use]
    pub fn costs(&self) -> Vec<Cost> {
        let mut costs = vec![Cost::default(); self.courts.len()];
        for task in &self.tasks {
            let Estimate { calls, prompt_tokens, completion_tokens, .. } = task.estimate;
            costs[task.judge].add(&Cost {
                judgements: task.cases.len(),
                known: if task.known { task.cases.len() } else { 0 },
                calls,
                prompt_tokens,
                completion_tokens,
                dollars: self.courts[task.judge].dollars(&task.estimate),
            });
        }
        costs
    }

    /// What the session will cost.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.costs().iter().fold(Cost::default(), |mut sum, cost| {
            sum.add(cost);
            sum
        })
    }

    /// The judge and the transcript that a live event belongs to, by their places.
    #[must_use]
    pub fn place(&self, debate: &DebateId) -> Option<(usize, usize)> {
        let task = self.tasks.iter().find(|task| task.key.0 == debate.0)?;
        Some((task.judge, *task.cases.first()?))
    }

    /// Sits, and tells each judgement in the order of transcripts and judges. `None` if it was stopped; what was said by
    /// then is kept.
    ///
    /// # Errors
    /// A model failed, a ceiling would be passed, or the store cannot be used. What was said by then is kept.
    pub async fn sit(&self, mut tell: impl FnMut(Heard)) -> Result<Option<Board>, EngineError> {
        let judges = self.judges().map(str::to_owned).collect();
        let mut board = Board::new(judges, &self.cases);
        let total = self.tasks.iter().map(|task| task.cases.len()).sum();
        let mut pace = Pace::start(&self.tasks);
        let (mut done, mut stopped, mut failed) = (0, false, None);
        let mut heard = stream::iter(&self.tasks)
            .map(|task| async move { (task, self.hear(task).await) })
            .buffered(JUDGEMENTS_AT_ONCE);
        while let Some((task, result)) = heard.next().await {
            match result {
                Ok(Some(judgement)) => {
                    pace.took();
                    for &case in &task.cases {
                        done += 1;
                        let source = self.cases[case].source.clone();
                        let judgement = Judgement { source, ..judgement.clone() };
                        board.take(case, task.judge, judgement.clone());
                        let seconds_left = pace.seconds_left();
                        tell(Heard {
                            case,
                            judge: task.judge,
                            judgement,
                            known: task.known,
                            done,
                            total,
                            seconds_left,
                        });
                    }
                }
                Ok(None) => stopped = true,
                Err(error) => {
                    failed = failed.or(Some(error));
                    self.cancel.cancel();
                }
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok((!stopped).then_some(board)),
        }
    }

    async fn hear(&self, task: &Task) -> Result<Option<Judgement>, EngineError> {
        let Some(case) = task.cases.first().filter(|_| !self.cancel.is_cancelled()) else { return Ok(None) };
        let Sourced { source, transcript } = &self.cases[*case];
        self.courts[task.judge].hear(source, transcript).await
    }
}

/// How fast the session is, to say how long the rest may take.
struct Pace {
    stopwatch: Stopwatch,
    /// Work by task, in the order in which they come in.
    tasks: Vec<u64>,
    taken: usize,
}

impl Pace {
    fn start(tasks: &[Task]) -> Pace {
        Pace { stopwatch: Stopwatch::start(), tasks: tasks.iter().map(tokens).collect(), taken: 0 }
    }

    fn took(&mut self) {
        self.taken += 1;
    }

    fn seconds_left(&self) -> Option<f64> {
        let (taken, rest) = self.tasks.split_at(self.taken);
        let made = taken.iter().sum::<u64>() as f64;
        // Those that run beside each other are taken to be half-way.
        let begun = rest.iter().take(JUDGEMENTS_AT_ONCE - 1).sum::<u64>() as f64 / 2.0;
        let left = rest.iter().sum::<u64>() as f64 - begun;
        (made > 0.0).then(|| self.stopwatch.elapsed().as_secs_f64() * left / (made + begun))
    }
}

/// Work in tokens that are read.
fn tokens(task: &Task) -> u64 {
    task.estimate.prompt_tokens + WRITTEN * task.estimate.completion_tokens
}
