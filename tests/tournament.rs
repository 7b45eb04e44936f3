//! Tournaments with scripted models: whole runs, failures, ceilings, stops, two engines at one tournament.

mod program;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rhetor::domain::event::{DebateId, Event};
use rhetor::domain::tournament::{
    Concurrency, Kind, NewcomerPlan, Sides, Tournament, TournamentCeilings, TournamentId,
};
use rhetor::domain::usage::Ceilings;
use rhetor::engine::error::EngineError;
use rhetor::engine::handle::EngineHandle;
use rhetor::engine::tournament::{Ending, MatchState, RunSettings, Told, TournamentReport, TournamentState};
use rhetor::model::ModelError;
use rhetor::model::scripted::ScriptedModel;
use serde_json::Value;

use crate::support::{Arena, PROSE, talker};

/// Two motions that ship.
const MOTIONS: [&str; 2] = ["single-use-plastics", "free-public-transport"];

/// A plan of short debates that a scripted judge decides.
pub fn plan(kind: Kind, players: &[&str], motions: usize) -> Tournament {
    let players = players.iter().map(|&player| player.to_owned()).collect();
    let motions = MOTIONS[..motions].iter().map(|&motion| motion.to_owned()).collect();
    Tournament {
        name: "cup".to_owned(),
        format: Some("duel".to_owned()),
        judges: vec!["label-probability@judge".to_owned()],
        seed: Some(7),
        attempts: 2,
        concurrency: Concurrency { matches: 3, local: 3, endpoint: 3 },
        ..Tournament::of(kind, players, motions)
    }
}

/// A model with a word of its own: two sides that say the same are not put before a judge.
pub fn player(name: &str) -> ScriptedModel {
    let card = name.to_owned();
    ScriptedModel::saying(&[&PROSE.replace("protects", name)])
        .with_card(move |card_of| card_of.name = card)
        .in_pieces(7)
}

/// An arena with these players and a judge that decides by what it reads.
pub async fn arena(players: &[&str]) -> Arena {
    let arena = Arena::empty();
    for name in players {
        arena.lend(player(name)).await;
    }
    arena.lend(talker("judge").scoring(leaning)).await;
    arena
}

/// A judge that likes players in the order of the alphabet, whatever they are called and whoever speaks first.
fn leaning(question: &rhetor::model::LabelQuestion) -> Vec<f64> {
    // What was debated is no choice between two: every speech fits every motion alike.
    if question.labels.len() != 2 {
        return vec![-0.7; question.labels.len()];
    }
    let text = question.messages.last().unwrap().content.as_str();
    let names = ["ada", "bo", "cy", "di", "ed"].into_iter();
    // A speech stands under the name that its speaker has in this question.
    let heard = names.filter_map(|name| {
        let before = &text[..text.find(&format!(" {name} rivers"))?];
        Some((name, before.rfind("First speaker,") > before.rfind("Second speaker,")))
    });
    let Some((_, first_is_best)) = heard.min() else { return vec![-0.7, -0.7] };
    let options = &text[text.rfind("\nA: ").map_or(0, |at| at + 4)..];
    if first_is_best == options.starts_with("First") { vec![-0.2, -1.7] } else { vec![-1.7, -0.2] }
}

pub async fn keep(engine: &EngineHandle, tournament: Tournament) -> TournamentId {
    let drawn = engine.draw_up(tournament).await.unwrap();
    engine.keep_tournament(&drawn.plan).await.unwrap()
}

pub async fn run(engine: &EngineHandle, id: &TournamentId) -> (Ending, Vec<Told>) {
    run_with(engine, id, RunSettings::default()).await
}

async fn run_with(engine: &EngineHandle, id: &TournamentId, settings: RunSettings) -> (Ending, Vec<Told>) {
    let mut told = Vec::new();
    // A bound for a hang, not a measurement.
    let running = engine.run_tournament(id, settings, |step| told.push(step));
    let ending = tokio::time::timeout(Duration::from_secs(120), running).await.expect("the tournament hangs").unwrap();
    (ending, told)
}

