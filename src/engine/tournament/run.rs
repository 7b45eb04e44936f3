//! Runs a tournament: starts matches where there is room, pairs rounds when they are due, and stops when it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::clock::{self, Stopwatch};
use crate::domain::event::DebateId;
use crate::domain::motion::Motion;
use crate::domain::tournament::turn::{Place, to_start};
use crate::domain::tournament::{
    Book, Concurrency, Fixture, Kind, Next, Planned, TournamentCeilings, TournamentId, most_matches, next,
};
use crate::domain::usage::Ceilings;
use crate::engine::command::{Command, DebateRequest};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::ledger::Ledger;
use crate::engine::tournament::field::{Field, request};
use crate::engine::tournament::report::{book, end, is_held};
use crate::engine::tournament::told::{Meeting, Told};
use crate::store::{Halt, StoreError, StoredMatch};

/// How often it is looked up whether somebody asks for a stop, and whether another process has ended a match.
const LOOK: Duration = Duration::from_millis(400);
/// Reading all matches again takes at most one in so many parts of the time.
const REST: u32 = 50;
/// How long a match that failed waits before it is tried again; twice as long each time.
const PATIENCE: Duration = Duration::from_millis(250);
const MOST_DOUBLINGS: u32 = 7;

/// How a tournament is to be run this time.
#[derive(Clone, Debug, Default)]
pub struct RunSettings {
    /// What is given here goes before the plan's own.
    pub ceilings: TournamentCeilings,
    pub concurrency: Option<Concurrency>,
    /// Stops the running matches at once.
    pub cancel: CancellationToken,
}

/// Why a run came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was played.
    Over,
    /// A ceiling was reached; the sentence says which.
    Budget(String),
    /// It was cancelled here.
    Interrupted,
    /// Somebody asked for it with `rhetor tournament stop`.
    Halted,
}

/// What a match came to in this process.
enum Played {
    Done,
    Stopped,
    /// Another process has it, or had it a moment ago.
    Elsewhere,
    Failed {
        reason: String,
        /// Whether trying again would change nothing.
        for_good: bool,
    },
    /// The tournament's ceiling was reached.
    Budget(String),
    /// The store does not work.
    Broken(EngineError),
}

impl EngineHandle {
    /// Runs a tournament until it is over or has to stop. What is done is kept; a later run goes on from there, also after
    /// this process was killed. More than one process may run it: no match is played twice.
    ///
    /// # Errors
    /// There is no such tournament, a player or judge has changed since it was planned, or the store cannot be used.
    pub async fn run_tournament(
        &self,
        id: &TournamentId,
        settings: RunSettings,
        tell: impl FnMut(Told),
    ) -> Result<Ending, EngineError> {
        let queries = self.queries();
        let plan = queries.reader.tournament(id)?.plan;
        let field = Field::of(&plan.tournament, &plan.motions, queries).await?;
        field.is_as_planned(&plan)?;
        self.store().set_halt(id, Halt::No).await?;
        let own = plan.tournament.ceilings;
        let ceilings = Ceilings {
            tokens: settings.ceilings.tokens.or(own.tokens),
            dollars: settings.ceilings.dollars.or(own.dollars),
        };
        let run = Run {
            engine: self.clone(),
            id: id.clone(),
            limits: settings.concurrency.unwrap_or(plan.tournament.concurrency),
            minutes: settings.ceilings.minutes.or(own.minutes),
            purse: Arc::new(Ledger::new(ceilings, queries.tournament_usage(id)?)),
            cancel: settings.cancel,
            stop: CancellationToken::new(),
            playing: JoinSet::new(),
            running: BTreeMap::new(),
            shy: BTreeSet::new(),
            matches: Vec::new(),
            book: Book::default(),
            read_at: Duration::ZERO,
            read_took: Duration::ZERO,
            ended_here: 0,
            stopwatch: Stopwatch::start(),
            plan,
            field,
            tell,
        };
        run.run().await
    }

