//! Judging sessions with scripted models: nothing is asked twice, whatever stops them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rhetor::assets::Sourced;
use rhetor::assets::transcripts::import;
use rhetor::domain::evidence::Standing;
use rhetor::domain::format::StageKind;
use rhetor::domain::judgement::Decided;
use rhetor::domain::seat::Side;
use rhetor::domain::transcript::{Contest, Spoken, Transcript};
use rhetor::domain::usage::Ceilings;
use rhetor::engine::court::CourtSettings;
use rhetor::engine::error::EngineError;
use rhetor::engine::export::ExportFormat;
use rhetor::engine::session::document::SessionDocument;
use rhetor::engine::session::vote::Vote;
use rhetor::engine::session::{Cost, Heard};
use rhetor::model::ChatModel;
use rhetor::model::registry::OpenModel;
use rhetor::model::scripted::ScriptedModel;
use rhetor::store::JudgementFilter;
use tokio_util::sync::CancellationToken;

use crate::support::{Arena, duel, talker};

fn case(name: &str) -> Sourced {
    let speech = |side, text: &str| Spoken {
        side,
        stage: StageKind::Constructive,
        text: text.to_owned(),
        words: 8,
        limit: None,
        citations: Vec::new(),
    };
    Sourced {
        source: format!("{name}.md"),
        transcript: Transcript {
            contest: Contest::Debate,
            topic: format!("This House would plant {name}"),
            positions: BTreeMap::new(),
            speeches: vec![
                speech(Side::Proposition, &format!("Planting {name} cools a street by several degrees.")),
                speech(Side::Opposition, &format!("A young sapling of {name} needs twenty years to grow.")),
            ],
            places: Vec::new(),
            sources: BTreeMap::new(),
        },
    }
}

fn judges() -> Vec<String> {
    vec!["label-probability@owl".to_owned(), "label-ensemble@owl".to_owned()]
}

/// A judge that favours the first label, counts its questions, and may stop the session at one of them.
async fn owl(arena: &Arena, stop_at: usize) -> (Arc<AtomicUsize>, CancellationToken) {
    let (asked, cancel) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let (counter, stopper) = (Arc::clone(&asked), cancel.clone());
    let model = talker("owl").scoring(move |question| {
        if counter.fetch_add(1, Ordering::SeqCst) + 1 == stop_at {
            stopper.cancel();
        }
        (0..question.labels.len()).map(|label| -0.2 - label as f64).collect()
    });
    arena.lend(model).await;
    (asked, cancel)
}

fn settings(cancel: &CancellationToken) -> CourtSettings {
    CourtSettings { seed: 5, ceilings: Ceilings::default(), cancel: cancel.clone() }
}

#[tokio::test]
async fn a_session_that_was_stopped_goes_on_and_asks_nothing_twice() {
    let cases = vec![case("limes"), case("oaks"), case("elms")];
    // Judges that put no question alike: else one is answered from what the other asked, if it asked before.
    let judges = vec!["label-probability@owl".to_owned(), "follow-up-likelihood@owl".to_owned()];
    let whole = {
        let arena = Arena::empty();
        let (asked, cancel) = owl(&arena, usize::MAX).await;
        let session = arena.engine.session(cases.clone(), &judges, settings(&cancel)).await.unwrap();
        assert_eq!((session.cost().judgements, session.cost().known), (6, 0));
        let board = session.sit(|_| {}).await.unwrap().unwrap();
        (asked.load(Ordering::SeqCst), board)
    };
    let arena = Arena::empty();
    let (asked, cancel) = owl(&arena, whole.0 / 2).await;
    let session = arena.engine.session(cases.clone(), &judges, settings(&cancel)).await.unwrap();
    assert_eq!(session.sit(|_| {}).await.unwrap(), None, "it was stopped");
    let before = asked.load(Ordering::SeqCst);
    assert!(before < whole.0, "{before} of {}", whole.0);

    let (after, cancel) = owl(&arena, usize::MAX).await;
    let session = arena.engine.session(cases.clone(), &judges, settings(&cancel)).await.unwrap();
    let board = session.sit(|_| {}).await.unwrap().unwrap();
    assert_eq!(before + after.load(Ordering::SeqCst), whole.0, "every question once");
    let ballots = |board: &rhetor::engine::session::board::Board| {
        board.judgements().map(|judgement| judgement.decided.clone()).map(without_time).collect::<Vec<_>>()
    };
    assert_eq!(ballots(&board), ballots(&whole.1));

    let (third, cancel) = owl(&arena, usize::MAX).await;
    let session = arena.engine.session(cases, &judges, settings(&cancel)).await.unwrap();
    assert_eq!(session.cost(), Cost { judgements: 6, known: 6, ..Cost::default() });
    let mut heard = Vec::new();
    session.sit(|one| heard.push(one)).await.unwrap().unwrap();
    assert_eq!(third.load(Ordering::SeqCst), 0);
    let places: Vec<_> = heard.iter().map(|one: &Heard| (one.case, one.judge, one.done, one.known)).collect();
    assert_eq!(places[..3], [(0, 0, 1, true), (0, 1, 2, true), (1, 0, 3, true)]);
}

