//! The engine with scripted models: whole debates, stops, resumes, failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rhetor::domain::event::{DebateId, Event};
use rhetor::domain::seat::Side;
use rhetor::domain::team::{PERSON, Role};
use rhetor::domain::usage::Ceilings;
use rhetor::domain::verdict::Unrated;
use rhetor::engine::command::{Accepted, Command, DebateRequest};
use rhetor::engine::error::EngineError;
use rhetor::engine::export::ExportFormat;
use rhetor::engine::publish::{Caller, Live, Published};
use rhetor::model::ModelError;
use rhetor::model::scripted::ScriptedModel;
use rhetor::rating::Selection;

use crate::support::{Arena, PROSE, count, duel, idle, talker};

#[tokio::test]
async fn a_duel_runs_to_its_end_is_judged_and_rated() {
    let arena = Arena::with_talkers().await;
    let (id, debate) = arena.run(duel()).await;
    assert!(debate.closed, "{:?}", debate.stopped);
    assert_eq!(debate.speeches.len(), 4);
    let outcome = debate.outcome.unwrap();
    assert_eq!(outcome.unrated, None);
    assert!(!outcome.audited);
    let ladder = arena.engine.queries().ladder(&Selection::default()).unwrap();
    assert_eq!(ladder.rows().len(), 2);
    assert_eq!(arena.engine.queries().resolve("last").unwrap(), id);
}

#[tokio::test]
async fn a_full_debate_of_quartet_and_solo_has_six_speeches_and_a_searched_bag() {
    let arena = Arena::with_talkers().await;
    let evidence = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/evidence");
    let request = DebateRequest {
        proposition: Some("quartet@pro".to_owned()),
        format: Some("agent4debate".to_owned()),
        evidence: Some(evidence.to_owned()),
        ..duel()
    };
    let (id, debate) = arena.run(request).await;
    assert!(debate.closed, "{:?}", debate.stopped);
    assert_eq!(debate.speeches.len(), 6);
    let sides: Vec<Side> = debate.speeches.values().map(|speech| speech.side).collect();
    assert_eq!(sides[4..], [Side::Opposition, Side::Proposition], "the summaries are flipped");
    let log = arena.log(&id);
    for role in Role::ALL {
        assert!(count(&log, |e| matches!(e, Event::RoleSaid(said) if said.role == role)) > 0, "no {role}");
    }
    assert!(count(&log, |e| matches!(e, Event::QueryRun(_))) > 0);
    assert!(debate.bags.values().flatten().count() > 0, "nothing was found in the folder");
}

