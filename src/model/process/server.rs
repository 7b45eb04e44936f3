//! The child's side: reads requests, answers them with models on one backend, until its input ends.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::domain::hash::ContentHash;
use crate::model::chat::{ChatModel, ChatRequest, Delta};
use crate::model::embedder::Embedder;
use crate::model::error::ModelError;
use crate::model::local::LocalModel;
use crate::model::local::backend::{Backend, NoGpu};
use crate::model::process::protocol::{self, Answer, Ask, Greeting, PROTOCOL, Request, Said};
use crate::model::scorer::Scorer;

/// Serves until the input ends. Blocks; the calls run on `runtime`, the models on threads of their own.
///
/// A line that is no request ends the service, too: the two programs do not understand each other.
pub fn serve(input: &mut impl BufRead, mut output: impl Write + Send + 'static, backend: Backend, runtime: &Handle) {
    let device = backend.name();
    let greeting = Greeting::Hello { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION").to_owned(), device };
    if protocol::write(&mut output, &greeting).is_err() {
        return;
    }
    let (lines, answers) = unbounded_channel();
    std::thread::spawn(move || write(output, answers));
    let service = Arc::new(Service { backend, lines, models: Mutex::default(), calls: Mutex::default() });
    while let Ok(Some(request)) = protocol::read::<Request>(input) {
        service.take(request, runtime);
    }
    service.cancel_all();
}

/// Tells why nothing can be served here.
///
/// # Errors
/// Nobody reads it.
pub fn refuse(output: &mut impl Write, reason: NoGpu) -> std::io::Result<()> {
    let greeting = match reason {
        NoGpu::NotBuilt => Greeting::WithoutGpu,
        NoGpu::NotUsable(reason) => Greeting::Refused { reason },
    };
    protocol::write(output, &greeting)
}

/// Writes answers as they come, as long as somebody reads.
fn write(mut output: impl Write, mut answers: UnboundedReceiver<Answer>) {
    while let Some(answer) = answers.blocking_recv() {
        if protocol::write(&mut output, &answer).is_err() {
            return;
        }
    }
}

struct Service {
    backend: Backend,
    lines: UnboundedSender<Answer>,
    /// Models by the call that opened them.
    models: Mutex<BTreeMap<u64, Arc<LocalModel>>>,
    calls: Mutex<BTreeMap<u64, CancellationToken>>,
}

impl Service {
    fn take(self: &Arc<Service>, request: Request, runtime: &Handle) {
        let Request { call, ask } = request;
        match ask {
            Ask::Open { path, name, hash } => {
                let service = Arc::clone(self);
                runtime.spawn_blocking(move || service.open(call, path.into(), &name, hash));
            }
            Ask::Close { model } => drop(lock(&self.models).remove(&model)),
            Ask::Chat { model, request } => {
                self.begin(call, model, runtime, move |service, model, cancel| async move {
                    service.chat(call, &model, request, cancel).await;
                })
            }
            Ask::Score { model, request } => {
                self.begin(call, model, runtime, move |service, model, cancel| async move {
                    let (progress, told) = unbounded_channel();
                    let scores = model.label_scores(request, progress, cancel);
                    service.tell(call, scores, told, Said::Scored).await;
                });
            }
            Ask::Embed { model, request } => {
                self.begin(call, model, runtime, move |service, model, cancel| async move {
                    let (progress, told) = unbounded_channel();
                    let embeddings = model.embed(request, progress, cancel);
                    service.tell(call, embeddings, told, Said::Embedded).await;
                });
            }
            Ask::Cancel => {
                if let Some(cancel) = lock(&self.calls).get(&call) {
                    cancel.cancel();
                }
            }
        }
    }

    fn say(&self, call: u64, said: Said) {
        // The writer is gone only when nobody reads.
        let _ = self.lines.send(Answer { call, said });
    }

    fn open(&self, call: u64, path: PathBuf, name: &str, hash: Option<ContentHash>) {
        let said = match LocalModel::open_on(&self.backend, &path, name, hash) {
            Ok(model) => {
                let said = Said::Opened { card: model.card().clone(), can_chat: model.can_chat() };
                lock(&self.models).insert(call, model);
                said
            }
            Err(error) => Said::Failed(error),
        };
        self.say(call, said);
    }

    /// Runs a call beside the others; it can be cancelled from now on.
    fn begin<F: Future<Output = ()> + Send + 'static>(
        self: &Arc<Service>,
        call: u64,
        model: u64,
        runtime: &Handle,
        work: impl FnOnce(Arc<Service>, Arc<LocalModel>, CancellationToken) -> F,
    ) {
        let Some(model) = lock(&self.models).get(&model).cloned() else {
            let reason = format!("the engine has no model {model} open");
            return self.say(call, Said::Failed(ModelError::Setup(reason)));
        };
        let cancel = CancellationToken::new();
        lock(&self.calls).insert(call, cancel.clone());
        let work = work(Arc::clone(self), model, cancel);
        let service = Arc::clone(self);
        runtime.spawn(async move {
            work.await;
            lock(&service.calls).remove(&call);
        });
    }

    async fn chat(&self, call: u64, model: &LocalModel, request: ChatRequest, cancel: CancellationToken) {
        match model.stream(request, cancel).await {
            Ok(mut deltas) => {
                self.say(call, Said::Began);
                while let Some(delta) = deltas.next().await {
                    self.say(call, delta.map_or_else(Said::Failed, Said::Delta));
                }
            }
            Err(error) => self.say(call, Said::Failed(error)),
        }
    }

    /// Tells the progress of some work, and then what it made.
    async fn tell<T>(
        &self,
        call: u64,
        work: impl Future<Output = Result<T, ModelError>>,
        mut told: UnboundedReceiver<Delta>,
        said: impl FnOnce(T) -> Said,
    ) {
        let telling = async {
            while let Some(delta) = told.recv().await {
                self.say(call, Said::Delta(delta));
            }
        };
        let (made, ()) = tokio::join!(work, telling);
        self.say(call, made.map_or_else(Said::Failed, said));
    }

    fn cancel_all(&self) {
        lock(&self.calls).values().for_each(CancellationToken::cancel);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
