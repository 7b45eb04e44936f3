//! The screen over a real engine with scripted models: what is pressed, what is asked for, what is seen.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rhetor::domain::event::{DebateId, Event};
use rhetor::domain::team::PERSON;
use rhetor::domain::tournament::{Kind, TournamentId};
use rhetor::engine::command::{Command, DebateRequest};
use rhetor::engine::publish::{JobProgress, JobState, Live, Published};
use rhetor::engine::surroundings::Surroundings;
use rhetor::engine::tournament::Ending;
use rhetor::store::{Filter, Store};
use rhetor::tui::{Answer, Cmd, Msg, Timer, perform};
use tokio::sync::mpsc;

use crate::support::play::Play;
use crate::support::results::{fill, vote_on};
use crate::support::stage::Stage;
use crate::support::{Arena, duel, talker};
use crate::tournament;

#[tokio::test]
async fn home_offers_an_exhibition_with_one_key() {
    let mut play = Play::open(100, 30).await;
    insta::assert_snapshot!(play.seen());
    play.stage.press(&["enter"]);
    let asked = play.stage.asked();
    let [Cmd::Submit(Command::Start(request)), ..] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(request.proposition.as_deref(), Some("quartet@pro"));
    assert_eq!(request.opposition.as_deref(), Some("solo@pro"));
}

async fn after_a_duel(columns: u16, rows: u16) -> Play {
    let mut play = Play::open(columns, rows).await;
    play.stage.press(&["enter"]);
    // The exhibition is long; a duel of the same arena shows the same.
    play.stage.asked();
    play.stage.cmds.push(Cmd::Submit(Command::Start(Box::new(duel()))));
    play.settle().await;
    play.watch().await;
    play
}

#[tokio::test]
async fn a_duel_ends_on_its_verdict() {
    let play = after_a_duel(100, 40).await;
    insta::assert_snapshot!(play.seen());
}

/// A duel in which whoever sits at the screen speaks for the motion, up to where it is asked for the first speech.
async fn asked_to_speak(columns: u16, rows: u16) -> Play {
    let mut play = Play::open(columns, rows).await;
    play.stage.press(&["enter"]);
    play.stage.asked();
    let request = DebateRequest { proposition: Some("person".to_owned()), ..duel() };
    play.stage.cmds.push(Cmd::Submit(Command::Start(Box::new(request))));
    play.settle().await;
    play.watch_until(asks_the_person).await;
    play
}

fn asks_the_person(published: &Published) -> bool {
    matches!(published, Published::Live { live: Live::CallBegan { model, .. }, .. } if model == PERSON)
}

#[tokio::test]
async fn a_person_writes_a_speech_and_hands_it_in() {
    let mut play = asked_to_speak(80, 24).await;
    play.stage.press(&["q", "space", "?", "enter"]);
    play.stage.take(Msg::Paste("Cups that come back\nneed no ban.\x1b[2J".to_owned()));
    let screen = play.stage.screen();
    for part in [
        "Nobody hears the other side",
        "Proposition · constructive",
        "8 of 120 words",
        "q ?",
        "need no ban.",
        "ctrl-s hand in",
    ] {
        assert!(screen.contains(part), "no {part:?} in\n{screen}");
    }
    play.stage.press(&["esc", "tab", "f5"]);
    play.stage.press(&["ctrl-s"]);
    play.settle().await;
    play.watch_until(|published| {
        matches!(published, Published::Recorded { entry, .. } if matches!(&entry.event,
            Event::SpeechDelivered(speech) if speech.text == "q ?\nCups that come back\nneed no ban."))
    })
    .await;
    play.watch_until(asks_the_person).await;
    let screen = play.stage.screen();
    assert!(screen.contains("Proposition · rebuttal") && screen.contains("0 of 120 words"), "{screen}");
    play.stage.press(&["ctrl-s"]);
    play.settle().await;
    assert!(play.stage.screen().contains("nothing in it yet"), "{}", play.stage.screen());
    play.stage.resize(30, 8);
    play.stage.screen();
}

