//! The first run: no model is there yet. Offers what is on this machine, and what can be fetched.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::engine::command::Command;
use crate::engine::publish::JobState;
use crate::engine::surroundings::Surroundings;
use crate::model::catalogue::CatalogueModel;
use crate::text::bar::bar;
use crate::text::sanitize::one_line;
use crate::text::wrap::wrap;
use crate::tui::meter::{size, spinner};
use crate::tui::model::Session;
use crate::tui::msg::Cmd;
use crate::tui::pane::{apart, lines, pane};
use crate::tui::picker::Picker;
use crate::tui::screens::{Hint, Reply, hints};

/// One way to get a model.
#[derive(Clone, Debug, PartialEq)]
enum Offer {
    /// A model that is here: how it is named, how it is shown, and where it was found.
    Use {
        name: String,
        shown: String,
        place: String,
    },
    Fetch {
        model: CatalogueModel,
        note: &'static str,
    },
}

#[derive(Clone, Debug, Default)]
pub struct Welcome {
    /// `None` while this machine is looked at.
    offers: Option<Vec<Offer>>,
    picker: Picker,
    /// The model that is being fetched.
    fetching: Option<String>,
    failed: Option<String>,
}

impl Welcome {
    /// What was found.
    pub fn take(&mut self, found: Surroundings) {
        let mut offers = Vec::new();
        for file in found.files {
            let place = file.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
            let shown = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            offers.push(Offer::Use { name: file.display().to_string(), shown, place });
        }
        for endpoint in found.endpoints {
            for model in endpoint.models {
                let name = format!("{}/{}", endpoint.preset, model.id);
                offers.push(Offer::Use { shown: name.clone(), name, place: endpoint.base_url.clone() });
            }
        }
        let best = found.best.filter(|best| found.default.as_ref() != Some(best));
        offers
            .extend(found.default.map(|model| Offer::Fetch { model, note: "starts within a minute, a weak debater" }));
        offers.extend(best.map(|model| Offer::Fetch { model, note: "the best that fits this machine's memory" }));
        self.offers = Some(offers);
    }