    /// Plays a match until its debate no longer runs here.
    async fn play_match(
        self,
        debate: DebateId,
        motion: Option<Motion>,
        request: DebateRequest,
        purse: Arc<Ledger>,
        stop: CancellationToken,
    ) -> Played {
        let playing = match self.play(debate.clone(), motion, &request, Arc::clone(&purse)).await {
            Ok(playing) => playing,
            Err(error) => return Played::of_error(error, &purse),
        };
        tokio::select! {
            () = playing.over.cancelled() => {}
            () = stop.cancelled() => {
                // It may have ended by itself just now.
                drop(self.submit(Command::Stop(debate.clone())).await);
                playing.over.cancelled().await;
            }
        }
        // In the log of this process, since another one may have been quicker.
        if playing.debate.look(|debate| debate.closed).await {
            return Played::Done;
        }
        match self.queries().debate(&debate) {
            Ok(state) if state.closed => Played::Elsewhere,
            Ok(state) => match state.stopped {
                Some(reason) if state.budget_reached && purse.has_refused() => Played::Budget(reason),
                Some(reason) => Played::Failed { reason, for_good: state.budget_reached },
                None if stop.is_cancelled() => Played::Stopped,
                None => Played::Elsewhere,
            },
            Err(error) => Played::Broken(error),
        }
    }
}

impl Played {
    /// What an error at the opening means.
    fn of_error(error: EngineError, purse: &Ledger) -> Played {
        match error {
            EngineError::AlreadyClosed(_) | EngineError::Refused(_) => Played::Elsewhere,
            EngineError::Store(
                StoreError::Held { .. }
                | StoreError::LeaseLost { .. }
                | StoreError::Sequence { .. }
                | StoreError::AlreadyStored { .. },
            ) => Played::Elsewhere,
            EngineError::Store(_) | EngineError::Gone => Played::Broken(error),
            EngineError::Budget(reason) if purse.has_refused() => Played::Budget(reason),
            error => Played::Failed { reason: error.to_string(), for_good: false },
        }
    }
}

struct Run<T> {
    engine: EngineHandle,
    id: TournamentId,
    plan: Planned,
    field: Field,
    limits: Concurrency,
    minutes: Option<f64>,
    purse: Arc<Ledger>,
    /// Asks this run to stop.
    cancel: CancellationToken,
    /// Stops the matches that run.
    stop: CancellationToken,
    playing: JoinSet<(Fixture, DebateId, Played)>,
    running: BTreeMap<usize, BTreeSet<Place>>,
    /// Matches that another process had a moment ago.
    shy: BTreeSet<usize>,
    /// The matches in the order of their numbers, as they were read last; and what of them the pairing needs.
    matches: Vec<StoredMatch>,
    book: Book,
    /// When all were read last, and how long that took.
    read_at: Duration,
    read_took: Duration,
    ended_here: usize,
    stopwatch: Stopwatch,
    tell: T,
}