fn report(engine: &EngineHandle, id: &TournamentId) -> TournamentReport {
    engine.queries().tournament(&id.0).unwrap()
}

/// What a tournament came to, without what differs between two runs: ids and times.
fn results(report: &TournamentReport) -> Vec<Value> {
    let match_of = |one: &rhetor::engine::tournament::MatchReport| {
        let mut value = serde_json::to_value(one).unwrap();
        value.as_object_mut().unwrap().remove("debate");
        value
    };
    let players = report.players.iter().map(|player| serde_json::to_value(player).unwrap());
    report.matches.iter().map(match_of).chain(players).collect()
}

/// Everything that was said in a tournament, by the number of the match.
fn speeches(engine: &EngineHandle, report: &TournamentReport) -> BTreeMap<usize, Vec<String>> {
    let said = |debate: &DebateId| {
        let debate = engine.queries().debate(debate).unwrap();
        debate.speeches.values().map(|speech| speech.text.clone()).collect()
    };
    report.matches.iter().map(|one| (one.meeting.number, said(&one.debate))).collect()
}

/// Every match is there once, and its log holds one opening, one result, and no speech twice.
fn nothing_was_done_twice(engine: &EngineHandle, report: &TournamentReport) {
    assert_eq!(report.of_state(MatchState::Done).count(), report.matches.len(), "{report:#?}");
    for one in &report.matches {
        let log = engine.queries().entries(&one.debate, 0).unwrap();
        let count = |wanted: fn(&Event) -> bool| log.iter().filter(|entry| wanted(&entry.event)).count();
        assert_eq!(count(|event| matches!(event, Event::DebateOpened(_))), 1);
        assert_eq!(count(|event| matches!(event, Event::ResultRecorded(_))), 1);
        assert_eq!(count(|event| matches!(event, Event::SpeechDelivered(_))), 4);
        assert_eq!(count(|event| matches!(event, Event::RoleSaid(_))), 4, "a finished call is never asked again");
    }
    let debates = engine.queries().history(&rhetor::store::Filter::default()).unwrap();
    assert_eq!(debates.len(), report.matches.len(), "no debate beside the matches");
}

#[tokio::test]
async fn a_double_round_robin_runs_to_its_table() {
    let arena = arena(&["ada", "bo", "cy"]).await;
    let drawn = arena.engine.draw_up(plan(Kind::DoubleRoundRobin, &["ada", "bo", "cy"], 2)).await.unwrap();
    assert_eq!((drawn.first.len(), drawn.estimate.matches), (12, 12));
    assert_eq!(drawn.estimate.time.not_measured, ["ada", "bo", "cy", "judge"]);
    let id = arena.engine.keep_tournament(&drawn.plan).await.unwrap();
    assert_eq!(report(&arena.engine, &id).state, TournamentState::Planned);
    let (ending, told) = run(&arena.engine, &id).await;
    assert_eq!(ending, Ending::Over);
    assert_eq!(told.iter().filter(|step| matches!(step, Told::MatchDone { .. })).count(), 12);
    let report = report(&arena.engine, &id);
    assert_eq!(report.state, TournamentState::Over);
    nothing_was_done_twice(&arena.engine, &report);
    assert!(report.players.iter().all(|player| player.standing.as_proposition.1 == 4));
    let table: Vec<(&str, f64)> =
        report.players.iter().map(|player| (player.player.as_str(), player.standing.points)).collect();
    assert_eq!(table, [("solo@ada", 8.0), ("solo@bo", 4.0), ("solo@cy", 0.0)]);
    assert_eq!((report.matrix[0][1].score, report.matrix[1][0].score, report.proposition.score), (4.0, 0.0, 6.0));
    assert!(report.players.is_sorted_by(|a, b| a.elo > b.elo));
    // What was planned is not below what it took.
    let used = report.usage;
    let estimate = drawn.estimate;
    assert!(estimate.prompt_tokens >= used.prompt_tokens && estimate.completion_tokens >= used.completion_tokens);
    assert!(estimate.prompt_tokens < 20 * used.prompt_tokens, "{estimate:?} {used:?}");
    // Running it again finds nothing to do.
    let (ending, told) = run(&arena.engine, &id).await;
    assert_eq!((ending, told), (Ending::Over, Vec::new()));
}

