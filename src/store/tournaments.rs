//! Tournaments and their matches. What a debate's log, result and lease tell of a match is read from them, never kept twice.

use rusqlite::{Connection, Error, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::domain::ballot::Ballot;
use crate::domain::event::DebateId;
use crate::domain::tournament::{Fixture, Planned, TournamentId};
use crate::domain::usage::{Cost, Usage};
use crate::domain::verdict::Outcome;
use crate::store::error::{OnConnection, StoreError};
use crate::store::lease::Holder;
use crate::store::summary::{DebateState, json, word};
use crate::store::{Reader, Store, transaction};

/// The most candidates that an error names.
const CANDIDATES: usize = 8;

/// What was asked of whoever runs a tournament.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    /// Nothing: it may go on.
    No,
    /// To start nothing more.
    AfterMatches,
    /// To stop the running matches, too.
    AtOnce,
}

impl Halt {
    fn number(self) -> i64 {
        match self {
            Halt::No => 0,
            Halt::AfterMatches => 1,
            Halt::AtOnce => 2,
        }
    }

    fn of(number: i64) -> Halt {
        match number {
            1 => Halt::AfterMatches,
            2 => Halt::AtOnce,
            _ => Halt::No,
        }
    }
}

/// A tournament as it was planned.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTournament {
    pub id: TournamentId,
    /// RFC 3339.
    pub at: String,
    pub plan: Planned,
    pub halt: Halt,
}

/// A match, with what its debate tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMatch {
    pub fixture: Fixture,
    pub debate: DebateId,
    pub failures: u32,
    pub parked: bool,
    /// Why it failed last.
    pub reason: Option<String>,
    /// Where its debate stands; `None` before it was opened, and after it was pruned.
    pub state: Option<DebateState>,
    /// Speeches that were delivered, of those planned.
    pub speeches: u32,
    pub planned: u32,
    /// Its result. A match is done exactly when it has one.
    pub outcome: Option<Outcome>,
    /// Who has the lease of its debate, and the time of the last heartbeat in Unix milliseconds.
    pub holder: Option<(Holder, i64)>,
}

/// Reads the matches of a tournament as they stand.
const MATCHES: &str = "SELECT m.number, m.round, m.motion, m.proposition, m.opposition, m.debate, m.failures, m.parked, \
    m.reason, d.state, \
    (SELECT outcome FROM results r WHERE r.debate = m.debate ORDER BY r.seq DESC LIMIT 1), \
    l.process, l.host, l.heartbeat_ms, \
    coalesce(d.speeches, 0), coalesce(d.planned, 0) \
    FROM matches m LEFT JOIN debates d ON d.id = m.debate LEFT JOIN leases l ON l.key = m.debate \
    WHERE m.tournament = ?1";

impl Store {
    /// Keeps a tournament under a new id and returns once it is committed.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_tournament(&self, id: &TournamentId, at: &str, plan: &Planned) -> Result<(), StoreError> {
        let failed = |error: serde_json::Error| StoreError::Failed {
            path: format!("tournament {id}"),
            reason: error.to_string(),
        };
        let (id, at, plan) = (id.0.clone(), at.to_owned(), serde_json::to_string(plan).map_err(failed)?);
        let insert = "INSERT INTO tournaments (id, at, plan) VALUES (?1, ?2, ?3)";
        self.work(move |connection| connection.execute(insert, params![id, at, plan]).on(connection).map(|_| ())).await
    }

    /// Adds matches with the debates that they will be, if their numbers go on from those that are there. Returns whether
    /// they do: a process that was slower than another adds nothing.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn pair(&self, id: &TournamentId, matches: Vec<(Fixture, DebateId)>) -> Result<bool, StoreError> {
        let id = id.0.clone();
        self.work(move |connection| {
            let transaction = transaction::begin(connection)?;
            let count = "SELECT count(*) FROM matches WHERE tournament = ?1";
            let there: usize = transaction.query_row(count, [&id], |row| row.get(0)).on(&transaction)?;
            if matches.first().is_none_or(|(fixture, _)| fixture.number != there) {
                return Ok(false);
            }
            let insert = "INSERT INTO matches (tournament, number, debate, round, motion, proposition, opposition) \
                          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            for (fixture, debate) in &matches {
                let Fixture { number, round, motion, proposition, opposition } = fixture;
                let values = params![id, number, debate.0, round, motion, proposition, opposition];
                transaction.execute(insert, values).on(&transaction)?;
            }
            transaction::commit(transaction)?;
            Ok(true)
        })
        .await
    }

    /// Notes that a match failed, and whether it is not tried again.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn fail_match(
        &self,
        id: &TournamentId,
        number: usize,
        reason: &str,
        park: bool,
    ) -> Result<(), StoreError> {
        let (id, reason) = (id.0.clone(), reason.to_owned());
        let update = "UPDATE matches SET failures = failures + 1, parked = ?3, reason = ?4 \
                      WHERE tournament = ?1 AND number = ?2";
        let values = move |connection: &mut Connection| {
            connection.execute(update, params![id, number, park, reason]).on(connection).map(|_| ())
        };
        self.work(values).await
    }

    /// Lets parked matches be tried again: all, or those of the last round, where pairs follow from results. Returns how
    /// many there are.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn unpark(&self, id: &TournamentId, of_last_round: bool) -> Result<usize, StoreError> {
        let id = id.0.clone();
        let update = "UPDATE matches SET failures = 0, parked = 0, reason = NULL WHERE tournament = ?1 AND parked = 1 \
                      AND (NOT ?2 OR round = (SELECT max(round) FROM matches WHERE tournament = ?1))";
        self.work(move |connection| connection.execute(update, params![id, of_last_round]).on(connection)).await
    }

    /// Asks whoever runs a tournament to stop, or lets it go on.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn set_halt(&self, id: &TournamentId, halt: Halt) -> Result<(), StoreError> {
        let id = id.0.clone();
        let update = "UPDATE tournaments SET halt = ?2 WHERE id = ?1";
        self.work(move |connection| connection.execute(update, params![id, halt.number()]).on(connection).map(|_| ()))
            .await
    }
}

