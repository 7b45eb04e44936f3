//! Audits of a judge: with a scripted model in the engine, and from outside with bad input.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rhetor::audit::docket::Suite;
use rhetor::audit::page;
use rhetor::audit::report::AuditReport;
use rhetor::engine::audit::{AuditProgress, AuditRequest};
use rhetor::model::LabelQuestion;
use rhetor::model::scripted::ScriptedModel;
use tokio_util::sync::CancellationToken;

use crate::support::program::{Home, Run};
use crate::support::{Arena, talker};

const PAIRS: usize = 12;

/// Pairs of one good and one bad argument, in six topics; a and b take turns to be the good one.
fn pairs(arena: &Arena) -> PathBuf {
    let mut text = String::new();
    for pair in 0..PAIRS {
        let (good, bad) = (format!("GOOD argument {pair} about cool streets"), format!("bad argument {pair} on them"));
        let (a, b, label) = if pair % 2 == 0 { (good, bad, "a") } else { (bad, good, "b") };
        let topic = format!("Plant trees in street {}", pair % 6);
        writeln!(text, "{{\"topic\": \"{topic}\", \"a\": \"{a}\", \"b\": \"{b}\", \"label\": \"{label}\"}}").unwrap();
    }
    let path = arena.home.path().join("pairs.jsonl");
    std::fs::write(&path, text).unwrap();
    path
}

/// Where in the question's last message the first of two options names the side that says GOOD.
fn prefers_good(question: &LabelQuestion) -> bool {
    let prompt = &question.messages.last().unwrap().content;
    let first_is_good = match (prompt.find("GOOD"), prompt.find("bad")) {
        (Some(good), Some(bad)) => good < bad,
        _ => return false,
    };
    // The options name "First ..." and "Second ..."; the first label stands for whichever comes first.
    let options = &prompt[prompt.rfind("\nA: ").map_or(0, |at| at + 4)..];
    first_is_good == options.starts_with("First")
}

/// A judge that likes GOOD, counts its questions, and may have the audit stopped at one of them.
fn judge(asked: &Arc<AtomicUsize>, stop: Option<(usize, CancellationToken)>) -> ScriptedModel {
    let asked = Arc::clone(asked);
    talker("judge").scoring(move |question| {
        let before = asked.fetch_add(1, Ordering::SeqCst);
        if let Some((at, cancel)) = &stop
            && before == *at
        {
            cancel.cancel();
        }
        let text = question.messages.last().unwrap().content.as_str();
        if !(text.contains("GOOD") && text.contains("bad")) {
            return vec![-0.7; question.labels.len()];
        }
        if prefers_good(question) { vec![-0.2, -1.7] } else { vec![-1.7, -0.2] }
    })
}

fn request(data: Vec<PathBuf>, suites: BTreeSet<Suite>) -> AuditRequest {
    AuditRequest { judge: "label-probability@judge".to_owned(), data, suites, sample: None, seed: 3 }
}

/// Runs an audit and gives its report and what it told.
async fn audit(
    arena: &Arena,
    request: AuditRequest,
    cancel: CancellationToken,
) -> (Option<AuditReport>, Vec<AuditProgress>) {
    let told = Mutex::new(Vec::new());
    let report = arena.engine.audit(request, cancel, |progress| told.lock().unwrap().push(progress.clone())).await;
    (report.unwrap(), told.into_inner().unwrap())
}

#[tokio::test]
async fn an_audit_that_is_stopped_half_way_goes_on_and_asks_nothing_twice() {
    let whole = Arena::empty();
    let asked = Arc::new(AtomicUsize::new(0));
    whole.lend(judge(&asked, None)).await;
    let (report, told) = audit(&whole, request(vec![pairs(&whole)], BTreeSet::new()), CancellationToken::new()).await;
    let report = report.unwrap();
    let needed = asked.load(Ordering::SeqCst);
    // One judgement reads both orders of a pair.
    assert_eq!((told[0].total, told[0].to_do(), report.cost.judgements), (PAIRS, PAIRS, PAIRS));
    assert_eq!(told.last().unwrap().to_do(), 0);

    let arena = Arena::empty();
    let (asked, cancel) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    arena.lend(judge(&asked, Some((needed / 2, cancel.clone())))).await;
    let wanted = request(vec![pairs(&arena)], BTreeSet::new());
    let (stopped, told) = audit(&arena, wanted.clone(), cancel).await;
    assert!(stopped.is_none());
    let made = told.last().unwrap().made;
    assert!(0 < made && made < PAIRS, "{made} of {}", PAIRS);

    let (resumed, told) = audit(&arena, wanted.clone(), CancellationToken::new()).await;
    let resumed = resumed.unwrap();
    assert!(told[0].from_store >= made && told[0].to_do() < PAIRS, "{:?}", told[0]);
    assert_eq!(asked.load(Ordering::SeqCst), needed, "nothing was asked twice");
    assert_eq!((&resumed.files[0].agreement, resumed.accuracy), (&report.files[0].agreement, report.accuracy));

    let (again, told) = audit(&arena, wanted, CancellationToken::new()).await;
    assert_eq!((told.len(), told[0].to_do(), again.unwrap().cost.from_store), (1, 0, PAIRS));
    assert_eq!(asked.load(Ordering::SeqCst), needed);
}