fn without_time(decided: Option<Decided>) -> Option<Decided> {
    decided.map(|decided| match decided {
        Decided::Ballot(mut ballot) => {
            ballot.usage.milliseconds = 0;
            Decided::Ballot(ballot)
        }
        void @ Decided::Void { .. } => void,
    })
}

#[tokio::test]
async fn the_cost_is_known_before_anything_is_asked_and_the_same_text_is_judged_once() {
    let arena = Arena::empty();
    let (asked, cancel) = owl(&arena, usize::MAX).await;
    let twin = Sourced { source: "copy.md".to_owned(), ..case("limes") };
    let session = arena.engine.session(vec![case("limes"), twin], &judges()[..1], settings(&cancel)).await.unwrap();
    let cost = session.cost();
    assert!(cost.calls > 0 && cost.prompt_tokens > 100 && cost.dollars == 0.0, "{cost:?}");
    assert_eq!((cost.judgements, asked.load(Ordering::SeqCst)), (2, 0));
    let mut calls = 0;
    let board = session.sit(|heard| calls = heard.judgement.said.len()).await.unwrap().unwrap();
    assert_eq!(calls as u64, cost.calls);
    let sources: Vec<_> = board.judgements().map(|judgement| judgement.source.as_str()).collect();
    assert_eq!(sources, ["limes.md", "copy.md"]);
}

#[tokio::test]
async fn a_ceiling_holds_for_all_judges_together_and_what_was_judged_is_kept() {
    let arena = Arena::empty();
    let (_, cancel) = owl(&arena, usize::MAX).await;
    let cases = vec![case("limes"), case("oaks"), case("elms"), case("firs"), case("yews"), case("pines")];
    let tight = CourtSettings { ceilings: Ceilings { tokens: Some(12_000), dollars: None }, ..settings(&cancel) };
    let session = arena.engine.session(cases.clone(), &judges(), tight).await.unwrap();
    let mut done = 0;
    let error = session.sit(|heard| done = heard.done).await.unwrap_err();
    assert!(matches!(error, EngineError::Budget(_)), "{error}");
    assert!(done > 0 && !cancel.is_cancelled(), "{done}");
    let session = arena.engine.session(cases, &judges(), settings(&cancel)).await.unwrap();
    assert!(session.cost().known >= done);
    assert!(session.sit(|_| {}).await.unwrap().is_some());
}

#[tokio::test]
async fn a_void_judgement_is_told_with_its_reason_and_does_not_stop_the_rest() {
    let arena = Arena::empty();
    let (_, cancel) = owl(&arena, usize::MAX).await;
    let mute = Arc::new(ScriptedModel::saying(&["nonsense"]).with_card(|card| card.name = "mute".to_owned()));
    let chat = Some(Arc::clone(&mute) as Arc<dyn ChatModel>);
    let open = OpenModel { card: mute.card().clone(), chat, scorer: None, embedder: None };
    arena.engine.queries().registry().insert(open).await;
    let judges = ["debatrix@mute".to_owned(), "label-probability@owl".to_owned()];
    let cases = vec![case("limes"), case("oaks")];
    let session = arena.engine.session(cases, &judges, settings(&cancel)).await.unwrap();
    let mut reasons = Vec::new();
    let board = session.sit(|heard| {
        reasons.push(match heard.judgement.decided {
            Some(Decided::Void { reason }) => reason,
            _ => String::new(),
        });
    });
    let board = board.await.unwrap().unwrap();
    assert!(reasons[0].contains("could not be read") && reasons[2].contains("could not be read"), "{reasons:?}");
    assert!(reasons[1].is_empty() && reasons[3].is_empty(), "{reasons:?}");
    assert!(board.agreements().is_empty(), "a void judgement agrees with nobody");
}

