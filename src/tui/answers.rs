//! What an answer of the engine does to the model. Part of the pure update.

use crate::engine::command::Accepted;
use crate::engine::tournament::Told;
use crate::model::discover::FoundEndpoint;
use crate::tui::arena::Arena;
use crate::tui::model::{Model, Notice};
use crate::tui::msg::{Answer, Cmd, Facts, Purpose};
use crate::tui::screens::coach::Coach;
use crate::tui::screens::judging::Judging;
use crate::tui::screens::replay::Replay;
use crate::tui::screens::verdict::Verdict;
use crate::tui::screens::watch::Watch;
use crate::tui::screens::welcome::Welcome;
use crate::tui::screens::{Reply, Screen};
use crate::tui::update::{carry_out, judging, tournaments, watch};

/// Takes an answer in, and asks for what it leads to.
pub(super) fn take(model: &mut Model, answer: Answer) -> Vec<Cmd> {
    match answer {
        Answer::Facts(facts) => return learn(model, *facts),
        Answer::Surroundings(found) => {
            let names = |endpoint: &FoundEndpoint| {
                endpoint.models.iter().map(|model| format!("{}/{}", endpoint.preset, model.id)).collect::<Vec<_>>()
            };
            model.session.served = found.endpoints.iter().flat_map(names).collect();
            for screen in &mut model.screens {
                if let Screen::Welcome(screen) = screen {
                    screen.take((*found).clone());
                }
            }
        }
        Answer::Recent { debates, ladder } => {
            if let Some(Screen::Home(screen)) = model.screens.first_mut() {
                screen.take(debates, &ladder);
            }
        }
        Answer::Ladder { request, ranking, judges } => {
            for screen in &mut model.screens {
                if let Screen::Ladder(screen) = screen {
                    screen.take(&request, &ranking, &judges);
                }
            }
        }
        Answer::Place { request, found } => {
            for screen in &mut model.screens {
                if let Screen::Ladder(screen) = screen {
                    screen.take_place(&request, &found);
                }
            }
        }
        Answer::Tournaments { reports, findings } => {
            if let Some(screen) = tournaments(model) {
                return screen.take(reports, findings.map(|findings| *findings));
            }
        }
        Answer::Told(step) => {
            match *step {
                Told::MatchFailed { meeting, reason, .. } | Told::MatchParked { meeting, reason, .. } => {
                    let text = format!("match {}: {reason}", meeting.number);
                    model.notice = Some(Notice { text, bad: true });
                }
                _ => {}
            }
            return tournaments(model).map(|screen| screen.read()).into_iter().collect();
        }
        Answer::Played(sentence) => {
            model.playing = None;
            model.notice = Some(Notice { text: sentence, bad: false });
            return tournaments(model).map(|screen| screen.read()).into_iter().collect();
        }
        Answer::History { search, debates } => {
            for screen in &mut model.screens {
                if let Screen::History(screen) = screen {
                    screen.take(&search, debates.clone());
                }
            }
        }
        Answer::Log { purpose, debate, entries, ratings, later } => {
            let replies = match purpose {
                Purpose::Resume | Purpose::CatchUp => {
                    if let Some(watch) = watch(model) {
                        watch.load(&debate, &entries);
                    }
                    if let Some(arena) = model.arena.as_mut() {
                        arena.load(debate, &entries);
                    }
                    Vec::new()
                }
                Purpose::Watch => {
                    model.replays += 1;
                    // The next match takes the place of the one before.
                    if matches!(model.screen(), Screen::Watch(_)) {
                        model.screens.pop();
                    }
                    if !matches!(model.screen(), Screen::Tournaments(_)) {
                        return Vec::new();
                    }
                    Watch::of(debate, &entries, model.replays)
                }
                // Whoever asked may have gone on to another screen meanwhile.
                Purpose::Replay if !lists_debates(model) && !matches!(model.screen(), Screen::Verdict(_)) => Vec::new(),
                Purpose::Verdict if !lists_debates(model) => Vec::new(),
                Purpose::Replay => {
                    model.replays += 1;
                    Replay::of(debate, entries, model.replays)
                }
                Purpose::Verdict => match Verdict::of_log(debate, &entries, ratings, later) {
                    Some(verdict) => vec![Reply::Show(Screen::Verdict(Box::new(verdict)))],
                    None => vec![Reply::Notice("This debate has no opening, so there is nothing to show.".to_owned())],
                },
            };
            return carry_out(model, replies);
        }
        Answer::Accepted(Accepted::Debate(id)) => {
            if let Some(arena) = model.arena.as_mut() {
                arena.accepted(&id);
            }
        }
        Answer::Accepted(Accepted::Job(_) | Accepted::Done) => {}
        Answer::NotStarted(reason) => {
            if let Some(arena) = model.arena.as_mut() {
                arena.refuse();
            }
            // An arena whose debate never opened has nothing to show; what was there before comes back.
            if model.arena.as_ref().is_some_and(Arena::is_empty) {
                model.arena = None;
                model.screens.retain(|screen| !matches!(screen, Screen::Arena));
            }
            model.notice = Some(Notice { text: reason, bad: true });
        }
        Answer::Blind(queue) => {
            if let Some(facts) = &mut model.session.facts {
                facts.person.clone_from(&queue.name);
            }
            let replies = judging(model).map(|screen| screen.take(*queue)).unwrap_or_default();
            return carry_out(model, replies);
        }
        Answer::Draft { debate, speech, role, text } => {
            if let Some(arena) = model.arena.as_mut() {
                arena.take_draft(&debate, speech, role, &text);
            }
        }
        Answer::Lesson(lesson) => {
            // Whoever asked may have gone on to another screen meanwhile.
            if matches!(model.screen(), Screen::Verdict(_)) {
                model.screens.push(Screen::Coach(Box::new(Coach::of(*lesson))));
            }
        }
        Answer::Copied(text) => return vec![Cmd::Copy { text, what: "the debate as Markdown" }],
        Answer::Edited(text) => {
            return model.arena.as_mut().map(|arena| arena.take_edited(&text)).unwrap_or_default();
        }
        Answer::Kept => {
            let replies = judging(model).map(Judging::kept).unwrap_or_default();
            return carry_out(model, replies);
        }
        Answer::NotKept(reason) => {
            if let Some(screen) = judging(model) {
                screen.refused();
            }
            model.notice = Some(Notice { text: reason, bad: true });
        }
        Answer::People(people) => {
            if let Some(screen) = judging(model) {
                screen.learn(&people);
            }
        }
        Answer::Refused(reason) => model.notice = Some(Notice { text: reason, bad: true }),
        Answer::Notice(text) => model.notice = Some(Notice { text, bad: false }),
    }
    Vec::new()
}

/// Whether debates can be chosen on the screen in view.
fn lists_debates(model: &Model) -> bool {
    matches!(model.screen(), Screen::History(_) | Screen::Tournaments(_))
}

/// Takes in what can be chosen. Without any model the welcome comes first.
fn learn(model: &mut Model, facts: Facts) -> Vec<Cmd> {
    let first = model.session.facts.is_none();
    let default = model.session.default.take();
    model.session.default =
        default.or_else(|| facts.defaults.debater.clone()).or_else(|| facts.models.first().cloned());
    if let Some(problem) = facts.problems.first().filter(|_| first) {
        model.notice = Some(Notice { text: problem.clone(), bad: true });
    }
    model.session.facts = Some(facts);
    if let Some(Screen::Home(home)) = model.screens.first_mut() {
        home.learn(&model.session);
    }
    let at_home = model.screens.len() == 1;
    if first && at_home && model.session.default.is_none() {
        model.screens.push(Screen::Welcome(Welcome::default()));
        return vec![Cmd::Surroundings];
    }
    Vec::new()
}