#[tokio::test]
async fn rounds_that_follow_from_results_are_paired_when_those_are_in() {
    let players = ["ada", "bo", "cy", "di", "ed"];
    let arena = arena(&players).await;
    for (kind, matches, rounds) in [(Kind::Swiss, 6, [1, 1, 1]), (Kind::KnockOut, 4, [3, 0, 0])] {
        let id = keep(&arena.engine, plan(kind, &players, 1)).await;
        let (ending, told) = run(&arena.engine, &id).await;
        assert_eq!(ending, Ending::Over);
        let byes: Vec<usize> = told
            .iter()
            .filter_map(|step| match step {
                Told::RoundPaired { byes, .. } => Some(byes.len()),
                _ => None,
            })
            .collect();
        let report = report(&arena.engine, &id);
        assert_eq!((report.matches.len(), byes), (matches, rounds.to_vec()));
        assert_eq!(report.champion.as_deref(), (kind == Kind::KnockOut).then_some("solo@ada"));
    }
}

#[tokio::test]
async fn a_newcomer_plays_until_its_place_is_settled_or_its_meetings_are_used_up() {
    let players = ["ada", "bo", "cy"];
    let arena = arena(&players).await;
    let ratings = BTreeMap::from([("ada".to_owned(), 700.0), ("bo".to_owned(), 1300.0)]);
    let newcomer = NewcomerPlan { meetings: 5, ratings, ..NewcomerPlan::of("cy".to_owned()) };
    let tournament = Tournament { newcomer: Some(newcomer), ..plan(Kind::Newcomer, &players, 2) };
    let id = keep(&arena.engine, tournament).await;
    assert_eq!(run(&arena.engine, &id).await.0, Ending::Over);
    let report = report(&arena.engine, &id);
    let place = report.newcomer.unwrap();
    assert!(place.place == 3 && (place.settled || report.matches.len() == 5), "{place:?}");
    let met_by_the_newcomer = |one: &rhetor::engine::tournament::MatchReport| {
        [&one.meeting.proposition, &one.meeting.opposition].contains(&&"solo@cy".to_owned())
    };
    assert!(report.matches.iter().all(met_by_the_newcomer));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_tournament_however_many_matches_run_at_once() {
    let mut seen = Vec::new();
    for at_once in [1, 4] {
        let arena = arena(&["ada", "bo", "cy", "di"]).await;
        let concurrency = Concurrency { matches: at_once, local: at_once, endpoint: at_once };
        let tournament = Tournament { concurrency, ..plan(Kind::Swiss, &["ada", "bo", "cy", "di"], 2) };
        let id = keep(&arena.engine, tournament).await;
        run(&arena.engine, &id).await;
        let report = report(&arena.engine, &id);
        seen.push((results(&report), speeches(&arena.engine, &report)));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_match_that_keeps_failing_is_parked_with_its_reason_and_tried_again_when_asked() {
    let arena = arena(&["ada", "bo"]).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let broken = ScriptedModel::new(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0..16 => Err(ModelError::Setup("the wire is cut".to_owned())),
        _ => Ok(PROSE.replace("protects", "mends")),
    });
    arena.lend(broken.with_card(|card| card.name = "cy".to_owned())).await;
    let concurrency = Concurrency { matches: 1, ..Concurrency::default() };
    let tournament = Tournament { concurrency, ..plan(Kind::RoundRobin, &["ada", "bo", "cy"], 1) };
    let id = keep(&arena.engine, tournament).await;
    let (ending, told) = run(&arena.engine, &id).await;
    assert_eq!(ending, Ending::Over, "the tournament goes on without it");
    let tries = told.iter().filter(|step| matches!(step, Told::MatchFailed { attempt: 1, attempts: 2, .. })).count();
    assert_eq!(tries, 2);
    let parked = report(&arena.engine, &id);
    assert_eq!((parked.of_state(MatchState::Parked).count(), parked.of_state(MatchState::Done).count()), (2, 1));
    assert!(parked.of_state(MatchState::Parked).all(|one| one.reason.as_ref().unwrap().contains("the wire is cut")));

    calls.store(100, Ordering::SeqCst);
    assert_eq!(arena.engine.unpark_matches(&id).await.unwrap(), 2);
    assert_eq!(run(&arena.engine, &id).await.0, Ending::Over);
    assert_eq!(report(&arena.engine, &id).of_state(MatchState::Done).count(), 3);
}

#[tokio::test]
async fn a_ceiling_stops_a_tournament_cleanly_and_a_higher_one_lets_it_go_on() {
    let players = ["ada", "bo", "cy"];
    let arena = arena(&players).await;
    let whole = keep(&arena.engine, plan(Kind::RoundRobin, &players, 1)).await;
    run(&arena.engine, &whole).await;
    let whole = report(&arena.engine, &whole);

    let ceilings = TournamentCeilings { tokens: Some(whole.usage.tokens() * 2 / 3), ..TournamentCeilings::default() };
    let id = keep(&arena.engine, Tournament { ceilings, ..plan(Kind::RoundRobin, &players, 1) }).await;
    let (ending, _) = run(&arena.engine, &id).await;
    assert!(matches!(&ending, Ending::Budget(reason) if reason.contains("tokens is reached")), "{ending:?}");
    let stopped = report(&arena.engine, &id);
    assert_eq!(stopped.state, TournamentState::Stopped);
    assert!(stopped.usage.tokens() <= ceilings.tokens.unwrap());
    assert_eq!(stopped.of_state(MatchState::Parked).count(), 0, "a ceiling is nobody's failure");

    let higher = TournamentCeilings { tokens: Some(u64::MAX / 2), ..TournamentCeilings::default() };
    let settings = RunSettings { ceilings: higher, ..RunSettings::default() };
    assert_eq!(run_with(&arena.engine, &id, settings).await.0, Ending::Over);
    assert_eq!(results(&report(&arena.engine, &id)), results(&whole));
}

#[tokio::test]
async fn a_match_that_reaches_its_own_ceiling_is_parked_at_once() {
    let arena = arena(&["ada", "bo"]).await;
    let match_ceilings = Ceilings { tokens: Some(10), dollars: None };
    let id = keep(&arena.engine, Tournament { match_ceilings, ..plan(Kind::RoundRobin, &["ada", "bo"], 1) }).await;
    let (ending, told) = run(&arena.engine, &id).await;
    assert_eq!(ending, Ending::Over);
    assert!(matches!(&told[..], [.., Told::MatchParked { reason, .. }] if reason.contains("10 tokens")), "{told:?}");
}

#[tokio::test]
async fn minutes_that_are_up_stop_what_runs_and_it_goes_on_later() {
    let arena = arena(&["bo"]).await;
    arena.lend(player("ada").stuck_after(2)).await;
    let ceilings = TournamentCeilings { minutes: Some(0.01), ..TournamentCeilings::default() };
    let id = keep(&arena.engine, Tournament { ceilings, ..plan(Kind::RoundRobin, &["ada", "bo"], 1) }).await;
    let (ending, _) = run(&arena.engine, &id).await;
    assert!(matches!(&ending, Ending::Budget(reason) if reason.contains("0.01 minutes")), "{ending:?}");
    let stopped = report(&arena.engine, &id);
    assert_eq!((stopped.state, stopped.of_state(MatchState::Stopped).count()), (TournamentState::Stopped, 1));
    arena.lend(player("ada")).await;
    assert_eq!(run(&arena.engine, &id).await.0, Ending::Over);
}

#[tokio::test]
async fn a_stop_that_another_process_asks_for_is_heard() {
    let arena = arena(&["bo"]).await;
    arena.lend(player("ada").stuck_after(2)).await;
    let id = keep(&arena.engine, plan(Kind::RoundRobin, &["ada", "bo"], 1)).await;
    let other = arena.reopened();
    let asks = async {
        while report(&other, &id).state != TournamentState::Running {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        other.halt_tournament(&id, true).await.unwrap();
    };
    let ((ending, _), ()) = tokio::join!(run(&arena.engine, &id), asks);
    assert_eq!(ending, Ending::Halted);
    assert_eq!(report(&arena.engine, &id).of_state(MatchState::Stopped).count(), 1);
}

#[tokio::test]
async fn two_processes_share_a_tournament_and_play_no_match_twice() {
    let players = ["ada", "bo", "cy", "di"];
    let arena = arena(&players).await;
    let other = arena.reopened();
    for name in players {
        lend(&other, player(name)).await;
    }
    lend(&other, talker("judge").scoring(leaning)).await;
    let id = keep(&arena.engine, plan(Kind::RoundRobin, &players, 2)).await;
    let ((first, told), (second, also_told)) = tokio::join!(run(&arena.engine, &id), run(&other, &id));
    assert_eq!((first, second), (Ending::Over, Ending::Over));
    nothing_was_done_twice(&arena.engine, &report(&arena.engine, &id));
    let done = |told: &[Told]| told.iter().filter(|step| matches!(step, Told::MatchDone { .. })).count();
    assert_eq!(done(&told) + done(&also_told), 12, "{told:?}\n{also_told:?}");
}

async fn lend(engine: &EngineHandle, model: ScriptedModel) {
    use rhetor::model::{ChatModel, Scorer};
    let model = Arc::new(model);
    let open = rhetor::model::registry::OpenModel {
        card: model.card().clone(),
        chat: Some(Arc::clone(&model) as Arc<dyn ChatModel>),
        scorer: Some(model as Arc<dyn Scorer>),
        embedder: None,
    };
    engine.queries().registry().insert(open).await;
}

#[tokio::test]
async fn a_team_that_changed_since_the_plan_is_not_mixed_into_the_table() {
    let arena = arena(&["ada", "bo"]).await;
    let id = keep(&arena.engine, plan(Kind::RoundRobin, &["ada", "bo"], 1)).await;
    let solo = "name = \"solo\"\nrevisions = 0\nrequests = 0\ncalls = 2\n[roles.writer]\ntemperature = 0.9\n";
    let config = rhetor::assets::Paths::under(arena.home.path()).config.join("teams");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("solo.toml"), solo).unwrap();
    let other = arena.reopened();
    for name in ["ada", "bo"] {
        lend(&other, player(name)).await;
    }
    lend(&other, talker("judge")).await;
    let refused = other.run_tournament(&id, RunSettings::default(), |_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("the player solo@ada has changed since"), "{refused}");
}

#[tokio::test]
async fn two_names_of_one_player_are_one_player() {
    let arena = arena(&["ada", "bo"]).await;
    let same = arena.engine.draw_up(plan(Kind::RoundRobin, &["ada", "solo@ada"], 1)).await.unwrap_err();
    assert_eq!(same.to_string(), "\"ada\" and \"solo@ada\" are the same player: solo@ada");
    let sides = Tournament { sides: Some(Sides::Balanced), ..plan(Kind::DoubleRoundRobin, &["ada", "bo"], 1) };
    assert!(matches!(arena.engine.draw_up(sides).await, Err(EngineError::Request(_))));
}