#[tokio::test]
async fn a_person_is_one_more_judge_whose_quotes_are_looked_up() {
    let arena = Arena::empty();
    let (_, cancel) = owl(&arena, usize::MAX).await;
    let vote = Vote {
        name: "ann".to_owned(),
        winner: Some(Side::Opposition),
        confidence: 0.9,
        scores: vec![("argument".to_owned(), [4.0, 6.0])],
        note: "\"needs twenty years to grow\" settles it, and \"nobody ever said this\" does not.".to_owned(),
        first: None,
    };
    let kept = arena.engine.vote(&case("limes"), &vote).await.unwrap();
    let Some(Decided::Ballot(ballot)) = &kept.decided else { panic!("no ballot: {kept:?}") };
    assert!((ballot.probability - 0.1).abs() < 1e-9 && (ballot.dimensions[0].probability - 0.4).abs() < 1e-9);
    let quotes: Vec<_> = ballot.reasons[0].quotes.iter().map(|quote| (quote.speech, quote.standing)).collect();
    assert_eq!(quotes, [(Some(1), Standing::Verified), (None, Standing::Absent)]);
    let queries = arena.engine.queries();
    assert_eq!(queries.judgement(kept.key.short()).unwrap(), kept);

    let session = arena.engine.session(vec![case("limes"), case("oaks")], &judges(), settings(&cancel)).await.unwrap();
    let board = queries.with_people(session.sit(|_| {}).await.unwrap().unwrap()).unwrap();
    assert_eq!(board.judges.last().unwrap(), "human@ann");
    assert!(board.rows[0].judgements[2].is_some() && board.rows[1].judgements[2].is_none());
    let both: Vec<_> = board.agreements().iter().map(|agreement| (agreement.judges, agreement.both)).collect();
    assert_eq!(both, [([0, 1], 2), ([0, 2], 1), ([1, 2], 1)]);

    let changed =
        arena.engine.vote(&case("limes"), &Vote { winner: None, confidence: 0.5, ..vote.clone() }).await.unwrap();
    assert_eq!(changed.key, kept.key, "a person has one ballot on a transcript");
    let of_ann = JudgementFilter { judge: Some("human@ann".to_owned()), ..JudgementFilter::default() };
    assert_eq!(queries.judgements(&of_ann).unwrap().len(), 1);
    for wrong in [
        Vote { name: "a b".to_owned(), ..vote.clone() },
        Vote { scores: vec![("argument".to_owned(), [0.0, 6.0])], ..vote.clone() },
        Vote { scores: vec![("x".to_owned(), [1.0, 6.0]), ("x".to_owned(), [1.0, 6.0])], ..vote },
    ] {
        assert!(matches!(arena.engine.vote(&case("limes"), &wrong).await, Err(EngineError::Request(_))), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_session_is_written_so_that_no_program_runs_what_it_holds() {
    let arena = Arena::empty();
    let (_, cancel) = owl(&arena, usize::MAX).await;
    let mut hostile = case("limes");
    hostile.source = "=HYPERLINK(\"x\")\u{1b}[31m|.md".to_owned();
    let session = arena.engine.session(vec![hostile], &judges()[..1], settings(&cancel)).await.unwrap();
    let board = session.sit(|_| {}).await.unwrap().unwrap();
    let csv = SessionDocument::Csv.write(&board).unwrap();
    assert!(csv.contains("\"'=HYPERLINK(\"\"x\"\")|.md\"") && csv.lines().count() == 2, "{csv}");
    let markdown = SessionDocument::Markdown.write(&board).unwrap();
    assert!(markdown.contains("\\|.md | ") && !markdown.contains('\u{1b}'), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&SessionDocument::Json.write(&board).unwrap()).unwrap();
    assert_eq!(json[0]["judge"], "label-probability@owl");
    assert!(SessionDocument::of(&PathBuf::from("x.txt")).is_err());
}

#[tokio::test]
async fn a_stored_debate_is_judged_like_its_exports_and_its_own_ballot_is_explained() {
    let arena = Arena::with_talkers().await;
    let (id, debate) = arena.run(duel()).await;
    let queries = arena.engine.queries();
    let stored = queries.gather_one("last").unwrap();
    assert_eq!(stored.source, format!("debate {id}"));
    for format in [ExportFormat::Json, ExportFormat::Markdown] {
        let file = arena.home.path().join(format!("debate.{}", format.ending()));
        std::fs::write(&file, queries.export(&id, format).unwrap()).unwrap();
        let found = import(&file).unwrap().found.remove(0).transcript;
        let texts = |transcript: &Transcript| {
            transcript
                .speeches
                .iter()
                .map(|spoken| (spoken.side, spoken.stage, spoken.text.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (found.topic.as_str(), texts(&found)),
            (stored.transcript.topic.as_str(), texts(&stored.transcript))
        );
        if format == ExportFormat::Json {
            assert_eq!(found, stored.transcript);
        }
    }
    let explained = queries.judgement("last#1").unwrap();
    assert_eq!(explained.decided.unwrap().ballot(), debate.judging[0].ballot.as_ref());
    for wrong in ["last#2", "last#0", "last#x"] {
        assert!(matches!(queries.judgement(wrong), Err(EngineError::Request(_))), "{wrong}");
    }
    let error = queries.gather(&["no-such-thing".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("neither a file or folder") && error.contains("rhetor history"), "{error}");
}