#[tokio::test]
async fn a_ballot_that_was_given_later_stands_below_those_of_the_bench() {
    let mut play = after_a_duel(100, 60).await;
    let debates = play.arena.engine.queries().history(&Filter::default()).unwrap();
    let store = Store::open(&play.arena.home.path().join("rhetor.db")).unwrap();
    store.keep_judgement(&vote_on(&debates[0].id.0, 1)).await.unwrap();
    play.stage.press(&["esc", "esc", "h"]);
    play.settle().await;
    play.stage.press(&["enter"]);
    play.settle().await;
    let screen = play.stage.screen();
    let (bench, later) = (screen.find("Ballot of label"), screen.find("Ballot of human@ann, given later"));
    assert!(bench.is_some() && bench < later, "{screen}");
}

#[tokio::test]
async fn behind_the_verdict_stands_the_whole_debate() {
    let mut play = after_a_duel(120, 40).await;
    play.stage.press(&["esc"]);
    insta::assert_snapshot!(play.seen());
    play.stage.resize(80, 24);
    insta::assert_snapshot!("behind_the_verdict_at_80x24", play.seen());
}

#[tokio::test]
async fn while_a_speech_is_written_it_stands_in_the_transcript() {
    let mut play = Play::open(100, 30).await;
    play.stage.press(&["enter"]);
    play.stage.asked();
    play.stage.cmds.push(Cmd::Submit(Command::Start(Box::new(duel()))));
    play.settle().await;
    play.watch_until(
        |published| matches!(published, Published::Live { live: Live::Token { text, .. }, .. } if !text.is_empty()),
    )
    .await;
    let screen = play.stage.screen();
    assert!(screen.contains("draft 1 · live"), "{screen}");
    assert!(screen.contains("constructive 1/4"), "{screen}");
}

#[tokio::test]
async fn the_ladder_shows_who_won_and_what_it_does_not_know() {
    let mut play = after_a_duel(100, 24).await;
    play.stage.press(&["l"]);
    play.settle().await;
    insta::assert_snapshot!(play.seen());
}

async fn before_a_ladder(columns: u16, rows: u16) -> Play {
    let arena = Arena::with_talkers().await;
    fill(&arena.engine.queries().paths().data.join("rhetor.db")).await;
    let mut play = Play::over(arena, columns, rows).await;
    play.stage.press(&["l"]);
    play.settle().await;
    play
}

#[tokio::test]
async fn the_ladder_draws_intervals_on_one_scale() {
    let mut play = before_a_ladder(80, 24).await;
    insta::assert_snapshot!("the_ladder_at_80x24", play.seen());
    play.stage.resize(130, 34);
    insta::assert_snapshot!("the_ladder_wide", play.seen());
}

#[tokio::test]
async fn enter_on_a_player_takes_its_place_apart_and_escape_goes_back() {
    let mut play = before_a_ladder(80, 24).await;
    play.stage.press(&["down", "enter"]);
    play.settle().await;
    insta::assert_snapshot!("a_place_at_80x24", play.seen());
    play.stage.press(&["esc"]);
    assert!(play.stage.screen().contains("ranks"), "{}", play.stage.screen());
}

#[tokio::test]
async fn the_matrix_shows_who_beat_whom() {
    let mut play = before_a_ladder(80, 24).await;
    play.stage.press(&["tab"]);
    insta::assert_snapshot!("who_beat_whom_at_80x24", play.seen());
    play.stage.press(&["tab"]);
    assert!(play.stage.screen().contains("ranks"), "{}", play.stage.screen());
}

