//! Journeys through the real program in a pseudo-terminal: what a person presses, and what the terminal shows.

use std::time::Duration;

use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

use crate::support::PROSE;
use crate::support::terminal::{Terminal, home_with_talker};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_starts_a_debate_watches_a_speech_and_quits() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    // The verdict opens by itself; behind it stands the debate.
    terminal.see("Ballot of debatrix");
    terminal.press("\u{1b}");
    terminal.see("protects rivers and seas");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored(), "{}", terminal.screen());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn control_c_while_a_speech_streams_keeps_the_debate_and_says_how_to_go_on() {
    let (home, server) = home_with_talker(PROSE).await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
    server.reset().await;
    Mock::given(method("POST")).respond_with(slow).mount(&server).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    terminal.see("constructive 1/4");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
    assert!(terminal.screen().contains("rhetor resume"), "{}", terminal.screen());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_told_to_end_gives_the_terminal_back() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    let id = terminal.child.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored(), "{}", terminal.screen());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_offers_a_model_and_fetches_nothing_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), 80, 24, &[]);
    terminal.see("No model is set up yet");
    terminal.see("smollm2-135m");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 0);
    assert!(
        !home.path().join("models").exists() || std::fs::read_dir(home.path().join("models")).unwrap().count() == 0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_sizes_leaves_a_whole_screen() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    for (columns, rows) in [(20, 5), (200, 60), (80, 24), (1, 1), (300, 100), (60, 20), (120, 40)] {
        terminal.resize(columns, rows);
    }
    terminal.press("?");
    terminal.see("Help · home");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_paste_presses_nothing() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("n");
    terminal.see("New debate");
    let text = "quit\r".repeat(40_000);
    terminal.press(&format!("\u{1b}[200~{text}\u{1b}[201~"));
    terminal.see("quit quit quit");
    assert!(terminal.child.try_wait().unwrap().is_none(), "the paste ended the program");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 0);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_colour_the_chosen_line_still_stands_out() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), 80, 24, &[("NO_COLOR", "1")]);
    terminal.see("smollm2-135m");
    let screen = terminal.parser.screen();
    let row = (0..24).find(|row| screen.contents_between(*row, 0, *row, 79).contains("smollm2-135m")).unwrap();
    let cell = screen.cell(row, 5).unwrap();
    assert!(cell.inverse(), "the chosen line is not reversed");
    assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
    terminal.press("q");
    terminal.end();
    let text = String::from_utf8_lossy(&terminal.written).into_owned();
    for colour in ["\u{1b}[38;", "\u{1b}[48;", "\u{1b}[31m", "\u{1b}[32m"] {
        assert!(!text.contains(colour), "{colour:?} was written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_model_obeys_no_terminal() {
    let hostile =
        format!("{PROSE} \u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}evil\u{e0041}\u{1b}]52;c;c2VjcmV0\u{7}");
    let (home, server) = home_with_talker(&hostile).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    terminal.see("Ballot of debatrix");
    terminal.press("\u{1b}");
    terminal.see("protects rivers and seas");
    terminal.press("q");
    terminal.end();
    let text = String::from_utf8_lossy(&terminal.written).into_owned();
    for forbidden in ["owned", "]52;", "\u{9b}", "\u{202e}", "\u{e0041}", "\u{1b}[2J\u{1b}[2J"] {
        assert!(!text.contains(forbidden), "{forbidden:?} reached the terminal");
    }
    drop(server);
}
