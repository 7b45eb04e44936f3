//! What tests of more than one layer share: an engine in an empty home, with scripted models.

pub mod endpoint;
pub mod play;
pub mod program;
pub mod results;
pub mod stage;
pub mod terminal;
#[allow(dead_code, reason = "the library's own tests need more of it")]
#[path = "../../src/model/local/tiny.rs"]
pub mod tiny;

use std::sync::Arc;
use std::time::Duration;

use rhetor::assets::{Library, Paths};
use rhetor::domain::debate::Debate;
use rhetor::domain::event::{DebateId, Entry, Event};
use rhetor::engine::assemble::assemble;
use rhetor::engine::command::{Accepted, Command, DebateRequest};
use rhetor::engine::handle::EngineHandle;
use rhetor::engine::publish::{Published, Subscription};
use rhetor::model::registry::OpenModel;
use rhetor::model::scripted::ScriptedModel;
use rhetor::model::{ChatModel, Scorer};
use tempfile::TempDir;

/// Enough prose for a speech, without control words.
pub const PROSE: &str = "A ban on single-use plastics protects rivers and seas, because what is never made is never \
    thrown away. Reusable cups cost a little more at first and far less after a month of use. Towns spend less on \
    cleaning their streets, and that money helps the people who live there.";

/// An engine in a home of its own.
pub struct Arena {
    pub engine: EngineHandle,
    pub home: TempDir,
}

/// A model that writes prose and favours the first label a little. `con` has a word of its own: two sides that say the same
/// are not put before a judge.
pub fn talker(name: &str) -> ScriptedModel {
    let name = name.to_owned();
    let prose = if name == "con" { PROSE.replace("protects", "endangers") } else { PROSE.to_owned() };
    ScriptedModel::saying(&[&prose]).with_card(move |card| card.name = name).in_pieces(7)
}

impl Arena {
    /// No momentum: when it is measured depends on who is quicker, and tests look at whole logs and screens.
    pub fn empty() -> Arena {
        Arena::with_settings("[defaults]\nmomentum = \"\"\n")
    }

    pub fn with_settings(settings: &str) -> Arena {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), settings).unwrap();
        Arena { engine: engine_at(&home), home }
    }

    /// An arena in which `pro` and `con` are models, and `con` also judges.
    pub async fn with_talkers() -> Arena {
        let arena = Arena::empty();
        arena.lend(talker("pro")).await;
        arena.lend(talker("con")).await;
        arena
    }

    pub async fn lend(&self, model: ScriptedModel) {
        let model = Arc::new(model);
        let open = OpenModel {
            card: model.card().clone(),
            chat: Some(Arc::clone(&model) as Arc<dyn ChatModel>),
            scorer: Some(model as Arc<dyn Scorer>),
            embedder: None,
        };
        self.engine.queries().registry().insert(open).await;
    }

    /// The same home as another process would see it.
    pub fn reopened(&self) -> EngineHandle {
        engine_at(&self.home)
    }

    pub async fn start(&self, request: DebateRequest) -> DebateId {
        match self.engine.submit(Command::Start(Box::new(request))).await.unwrap() {
            Accepted::Debate(id) => id,
            other => panic!("no debate: {other:?}"),
        }
    }

    /// Runs a debate until it no longer runs, and folds its log.
    pub async fn run(&self, request: DebateRequest) -> (DebateId, Debate) {
        let mut subscription = self.engine.subscribe();
        let id = self.start(request).await;
        idle(&mut subscription, &id).await;
        let debate = self.engine.queries().debate(&id).unwrap();
        (id, debate)
    }

    pub fn log(&self, id: &DebateId) -> Vec<Entry> {
        self.engine.queries().entries(id, 0).unwrap()
    }
}

fn engine_at(home: &TempDir) -> EngineHandle {
    let paths = Paths::under(home.path());
    let library = Library::load(&paths).unwrap();
    assemble(paths, library).unwrap()
}

/// A duel of two solo teams under the quick judge.
pub fn duel() -> DebateRequest {
    DebateRequest {
        motion: "single-use-plastics".to_owned(),
        proposition: Some("solo@pro".to_owned()),
        opposition: Some("solo@con".to_owned()),
        format: Some("duel".to_owned()),
        judges: Some(vec!["label-probability@con".to_owned()]),
        seed: Some(7),
        ..DebateRequest::default()
    }
}

/// Everything that was recorded until the debate no longer runs.
pub async fn idle(subscription: &mut Subscription, id: &DebateId) -> Vec<Entry> {
    let mut heard = Vec::new();
    // A bound for a hang, not a measurement.
    let wait = async {
        while let Some(message) = subscription.next().await.unwrap() {
            match message {
                Published::Recorded { entry, .. } if entry.debate == *id => heard.push((*entry).clone()),
                Published::Idle { debate, .. } if debate == *id => break,
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the debate neither ended nor stopped");
    heard
}

/// The number of events that a test of the log cares about.
pub fn count(log: &[Entry], wanted: impl Fn(&Event) -> bool) -> usize {
    log.iter().filter(|entry| wanted(&entry.event)).count()
}