impl Reader {
    /// Every tournament, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn tournaments(&self) -> Result<Vec<StoredTournament>, StoreError> {
        let select = "SELECT id, at, plan, halt FROM tournaments ORDER BY number DESC";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([], tournament);
            rows.and_then(Iterator::collect).on(connection)
        })
    }

    /// A tournament by its id.
    ///
    /// # Errors
    /// There is none, or the database cannot be read.
    pub fn tournament(&self, id: &TournamentId) -> Result<StoredTournament, StoreError> {
        let select = "SELECT id, at, plan, halt FROM tournaments WHERE id = ?1";
        let found = self.read(|connection| connection.query_row(select, [&id.0], tournament).optional().on(connection));
        found?.ok_or_else(|| StoreError::NoSuchTournament { given: id.0.clone() })
    }

    /// What was asked of whoever runs a tournament.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn halt(&self, id: &TournamentId) -> Result<Halt, StoreError> {
        let select = "SELECT halt FROM tournaments WHERE id = ?1";
        let halt =
            self.read(|connection| connection.query_row(select, [&id.0], |row| row.get(0)).optional().on(connection));
        Ok(halt?.map_or(Halt::No, Halt::of))
    }

    /// Finds a tournament by its id, by the beginning of its id, by its name, or as `last`.
    ///
    /// # Errors
    /// None fits, or more than one does; then the error names them.
    pub fn resolve_tournament(&self, given: &str) -> Result<TournamentId, StoreError> {
        let given = given.trim();
        let all = self.tournaments()?;
        if given == "last" {
            return all.into_iter().next().map(|tournament| tournament.id).ok_or(StoreError::NoTournament);
        }
        let begins = |tournament: &&StoredTournament| tournament.id.0.starts_with(&given.to_lowercase());
        let mut found: Vec<&StoredTournament> =
            all.iter().filter(|tournament| tournament.plan.tournament.name == given).collect();
        if found.is_empty() && !given.is_empty() {
            found = all.iter().filter(begins).collect();
        }
        match found.as_slice() {
            [] => Err(StoreError::NoSuchTournament { given: given.to_owned() }),
            [one] => Ok(one.id.clone()),
            many => {
                let name = |one: &&StoredTournament| format!("{} ({})", one.id, one.plan.tournament.name);
                let candidates = many.iter().take(CANDIDATES).map(name).collect();
                Err(StoreError::AmbiguousTournament { given: given.to_owned(), candidates })
            }
        }
    }

    /// The matches of a tournament that were paired, in the order of their numbers.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn matches(&self, id: &TournamentId) -> Result<Vec<StoredMatch>, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(&format!("{MATCHES} ORDER BY m.number")).on(connection)?;
            let rows = select.query_map([&id.0], one_match);
            rows.and_then(Iterator::collect).on(connection)
        })
    }

    /// One match of a tournament as it stands, by its number.
    ///
    /// # Errors
    /// There is none, or the database cannot be read.
    pub fn one_match(&self, id: &TournamentId, number: usize) -> Result<StoredMatch, StoreError> {
        let found = self.read(|connection| {
            let mut select = connection.prepare_cached(&format!("{MATCHES} AND m.number = ?2")).on(connection)?;
            select.query_row(params![id.0, number], one_match).optional().on(connection)
        })?;
        found.ok_or_else(|| StoreError::NoSuchTournament { given: id.0.clone() })
    }

    /// What the calls of a tournament's matches used, by who made them; those of pruned debates, too.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn tournament_costs(&self, id: &TournamentId) -> Result<Vec<Cost>, StoreError> {
        let select = "SELECT u.part, u.name, sum(u.calls), sum(u.prompt_tokens), sum(u.cached_tokens), \
             sum(u.completion_tokens), sum(u.dollars), sum(u.milliseconds) \
             FROM matches m JOIN usage u ON u.debate = m.debate WHERE m.tournament = ?1 GROUP BY u.part, u.name";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([&id.0], cost);
            rows.and_then(Iterator::collect).on(connection)
        })
    }

    /// The ballots of a tournament's benches, each with the judge's place on its bench.
    ///
    /// # Errors
    /// The database cannot be read, or a ballot is damaged.
    pub fn tournament_ballots(&self, id: &TournamentId) -> Result<Vec<(DebateId, usize, Ballot)>, StoreError> {
        let select = "SELECT e.debate, e.body ->> '$.judge', e.body -> '$.ballot' FROM matches m \
             JOIN events e ON e.debate = m.debate AND e.type = 'ballot_returned' WHERE m.tournament = ?1 \
             ORDER BY m.number, e.seq";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([&id.0], |row| {
                Ok((DebateId(row.get(0)?), row.get(1)?, json(2, &row.get::<_, String>(2)?)?))
            });
            rows.and_then(Iterator::collect).on(connection)
        })
    }
}

