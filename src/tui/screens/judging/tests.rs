//! A judging session by its keys.

use std::collections::BTreeMap;

use super::*;
use crate::assets::Sourced;
use crate::domain::format::StageKind;
use crate::domain::transcript::{Contest, Spoken, Transcript as Spoke};

fn case(number: usize, first: Side) -> BlindCase {
    let spoken = |side, text: &str| Spoken {
        side,
        stage: StageKind::Constructive,
        text: text.to_owned(),
        words: 2,
        limit: None,
        citations: Vec::new(),
    };
    let transcript = Spoke {
        contest: Contest::Arguments,
        topic: format!("Topic {number}"),
        positions: BTreeMap::new(),
        speeches: vec![spoken(Side::Proposition, "for it"), spoken(Side::Opposition, "against it")],
        places: Vec::new(),
        sources: BTreeMap::new(),
    };
    BlindCase {
        case: Sourced { source: format!("pairs:{number}"), transcript },
        first,
        dimensions: vec!["argument".to_owned(), "language".to_owned()],
    }
}

fn sitting(first: &[Side]) -> Judging {
    let (mut judging, asked) =
        Judging::new(BlindRequest { name: "ann".to_owned(), ..BlindRequest::default() }, "", true);
    assert!(matches!(asked.as_slice(), [Reply::Cmd(Cmd::Blind(_))]));
    let cases = first.iter().enumerate().map(|(number, first)| case(number, *first)).collect();
    judging.take(BlindQueue { name: "ann".to_owned(), cases, ..BlindQueue::default() });
    judging
}

fn vote(replies: Option<Vec<Reply>>) -> Vote {
    match replies.unwrap_or_default().pop() {
        Some(Reply::Cmd(Cmd::Vote { vote, .. })) => vote,
        other => panic!("no vote: {other:?}"),
    }
}

#[test]
fn letters_become_sides_only_in_the_ballot() {
    let mut judging = sitting(&[Side::Opposition]);
    for action in [Action::SideA, Action::ScoreFive, Action::ScoreTwo, Action::ScoreOne, Action::Right, Action::Right] {
        judging.act(action);
    }
    let vote = vote(judging.act(Action::Open));
    assert_eq!((vote.winner, vote.first), (Some(Side::Opposition), Some(Side::Opposition)));
    // B is the proposition here. A dimension that only one side was scored on is left out.
    assert_eq!(vote.scores, [("argument".to_owned(), [4.0, 10.0])]);
    assert!((vote.confidence - 0.85).abs() < 1e-9);
}

#[test]
fn a_ballot_counts_as_handed_in_only_when_it_is_kept() {
    let mut judging = sitting(&[Side::Proposition, Side::Proposition]);
    assert!(matches!(judging.act(Action::Open).as_deref(), Some([Reply::Notice(_)])));
    judging.act(Action::Tie);
    assert!((vote(judging.act(Action::Open)).confidence - 0.5).abs() < 1e-9);
    assert_eq!((judging.at, judging.act(Action::Open).map(|replies| replies.len())), (0, Some(0)));
    judging.kept();
    assert_eq!((judging.at, judging.handed.len()), (1, 1));
    judging.act(Action::SideB);
    judging.act(Action::Open);
    judging.refused();
    assert_eq!((judging.at, judging.paper.choice), (1, Some(Choice::Letter(1))));
}

#[test]
fn what_is_put_off_comes_again_and_the_last_ballot_can_be_changed() {
    let mut judging = sitting(&[Side::Proposition; 3]);
    judging.act(Action::Skip);
    assert_eq!(judging.at, 1);
    for _ in 0..2 {
        judging.act(Action::SideA);
        judging.act(Action::Open);
        judging.kept();
    }
    assert_eq!(judging.at, 0);
    judging.act(Action::Undo);
    assert_eq!((judging.at, judging.paper.choice), (2, Some(Choice::Letter(0))));
    judging.act(Action::SideB);
    judging.act(Action::Open);
    judging.kept();
    assert_eq!(judging.at, 0);
    judging.act(Action::Tie);
    judging.act(Action::Open);
    assert!(matches!(judging.kept().last(), Some(Reply::Cmd(Cmd::People))));
    assert!(matches!(judging.stage, Stage::Over));
}

#[test]
fn a_name_is_asked_for_and_typed_letters_decide_nothing() {
    let (mut judging, asked) = Judging::new(BlindRequest::default(), "a", false);
    assert!(asked.is_empty() && judging.is_typing());
    for key in ["n", "space", "n"] {
        judging.press(key.parse().unwrap());
    }
    let replies = judging.press("enter".parse().unwrap()).unwrap();
    let [Reply::Cmd(Cmd::Blind(request))] = replies.as_slice() else { panic!("{replies:?}") };
    assert_eq!(request.name, "ann");
    let mut judging = sitting(&[Side::Proposition]);
    judging.act(Action::Note);
    for key in ["b", "t", "5", "enter"] {
        judging.press(key.parse().unwrap());
    }
    assert_eq!((judging.paper.note.text(), judging.paper.choice, judging.is_typing()), ("bt5", None, false));
}