#[tokio::test]
async fn the_history_opens_a_verdict_and_a_replay() {
    let mut play = after_a_duel(100, 24).await;
    play.stage.press(&["esc", "esc", "h"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("1 debate") && screen.contains("single-use"), "{screen}");
    play.stage.press(&["enter"]);
    play.settle().await;
    assert!(play.stage.screen().contains("Ballot of label-probability@con"), "{}", play.stage.screen());
    play.stage.press(&["r"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("▶ 1/") && screen.contains("Transcript"), "{screen}");
    play.stage.press(&["right", "right", "right", "right"]);
    assert!(play.stage.screen().contains("‖ 5/"), "{}", play.stage.screen());
}

/// The screen of tournaments over a double round robin of three that is planned.
async fn at_a_tournament(columns: u16, rows: u16) -> (Play, TournamentId) {
    let players = ["ada", "bo", "cy"];
    let arena = tournament::arena(&players).await;
    let id = tournament::keep(&arena.engine, tournament::plan(Kind::DoubleRoundRobin, &players, 2)).await;
    let mut play = Play::over(arena, columns, rows).await;
    play.stage.press(&["esc", "t"]);
    play.settle().await;
    (play, id)
}

/// Plays the tournament behind the screen, and lets the screen look again.
async fn play_on(play: &mut Play, id: &TournamentId) {
    assert_eq!(tournament::run(&play.arena.engine, id).await.0, Ending::Over);
    play.stage.take(Msg::Woke(Timer::Tournaments(1), Duration::ZERO));
    play.settle().await;
}

#[tokio::test]
async fn a_tournament_is_watched_from_its_plan_to_its_ladder() {
    let (mut play, id) = at_a_tournament(80, 24).await;
    let screen = play.stage.screen();
    assert!(screen.contains("cup · double-round-robin · planned") && screen.contains("No result yet."), "{screen}");
    play_on(&mut play, &id).await;
    insta::assert_snapshot!(play.seen());
    play.stage.press(&["enter"]);
    play.settle().await;
    assert!(play.stage.screen().contains("Ballot of label-probability@judge"), "{}", play.stage.screen());
    play.stage.press(&["esc", "down", "r"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("▶ 1/") && screen.contains("Transcript"), "{screen}");
}

#[tokio::test]
async fn a_planned_tournament_is_played_at_a_key() {
    let (mut play, _) = at_a_tournament(80, 24).await;
    play.stage.press(&["c"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("double-round-robin · over") && screen.contains("The tournament is over."), "{screen}");
    play.stage.press(&["c", "x"]);
    assert!(play.stage.asked().is_empty(), "nothing is left to play or to stop");
}

#[tokio::test]
async fn a_match_under_way_is_watched_with_the_others_beside_it_and_stopped_at_a_key() {
    let players = ["ada", "bo", "cy"];
    let arena = Arena::empty();
    for name in players {
        arena.lend(tournament::player(name).stuck_after(3)).await;
    }
    arena.lend(talker("judge")).await;
    let id = tournament::keep(&arena.engine, tournament::plan(Kind::DoubleRoundRobin, &players, 1)).await;
    let playing = {
        let (engine, id) = (arena.engine.clone(), id.clone());
        tokio::spawn(async move { tournament::run(&engine, &id).await.0 })
    };
    let mut play = Play::over(arena, 100, 24).await;
    play.watch_until(|published| matches!(published, Published::Live { live: Live::Token { .. }, .. })).await;
    play.stage.press(&["esc", "t"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("● 0/4"), "{screen}");
    play.stage.press(&["enter"]);
    play.settle().await;
    let first = play.stage.screen();
    assert!(first.contains("Transcript") && first.contains("next match"), "{first}");
    play.stage.press(&["right"]);
    play.settle().await;
    assert_ne!(play.stage.screen(), first, "another match is shown");
    play.stage.press(&["esc", "x"]);
    play.settle().await;
    assert!(play.stage.screen().contains("what was said is kept"), "{}", play.stage.screen());
    let ending = tokio::time::timeout(Duration::from_secs(60), playing).await.expect("it does not stop").unwrap();
    assert_eq!(ending, Ending::Halted);
}

#[tokio::test]
async fn a_wide_screen_draws_the_intervals_of_a_tournament() {
    let (mut play, id) = at_a_tournament(130, 24).await;
    play_on(&mut play, &id).await;
    insta::assert_snapshot!(play.seen());
    for (columns, rows) in [(1, 1), (10, 3), (30, 8), (41, 10), (300, 100)] {
        play.stage.resize(columns, rows);
        play.stage.screen();
    }
}

#[tokio::test]
async fn without_a_tournament_its_screen_says_how_to_play_one() {
    let mut play = Play::open(80, 24).await;
    play.stage.press(&["t"]);
    play.settle().await;
    assert!(play.stage.screen().contains("`rhetor tournament run` plays one"), "{}", play.stage.screen());
}

#[tokio::test]
async fn a_search_in_the_history_takes_letters_as_text() {
    let mut play = after_a_duel(100, 24).await;
    play.stage.press(&["esc", "esc", "h", "/", "q", "u", "i", "z"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("search  quiz") && screen.contains("No debate has these words."), "{screen}");
    play.stage.press(&["esc"]);
    play.settle().await;
    assert!(play.stage.screen().contains("single-use"), "{}", play.stage.screen());
}

#[tokio::test]
async fn the_new_debate_form_starts_what_it_shows() {
    let mut play = Play::open(100, 30).await;
    play.stage.press(&["n"]);
    play.stage.take(Msg::Paste("plastics".to_owned()));
    insta::assert_snapshot!(play.seen());
    play.stage.press(&["tab", "tab", "right", "ctrl-s"]);
    let asked = play.stage.asked();
    let start =
        asked.iter().find_map(|cmd| if let Cmd::Submit(Command::Start(request)) = cmd { Some(request) } else { None });
    let request = start.expect("nothing was started");
    assert_eq!(request.proposition.as_deref(), Some("quartet@con"));
    assert_eq!(request.opposition.as_deref(), Some("solo@pro"));
}

#[tokio::test]
async fn a_name_that_means_nothing_is_one_sentence_and_the_screen_stays() {
    let mut play = Play::open(100, 24).await;
    play.stage.press(&["enter"]);
    play.stage.asked();
    let request = DebateRequest { motion: "no-such-motion".to_owned(), ..duel() };
    play.stage.cmds.push(Cmd::Submit(Command::Start(Box::new(request))));
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("! ") && screen.contains("no-such-motion"), "{screen}");
    assert!(screen.contains("Exhibition"), "{screen}");
}

#[tokio::test]
async fn a_paused_debate_goes_on_with_the_same_key() {
    let arena = Arena::empty();
    arena.lend(talker("con")).await;
    arena.lend(talker("pro").stuck_after(2)).await;
    let mut play = Play::over(arena, 100, 24).await;
    play.stage.press(&["enter"]);
    play.stage.asked();
    play.stage.cmds.push(Cmd::Submit(Command::Start(Box::new(duel()))));
    play.settle().await;
    play.watch_until(|published| matches!(published, Published::Live { live: Live::Token { .. }, .. })).await;
    play.stage.press(&["space"]);
    play.settle().await;
    play.watch_until(|published| {
        matches!(published, Published::Recorded { entry, .. } if matches!(entry.event, rhetor::domain::event::Event::Paused))
    })
    .await;
    assert!(play.stage.screen().contains("paused"), "{}", play.stage.screen());
    play.stage.press(&["space"]);
    assert!(matches!(play.stage.asked().first(), Some(Cmd::Submit(Command::Resume { .. }))));
}

#[tokio::test]
async fn a_stopped_debate_is_offered_again_on_the_first_screen() {
    let arena = Arena::empty();
    arena.lend(talker("con")).await;
    arena.lend(talker("pro").stuck_after(2)).await;
    let id = arena.start(duel()).await;
    arena.engine.submit(Command::Stop(id.clone())).await.unwrap();
    let mut play = Play::over(arena, 100, 30).await;
    assert!(play.stage.screen().contains("c resume"), "{}", play.stage.screen());
    play.stage.press(&["c"]);
    assert_eq!(play.stage.asked().first(), Some(&Cmd::Resume(id)));
}

#[tokio::test]
async fn a_resume_that_is_refused_leaves_nothing_running() {
    let arena = Arena::empty();
    arena.lend(talker("con")).await;
    arena.lend(talker("pro").stuck_after(2)).await;
    let id = arena.start(duel()).await;
    arena.engine.submit(Command::Stop(id.clone())).await.unwrap();
    // The same home without the models.
    let arena = Arena { engine: arena.reopened(), home: arena.home };
    let mut play = Play::over(arena, 100, 30).await;
    play.stage.press(&["c"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("constructive") && screen.contains("! "), "{screen}");
    play.stage.press(&["esc", "enter"]);
    assert!(matches!(play.stage.asked().last(), Some(Cmd::Submit(Command::Start(_)))), "a new debate cannot start");
}

#[tokio::test]
async fn a_form_that_was_refused_is_still_filled_in() {
    let mut play = Play::open(100, 30).await;
    play.stage.press(&["n"]);
    play.stage.take(Msg::Paste("plastics".to_owned()));
    play.stage.press(&["shift-tab", "shift-tab"]);
    play.stage.take(Msg::Paste("/no/such/folder".to_owned()));
    play.stage.press(&["ctrl-s"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("New debate") && screen.contains("/no/such/folder"), "{screen}");
    assert!(screen.contains("! "), "{screen}");
}

#[tokio::test]
async fn a_fetch_that_ends_behind_the_help_is_taken_in() {
    let arena = Arena::empty();
    let mut play = Play::over(arena, 100, 30).await;
    play.stage.press(&["p"]);
    let found = Surroundings {
        default: play.arena.engine.queries().registry().catalogue().model("smollm2-135m").cloned(),
        ..Surroundings::default()
    };
    play.stage.asked();
    play.stage.take(Msg::Answer(Answer::Surroundings(Box::new(found))));
    insta::assert_snapshot!(play.seen());
    play.stage.press(&["enter"]);
    assert!(matches!(play.stage.asked().as_slice(), [Cmd::Submit(Command::Pull { .. }), ..]));
    play.stage.press(&["?"]);
    let done = |state| JobProgress {
        job: "pull smollm2-135m".to_owned(),
        done: 50,
        total: Some(100),
        note: "fetching".to_owned(),
        state,
    };
    play.stage.take(Msg::Published(Published::Job(done(JobState::Running))));
    play.stage.press(&["esc"]);
    assert!(play.stage.screen().contains("50 %"), "{}", play.stage.screen());
    play.stage.press(&["?"]);
    play.stage.take(Msg::Published(Published::Job(done(JobState::Finished))));
    play.stage.press(&["esc"]);
    let asked = play.stage.asked();
    let chosen = Command::SetDefaultModel { model: "smollm2-135m".to_owned() };
    assert!(asked.contains(&Cmd::Submit(chosen)), "{asked:?}");
    assert!(play.stage.screen().contains("Exhibition"), "{}", play.stage.screen());
}

#[tokio::test]
async fn a_replay_goes_on_behind_the_help() {
    let mut play = after_a_duel(100, 30).await;
    play.stage.press(&["r"]);
    let asked = play.stage.asked();
    let log = asked.into_iter().find(|cmd| matches!(cmd, Cmd::Log { .. })).expect("no log was asked for");
    let (outbox, mut inbox) = mpsc::unbounded_channel();
    perform(play.arena.engine.clone(), log, outbox).await;
    play.stage.take(inbox.recv().await.unwrap());
    let timer = play.stage.asked().into_iter().find_map(|cmd| match cmd {
        Cmd::Wake(timer @ Timer::Replay { .. }, _) => Some(timer),
        _ => None,
    });
    insta::assert_snapshot!("a_replay_begins", play.seen());
    play.stage.press(&["?"]);
    play.stage.take(Msg::Woke(timer.expect("the replay does not play"), Duration::ZERO));
    assert!(play.stage.asked().iter().any(|cmd| matches!(cmd, Cmd::Wake(Timer::Replay { .. }, _))));
    play.stage.press(&["esc"]);
    assert!(play.stage.screen().contains("▶ 2/"), "{}", play.stage.screen());
}

#[tokio::test]
async fn a_debate_of_four_teams_shows_their_order_and_every_comparison() {
    let mut play = Play::open(100, 44).await;
    play.stage.press(&["enter"]);
    play.stage.asked();
    let seats = [("closing-government".to_owned(), "solo@con".to_owned())].into();
    let request = DebateRequest { format: Some("british-parliamentary".to_owned()), seats, ..duel() };
    play.stage.cmds.push(Cmd::Submit(Command::Start(Box::new(request))));
    play.settle().await;
    play.watch().await;
    insta::assert_snapshot!(play.seen());
    play.stage.press(&["esc"]);
    insta::assert_snapshot!("behind_it_stand_four_teams", play.seen());
}

#[tokio::test]
async fn a_team_of_four_shows_its_work_and_its_sources() {
    let mut play = Play::open(120, 40).await;
    play.stage.press(&["enter"]);
    play.stage.asked();
    let evidence = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/evidence");
    let request = DebateRequest {
        proposition: Some("quartet@pro".to_owned()),
        evidence: Some(evidence.to_owned()),
        judges: Some(Vec::new()),
        ..duel()
    };
    play.stage.cmds.push(Cmd::Submit(Command::Start(Box::new(request))));
    play.settle().await;
    play.watch().await;
    play.stage.press(&["esc"]);
    insta::assert_snapshot!(play.seen());
    play.stage.press(&["e"]);
    assert!(play.stage.screen().contains("Quillmere"), "{}", play.stage.screen());
    play.stage.press(&["e", "tab", "enter"]);
    assert!(play.stage.screen().contains("Reviewer, draft 1 ·"), "{}", play.stage.screen());
}

#[tokio::test]
async fn every_screen_has_help_and_survives_every_size() {
    let mut play = after_a_duel(100, 24).await;
    play.stage.press(&["?"]);
    assert!(play.stage.screen().contains("Help · verdict"), "{}", play.stage.screen());
    play.stage.press(&["esc"]);
    for keys in [
        vec![],
        vec!["j"],
        vec!["c"],
        vec!["?"],
        vec!["esc", "esc", "s"],
        vec!["tab", "left"],
        vec!["esc", "ctrl-p", "l", "a"],
        vec!["esc"],
        vec!["esc"],
        vec!["/", "p", "l"],
        vec!["enter", "n", "]", "s"],
        vec!["esc"],
        vec!["e"],
        vec!["e", "tab"],
        vec!["enter"],
        vec!["?"],
        vec!["esc", "esc", "esc", "n"],
        vec!["esc", "t"],
        vec!["esc", "b"],
        vec!["a", "enter"],
        vec!["n", "x"],
        vec!["enter", "a", "enter"],
    ] {
        play.stage.press(&keys);
        play.settle().await;
        for (columns, rows) in [(1, 1), (10, 3), (20, 5), (30, 8), (40, 10), (71, 20), (80, 24), (200, 60), (300, 100)]
        {
            play.stage.resize(columns, rows);
            play.stage.screen();
        }
    }
}

/// What is left of drawn bytes when the sequences that the terminal library writes are taken out.
fn beyond_our_own(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.as_ref();
    let mut left = String::new();
    while let Some(start) = rest.find("\u{1b}[") {
        left.push_str(&rest[..start]);
        let sequence = &rest[start + 2..];
        let end = sequence.find(|c: char| c.is_ascii_alphabetic()).map_or(sequence.len(), |end| end + 1);
        rest = &sequence[end..];
    }
    left + rest
}

fn is_hostile(character: char) -> bool {
    matches!(character, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(character, '\u{e0000}'..='\u{e007f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A stage on which a debate has opened, without an engine that goes on.
async fn opened() -> (Stage, DebateId) {
    let arena = Arena::empty();
    arena.lend(talker("con")).await;
    arena.lend(talker("pro").stuck_after(0)).await;
    let mut play = Play::over(arena, 100, 30).await;
    play.stage.press(&["enter"]);
    play.stage.asked();
    play.stage.cmds.push(Cmd::Submit(Command::Start(Box::new(duel()))));
    play.settle().await;
    play.watch_until(|published| matches!(published, Published::Live { .. })).await;
    let id = play.arena.engine.queries().resolve("last").unwrap();
    (play.stage, id)
}

#[test]
fn nothing_that_a_model_writes_reaches_the_terminal_raw() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (stage, id) = runtime.block_on(opened());
    let piece = prop_oneof![
        "\\PC{0,12}",
        any::<String>(),
        Just("\u{1b}]0;title".to_owned()),
        Just("\u{9b}2J\u{202e}".to_owned())
    ];
    let pieces = proptest::collection::vec(piece, 1..6);
    let mut runner = TestRunner::new(Config { cases: 128, failure_persistence: None, ..Config::default() });
    let result = runner.run(&pieces, |pieces| {
        let mut stage = stage.again();
        for text in pieces {
            stage.write(&id, &text);
        }
        let left = beyond_our_own(&stage.bytes());
        prop_assert!(!left.contains(is_hostile), "{left:?}");
        Ok(())
    });
    result.unwrap();
}