impl<T: FnMut(Told)> Run<T> {
    async fn run(mut self) -> Result<Ending, EngineError> {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let minutes = self.minutes;
        let time_is_up = async {
            match minutes {
                Some(minutes) => sleep(Duration::from_secs_f64((minutes * 60.0).min(1e9))).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(time_is_up);
        // Why nothing more is started.
        let mut ending: Option<Ending> = None;
        self.read_all()?;
        loop {
            let over = match next(&self.plan.tournament, &self.book) {
                Next::Pair(fixtures) if ending.is_none() => {
                    self.pair(fixtures).await?;
                    self.read_all()?;
                    continue;
                }
                Next::Over => true,
                Next::Pair(_) | Next::Wait => false,
            };
            if ending.is_none() && !self.cancel.is_cancelled() {
                self.start();
            }
            if self.playing.is_empty() {
                if over {
                    return Ok(Ending::Over);
                }
                if let Some(ending) = ending {
                    return Ok(ending);
                }
            }
            tokio::select! {
                Some(played) = self.playing.join_next(), if !self.playing.is_empty() => {
                    let (fixture, debate, played) =
                        played.map_err(|error| EngineError::Failed(format!("a match broke: {error}")))?;
                    match self.played(fixture, debate, played).await {
                        Ok(None) => {}
                        Ok(Some(reason)) => drop(ending.get_or_insert(Ending::Budget(reason))),
                        Err(error) => return self.give_up(error).await,
                    }
                }
                _ = looks.tick() => {
                    self.shy.clear();
                    // Other processes may be at this tournament, too.
                    if self.stopwatch.elapsed() >= self.read_at + self.read_took * REST {
                        self.read_all()?;
                    }
                    match self.engine.queries().reader.halt(&self.id)? {
                        Halt::No => {}
                        Halt::AfterMatches => drop(ending.get_or_insert(Ending::Halted)),
                        Halt::AtOnce => {
                            self.stop.cancel();
                            ending.get_or_insert(Ending::Halted);
                        }
                    }
                }
                () = &mut time_is_up, if !self.stop.is_cancelled() => {
                    self.stop.cancel();
                    let minutes = minutes.unwrap_or_default();
                    let reason = format!("the ceiling of {minutes} minutes is reached; resume to go on for as long again");
                    ending.get_or_insert(Ending::Budget(reason));
                }
                () = self.cancel.cancelled(), if !self.stop.is_cancelled() => {
                    self.stop.cancel();
                    ending = Some(Ending::Interrupted);
                }
            }
        }
    }

    fn read_all(&mut self) -> Result<(), EngineError> {
        let began = self.stopwatch.elapsed();
        self.matches = self.engine.queries().reader.matches(&self.id)?;
        self.book = book(&self.matches);
        self.read_at = self.stopwatch.elapsed();
        self.read_took = self.read_at.saturating_sub(began);
        Ok(())
    }

    /// Reads one match again.
    fn read_one(&mut self, number: usize) -> Result<(), EngineError> {
        let one = self.engine.queries().reader.one_match(&self.id, number)?;
        if let Some(end) = end(&one) {
            self.book.ends.insert(number, end);
        }
        if let Some(known) = self.matches.get_mut(number) {
            *known = one;
        }
        Ok(())
    }

    /// Pairs a round, unless another process was quicker.
    async fn pair(&mut self, fixtures: Vec<Fixture>) -> Result<(), EngineError> {
        let rounds: BTreeSet<usize> = fixtures.iter().map(|fixture| fixture.round).collect();
        let with_ids = fixtures.iter().map(|fixture| (*fixture, DebateId(clock::fresh_id()))).collect();
        if !self.engine.store().pair(&self.id, with_ids).await? {
            return Ok(());
        }
        let kind = self.plan.tournament.kind;
        for round in rounds {
            let of_round = || fixtures.iter().filter(move |fixture| fixture.round == round);
            let playing: BTreeSet<usize> = of_round().flat_map(|f| [f.proposition, f.opposition]).collect();
            let players = self.plan.entrants.iter().enumerate();
            let sits_out = |place: &usize| match kind {
                Kind::Swiss => !playing.contains(place),
                Kind::KnockOut => round == 0 && !playing.contains(place),
                Kind::RoundRobin | Kind::DoubleRoundRobin | Kind::Newcomer | Kind::Qa => false,
            };
            let byes = players.filter(|(place, _)| sits_out(place)).map(|(_, entrant)| entrant.player.clone());
            let told = Told::RoundPaired { round: round + 1, matches: of_round().count(), byes: byes.collect() };
            (self.tell)(told);
        }
        Ok(())
    }

    /// Starts every match that there is room for.
    fn start(&mut self) {
        if self.running.len() >= self.limits.matches {
            return;
        }
        let now = clock::unix_milliseconds();
        let is_open = |one: &&StoredMatch| {
            let number = one.fixture.number;
            let ended = one.outcome.is_some() || one.parked;
            !(ended || self.running.contains_key(&number) || self.shy.contains(&number) || is_held(one, now))
        };
        let mut waiting: Vec<&StoredMatch> = self.matches.iter().filter(is_open).collect();
        // Those that failed let the others go first.
        waiting.sort_by_key(|one| (one.failures, one.fixture.number));
        let waiting = waiting.into_iter().map(|one| (one.fixture.number, self.field.places(&one.fixture)));
        for (number, places) in to_start(waiting, self.running.values(), self.limits) {
            self.running.insert(number, places);
            if let Some(one) = self.matches.get(number) {
                let (debate, failures, goes_on) = (one.debate.clone(), one.failures, one.state.is_some());
                self.start_one(one.fixture, debate, failures, goes_on);
            }
        }
    }

    fn start_one(&mut self, fixture: Fixture, debate: DebateId, failures: u32, goes_on: bool) {
        let meeting = Meeting::of(&self.plan, &fixture);
        (self.tell)(Told::MatchStarted { meeting, debate: debate.clone(), goes_on });
        let pause = match failures {
            0 => Duration::ZERO,
            failures => PATIENCE * 2u32.pow((failures - 1).min(MOST_DOUBLINGS)),
        };
        let motion = self.plan.motions.get(fixture.motion).cloned();
        let request = request(&self.plan, &fixture);
        let (engine, purse, stop) = (self.engine.clone(), Arc::clone(&self.purse), self.stop.clone());
        self.playing.spawn(async move {
            tokio::select! {
                () = sleep(pause) => {}
                () = stop.cancelled() => return (fixture, debate, Played::Stopped),
            }
            let played = engine.play_match(debate.clone(), motion, request, purse, stop).await;
            (fixture, debate, played)
        });
    }

    /// Takes in what a match came to. Gives the reason if the tournament's ceiling was reached.
    async fn played(
        &mut self,
        fixture: Fixture,
        debate: DebateId,
        played: Played,
    ) -> Result<Option<String>, EngineError> {
        self.running.remove(&fixture.number);
        let meeting = Meeting::of(&self.plan, &fixture);
        match played {
            Played::Done => {
                self.read_one(fixture.number)?;
                self.done(meeting, debate);
            }
            Played::Stopped => (self.tell)(Told::MatchStopped { meeting, debate }),
            Played::Elsewhere => {
                self.shy.insert(fixture.number);
                self.read_one(fixture.number)?;
            }
            Played::Failed { reason, for_good } => {
                let attempt = self.matches.get(fixture.number).map_or(0, |one| one.failures) + 1;
                let attempts = self.plan.tournament.attempts;
                let park = for_good || attempt >= attempts;
                self.engine.store().fail_match(&self.id, fixture.number, &reason, park).await?;
                self.read_one(fixture.number)?;
                (self.tell)(if park {
                    Told::MatchParked { meeting, debate, reason }
                } else {
                    Told::MatchFailed { meeting, debate, attempt, attempts, reason }
                });
            }
            Played::Budget(reason) => {
                (self.tell)(Told::MatchStopped { meeting, debate });
                return Ok(Some(reason));
            }
            Played::Broken(error) => return Err(error),
        }
        Ok(None)
    }

    fn done(&mut self, meeting: Meeting, debate: DebateId) {
        let own = self.matches.get(meeting.number - 1);
        let Some(outcome) = own.and_then(|one| one.outcome.clone()) else { return };
        self.ended_here += 1;
        let (done, of) = (self.book.ends.len(), most_matches(&self.plan.tournament));
        let each = self.stopwatch.elapsed().as_secs_f64() / self.ended_here as f64;
        (self.tell)(Told::MatchDone {
            meeting,
            debate,
            winner: outcome.winner,
            probability: outcome.probability,
            unrated: outcome.unrated,
            done,
            of,
            seconds_left: (of > done).then(|| each * (of - done) as f64),
        });
    }

    /// Stops what runs, so that nothing goes on unseen, and gives the error back.
    async fn give_up(mut self, error: EngineError) -> Result<Ending, EngineError> {
        self.stop.cancel();
        while self.playing.join_next().await.is_some() {}
        Err(error)
    }
}