fn cost(row: &Row<'_>) -> Result<Cost, Error> {
    let usage = Usage {
        prompt_tokens: row.get(3)?,
        cached_tokens: row.get(4)?,
        completion_tokens: row.get(5)?,
        dollars: row.get(6)?,
        milliseconds: row.get(7)?,
    };
    Ok(Cost { part: word(0, row.get(0)?)?, name: row.get(1)?, calls: row.get(2)?, usage })
}

fn tournament(row: &Row<'_>) -> Result<StoredTournament, Error> {
    Ok(StoredTournament {
        id: TournamentId(row.get(0)?),
        at: row.get(1)?,
        plan: json(2, &row.get::<_, String>(2)?)?,
        halt: Halt::of(row.get(3)?),
    })
}

fn one_match(row: &Row<'_>) -> Result<StoredMatch, Error> {
    let holder = match (row.get::<_, Option<u32>>(11)?, row.get::<_, Option<String>>(12)?, row.get(13)?) {
        (Some(process), Some(host), Some(heartbeat)) => Some((Holder { process, host }, heartbeat)),
        _ => None,
    };
    let fixture = Fixture {
        number: row.get(0)?,
        round: row.get(1)?,
        motion: row.get(2)?,
        proposition: row.get(3)?,
        opposition: row.get(4)?,
    };
    Ok(StoredMatch {
        fixture,
        debate: DebateId(row.get(5)?),
        failures: row.get(6)?,
        parked: row.get(7)?,
        reason: row.get(8)?,
        state: row.get::<_, Option<String>>(9)?.map(|state| word(9, state)).transpose()?,
        outcome: row.get::<_, Option<String>>(10)?.map(|outcome| json(10, &outcome)).transpose()?,
        speeches: row.get(14)?,
        planned: row.get(15)?,
        holder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ballot::{Answer, JudgeSaid};
    use crate::domain::event::Event;
    use crate::domain::hash::ContentHash;
    use crate::domain::tournament::{Kind, Tournament};
    use crate::domain::usage::Part;
    use crate::store::samples::{id, log, opened, result, store};

    fn plan(name: &str) -> Planned {
        let tournament = Tournament {
            name: name.to_owned(),
            seed: Some(u64::MAX),
            ..Tournament::of(Kind::Swiss, vec!["a".to_owned(), "b".to_owned()], vec!["m".to_owned()])
        };
        Planned { tournament, entrants: Vec::new(), motions: Vec::new(), judges: Vec::new() }
    }

    fn of(name: &str) -> TournamentId {
        TournamentId(name.to_owned())
    }

    fn fixtures(numbers: std::ops::Range<usize>) -> Vec<(Fixture, DebateId)> {
        let fixture = |number| Fixture { number, round: number, motion: 0, proposition: 1, opposition: 0 };
        numbers.map(|number| (fixture(number), id(&format!("d{number}")))).collect()
    }

    #[tokio::test]
    async fn a_tournament_comes_back_by_its_name_the_beginning_of_its_id_and_as_last() {
        let (_folder, store) = store();
        let reader = store.reader();
        assert_eq!(reader.resolve_tournament("last"), Err(StoreError::NoTournament));
        store.keep_tournament(&of("0199-ab"), "2026-03-01T10:00:00Z", &plan("cup")).await.unwrap();
        store.keep_tournament(&of("0199-cd"), "2026-03-02T10:00:00Z", &plan("league")).await.unwrap();
        assert_eq!(reader.tournament(&of("0199-ab")).unwrap().plan, plan("cup"));
        for (given, found) in [("cup", "0199-ab"), ("0199-C", "0199-cd"), ("last", "0199-cd")] {
            assert_eq!(reader.resolve_tournament(given), Ok(of(found)));
        }
        let ambiguous = reader.resolve_tournament("0199").unwrap_err().to_string();
        assert!(ambiguous.contains("0199-ab (cup)") && ambiguous.contains("0199-cd (league)"), "{ambiguous}");
        assert!(matches!(reader.resolve_tournament(""), Err(StoreError::NoSuchTournament { .. })));
    }

    #[tokio::test]
    async fn the_first_process_pairs_a_round_and_the_second_adds_nothing() {
        let (_folder, store) = store();
        let cup = of("cup");
        store.keep_tournament(&cup, "", &plan("cup")).await.unwrap();
        assert!(store.pair(&cup, fixtures(0..2)).await.unwrap());
        let other: Vec<_> = fixtures(0..2).into_iter().map(|(fixture, _)| (fixture, id("other"))).collect();
        assert!(!store.pair(&cup, other).await.unwrap());
        assert!(!store.pair(&cup, fixtures(3..4)).await.unwrap(), "a gap");
        assert!(store.pair(&cup, fixtures(2..3)).await.unwrap());
        let matches = store.reader().matches(&cup).unwrap();
        assert_eq!(matches.iter().map(|one| (one.fixture, one.debate.clone())).collect::<Vec<_>>(), fixtures(0..3));
    }

    #[tokio::test]
    async fn what_a_match_came_to_is_read_from_its_debate() {
        let (_folder, store) = store();
        let cup = of("cup");
        store.keep_tournament(&cup, "", &plan("cup")).await.unwrap();
        store.pair(&cup, fixtures(0..3)).await.unwrap();
        let usage =
            Usage { prompt_tokens: 9, completion_tokens: 2, dollars: 0.25, milliseconds: 7, ..Usage::default() };
        let said = JudgeSaid {
            judge: 0,
            call: "c".to_owned(),
            ask: 0,
            answer: Answer::Text("yes".to_owned()),
            request: ContentHash("r".to_owned()),
            usage,
        };
        let events = vec![opened("m"), Event::JudgeSaid(said.clone()), Event::JudgeSaid(said), result(None)];
        store.append(log("d0", events)).await.unwrap();
        let holder = Holder { process: 7, host: "bench".to_owned() };
        store.acquire("d1", holder.clone(), 1_000, |_| true).await.unwrap();
        let matches = store.reader().matches(&cup).unwrap();
        assert!(matches[0].outcome.is_some() && matches[0].state == Some(DebateState::Open));
        assert_eq!((&matches[1].outcome, &matches[1].holder), (&None, &Some((holder, 1_000))));
        assert_eq!((matches[2].state, &matches[2].holder), (None, &None));
        let costs = store.reader().tournament_costs(&cup).unwrap();
        let [cost] = costs.as_slice() else { panic!("{costs:?}") };
        assert_eq!((cost.part, cost.calls, cost.usage.tokens()), (Part::Judge, 2, 22));
        assert_eq!((cost.usage.dollars, cost.usage.milliseconds), (0.5, 14));
        assert!(store.reader().tournament_costs(&of("none")).unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_match_that_failed_is_parked_and_tried_again_when_asked() {
        let (_folder, store) = store();
        let cup = of("cup");
        store.keep_tournament(&cup, "", &plan("cup")).await.unwrap();
        store.pair(&cup, fixtures(0..2)).await.unwrap();
        store.fail_match(&cup, 0, "down", false).await.unwrap();
        store.fail_match(&cup, 0, "still down", true).await.unwrap();
        let first = |store: &Store| store.reader().matches(&cup).unwrap().remove(0);
        let parked = first(&store);
        assert_eq!((parked.failures, parked.parked, parked.reason.as_deref()), (2, true, Some("still down")));
        assert_eq!(store.unpark(&cup, true).await.unwrap(), 0, "a later round follows from it");
        assert_eq!(store.unpark(&cup, false).await.unwrap(), 1);
        assert_eq!((first(&store).failures, first(&store).parked), (0, false));
    }

    #[tokio::test]
    async fn a_stop_is_seen_by_every_process() {
        let (_folder, store) = store();
        let cup = of("cup");
        store.keep_tournament(&cup, "", &plan("cup")).await.unwrap();
        for halt in [Halt::AfterMatches, Halt::AtOnce, Halt::No] {
            store.set_halt(&cup, halt).await.unwrap();
            assert_eq!(store.reader().halt(&cup), Ok(halt));
        }
    }
}
