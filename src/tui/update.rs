//! The heart of the screen: a message changes the model and asks for commands. Pure.

use std::time::Duration;

use crate::assets::{Action, Key};
use crate::domain::tournament::{TournamentCeilings, TournamentId};
use crate::engine::command::Command;
use crate::engine::publish::{JobProgress, JobState, Published};
use crate::engine::session::blind::BlindRequest;
use crate::tui::answers::take;
use crate::tui::arena::Arena;
use crate::tui::model::{Model, Notice};
use crate::tui::msg::{Cmd, Msg, Purpose, Timer};
use crate::tui::screens::help::Help;
use crate::tui::screens::history::History;
use crate::tui::screens::judging::Judging;
use crate::tui::screens::ladder::Standings;
use crate::tui::screens::new_debate::NewDebate;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::tournaments::Tournaments;
use crate::tui::screens::verdict::Verdict;
use crate::tui::screens::watch::Watch;
use crate::tui::screens::{Reply, Screen};

/// How often spinners turn and clocks go on.
const BEAT: Duration = Duration::from_millis(250);
const DEBATE_RUNS: &str = "One debate runs already; stop it first, or let it end.";
const TOURNAMENT_RUNS: &str = "A tournament runs already; stop it first, or let it end.";
/// The same with reduced motion, where only clocks go on.
const SLOW_BEAT: Duration = Duration::from_secs(1);

/// Takes a message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    let mut cmds = match msg {
        Msg::Key(key) => press(model, key),
        Msg::Paste(text) => paste(model, &text),
        Msg::Wheel(lines) => {
            let action = if lines < 0 { Action::Up } else { Action::Down };
            (0..lines.unsigned_abs()).flat_map(|_| act(model, action)).collect()
        }
        Msg::Resize(..) => Vec::new(),
        Msg::Published(published) => hear(model, published),
        Msg::Answer(answer) => take(model, answer),
        Msg::Woke(timer, uptime) => wake(model, timer, uptime),
    };
    if is_at_work(model) && !model.beating {
        model.beating = true;
        cmds.push(Cmd::Wake(Timer::Beat, if model.session.still { SLOW_BEAT } else { BEAT }));
    }
    cmds
}

/// Whether something goes on that a spinner or a clock should show.
fn is_at_work(model: &Model) -> bool {
    let opening = model.session.facts.is_none();
    let watched = match model.screen() {
        Screen::Watch(watch) => watch.is_at_work(),
        _ => false,
    };
    opening || watched || model.session.job().is_some() || model.arena.as_ref().is_some_and(Arena::is_at_work)
}

fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    model.notice = None;
    if let Some(replies) = looked_at(model).and_then(|arena| arena.press(key)) {
        return carry_out(model, replies);
    }
    if model.screen().is_typing() {
        let replies = match model.screens.last_mut() {
            Some(Screen::NewDebate(screen)) => screen.press(key, &model.session),
            Some(Screen::History(screen)) => screen.press(key),
            Some(Screen::Judging(screen)) => screen.press(key),
            Some(Screen::Palette(screen)) => screen.press(key),
            _ => None,
        };
        if let Some(replies) = replies {
            return carry_out(model, replies);
        }
    }
    let action = model.session.keymap.action(model.screen().context(), key);
    if matches!(model.screen(), Screen::Arena)
        && let Some(replies) = model.arena.as_mut().and_then(|arena| arena.write(key, action))
    {
        return carry_out(model, replies);
    }
    action.map(|action| act(model, action)).unwrap_or_default()
}

/// The debate in view, live or stored.
fn looked_at(model: &mut Model) -> Option<&mut Arena> {
    match model.screens.last_mut()? {
        Screen::Arena => model.arena.as_mut(),
        Screen::Replay(screen) => Some(screen.arena()),
        Screen::Watch(screen) => Some(screen.arena()),
        _ => None,
    }
}

