//! The pipeline followed from ask to delivery, with every turn that a role can take.

use proptest::prelude::*;

use super::*;
use crate::agent::fixtures::{SPEECH, found, ran, said, setup};
use crate::domain::speech::{CivilityMeasured, ReviewReturned};

const QUARTET: [Role; 4] = Role::ALL;

fn step(setup: &Setup, work: &[Work]) -> Step {
    Pipeline::new(setup, work).next()
}

/// The step in one word, for tables.
fn name(step: &Step) -> String {
    match step {
        Step::Ask(ask) => ask.role.name().to_owned(),
        Step::Search { queries } => format!("search {}", queries.join(", ")),
        Step::Appraise { draft, .. } => format!("appraise {}", if draft.is_some() { "rewrite" } else { "draft" }),
        Step::Weigh { drafts, .. } => format!("weigh {}", drafts.len()),
        Step::Review(review) if review.approved => "approved".to_owned(),
        Step::Review(review) => format!("sent back: {}", review.notes),
        Step::Deliver(_) => "deliver".to_owned(),
        Step::Fail { .. } => "fail".to_owned(),
    }
}

fn next(setup: &Setup, work: &[Work]) -> String {
    name(&step(setup, work))
}

fn ask(setup: &Setup, work: &[Work]) -> Ask {
    match step(setup, work) {
        Step::Ask(ask) => *ask,
        other => panic!("not an ask: {other:?}"),
    }
}

fn reviewed(approved: bool, notes: &str) -> Work {
    Work::Review(ReviewReturned {
        speech: 0,
        seat: crate::domain::seat::Seat(0),
        side: crate::domain::seat::Side::Proposition,
        revision: 0,
        approved,
        notes: notes.to_owned(),
        remarks: Vec::new(),
    })
}

fn weighed(revision: u32, chosen: usize) -> Work {
    Work::Drafts(crate::domain::speech::DraftsWeighed {
        speech: 0,
        seat: crate::domain::seat::Seat(0),
        side: crate::domain::seat::Side::Proposition,
        revision,
        scores: Vec::new(),
        chosen,
        judge: String::new(),
        usage: crate::domain::usage::Usage::default(),
    })
}

fn appraised(inappropriate: f64, similarity: Option<f64>) -> Work {
    Work::Civility(CivilityMeasured {
        speech: 0,
        seat: crate::domain::seat::Seat(0),
        side: crate::domain::seat::Side::Proposition,
        inappropriate: Some(inappropriate),
        similarity,
        model: "small".to_owned(),
        usage: crate::domain::usage::Usage::default(),
    })
}

