//! Pages of small tournaments: hostile names, nothing played yet, and numbers that are none.

use super::*;
use crate::domain::ballot::Reason;
use crate::domain::debate::Debate;
use crate::domain::event::{DebateId, Entry, Event};
use crate::domain::hash::ContentHash;
use crate::domain::sample;
use crate::domain::seat::Side;
use crate::domain::tournament::standings::{Cell, Standing};
use crate::domain::tournament::{Kind, TournamentId};
use crate::domain::usage::Usage;
use crate::domain::usage::{Cost, Part};
use crate::domain::verdict::outcome;
use crate::engine::tournament::findings::Tally;
use crate::engine::tournament::report::{MatchReport, PlayerReport, TournamentState};
use crate::engine::tournament::told::Meeting;
use crate::rating::uncertainty::{Interval, Resampling};

const HOSTILE: &str = "<img src=x onerror='alert(1)'>\u{1b}[31m\"&";

fn player(name: &str, place: usize) -> PlayerReport {
    let standing = Standing { player: place, ..Standing::default() };
    PlayerReport { player: name.to_owned(), version: ContentHash("ab".repeat(32)), elo: 1000.0, standing }
}

fn report(players: &[&str], matches: Vec<MatchReport>) -> TournamentReport {
    TournamentReport {
        id: TournamentId("t".to_owned()),
        name: "cup".to_owned(),
        kind: Kind::DoubleRoundRobin,
        at: "2026-11-27T07:00:00.000Z".to_owned(),
        state: TournamentState::Stopped,
        seed: 7,
        format: "duel".to_owned(),
        judges: vec!["label-probability@scripted".to_owned()],
        motions: Vec::new(),
        players: players.iter().enumerate().map(|(place, name)| player(name, place)).collect(),
        matrix: vec![vec![Cell::default(); players.len()]; players.len()],
        most_matches: matches.len(),
        matches,
        proposition: Cell::default(),
        usage: Usage::default(),
        champion: None,
        newcomer: None,
    }
}

fn one_match(number: usize, players: [&str; 2], state: MatchState) -> MatchReport {
    MatchReport {
        meeting: Meeting {
            number,
            round: 1,
            motion: HOSTILE.to_owned(),
            proposition: players[0].to_owned(),
            opposition: players[1].to_owned(),
        },
        state,
        debate: DebateId(format!("d{number}")),
        winner: (state == MatchState::Done).then_some(Side::Proposition),
        probability: None,
        unrated: None,
        speeches: 0,
        planned: 4,
        failures: 3,
        reason: (state == MatchState::Parked).then(|| HOSTILE.to_owned()),
    }
}

/// The log of a debate that the proposition won.
fn log(players: [&str; 2]) -> Vec<Entry> {
    let mut opening = sample::opening();
    opening.participants =
        vec![sample::participant(Side::Proposition, players[0]), sample::participant(Side::Opposition, players[1])];
    let mut speech = sample::speech(0);
    speech.text = format!("{HOSTILE}</p></details><script>alert(2)</script>");
    let mut ballot = sample::ballot(Some(Side::Proposition), 0.8);
    ballot.reasons = vec![Reason { text: HOSTILE.to_owned(), quotes: Vec::new() }];
    let result = outcome(&opening, std::iter::empty(), &[&ballot], false);
    let events = [
        Event::DebateOpened(Box::new(opening)),
        Event::SpeechDelivered(speech),
        Event::BallotReturned { judge: 0, ballot: Box::new(ballot) },
        Event::ResultRecorded(result),
    ];
    sample::log(events)
}

fn findings(matches: &[(&MatchReport, Vec<Entry>)]) -> Findings {
    let mut tally = Tally::default();
    for (one, entries) in matches {
        let debate = Debate::fold(entries.iter().map(|entry| &entry.event));
        if let Some(outcome) = &debate.outcome {
            tally.take(one, outcome, &[]);
        }
    }
    tally.findings(&Resampling { resamples: 20, ..Resampling::default() })
}

