//! Journeys of people: somebody debates and wins, loses nothing to a kill, judges blind, and watches a debate again.

use serde_json::json;
use tempfile::TempDir;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::PROSE;
use crate::support::terminal::{Terminal, home_with_talker, stream};

/// What the person says; the judge knows it by this.
const SAID: &str = "Cups that come back need no ban, since shops lend them for a deposit.";

/// Debates with prose, and judges for whoever said the person's words: it praises them, and scores by its own praise.
fn debater_and_judge(request: &Request) -> ResponseTemplate {
    let prompt = String::from_utf8_lossy(&request.body).into_owned();
    if prompt.contains("\\\"score\\\": N") {
        let score = if prompt.contains("Well argued.") { 9 } else { 3 };
        return stream(&json!({ "score": score }).to_string());
    }
    match prompt.contains("judge") && prompt.contains(SAID) {
        true => stream("Well argued."),
        false => stream(PROSE),
    }
}

/// A home in which a model debates and judges.
async fn home_with_judge() -> (TempDir, MockServer) {
    let (home, server) = home_with_talker(PROSE).await;
    server.reset().await;
    let both = Mock::given(method("POST")).and(path("/v1/chat/completions"));
    both.respond_with(debater_and_judge).mount(&server).await;
    let settings = home.path().join("config.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text.replace("judge = \"debatrix\"", "judge = \"critique-first\"\nproposition = \"person\"");
    std::fs::write(settings, text).unwrap();
    (home, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_wins_a_duel_and_finds_it_on_the_ladder() {
    let (home, server) = home_with_judge().await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    for stage in ["Proposition · constructive", "Proposition · rebuttal"] {
        terminal.see(&format!("▸ {stage}"));
        terminal.see("0 of 120 words");
        terminal.press(SAID);
        terminal.see("14 of 120 words");
        // Ctrl-S hands it in.
        terminal.press("\u{13}");
    }
    terminal.see("The proposition wins: person");
    terminal.press("l");
    terminal.see("person");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    drop(server);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_when_the_program_was_killed_is_there_again() {
    let (home, server) = home_with_judge().await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    terminal.see("0 of 120 words");
    terminal.press(SAID);
    terminal.see("14 of 120 words");
    let drafts = home.path().join("drafts");
    let kept = || walkdir(&drafts).iter().any(|text| text == SAID);
    while !kept() {
        // The pause after which a draft is kept has to pass.
        std::thread::yield_now();
    }
    terminal.child.kill().unwrap();
    drop(terminal);
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("c resume");
    terminal.press("c");
    terminal.see("14 of 120 words");
    terminal.see("Cups that come back");
    terminal.press("\u{3}");
    terminal.end();
    drop(server);
}

/// The texts of all files in the folders of a folder.
fn walkdir(folder: &std::path::Path) -> Vec<String> {
    let inside =
        |folder: &std::path::Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path());
    let folders: Vec<_> = inside(folder).collect();
    folders.iter().flat_map(|folder| inside(folder)).filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_speech_can_be_written_in_an_editor_of_ones_own() {
    let (home, server) = home_with_judge().await;
    let editor = home.path().join("editor.sh");
    std::fs::write(&editor, "printf 'Written elsewhere, in four lines.' >\"$1\"\n").unwrap();
    let command = format!("sh {}", editor.display());
    let mut terminal = Terminal::open(home.path(), 100, 30, &[("VISUAL", &command)]);
    terminal.see("enter start");
    terminal.press("\r");
    terminal.see("0 of 120 words");
    // Ctrl-O opens it.
    terminal.press("\u{f}");
    terminal.see("Written elsewhere, in four lines.");
    terminal.see("5 of 120 words");
    terminal.press(" And here.");
    terminal.see("7 of 120 words");
    terminal.press("\u{3}");
    terminal.end();
    assert!(terminal.is_restored());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_debates_are_judged_blind_and_the_ballots_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let row = |number: usize| {
        let speech = |side: &str| json!({ "side": side, "text": format!("{PROSE} Number {number}.") });
        json!({ "motion": format!("Motion {number}"), "speeches": [speech("proposition"), speech("opposition")] })
    };
    let rows: Vec<String> = (1..=3).map(|number| row(number).to_string()).collect();
    let file = home.path().join("debates.jsonl");
    std::fs::write(&file, rows.join("\n")).unwrap();
    let file = file.display().to_string();
    let arguments = ["judge", "blind", &file, "--name", "ann"];
    let mut terminal = Terminal::run(home.path(), &arguments, 80, 24, &[]);
    for number in 1..=3 {
        terminal.see(&format!("ann · {number} of 3"));
        terminal.press("43a\r");
    }
    terminal.see("You judged 3 debates");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    let mut again = Terminal::run(home.path(), &arguments, 80, 24, &[]);
    again.see("You have judged all 3 debates");
    again.press("q");
    assert_eq!(again.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debate_is_watched_again_from_the_history() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    terminal.see("Ballot of debatrix");
    terminal.press("\u{1b}");
    terminal.see("protects rivers and seas");
    terminal.press("\u{1b}");
    terminal.see("h history");
    terminal.press("h");
    terminal.see("1 debate");
    terminal.press("r");
    terminal.see("1×");
    terminal.press("+");
    terminal.see("2×");
    // Step by step to the first speech.
    terminal.press(" ");
    terminal.see("space play");
    terminal.press("y");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_of_twenty_by_five_is_told_what_is_needed_and_grows_again() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 20, 5, &[]);
    terminal.see("rhetor needs");
    terminal.resize(80, 24);
    terminal.see("enter start");
    terminal.resize(20, 5);
    terminal.see("rhetor needs");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    drop(server);
}