/// Answers whatever a person is asked for in a debate until it no longer runs.
async fn answer_for_the_person(arena: &Arena, request: DebateRequest, say: impl Fn(usize) -> String) -> DebateId {
    let mut subscription = arena.engine.subscribe();
    let Accepted::Debate(id) = arena.engine.submit(Command::Start(Box::new(request))).await.unwrap() else { panic!() };
    loop {
        match subscription.next().await.unwrap().unwrap() {
            Published::Live { live: Live::CallBegan { caller: Caller::Role { speech, role, .. }, model }, .. }
                if model == PERSON =>
            {
                let said = Command::Say { debate: id.clone(), speech, role, text: say(speech) };
                arena.engine.submit(said).await.unwrap();
            }
            Published::Idle { .. } => return id,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_person_debates_a_model_is_judged_and_stands_on_the_ladder_with_its_own_words() {
    let arena = Arena::with_talkers().await;
    let request = DebateRequest { proposition: Some("person".to_owned()), ..duel() };
    let own = |speech: usize| format!("Good evening. Speech {speech} is **mine**.");
    let id = answer_for_the_person(&arena, request, own).await;
    let debate = arena.engine.queries().debate(&id).unwrap();
    assert!(debate.closed, "{:?}", debate.stopped);
    let mine = debate.speeches.values().filter(|speech| speech.side == Side::Proposition);
    let texts: Vec<(usize, &str)> = mine.map(|speech| (speech.speech, speech.text.as_str())).collect();
    assert_eq!(texts, [(0, "Good evening. Speech 0 is **mine**."), (3, "Good evening. Speech 3 is **mine**.")]);
    assert_eq!(debate.outcome.unwrap().proposition, "person");
    let ladder = arena.engine.queries().ladder(&Selection::default()).unwrap();
    assert!(ladder.rows().iter().any(|row| row.player == "person"));
    let late = Command::Say { debate: id, speech: 0, role: Role::Writer, text: "Again.".to_owned() };
    assert!(matches!(arena.engine.submit(late).await, Err(EngineError::NotRunning(_))));
}

#[tokio::test]
async fn a_person_that_leaves_is_asked_again_when_the_debate_goes_on() {
    let arena = Arena::with_talkers().await;
    let mut subscription = arena.engine.subscribe();
    let request = DebateRequest { proposition: Some("person".to_owned()), ..duel() };
    let Accepted::Debate(id) = arena.engine.submit(Command::Start(Box::new(request))).await.unwrap() else { panic!() };
    let asks = |published: &Published| matches!(published, Published::Live { live: Live::CallBegan { model, .. }, .. } if model == PERSON);
    while !asks(&subscription.next().await.unwrap().unwrap()) {}
    let empty = Command::Say { debate: id.clone(), speech: 0, role: Role::Writer, text: " \n".to_owned() };
    assert!(arena.engine.submit(empty).await.unwrap_err().to_string().contains("nothing in it yet"));
    let other = Command::Say { debate: id.clone(), speech: 3, role: Role::Writer, text: "We.".to_owned() };
    assert!(arena.engine.submit(other).await.unwrap_err().to_string().contains("wait for your turn"));
    arena.engine.submit(Command::Stop(id.clone())).await.unwrap();
    arena.engine.submit(Command::Resume { debate: id.clone(), ceilings: None }).await.unwrap();
    while !asks(&subscription.next().await.unwrap().unwrap()) {}
    let said = Command::Say { debate: id.clone(), speech: 0, role: Role::Writer, text: "We agree.".to_owned() };
    arena.engine.submit(said).await.unwrap();
    let delivered = |published: &Published| matches!(published, Published::Recorded { entry, .. } if matches!(&entry.event, Event::SpeechDelivered(one) if one.speech == 0));
    while !delivered(&subscription.next().await.unwrap().unwrap()) {}
    arena.engine.submit(Command::Shutdown).await.unwrap();
    assert_eq!(arena.engine.queries().debate(&id).unwrap().speeches[&0].text, "We agree.");
}

#[tokio::test]
async fn what_a_subscriber_hears_is_the_log_without_a_gap() {
    let arena = Arena::with_talkers().await;
    let mut subscription = arena.engine.subscribe();
    let id = arena.start(duel()).await;
    let heard = idle(&mut subscription, &id).await;
    assert_eq!(heard, arena.log(&id));
    assert!(heard.iter().enumerate().all(|(place, entry)| entry.seq == place as u64));
}

#[tokio::test]
async fn a_result_moves_the_ladder_when_it_is_published() {
    let arena = Arena::with_talkers().await;
    let judge = talker("judge").scoring(|question| {
        // Whatever the letter, the speaker that the question lists first is the proposition's or not: a fixed leaning
        // to A is taken off by the orders, so this judge ties.
        vec![-0.1; question.labels.len()]
    });
    arena.lend(judge).await;
    let mut subscription = arena.engine.subscribe();
    let request = DebateRequest { judges: Some(vec!["label-probability@judge".to_owned()]), ..duel() };
    let id = arena.start(request).await;
    let mut changes = Vec::new();
    while let Some(message) = subscription.next().await.unwrap() {
        match message {
            Published::Recorded { ratings, .. } => changes.extend(ratings),
            Published::Idle { debate, .. } if debate == id => break,
            _ => {}
        }
    }
    assert_eq!(changes.len(), 2);
    assert!(changes.iter().all(|change| (change.before - 1000.0).abs() < f64::EPSILON));
}

#[tokio::test]
async fn four_teams_are_compared_two_by_two_ranked_and_rated_as_six_games() {
    let arena = Arena::empty();
    let words = ["gold", "silver", "bronze", "lead"];
    for word in words {
        let prose = format!("{PROSE} We bring {word}.");
        arena.lend(ScriptedModel::saying(&[&prose]).with_card(move |card| card.name = word.to_owned())).await;
    }
    // Likes what holds the better metal: the positive replies are asked first.
    let judge = talker("judge").scoring(move |question| {
        let said = question.messages.iter().map(|message| message.content.as_str()).collect::<String>();
        let worth = words.iter().position(|word| said.contains(word)).unwrap_or(words.len());
        let half = question.labels.len() / 2;
        (0..question.labels.len()).map(|at| if at < half { -0.5 * worth as f64 } else { -1.0 }).collect()
    });
    arena.lend(judge).await;
    let seat = |name: &str, team: &str| (name.to_owned(), format!("solo@{team}"));
    let request = DebateRequest {
        format: Some("british-parliamentary".to_owned()),
        proposition: Some("solo@silver".to_owned()),
        opposition: Some("solo@lead".to_owned()),
        seats: [seat("closing-government", "bronze"), seat("closing-opposition", "gold")].into(),
        judges: Some(vec!["follow-up-likelihood@judge".to_owned()]),
        ..duel()
    };
    let (id, debate) = arena.run(request).await;
    assert!(debate.closed, "{:?}", debate.stopped);
    assert_eq!(debate.ballots().len(), 6);
    let outcome = debate.outcome.unwrap();
    let order: Vec<_> = outcome.ranking.iter().map(|team| (team.place, team.player.as_str(), team.points)).collect();
    assert_eq!(order, [(1, "solo@gold", 3.0), (2, "solo@silver", 2.0), (3, "solo@bronze", 1.0), (4, "solo@lead", 0.0)]);
    assert_eq!((outcome.winner, outcome.unrated), (Some(Side::Opposition), None));
    assert_eq!(outcome.judges, ["follow-up-likelihood@judge"]);
    let games = arena.engine.queries().games().unwrap();
    assert_eq!(games.len(), 6);
    let changes = arena.engine.queries().rating_changes(&id).unwrap();
    assert_eq!(changes.len(), 4);
    let gain =
        |player: &str| changes.iter().find(|change| change.player == player).map(|it| it.after - it.before).unwrap();
    assert!(gain("solo@gold") > gain("solo@silver") && gain("solo@bronze") > gain("solo@lead"));
}

#[tokio::test]
async fn a_team_that_searches_delivers_the_draft_that_its_own_model_likes_best() {
    let arena = Arena::empty();
    let drafts: Vec<String> = (0..9).map(|number| format!("{PROSE} That is reason {number} of ours.")).collect();
    let answers: Vec<&str> = drafts.iter().map(String::as_str).collect();
    let pro = ScriptedModel::saying(&answers).with_card(|card| (card.name, card.local) = ("pro".to_owned(), true));
    // Some leaning that depends on the texts and on nothing else.
    arena
        .lend(pro.scoring(|question| {
            let said: usize = question.messages.iter().flat_map(|it| it.content.bytes().map(usize::from)).sum();
            (0..question.labels.len()).map(|at| -(((said * (at + 3)) % 97) as f64) / 97.0 - 0.01).collect()
        }))
        .await;
    arena.lend(talker("con")).await;
    let request = DebateRequest { proposition: Some("search@pro".to_owned()), ..duel() };
    let (id, debate) = arena.run(request).await;
    assert!(debate.closed, "{:?}", debate.stopped);
    let log = arena.log(&id);
    let first: Vec<_> = log
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::DraftsWeighed(weighed) if weighed.speech == 0 => Some(weighed),
            _ => None,
        })
        .collect();
    assert_eq!(first.iter().map(|weighed| weighed.scores.len()).collect::<Vec<_>>(), [3, 4]);
    for weighed in &first {
        let best = weighed.scores.iter().copied().fold(0.0, f64::max);
        assert!((weighed.scores[weighed.chosen] - best).abs() < f64::EPSILON, "{weighed:?}");
        let mean = weighed.scores.iter().sum::<f64>() / weighed.scores.len() as f64;
        assert!((mean - 0.5).abs() < 1e-9 && weighed.judge == "label-probability@pro", "{weighed:?}");
    }
    // The second round weighs the best of the first, and behind it the three that were made of it.
    let written: Vec<&str> = log
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::RoleSaid(said) if said.speech == 0 => Some(said.text.as_str()),
            _ => None,
        })
        .collect();
    let second = [&[written[first[0].chosen]][..], &written[3..6]].concat();
    assert_eq!(debate.speeches[&0].text, second[first[1].chosen]);
}