    /// How a job goes on. Gives the model once it was fetched.
    pub fn hear(&mut self, job: &str, state: &JobState) -> Option<String> {
        let model = self.fetching.clone().filter(|model| job == format!("pull {model}"))?;
        match state {
            JobState::Running => return None,
            JobState::Finished => {
                self.fetching = None;
                return Some(model);
            }
            JobState::Cancelled => self.failed = Some("Stopped. What was fetched is kept; enter goes on.".to_owned()),
            JobState::Failed(reason) => self.failed = Some(reason.clone()),
        }
        self.fetching = None;
        None
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        if self.fetching.is_some() {
            let mut shown = vec![Hint::named(Action::Back, "stop fetching")];
            shown.extend(hints([Action::Help, Action::Quit]));
            return shown;
        }
        let offers = self.offers.as_deref().unwrap_or_default();
        let mut shown = Vec::new();
        match offers.get(self.picker.chosen(offers.len())) {
            Some(Offer::Use { .. }) => shown.push(Hint::named(Action::Pull, "use")),
            Some(Offer::Fetch { .. }) => shown.push(Action::Pull.into()),
            None => {}
        }
        if matches!(offers, [.., Offer::Fetch { .. }, Offer::Fetch { .. }]) {
            shown.push(Hint::named(Action::Best, "fetch the best"));
        }
        if offers.len() > 1 {
            shown.push(Hint::named(Action::Down, "choose"));
        }
        shown.extend(hints([Action::Back, Action::Help, Action::Quit]));
        shown
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        let offers = self.offers.as_deref().unwrap_or_default();
        let chosen = match action {
            Action::Back if self.fetching.is_some() => {
                let model = self.fetching.clone().unwrap_or_default();
                return Some(vec![Reply::Cmd(Cmd::Submit(Command::CancelPull { model }))]);
            }
            Action::Pull | Action::Open => offers.get(self.picker.chosen(offers.len())),
            Action::Best => offers.last(),
            _ => return self.picker.act(action, offers.len()).then(Vec::new),
        };
        if self.fetching.is_some() {
            return Some(Vec::new());
        }
        Some(match chosen.cloned() {
            Some(Offer::Use { name, .. }) => {
                let ready = "Enter starts an exhibition debate.".to_owned();
                vec![Reply::Choose(name), Reply::Back, Reply::Notice(ready)]
            }
            Some(Offer::Fetch { model, .. }) => {
                self.fetching = Some(model.name.clone());
                self.failed = None;
                vec![Reply::Cmd(Cmd::Submit(Command::Pull { model: model.name }))]
            }
            None => Vec::new(),
        })
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let [_, area, _] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Max(96), Constraint::Fill(1)]).areas(area);
        let [head, list, progress] =
            Layout::vertical([Constraint::Length(6), Constraint::Fill(1), Constraint::Length(4)]).areas(area);
        let greeting = [
            Line::default(),
            Line::styled("  rhetor", palette.title),
            Line::styled("  A debate arena in the terminal.", palette.dim),
            Line::default(),
            Line::styled("  No model is set up yet. Choose the one that debates and judges.", palette.text),
        ];
        lines(frame, head, &greeting, 0);
        let body = pane(frame, list, "Models", "", true, palette);
        match &self.offers {
            None => {
                let spin = spinner(session.beat, session.still);
                let line = Line::styled(format!("  {spin} looking at what is on this machine"), palette.dim);
                lines(frame, body, &[line], 0);
            }
            Some(offers) => self.picker.view(frame, body, offers.len(), palette, |index| {
                let (verb, name, about) = match &offers[index] {
                    Offer::Use { shown, place, .. } => ("use  ", shown.clone(), place.clone()),
                    Offer::Fetch { model, note } => {
                        ("fetch", model.name.clone(), format!("{}, {note}", size(model.size)))
                    }
                };
                let width = usize::from(body.width).saturating_sub(3);
                let left = vec![
                    Span::styled(format!("{verb}  "), palette.dim),
                    Span::styled(one_line(&name, width / 2).into_string(), palette.text),
                ];
                apart(left, vec![Span::styled(one_line(&about, width / 2).into_string(), palette.dim)], width)
            }),
        }
        self.draw_progress(frame, progress, session);
    }

    fn draw_progress(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let width = usize::from(area.width).saturating_sub(4);
        let rows: Vec<Line<'static>> = match (&self.fetching, &self.failed) {
            (Some(model), _) => {
                let job = session.jobs.get(&format!("pull {model}"));
                let (done, total) = job.map_or((0, 0), |job| (job.done, job.total.unwrap_or(0)));
                let part = if total > 0 { done as f64 / total as f64 } else { 0.0 };
                let note = one_line(job.map_or("fetching", |job| job.note.as_str()), width / 2);
                let amount = if total > 0 { format!(" · {} of {}", size(done), size(total)) } else { String::new() };
                let (filled, rest) = bar(part, width.saturating_sub(2).min(60));
                vec![
                    Line::styled(format!("  {note}{amount}"), palette.text),
                    Line::from(vec![
                        Span::raw("  "),
                        Span::styled(filled, palette.live),
                        Span::styled(rest, palette.border),
                        Span::styled(format!(" {:>3.0} %", part * 100.0), palette.dim),
                    ]),
                ]
            }
            (None, Some(reason)) => {
                let reason = one_line(reason, 4 * width).into_string();
                wrap(&reason, width).into_iter().map(|row| Line::styled(format!("  {row}"), palette.bad)).collect()
            }
            (None, None) => {
                vec![Line::styled("  Nothing is fetched and nothing is sent until you press enter.", palette.dim)]
            }
        };
        lines(frame, area, &rows, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalogue::Catalogue;

    fn offered() -> Welcome {
        let catalogue = crate::model::catalogue::tests::shipped();
        let Catalogue { models, .. } = catalogue;
        let mut welcome = Welcome::default();
        welcome.take(Surroundings {
            default: models.first().cloned(),
            best: models.last().cloned(),
            ..Surroundings::default()
        });
        welcome
    }

    #[test]
    fn enter_fetches_the_default_and_one_key_fetches_the_best() {
        for (action, expected) in [(Action::Pull, "smollm2-135m"), (Action::Best, "qwen2.5-coder-1.5b")] {
            let replies = offered().act(action).unwrap();
            let [Reply::Cmd(Cmd::Submit(Command::Pull { model }))] = replies.as_slice() else { panic!("{replies:?}") };
            assert_eq!(model, expected);
        }
    }

    #[test]
    fn a_model_that_was_fetched_becomes_the_default() {
        let mut welcome = offered();
        welcome.act(Action::Pull);
        assert_eq!(welcome.hear("pull qwen2.5-coder-1.5b", &JobState::Finished), None);
        assert_eq!(welcome.hear("pull smollm2-135m", &JobState::Finished).as_deref(), Some("smollm2-135m"));
    }

    #[test]
    fn a_failed_fetch_says_why_and_can_be_tried_again() {
        let mut welcome = offered();
        welcome.act(Action::Pull);
        assert_eq!(welcome.hear("pull smollm2-135m", &JobState::Failed("no network".to_owned())), None);
        assert_eq!(welcome.failed.as_deref(), Some("no network"));
        assert_eq!(welcome.act(Action::Pull).unwrap().len(), 1);
    }

    #[test]
    fn a_model_that_is_here_is_offered_first() {
        let mut welcome = Welcome::default();
        let file = std::path::PathBuf::from("/models/a.gguf");
        welcome.take(Surroundings { files: vec![file], ..Surroundings::default() });
        let replies = welcome.act(Action::Open).unwrap();
        assert!(matches!(&replies[0], Reply::Choose(name) if name == "/models/a.gguf"));
    }
}