#[tokio::test]
async fn a_judge_that_knows_good_from_bad_is_told_to_be_right() {
    let arena = Arena::empty();
    arena.lend(judge(&Arc::default(), None)).await;
    let (report, _) = audit(&arena, request(vec![pairs(&arena)], BTreeSet::new()), CancellationToken::new()).await;
    let report = report.unwrap();
    let accuracy = report.accuracy.unwrap();
    assert_eq!((accuracy.value, accuracy.n), (1.0, PAIRS));
    let agreement = report.files[0].agreement.as_ref().unwrap();
    assert_eq!((agreement.clusters, agreement.void.len()), (6, 0));
    assert_eq!(agreement.order.as_ref().unwrap().flip_rate.value, 0.0);
    assert_eq!((report.files[0].forfeits.texts, report.files[0].forfeits.forfeited), (2 * PAIRS, 0));
    let json = serde_json::to_value(&report).unwrap();
    assert!(["value", "low", "high", "n"].iter().all(|key| json["accuracy"][key].is_number()), "{json}");
    let page = page::html(&report);
    assert!(page.contains("<svg") && !page.contains("://"), "nothing comes from the network");
}

#[tokio::test]
async fn the_filter_keeps_published_keys_out_and_its_absence_shows() {
    let arena = Arena::empty();
    // Undecided about everything: without the filter every key ties.
    arena.lend(talker("judge")).await;
    let (report, _) = audit(&arena, request(Vec::new(), Suite::ALL.into()), CancellationToken::new()).await;
    let report = report.unwrap();
    let published = report.master_keys.unwrap().published.unwrap();
    assert_eq!((published.keys, published.caught), (10, 10));
    assert_eq!((published.as_it_is.worst, published.as_it_is.both_sides), (0.0, 0.0));
    assert_eq!((published.without_filter.average, published.without_filter.both_sides), (1.0, 0.0));
    let bias = report.bias.unwrap();
    assert_eq!(bias.padding.unwrap().own_ties, 1.0);
    assert_eq!(report.injection.unwrap().mean_shift, 0.0);
}

/// Wrong use and failures are one line on standard error and nothing on standard output.
fn one_sentence(run: &Run, code: i32, parts: &[&str]) {
    assert_eq!((run.code, run.out.as_str(), run.err.trim_end().lines().count()), (code, "", 1), "{run:?}");
    for part in parts {
        assert!(run.err.contains(part), "no {part:?} in {run:?}");
    }
}

#[test]
fn bad_input_to_an_audit_is_one_sentence() {
    let home = Home::new();
    let audit = |judge: &str, file: &str| home.run(&["audit", "judge", judge, "--data", file]);
    one_sentence(&audit("label-probability", "none.jsonl"), 1, &["none.jsonl", "there is no such file"]);
    let file = home.write("rows.jsonl", "{\"topic\": \"t\", \"a\": \"x\"}\n");
    one_sentence(&audit("label-probability", &file), 1, &["rows.jsonl, line 1", "the fields b and label of a pair"]);
    let file = home.write("battles.jsonl", "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"a\"}\n");
    one_sentence(&audit("label-probability", &file), 1, &["line 1", "of no known form"]);
    let file = home.write("good.jsonl", "{\"topic\": \"t\", \"a\": \"x\", \"b\": \"y\", \"label\": \"a\"}\n");
    one_sentence(&audit("labl-probability@x", &file), 2, &["labl-probability", "did you mean"]);
    one_sentence(&audit("label-probability@nowhere", &file), 2, &["nowhere"]);
    let unknown = home.run(&["audit", "judge", "label-probability", "--suite", "luck"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("master-keys") && unknown.err.contains("injection"), "{unknown:?}");
    assert_eq!(home.run(&["audit", "judge", "label-probability", "--sample", "0"]).code, 2);
}

#[test]
fn a_page_of_hostile_names_shows_them_and_obeys_none() {
    let file = "<script>alert(1)</script>\u{1b}[31m.jsonl";
    let report = AuditReport {
        judge: "a<b>@\"m\"".to_owned(),
        recipe_hash: "00".to_owned(),
        models: Vec::new(),
        device: String::new(),
        temperature: 1.0,
        seed: 1,
        accuracy: None,
        files: Vec::new(),
        master_keys: None,
        injection: None,
        bias: None,
        scaling: Vec::new(),
        notes: vec![file.to_owned()],
        cost: Default::default(),
    };
    let page = page::html(&report);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;.jsonl") && page.contains("a&lt;b&gt;@&quot;m&quot;"));
    assert!(!page.contains("<script") && !page.contains('\u{1b}'));
}