/// What a civil team delivers whose draft and rewrite were measured so.
fn delivered(draft: f64, rewrite: f64, kept: f64) -> String {
    let mut setup = setup(&[Role::Writer]);
    setup.team.civility = true;
    let mut work = vec![said(Role::Writer, &format!("{SPEECH} Fools."))];
    assert_eq!(next(&setup, &work), "appraise draft");
    work.push(appraised(draft, None));
    if next(&setup, &work) == "writer" {
        assert!(ask(&setup, &work).brief.rude);
        work.push(said(Role::Writer, &format!("{SPEECH} Friends.")));
        assert_eq!(next(&setup, &work), "appraise rewrite");
        work.push(appraised(rewrite, Some(kept)));
    }
    match step(&setup, &work) {
        Step::Deliver(draft) => draft.text.split_whitespace().last().unwrap_or_default().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rude_draft_is_rewritten_once_and_the_better_mannered_text_stands_if_it_says_the_same() {
    assert_eq!(delivered(0.3, 0.0, 1.0), "Fools.", "what is civil is not rewritten");
    assert_eq!(delivered(0.8, 0.2, 0.9), "Friends.");
    assert_eq!(delivered(0.8, 0.9, 0.9), "Fools.", "a ruder rewrite is not taken");
    assert_eq!(delivered(0.8, 0.2, 0.1), "Fools.", "a rewrite that says something else is not taken");
}

/// A solo Writer that writes so many drafts, so often deeper.
fn drafting(drafts: usize, deepen: u32) -> Setup {
    let mut setup = setup(&[Role::Writer]);
    let writer = setup.team.roles.get_mut(&Role::Writer).unwrap();
    (writer.drafts, writer.deepen) = (Some(drafts), Some(deepen));
    setup
}

fn draft(words: &str) -> Work {
    said(Role::Writer, &format!("{SPEECH} {words}."))
}

#[test]
fn a_fault_that_a_machine_sees_sends_the_draft_back_whatever_the_reviewer_says() {
    let setup = setup(&[Role::Writer, Role::Reviewer]);
    let cites = said(Role::Writer, &format!("{SPEECH} It saves money [E9]."));
    let mut work = vec![cites];
    assert_eq!(ask(&setup, &work).brief.remarks, ["There is no source [E9]."]);
    work.push(said(Role::Reviewer, "APPROVE"));
    assert_eq!(next(&setup, &work), "sent back: There is no source [E9].");
    let Step::Review(review) = step(&setup, &work) else { panic!("no review") };
    assert_eq!(review.remarks, ["There is no source [E9]."]);
    work.push(Work::Review(review));
    work.push(said(Role::Writer, SPEECH));
    assert_eq!(next(&setup, &work), "deliver");
}

#[test]
fn of_several_drafts_the_chosen_one_goes_on() {
    let setup = drafting(3, 0);
    let mut work = vec![draft("First"), draft("Second"), draft("Third")];
    assert_eq!(next(&setup, &work[..2]), "writer");
    assert_eq!(ask(&setup, &work[..2]).ask, 2, "each draft is drawn with another seed");
    assert_eq!(ask(&setup, &work[..2]).brief.draft, "", "no draft is written with another in sight");
    assert_eq!(next(&setup, &work), "weigh 3");
    work.push(weighed(0, 1));
    match step(&setup, &work) {
        Step::Deliver(draft) => assert!(draft.text.ends_with("Second."), "{}", draft.text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_best_draft_is_written_anew_and_stays_if_nothing_beats_it() {
    let setup = drafting(2, 1);
    let mut work = vec![draft("First"), draft("Second"), weighed(0, 0)];
    let deeper = ask(&setup, &work);
    assert!(deeper.brief.draft.ends_with("First.") && deeper.brief.notes.is_empty());
    work.extend([draft("Third"), draft("Fourth")]);
    assert_eq!(next(&setup, &work), "weigh 3");
    work.push(weighed(0, 0));
    match step(&setup, &work) {
        Step::Deliver(draft) => assert!(draft.text.ends_with("First."), "{}", draft.text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cap_in_the_middle_of_the_drafts_chooses_among_those_there_are() {
    let mut setup = drafting(4, 2);
    setup.team.calls = 2;
    let work = vec![draft("First"), draft("Second")];
    assert_eq!(next(&setup, &work), "weigh 2");
    assert_eq!(next(&setup, &[work, vec![weighed(0, 1)]].concat()), "deliver");
    setup.team.calls = 1;
    assert_eq!(next(&setup, &[draft("First")]), "deliver");
}

#[test]
fn a_draft_without_a_speech_ends_the_round() {
    let setup = drafting(3, 0);
    assert_eq!(next(&setup, &[draft("First"), said(Role::Writer, "")]), "deliver");
    assert_eq!(next(&setup, &[draft("First"), draft("Second"), said(Role::Writer, "")]), "weigh 2");
}

#[test]
fn a_quartet_goes_through_its_roles_in_order() {
    let setup = setup(&QUARTET);
    let mut work = Vec::new();
    let table = [
        ("searcher", said(Role::Searcher, "- plastic bags\n- sea")),
        ("search plastic bags, sea", found("E1")),
        ("search plastic bags, sea", ran("plastic bags")),
        ("search sea", ran("sea")),
        ("analyzer", said(Role::Analyzer, "Bags kill turtles.")),
        ("writer", said(Role::Writer, "SEARCH: what shops pay")),
        ("searcher", said(Role::Searcher, "shop costs")),
        ("search shop costs", ran("shop costs")),
        ("writer", said(Role::Writer, SPEECH)),
        ("reviewer", said(Role::Reviewer, "REVISE\nName a cost.")),
        ("sent back: Name a cost.", reviewed(false, "Name a cost.")),
        ("writer", said(Role::Writer, SPEECH)),
    ];
    for (expected, done) in table {
        assert_eq!(next(&setup, &work), expected, "after {} steps", work.len());
        work.push(done);
    }
    assert_eq!(next(&setup, &work), "deliver");
}

#[test]
fn a_later_speech_starts_with_the_analyzer() {
    let setup = Setup { opening: false, ..setup(&QUARTET) };
    assert_eq!(next(&setup, &[]), "analyzer");
}

#[test]
fn without_an_evidence_base_nobody_searches() {
    let setup = Setup { sources: false, ..setup(&QUARTET) };
    assert_eq!(next(&setup, &[]), "analyzer");
    let work = [said(Role::Analyzer, "A plan."), said(Role::Writer, "SEARCH: costs")];
    let again = ask(&setup, &work);
    assert_eq!((again.role, again.ask), (Role::Writer, 1));
    assert!(again.brief.again && !again.brief.may_search);
}

#[test]
fn a_role_that_is_turned_off_is_passed_over() {
    assert_eq!(next(&setup(&[Role::Writer]), &[]), "writer");
    assert_eq!(next(&setup(&[Role::Writer]), &[said(Role::Writer, SPEECH)]), "deliver");
    assert_eq!(next(&setup(&[Role::Analyzer, Role::Writer]), &[]), "analyzer");
    let pair = setup(&[Role::Searcher, Role::Writer]);
    assert_eq!(next(&pair, &[said(Role::Searcher, "sea"), ran("sea")]), "writer");
}

#[test]
fn an_approved_draft_is_delivered() {
    let setup = setup(&[Role::Writer, Role::Reviewer]);
    let mut work = vec![said(Role::Writer, SPEECH), said(Role::Reviewer, "APPROVE")];
    assert_eq!(next(&setup, &work), "approved");
    work.push(reviewed(true, ""));
    let Step::Deliver(draft) = step(&setup, &work) else { panic!("not delivered") };
    assert_eq!((draft.text.as_str(), draft.cut), (SPEECH, false));
}

#[test]
fn a_reviewer_who_may_not_send_back_is_not_asked() {
    let mut setup = setup(&[Role::Writer, Role::Reviewer]);
    setup.team.revisions = 0;
    assert_eq!(next(&setup, &[said(Role::Writer, SPEECH)]), "deliver");
}

#[test]
fn the_writer_is_told_what_to_mend() {
    let setup = setup(&[Role::Writer, Role::Reviewer]);
    let work = [said(Role::Writer, SPEECH), said(Role::Reviewer, "REVISE: shorter"), reviewed(false, "shorter")];
    let again = ask(&setup, &work);
    assert_eq!((again.revision, again.ask), (1, 0));
    assert_eq!((again.brief.draft.as_str(), again.brief.notes.as_str()), (SPEECH, "shorter"));
}

#[test]
fn requests_for_material_are_answered_as_often_as_the_team_allows() {
    let setup = setup(&[Role::Searcher, Role::Writer]);
    let mut work = vec![said(Role::Searcher, "none?"), ran("none?"), said(Role::Writer, "SEARCH: costs")];
    assert_eq!(ask(&setup, &work).brief.request, "costs");
    work.extend([said(Role::Searcher, "costs"), ran("costs"), said(Role::Writer, "SEARCH: more")]);
    let again = ask(&setup, &work);
    assert_eq!((again.role, again.ask, again.brief.may_search), (Role::Writer, 2, false));
}

#[test]
fn a_query_is_never_run_twice_for_one_speech() {
    let setup = setup(&[Role::Searcher, Role::Writer]);
    let work = [
        said(Role::Searcher, "Sea"),
        ran("Sea"),
        said(Role::Writer, "SEARCH: the sea"),
        said(Role::Searcher, "sea\nshops"),
    ];
    assert_eq!(next(&setup, &work), "search shops");
}

#[test]
fn an_answer_without_queries_searches_for_the_motion_itself_once() {
    let setup = setup(&QUARTET);
    let nothing = said(Role::Searcher, "Here are my queries:\n\n");
    assert_eq!(next(&setup, std::slice::from_ref(&nothing)), "search This House would ban single-use plastics");
    let work = [nothing, ran("This House would ban single-use plastics")];
    assert_eq!(next(&setup, &work), "analyzer");
}

#[test]
fn an_empty_answer_is_asked_again_and_the_third_one_fails() {
    let setup = setup(&[Role::Writer]);
    let mut work = Vec::new();
    for (number, answer) in ["", " \n\u{1b}[31m\u{7}", "FINISHED"].into_iter().enumerate() {
        assert_eq!(ask(&setup, &work).ask as usize, number);
        work.push(said(Role::Writer, answer));
    }
    let Step::Fail { reason } = step(&setup, &work) else { panic!("not failed") };
    assert!(reason.contains("wrote no speech in 3 answers"), "{reason}");
}

#[test]
fn a_resumed_debate_asks_a_speechless_writer_again_whatever_the_cap() {
    let mut setup = setup(&[Role::Writer]);
    (setup.team.calls, setup.resumed) = (1, 1);
    let work = vec![said(Role::Writer, ""); 5];
    assert_eq!(ask(&setup, &work).ask, 5);
    assert_eq!(next(&setup, &[work.as_slice(), &[said(Role::Writer, SPEECH)]].concat()), "deliver");
}

#[test]
fn a_draft_of_a_few_words_stands_only_when_nothing_better_comes() {
    let setup = setup(&[Role::Writer, Role::Reviewer]);
    let mut work = vec![said(Role::Writer, "We are for it."), said(Role::Writer, ""), said(Role::Writer, "Yes.")];
    assert!(ask(&setup, &work[..2]).brief.again);
    let Step::Deliver(draft) = step(&setup, &work) else { panic!("not delivered") };
    assert_eq!(draft.text, "We are for it.");
    work[2] = said(Role::Writer, SPEECH);
    assert_eq!(next(&setup, &work), "reviewer");
}

#[test]
fn a_revision_that_comes_to_nothing_leaves_the_earlier_draft() {
    let setup = setup(&[Role::Writer, Role::Reviewer]);
    let mut work = vec![said(Role::Writer, SPEECH), said(Role::Reviewer, "REVISE: x"), reviewed(false, "x")];
    work.extend([said(Role::Writer, ""), said(Role::Writer, ""), said(Role::Writer, "")]);
    let Step::Deliver(draft) = step(&setup, &work) else { panic!("not delivered") };
    assert_eq!(draft.text, SPEECH);
}

#[test]
fn the_last_call_of_the_cap_belongs_to_the_writer() {
    let mut setup = setup(&QUARTET);
    setup.team.calls = 2;
    assert_eq!(next(&setup, &[]), "searcher");
    let work = [said(Role::Searcher, "sea"), ran("sea")];
    assert_eq!(next(&setup, &work), "writer");
    assert_eq!(next(&setup, &[work.as_slice(), &[said(Role::Writer, SPEECH)]].concat()), "deliver");
    setup.team.calls = 0;
    assert_eq!(next(&setup, &[]), "writer");
}

#[test]
fn a_speech_that_overruns_is_cut_at_a_sentence() {
    let setup = Setup { words: 20, ..setup(&[Role::Writer]) };
    let Step::Deliver(draft) = step(&setup, &[said(Role::Writer, SPEECH)]) else { panic!("not delivered") };
    assert_eq!((draft.words, draft.cut), (14, true));
    assert!(draft.text.ends_with("out of the sea."));
}

#[test]
fn a_speech_that_ran_out_of_tokens_ends_with_its_last_whole_sentence() {
    let setup = setup(&[Role::Writer]);
    let mut work = said(Role::Writer, &format!("{SPEECH} And then there is the"));
    if let Work::Role(said) = &mut work {
        said.usage.completion_tokens = u64::from(ask(&setup, &[]).max_tokens);
    }
    let Step::Deliver(draft) = step(&setup, &[work]) else { panic!("not delivered") };
    assert_eq!((draft.text.as_str(), draft.cut), (SPEECH, true));
}

#[test]
fn a_role_writes_no_more_tokens_than_its_team_allows() {
    let mut setup = setup(&[Role::Writer]);
    let wanted = ask(&setup, &[]).max_tokens;
    let mut allow = |tokens| {
        setup.team.roles.get_mut(&Role::Writer).unwrap().tokens = Some(tokens);
        ask(&setup, &[]).max_tokens
    };
    assert_eq!((allow(wanted - 1), allow(wanted + 1)), (wanted - 1, wanted));
}

#[test]
fn found_evidence_reaches_the_writer_beside_the_bag() {
    let mut setup = setup(&[Role::Searcher, Role::Writer]);
    setup.bag = vec![crate::agent::fixtures::item("E1", "old")];
    let asked = ask(&setup, &[said(Role::Searcher, "sea"), found("E2"), ran("sea")]);
    let labels: Vec<_> = asked.brief.evidence.iter().map(|item| item.label.as_str()).collect();
    assert_eq!(labels, ["E1", "E2"]);
}

/// Plays a team whose answers come from `answers`, as the engine would, and gives the steps taken and the last one.
fn play(setup: &Setup, answers: &[String]) -> (usize, Step) {
    let mut work = Vec::new();
    let mut answers = answers.iter().cycle();
    let bound = 4 * setup.team.calls.max(1) as usize + 4;
    for steps in 0..=bound * 4 {
        let step = step(setup, &work);
        assert_eq!(step, Pipeline::new(setup, &work).next(), "equal work gives an equal step");
        match step {
            Step::Ask(ask) => work.push(said(ask.role, answers.next().map_or("", String::as_str))),
            Step::Search { queries } => work.push(ran(&queries[0])),
            Step::Appraise { draft, .. } => work.push(appraised(0.9, draft.map(|_| 0.9))),
            Step::Weigh { revision, drafts } => {
                assert!(drafts.len() > 1, "one draft needs no choice");
                work.push(weighed(revision, drafts.len() - 1));
            }
            Step::Review(review) => work.push(Work::Review(review)),
            end @ (Step::Deliver(_) | Step::Fail { .. }) => return (steps, end),
        }
    }
    panic!("the pipeline does not end");
}

fn any_answer() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just(SPEECH.to_owned()),
        Just("SEARCH: costs".to_owned()),
        Just("REVISE\n- name a cost".to_owned()),
        Just("APPROVE".to_owned()),
        Just("one query\nanother query".to_owned()),
        ".{0,80}",
        "(\\PC|\n|SEARCH |REVISE|```|<<<|\"|:| FINISHED | ){0,40}",
    ]
}

proptest! {
    #[test]
    fn every_team_comes_to_an_end_whatever_is_said(
        answers in prop::collection::vec(any_answer(), 1..12),
        roles in prop::sample::subsequence(vec![Role::Searcher, Role::Analyzer, Role::Reviewer], 0..=3),
        (calls, revisions, requests) in (0u32..18, 0u32..5, 0u32..5),
        (sources, opening, words) in (any::<bool>(), any::<bool>(), 1usize..200),
        (drafts, deepen, civility) in (1usize..4, 0u32..3, any::<bool>()),
    ) {
        let mut setup = setup(&[roles.as_slice(), &[Role::Writer]].concat());
        (setup.team.calls, setup.team.revisions, setup.team.requests) = (calls, revisions, requests);
        (setup.sources, setup.opening, setup.words) = (sources, opening, words);
        let writer = setup.team.roles.get_mut(&Role::Writer).unwrap();
        (writer.drafts, writer.deepen) = (Some(drafts), Some(if drafts > 1 { deepen } else { 0 }));
        setup.team.civility = civility;
        let (steps, end) = play(&setup, &answers);
        let (calls, queries) = (calls.max(1) as usize, DEFAULT_QUERIES * (requests as usize + 1));
        prop_assert!(steps <= 2 * (calls + 2) + queries, "{steps} steps");
        if let Step::Deliver(draft) = end {
            prop_assert!(draft.words <= words && draft.words == count_words(&draft.text));
            prop_assert!(!draft.text.split_whitespace().any(|word| word == "FINISHED") && !draft.text.trim().is_empty());
        }
    }
}