#[tokio::test]
async fn a_router_gives_a_role_to_the_model_that_does_what_it_should_and_says_why() {
    let first = Arena::empty();
    let team = "name = \"mixed\"\ncalls = 12\nthrift = 0.0\n[roles.writer]\nmodel = \"mute\"\nor = [\"pro\"]\n";
    std::fs::create_dir_all(first.home.path().join("teams")).unwrap();
    std::fs::write(first.home.path().join("teams/mixed.toml"), team).unwrap();
    let arena = Arena { engine: first.reopened(), home: tempfile::tempdir().unwrap() };
    // It answers, and never with a speech.
    arena.lend(ScriptedModel::saying(&["No."]).with_card(|card| card.name = "mute".to_owned())).await;
    arena.lend(talker("pro")).await;
    arena.lend(talker("con")).await;
    let request = DebateRequest { proposition: Some("mixed".to_owned()), ..duel() };
    let (id, debate) = arena.run(request).await;
    assert!(debate.closed, "{:?}", debate.stopped);
    let log = arena.log(&id);
    let chosen: Vec<(&str, &str)> = log
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::CallRouted(routed) => Some((routed.model.as_str(), routed.why.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(chosen.iter().map(|(model, _)| *model).collect::<Vec<_>>(), ["mute", "pro", "pro"]);
    assert!(chosen[0].1.starts_with("not tried yet") && chosen[2].1.starts_with("1 of 1 calls did"), "{chosen:?}");
    assert!(debate.speeches[&0].text.contains("protects"), "{}", debate.speeches[&0].text);
}

#[tokio::test]
async fn a_chinese_motion_is_debated_in_chinese_by_every_role_in_every_stage() {
    let arena = Arena::empty();
    let heard: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    let asked = Arc::clone(&heard);
    let writer = ScriptedModel::new(move |request| {
        let task = request.messages.last().map(|message| message.content.clone()).unwrap_or_default();
        let answer = if task.contains("资料库") {
            "一次性塑料 海洋\n塑料 回收"
        } else if task.contains("请像编辑一样检查") {
            "修改。请说明理由。"
        } else {
            "我们支持禁止一次性塑料，因为塑料会在海里留下很多年，而可以重复使用的杯子每天都在节省钱和垃圾，城市也会更干净。"
        };
        asked.lock().unwrap().extend(request.messages.iter().map(|message| message.content.clone()));
        Ok(answer.to_owned())
    });
    arena.lend(writer.with_card(|card| card.name = "zh".to_owned())).await;
    let evidence = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/evidence");
    let request = DebateRequest {
        motion: "本院认为应当禁止一次性塑料".to_owned(),
        proposition: Some("quartet@zh".to_owned()),
        opposition: Some("quartet@zh".to_owned()),
        format: Some("british-parliamentary".to_owned()),
        judges: Some(Vec::new()),
        evidence: Some(evidence.to_owned()),
        ..duel()
    };
    let (id, debate) = arena.run(request).await;
    assert!(debate.closed, "{:?}", debate.stopped);
    let heard = heard.lock().unwrap().join("\n");
    for part in [
        "用中文发言",
        "辩题是：本院认为应当禁止一次性塑料。",
        "我们支持这个辩题。",
        "我们反对这个辩题。",
        "请写我方的结辩",
        "用“您怎么知道”开头",
        "请写我方的反驳",
        "编辑的意见",
        "我方队友提问",
        "我方第一支队伍",
    ] {
        assert!(heard.contains(part), "nobody was told {part}");
    }
    assert!(!heard.contains("You are a debater"));
    let revised = count(&arena.log(&id), |event| matches!(event, Event::ReviewReturned(review) if !review.approved));
    assert!(revised > 0, "no draft was sent back");
    assert!(debate.speeches.values().all(|speech| speech.words > 20), "Chinese characters were not counted");
}

#[tokio::test]
async fn a_seat_that_the_format_does_not_have_is_named_with_those_it_has() {
    let arena = Arena::with_talkers().await;
    let request = DebateRequest { seats: [("closing-government".to_owned(), "solo@pro".to_owned())].into(), ..duel() };
    let error = arena.engine.submit(Command::Start(Box::new(request))).await.unwrap_err().to_string();
    assert!(
        error.contains("the format duel has no seat \"closing-government\"; its seats are proposition, opposition"),
        "{error}"
    );
}

#[tokio::test]
async fn the_same_seed_asks_with_the_same_requests() {
    let mut requests = Vec::new();
    for _ in 0..2 {
        let arena = Arena::with_talkers().await;
        let (id, _) = arena.run(duel()).await;
        let hashes: Vec<_> = arena
            .log(&id)
            .into_iter()
            .filter_map(|entry| match entry.event {
                Event::RoleSaid(said) => Some(said.request),
                Event::JudgeSaid(said) => Some(said.request),
                _ => None,
            })
            .collect();
        requests.push(hashes);
    }
    requests.iter_mut().for_each(|hashes| hashes.sort());
    assert_eq!(requests[0], requests[1]);
}

#[tokio::test]
async fn a_stopped_debate_keeps_the_partial_text_and_goes_on_where_it_was() {
    let arena = Arena::empty();
    arena.lend(talker("con")).await;
    arena.lend(talker("pro").stuck_after(2)).await;
    let mut subscription = arena.engine.subscribe();
    let id = arena.start(duel()).await;
    let mut pieces = 0;
    while pieces < 2 {
        if let Some(Published::Live { live: Live::Token { .. }, .. }) = subscription.next().await.unwrap() {
            pieces += 1;
        }
    }
    arena.engine.submit(Command::Stop(id.clone())).await.unwrap();
    let log = arena.log(&id);
    let partial = log.iter().find_map(|entry| match &entry.event {
        Event::Interrupted { partial, .. } => Some(partial.clone()),
        _ => None,
    });
    assert!(PROSE.starts_with(&partial.expect("the partial text was kept")));

    let again = arena.reopened();
    let other = Arena { engine: again, home: tempfile::tempdir().unwrap() };
    other.lend(talker("pro")).await;
    other.lend(talker("con")).await;
    let mut subscription = other.engine.subscribe();
    other.engine.submit(Command::Resume { debate: id.clone(), ceilings: None }).await.unwrap();
    idle(&mut subscription, &id).await;
    let log = other.log(&id);
    let debate = other.engine.queries().debate(&id).unwrap();
    assert!(debate.closed, "{:?}", debate.stopped);
    assert_eq!(count(&log, |event| matches!(event, Event::SpeechDelivered(_))), 4, "no speech twice");
}

#[tokio::test]
async fn the_momentum_of_a_debate_is_measured_after_each_speech_once_while_the_judge_still_writes() {
    let arena = Arena::with_settings("");
    for name in ["pro", "con"] {
        arena.lend(talker(name)).await;
    }
    // The judge shows probabilities at once and never finishes a text.
    arena.lend(talker("slow").stuck_after(1)).await;
    let mut subscription = arena.engine.subscribe();
    let request = DebateRequest { judges: Some(vec!["debatrix@slow".to_owned()]), ..duel() };
    let id = arena.start(request).await;
    let mut measured = Vec::new();
    while measured.len() < 3 {
        if let Some(Published::Recorded { entry, .. }) = subscription.next().await.unwrap()
            && let Event::ProspectMeasured(prospect) = &entry.event
        {
            assert_eq!(prospect.judge, "label-probability@slow");
            measured.push(prospect.speeches);
        }
    }
    arena.engine.submit(Command::Stop(id.clone())).await.unwrap();
    measured.sort_unstable();
    assert_eq!(measured, [2, 3, 4], "one speech alone is no debate");
    let debate = arena.engine.queries().debate(&id).unwrap();
    assert_eq!(debate.prospects.len(), 3);
    assert!(!debate.closed && debate.stopped.is_none(), "nothing waits for the momentum");
}

#[tokio::test]
async fn a_model_that_fails_stops_the_debate_and_a_resume_finishes_it() {
    let arena = Arena::empty();
    arena.lend(talker("pro")).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let flaky = ScriptedModel::new(move |_| {
        if seen.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err(ModelError::Unreachable { endpoint: "con".to_owned(), reason: "refused".to_owned() });
        }
        Ok(PROSE.to_owned())
    });
    arena.lend(flaky.with_card(|card| card.name = "con".to_owned())).await;
    let (id, debate) = arena.run(duel()).await;
    assert!(debate.stopped.unwrap().contains("cannot be reached"));
    assert!(!debate.closed);
    let mut subscription = arena.engine.subscribe();
    arena.engine.submit(Command::Resume { debate: id.clone(), ceilings: None }).await.unwrap();
    idle(&mut subscription, &id).await;
    assert!(arena.engine.queries().debate(&id).unwrap().closed);
}

#[tokio::test]
async fn a_model_that_says_nothing_is_a_failure_and_no_forfeit() {
    let arena = Arena::with_talkers().await;
    arena.lend(ScriptedModel::saying(&[""]).with_card(|card| card.name = "pro".to_owned())).await;
    let (_, debate) = arena.run(duel()).await;
    assert!(!debate.closed);
    assert!(debate.stopped.is_some() && debate.outcome.is_none());
}

#[tokio::test]
async fn a_ceiling_stops_the_debate_and_a_higher_one_lets_it_go_on() {
    let arena = Arena::with_talkers().await;
    let request = DebateRequest { ceilings: Ceilings { tokens: Some(600), dollars: None }, ..duel() };
    let (id, debate) = arena.run(request).await;
    assert!(debate.budget_reached, "{:?}", debate.stopped);
    let mut subscription = arena.engine.subscribe();
    let ceilings = Some(Ceilings { tokens: Some(1_000_000), dollars: None });
    arena.engine.submit(Command::Resume { debate: id.clone(), ceilings }).await.unwrap();
    idle(&mut subscription, &id).await;
    assert!(arena.engine.queries().debate(&id).unwrap().closed);
}

#[tokio::test]
async fn a_player_that_meets_itself_is_not_rated() {
    let arena = Arena::with_talkers().await;
    let request = DebateRequest { opposition: Some("solo@pro".to_owned()), ..duel() };
    let (_, debate) = arena.run(request).await;
    assert_eq!(debate.outcome.unwrap().unrated, Some(Unrated::SelfPlay));
    assert!(arena.engine.queries().ladder(&Selection::default()).unwrap().rows().is_empty());
}

#[tokio::test]
async fn a_debate_that_runs_here_is_refused_to_a_second_engine_by_name() {
    let arena = Arena::empty();
    arena.lend(talker("con")).await;
    arena.lend(talker("pro").stuck_after(1)).await;
    let id = arena.start(duel()).await;
    let other = Arena { engine: arena.reopened(), home: tempfile::tempdir().unwrap() };
    other.lend(talker("con")).await;
    other.lend(talker("pro")).await;
    let refused = other.engine.submit(Command::Resume { debate: id.clone(), ceilings: None }).await.unwrap_err();
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    arena.engine.submit(Command::Stop(id)).await.unwrap();
}

#[tokio::test]
async fn a_paused_debate_starts_no_call_until_it_is_resumed() {
    let arena = Arena::empty();
    arena.lend(talker("con").stuck_after(1)).await;
    arena.lend(talker("pro").stuck_after(1)).await;
    let id = arena.start(duel()).await;
    arena.engine.submit(Command::Pause(id.clone())).await.unwrap();
    assert!(arena.engine.queries().history(&rhetor::store::Filter::default()).is_ok());
    arena.engine.submit(Command::Stop(id.clone())).await.unwrap();
    let log = arena.log(&id);
    assert_eq!(count(&log, |event| matches!(event, Event::Paused)), 1);
    assert_eq!(count(&log, |event| matches!(event, Event::SpeechDelivered(_))), 0);
}

#[tokio::test]
async fn unknown_names_are_answered_with_the_nearest_ones_and_nothing_is_written() {
    let arena = Arena::with_talkers().await;
    let wrong = [
        (DebateRequest { motion: "single-use-plastic".to_owned(), ..duel() }, "single-use-plastics"),
        (DebateRequest { format: Some("dual".to_owned()), ..duel() }, "duel"),
        (DebateRequest { proposition: Some("quartett@pro".to_owned()), ..duel() }, "quartet"),
        (DebateRequest { judges: Some(vec!["debatrx@con".to_owned()]), ..duel() }, "debatrix"),
        (DebateRequest { opposition: Some("solo@smollm2-135".to_owned()), ..duel() }, "smollm2-135m"),
    ];
    for (request, nearest) in wrong {
        let error = arena.engine.submit(Command::Start(Box::new(request))).await.unwrap_err().to_string();
        assert!(error.contains(nearest), "{error}");
    }
    assert!(arena.engine.queries().history(&rhetor::store::Filter::default()).unwrap().is_empty());
}

#[tokio::test]
async fn without_any_model_the_error_says_how_to_get_one() {
    let arena = Arena::empty();
    let request = DebateRequest { motion: "single-use-plastics".to_owned(), ..DebateRequest::default() };
    let error = arena.engine.submit(Command::Start(Box::new(request))).await.unwrap_err();
    assert!(matches!(error, EngineError::NoModel));
    assert!(error.to_string().contains("rhetor models pull"));
}

#[tokio::test]
async fn an_export_holds_every_speech_and_no_control_character() {
    let arena = Arena::empty();
    let hostile = format!("{PROSE} \u{1b}]52;c;aGk=\u{7}<script>alert(1)</script> \u{202e}txet");
    arena.lend(ScriptedModel::saying(&[&hostile]).with_card(|card| card.name = "pro".to_owned())).await;
    arena.lend(talker("con")).await;
    let (id, debate) = arena.run(duel()).await;
    assert!(debate.closed, "{:?}", debate.stopped);
    for format in [ExportFormat::Markdown, ExportFormat::Html, ExportFormat::Json] {
        let document = arena.engine.queries().export(&id, format).unwrap();
        assert!(document.contains("protects rivers and seas"), "{format:?}");
        assert!(!document.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{format:?}");
        assert!(!document.contains("<script>") || format == ExportFormat::Json);
    }
}

#[tokio::test]
async fn a_store_that_fails_half_way_ends_the_run_and_keeps_the_log_whole() {
    let arena = Arena::with_talkers().await;
    let (first, _) = arena.run(duel()).await;
    let database = rusqlite::Connection::open(arena.home.path().join("rhetor.db")).unwrap();
    let refuse =
        "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.seq = 6 BEGIN SELECT RAISE(FAIL, 'no room'); END";
    database.execute_batch(refuse).unwrap();
    let mut subscription = arena.engine.subscribe();
    let id = arena.start(duel()).await;
    let failed = loop {
        if let Some(Published::Idle { debate, failed }) = subscription.next().await.unwrap()
            && debate == id
        {
            break failed;
        }
    };
    assert!(failed.unwrap().contains("no room"));
    let log = arena.log(&id);
    assert!(log.len() <= 6 && log.iter().enumerate().all(|(place, entry)| entry.seq == place as u64), "{log:?}");
    database.execute_batch("DROP TRIGGER refuse").unwrap();
    let mut subscription = arena.engine.subscribe();
    arena.engine.submit(Command::Resume { debate: id.clone(), ceilings: None }).await.unwrap();
    idle(&mut subscription, &id).await;
    let log = arena.log(&id);
    assert!(arena.engine.queries().debate(&id).unwrap().closed);
    assert_eq!(count(&log, |event| matches!(event, Event::SpeechDelivered(_))), 4);
    assert!(arena.engine.queries().debate(&first).unwrap().closed);
}