#[test]
fn hostile_names_speeches_and_reasons_are_shown_and_never_obeyed() {
    let players = [HOSTILE, "solo@</td><script>alert(3)</script>"];
    let (done, parked) =
        (one_match(1, players, MatchState::Done), one_match(2, [players[1], players[0]], MatchState::Parked));
    let mut report = report(&players, vec![done.clone(), parked]);
    report.name = HOSTILE.to_owned();
    report.judges = vec![HOSTILE.to_owned()];
    report.matrix[0][1] = Cell { score: 1.0, matches: 1 };
    report.champion = Some(HOSTILE.to_owned());
    let entries = log(players);
    let transcripts = Transcripts::from([(1, Page::of(&entries).unwrap())]);
    let findings = findings(&[(&done, entries)]);
    assert!(findings.record.is_some() && !findings.cautions.is_empty());
    let page = html(&report, &findings, &transcripts);
    for sign in ["<img", "<script", "\u{1b}", "x onerror='"] {
        assert!(!page.contains(sign), "{sign:?} in {page}");
    }
    assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    // In the title, the heading, the champion, the judge, a row, a match, the speech, a reason of the ballot and one of the park.
    assert!(page.matches("&lt;img src=x onerror=&#39;alert(1)&#39;&gt;").count() > 9, "{page}");
    assert!(!page.contains("src=\"") && !page.contains("href=") && !page.contains("url("), "nothing from the network");
}

#[test]
fn a_tournament_without_a_match_has_a_page_that_says_so() {
    for players in [&["ada", "bo"][..], &[]] {
        let page = html(&report(players, Vec::new()), &findings(&[]), &Transcripts::new());
        for said in ["No match was paired yet.", "Nothing was used yet.", "No match has a score yet.", "No ratings:"] {
            assert!(page.contains(said), "no {said:?} in {page}");
        }
        assert!(page.ends_with("</html>\n"));
    }
}

#[test]
fn what_is_no_number_is_printed_as_a_dash() {
    let players = ["ada", "bo"];
    let one = one_match(1, players, MatchState::Done);
    let mut findings = findings(&[(&one, log(players))]);
    let record = findings.record.as_mut().unwrap();
    record.places[0].rating = Some(f64::NAN);
    record.places[0].interval = Interval { low: Some(f64::NEG_INFINITY), high: Some(f64::NAN) };
    record.places[1].rating = None;
    record.places[1].interval = Interval::OPEN;
    let usage = Usage { dollars: f64::NAN, ..Usage::default() };
    findings.costs.push(Cost { part: Part::Judge, name: "j".to_owned(), calls: 1, usage });
    let mut report = report(&players, vec![MatchReport { probability: Some(f64::NAN), ..one }]);
    report.matrix[0][1] = Cell { score: f64::NAN, matches: 2 };
    report.proposition = Cell { score: f64::NAN, matches: 2 };
    report.players[0].standing.points = f64::INFINITY;
    report.newcomer = Some(Place {
        place: 1,
        probability: f64::NAN,
        rating: f64::NAN,
        low: f64::NAN,
        high: f64::NAN,
        settled: false,
    });
    let page = html(&report, &findings, &Transcripts::new());
    for sign in ["NaN", ">inf<", "inf/", "infinity", "-inf"] {
        assert!(!page.contains(sign), "{sign} in {page}");
    }
    assert_eq!([figure(f64::NAN, 2), figure(-0.3, 0), figure(-0.35, 1)], ["–", "0", "-0.4"].map(str::to_owned));
}

#[test]
fn an_end_that_is_open_is_an_arrow_and_a_known_one_a_bar() {
    let players = ["ada", "bo"];
    let one = one_match(1, players, MatchState::Done);
    let mut findings = findings(&[(&one, log(players))]);
    let drawn = |findings: &Findings| html(&report(&players, Vec::new()), findings, &Transcripts::new());
    let open = drawn(&findings).matches("<polyline").count();
    assert_eq!(open, 4, "both players have two ends");
    for place in &mut findings.record.as_mut().unwrap().places {
        place.interval = Interval { low: Some(900.0), high: None };
    }
    let page = drawn(&findings);
    assert!(page.contains("900 or more"), "{page}");
    // The line of an arrow has three points, that of a bar two.
    let three = page.split("<polyline").skip(1).filter(|line| line.split('"').nth(3).unwrap().split(' ').count() == 3);
    assert_eq!(three.count(), 2);
}
