//! A blind judging session over a real engine: what a person sees before its ballot, and what the store has after it.

use rhetor::domain::seat::Side;
use rhetor::engine::session::people::BENCH;
use rhetor::store::JudgementFilter;
use rhetor::tui::{Cmd, Msg};

use crate::support::play::Play;
use crate::support::{Arena, duel};

/// A store with so many judged duels, and the screen of a session over them.
async fn session(debates: usize, columns: u16, rows: u16) -> Play {
    let arena = Arena::with_talkers().await;
    for _ in 0..debates {
        arena.run(duel()).await;
    }
    let mut play = Play::over(arena, columns, rows).await;
    play.stage.press(&["b", "a", "n", "n", "enter"]);
    play.settle().await;
    play
}

async fn hand_in(play: &mut Play, keys: &[&str]) {
    play.stage.press(keys);
    play.stage.press(&["enter"]);
    play.settle().await;
}

#[tokio::test]
async fn a_blind_session_shows_neither_teams_nor_verdicts_and_keeps_each_ballot() {
    let mut play = session(2, 80, 24).await;
    let screen = play.stage.screen();
    for part in ["A · constructive", "B · constructive", "Your ballot", "1 of 2", "winner", "1 to 5"] {
        assert!(screen.contains(part), "no {part:?} in\n{screen}");
    }
    for told in ["pro", "con", "Proposition", "Opposition", "solo", "quartet", "%"] {
        let named = screen.split(|c: char| !c.is_alphanumeric() && c != '%').any(|word| word == told);
        assert!(!named, "{told:?} is told in\n{screen}");
    }
    hand_in(&mut play, &["5", "3", "a", "right"]).await;
    assert!(play.stage.screen().contains("2 of 2"), "{}", play.stage.screen());
    let queries = play.arena.engine.queries().clone();
    let kept = queries.judgements(&JudgementFilter::default()).unwrap();
    assert_eq!((kept.len(), kept[0].judge.as_str()), (1, "human@ann"));
    hand_in(&mut play, &["t"]).await;
    let screen = play.stage.screen();
    assert!(screen.contains("You judged 2 debates") && screen.contains(&format!("you and {BENCH}")), "{screen}");
    let games = queries.people().unwrap();
    assert_eq!((games[0].name.as_str(), games[0].judged, games[0].agreements[0].both), ("ann", 2, 2));
    // A session that is opened again has nothing left.
    play.stage.press(&["esc", "b", "enter"]);
    play.settle().await;
    assert!(play.stage.screen().contains("judged all 2 debates of this session before"), "{}", play.stage.screen());
}

#[tokio::test]
async fn the_end_of_a_blind_session_leads_to_the_ladder_that_its_ballots_made() {
    let mut play = session(1, 100, 40).await;
    hand_in(&mut play, &["a", "enter"]).await;
    play.stage.press(&["l"]);
    play.settle().await;
    assert!(play.stage.screen().contains("every judge"), "{}", play.stage.screen());
    play.stage.press(&["f"]);
    play.settle().await;
    let screen = play.stage.screen();
    assert!(screen.contains("1 game · people") && screen.contains("solo@"), "{screen}");
}

#[tokio::test]
async fn the_letter_of_a_side_is_the_persons_own_and_stands_in_the_ballot() {
    let mut play = session(1, 120, 40).await;
    // Beside the speeches, where there is room for both.
    let screen = play.stage.screen();
    let first = screen.lines().find(|line| line.contains("Debate ──")).unwrap_or_default();
    assert!(first.contains("Your ballot") && first.contains("ann · 1 of 1"), "{screen}");
    hand_in(&mut play, &["a"]).await;
    let kept = play.arena.engine.queries().judgements(&JudgementFilter::default()).unwrap();
    let ballot = kept[0].decided.as_ref().and_then(|decided| decided.ballot()).unwrap().clone();
    let first = if ballot.orders[0].order == "A = proposition" { Side::Proposition } else { Side::Opposition };
    assert_eq!(ballot.winner, Some(first));
}

#[tokio::test]
async fn a_ballot_that_cannot_be_kept_stays_on_the_screen() {
    let mut play = session(1, 80, 24).await;
    play.stage.press(&["b", "enter"]);
    let asked = play.stage.asked();
    assert!(matches!(asked.as_slice(), [Cmd::Vote { .. }]), "{asked:?}");
    play.stage.take(Msg::Answer(rhetor::tui::Answer::NotKept("there is no room left".to_owned())));
    let screen = play.stage.screen();
    assert!(screen.contains("no room left") && screen.contains("(B)"), "{screen}");
    play.stage.press(&["enter"]);
    play.settle().await;
    assert!(play.stage.screen().contains("You judged 1 debate"), "{}", play.stage.screen());
}