fn paste(model: &mut Model, text: &str) -> Vec<Cmd> {
    let replies = match model.screens.last_mut() {
        Some(Screen::NewDebate(screen)) => screen.paste(text, &model.session),
        Some(Screen::History(screen)) => screen.paste(text),
        Some(Screen::Judging(screen)) => {
            screen.paste(text);
            Vec::new()
        }
        Some(Screen::Palette(screen)) => {
            screen.paste(text);
            Vec::new()
        }
        Some(Screen::Arena | Screen::Replay(_) | Screen::Watch(_)) => {
            looked_at(model).map(|arena| arena.paste(text)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    carry_out(model, replies)
}

fn act(model: &mut Model, action: Action) -> Vec<Cmd> {
    let context = model.screen().context();
    match action {
        Action::Quit => return vec![Cmd::Quit],
        Action::Repaint => return vec![Cmd::Repaint],
        Action::Suspend => return vec![Cmd::Suspend],
        Action::Palette if !matches!(model.screen(), Screen::Palette(_)) => {
            let hints = model.screen().hints(&model.session, model.arena.as_ref());
            return carry_out(model, vec![Reply::Show(Screen::Palette(Box::new(Palette::of(context, hints))))]);
        }
        Action::Help if !matches!(model.screen(), Screen::Help(_)) => {
            let hints = model.screen().hints(&model.session, model.arena.as_ref());
            return carry_out(model, vec![Reply::Show(Screen::Help(Help::of(context, hints)))]);
        }
        _ => {}
    }
    let Model { session, screens, arena, .. } = model;
    let Some(screen) = screens.last_mut() else { return Vec::new() };
    let replies = match screen {
        Screen::Welcome(screen) => screen.act(action),
        Screen::Home(screen) => screen.act(action, session, arena.as_ref()),
        Screen::NewDebate(screen) => screen.act(action, session),
        Screen::Arena => arena.as_mut().and_then(|arena| arena.act(action)),
        Screen::Verdict(screen) => screen.act(action),
        Screen::Ladder(screen) => screen.act(action),
        Screen::Tournaments(screen) => screen.act(action),
        Screen::Watch(screen) => screen.act(action),
        Screen::History(screen) => screen.act(action),
        Screen::Judging(screen) => screen.act(action),
        Screen::Replay(screen) => screen.act(action),
        Screen::Coach(screen) => screen.act(action),
        Screen::Compare(screen) => screen.act(action),
        Screen::Palette(screen) => screen.act(action),
        Screen::Help(screen) => screen.act(action),
    };
    match replies {
        Some(replies) => carry_out(model, replies),
        None => go(model, action),
    }
}

/// Where an action leads that the screen itself did nothing with.
fn go(model: &mut Model, action: Action) -> Vec<Cmd> {
    if let (Action::Left | Action::Right, Screen::Watch(watch)) = (action, model.screen()) {
        let watched = watch.debate().clone();
        let beside = tournaments(model).and_then(|screen| screen.beside(&watched, action == Action::Right));
        return beside.into_iter().map(|debate| Cmd::Log { purpose: Purpose::Watch, debate }).collect();
    }
    let replies = match action {
        Action::Back => vec![Reply::Back],
        Action::Blind => vec![Reply::Judge(BlindRequest::default())],
        Action::NewDebate => vec![
            Reply::Show(Screen::NewDebate(Box::new(NewDebate::new(&model.session)))),
            // A server on this machine may have more models to choose from.
            Reply::Cmd(Cmd::Surroundings),
        ],
        Action::Ladder => {
            let standings = Standings::default();
            let read = standings.read();
            vec![Reply::Show(Screen::Ladder(Box::new(standings))), Reply::Cmd(read)]
        }
        Action::Tournaments => {
            let screen = Tournaments::default();
            let read = Reply::Cmd(screen.read());
            vec![Reply::Show(Screen::Tournaments(Box::new(screen))), read]
        }
        Action::History => {
            let search = String::new();
            vec![Reply::Show(Screen::History(History::default())), Reply::Cmd(Cmd::History { search })]
        }
        _ => Vec::new(),
    };
    carry_out(model, replies)
}

pub(super) fn carry_out(model: &mut Model, replies: Vec<Reply>) -> Vec<Cmd> {
    let mut cmds = Vec::new();
    for reply in replies {
        match reply {
            Reply::Cmd(cmd) => cmds.push(cmd),
            Reply::Show(screen) => model.screens.push(screen),
            Reply::Back => cmds.extend(back(model)),
            Reply::Act(action) => cmds.extend(act(model, action)),
            Reply::Notice(text) => model.notice = Some(Notice { text, bad: false }),
            Reply::Enter(cmd) => cmds.extend(enter(model, cmd)),
            Reply::Judge(request) => cmds.extend(judge(model, request, false)),
            Reply::Play(tournament) => cmds.extend(play(model, tournament)),
            Reply::Choose(name) => {
                model.session.default = Some(name.clone());
                cmds.push(Cmd::Submit(Command::SetDefaultModel { model: name }));
                cmds.push(Cmd::Facts);
            }
        }
    }
    cmds
}

/// Opens the arena for a debate, unless one runs already: two at once would halve the speed of both.
fn enter(model: &mut Model, cmd: Cmd) -> Vec<Cmd> {
    if let Some(text) = busy(model) {
        model.notice = Some(Notice { text: text.to_owned(), bad: true });
        return Vec::new();
    }
    let expected = if let Cmd::Resume(id) = &cmd { Some(id.clone()) } else { None };
    model.arena = Some(Arena::awaiting(expected));
    model.screens.retain(|screen| !matches!(screen, Screen::Arena));
    model.screens.push(Screen::Arena);
    vec![cmd]
}

/// Why nothing else can run here now, as a sentence.
fn busy(model: &Model) -> Option<&'static str> {
    if model.arena.as_ref().is_some_and(Arena::is_running) {
        Some(DEBATE_RUNS)
    } else {
        model.playing.as_ref().map(|_| TOURNAMENT_RUNS)
    }
}

/// Goes on with a tournament, unless something runs here already.
fn play(model: &mut Model, tournament: TournamentId) -> Vec<Cmd> {
    if let Some(text) = busy(model) {
        model.notice = Some(Notice { text: text.to_owned(), bad: true });
        return Vec::new();
    }
    model.playing = Some(tournament.clone());
    model.notice = Some(Notice { text: "The models are loaded, which takes some seconds.".to_owned(), bad: false });
    vec![Cmd::Play { tournament, ceilings: TournamentCeilings::default(), concurrency: None }]
}

/// The debate is open: going back from it leads to the first screen, not to the form that asked for it.
fn opened(model: &mut Model) {
    if let Some(place) = model.screens.iter().position(|screen| matches!(screen, Screen::Arena)) {
        model.screens.drain(1..place);
    }
}

fn back(model: &mut Model) -> Vec<Cmd> {
    if model.screens.len() > 1 {
        model.screens.pop();
    }
    // What was seen before may have changed.
    if matches!(model.screen(), Screen::Home(_)) { vec![Cmd::Recent] } else { Vec::new() }
}

fn hear(model: &mut Model, published: Published) -> Vec<Cmd> {
    match published {
        Published::Job(progress) => hear_job(model, progress),
        Published::Notice(text) => {
            model.notice = Some(Notice { text, bad: false });
            Vec::new()
        }
        published => {
            let mut again = read_again(model, &published);
            again.extend(watch(model).map(|watch| watch.hear(&published)).unwrap_or_default());
            let Some(arena) = model.arena.as_mut().filter(|arena| arena.is_meant(&published)) else {
                return again;
            };
            let (was_empty, was_closed) = (arena.is_empty(), arena.debate.closed);
            let idle = matches!(published, Published::Idle { .. });
            let mut cmds = arena.hear(published);
            cmds.append(&mut again);
            let (opens, closes) = (was_empty && !arena.is_empty(), !was_closed && arena.debate.closed);
            if opens {
                opened(model);
            }
            if closes && matches!(model.screen(), Screen::Arena) {
                let verdict = model.arena.as_ref().and_then(Verdict::of_arena);
                model.screens.extend(verdict.map(|verdict| Screen::Verdict(Box::new(verdict))));
            } else if closes && !model.screens.iter().any(|screen| matches!(screen, Screen::Verdict(_))) {
                let text = "The debate has its verdict; it stands behind this screen.".to_owned();
                model.notice = Some(Notice { text, bad: false });
            }
            if (opens || idle) && matches!(model.screen(), Screen::Home(_)) {
                cmds.push(Cmd::Recent);
            }
            cmds
        }
    }
}

/// A result changes the ladders that are open.
fn read_again(model: &Model, published: &Published) -> Vec<Cmd> {
    let Published::Recorded { ratings, .. } = published else { return Vec::new() };
    let ladders = model.screens.iter().filter_map(|screen| match screen {
        Screen::Ladder(screen) if !ratings.is_empty() => Some(screen.read()),
        _ => None,
    });
    ladders.collect()
}

fn hear_job(model: &mut Model, progress: JobProgress) -> Vec<Cmd> {
    let (name, state) = (progress.job.clone(), progress.state.clone());
    model.session.jobs.insert(name.clone(), progress);
    let welcome = model.screens.iter_mut().find_map(|screen| match screen {
        Screen::Welcome(welcome) => Some(welcome),
        _ => None,
    });
    let mut cmds = Vec::new();
    match welcome {
        Some(welcome) => {
            if let Some(fetched) = welcome.hear(&name, &state) {
                model.screens.retain(|screen| !matches!(screen, Screen::Welcome(_)));
                let ready = format!("{fetched} is ready. Enter starts an exhibition debate.");
                cmds = carry_out(model, vec![Reply::Choose(fetched), Reply::Notice(ready)]);
            }
        }
        None => {
            if let JobState::Failed(reason) = &state {
                model.notice = Some(Notice { text: reason.clone(), bad: true });
            }
        }
    }
    if state == JobState::Finished {
        cmds.push(Cmd::Facts);
    }
    cmds
}

pub(super) fn tournaments(model: &mut Model) -> Option<&mut Tournaments> {
    model.screens.iter_mut().find_map(|screen| match screen {
        Screen::Tournaments(screen) => Some(&mut **screen),
        _ => None,
    })
}

/// Opens a blind session, and asks who judges unless that was said.
pub(in crate::tui) fn judge(model: &mut Model, request: BlindRequest, said: bool) -> Vec<Cmd> {
    let usual = model.session.facts.as_ref().map(|facts| facts.person.clone()).unwrap_or_default();
    let (screen, replies) = Judging::new(request, &usual, said);
    model.screens.push(Screen::Judging(Box::new(screen)));
    carry_out(model, replies)
}

pub(super) fn judging(model: &mut Model) -> Option<&mut Judging> {
    model.screens.iter_mut().find_map(|screen| match screen {
        Screen::Judging(screen) => Some(&mut **screen),
        _ => None,
    })
}

/// There is at most one.
pub(super) fn watch(model: &mut Model) -> Option<&mut Watch> {
    model.screens.iter_mut().find_map(|screen| match screen {
        Screen::Watch(screen) => Some(&mut **screen),
        _ => None,
    })
}

fn wake(model: &mut Model, timer: Timer, uptime: Duration) -> Vec<Cmd> {
    match timer {
        Timer::Beat => {
            model.beating = false;
            model.session.beat += 1;
            if let Some(arena) = model.arena.as_mut() {
                arena.beat(uptime);
            }
            if let Some(watch) = watch(model) {
                watch.beat(uptime);
            }
            Vec::new()
        }
        Timer::Draft(typed) => model.arena.as_mut().and_then(|arena| arena.wake_draft(typed)).into_iter().collect(),
        Timer::Tournaments(timer) => tournaments(model).and_then(|screen| screen.wake(timer)).into_iter().collect(),
        Timer::Watch(number) => watch(model).map(|watch| watch.wake(number)).unwrap_or_default(),
        Timer::Replay { replay, generation } => {
            let mut replays = model.screens.iter_mut().filter_map(|screen| match screen {
                Screen::Replay(screen) => Some(screen),
                _ => None,
            });
            replays.find_map(|screen| screen.wake(replay, generation)).into_iter().collect()
        }
    }
}
