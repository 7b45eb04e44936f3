//! The parent's side of the pipe: sends requests, sorts the answers by call, and notices the end.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::model::error::ModelError;
use crate::model::process::protocol::{self, Answer, Ask, Request, Said};

/// A pipe to a child that has greeted. The last one who drops it ends the child.
pub struct Connection {
    /// The device of the child.
    pub device: String,
    next: AtomicU64,
    input: Mutex<Box<dyn Write + Send>>,
    calls: Arc<Mutex<Calls>>,
}

#[derive(Default)]
struct Calls {
    waiting: BTreeMap<u64, UnboundedSender<Said>>,
    /// Why the child ended, once it has.
    end: Option<String>,
}

impl Connection {
    /// A connection over two streams. `reap` is called at the end of `output`, and says why it came.
    pub fn new(
        device: String,
        input: impl Write + Send + 'static,
        mut output: impl BufRead + Send + 'static,
        reap: impl FnOnce() -> String + Send + 'static,
    ) -> Arc<Connection> {
        let calls = Arc::new(Mutex::new(Calls::default()));
        let sorted = Arc::clone(&calls);
        std::thread::spawn(move || {
            let read = loop {
                match protocol::read::<Answer>(&mut output) {
                    Ok(Some(answer)) => sort(&mut lock(&sorted), answer),
                    Ok(None) => break None,
                    Err(error) => break Some(format!("it wrote what is no answer: {error}")),
                }
            };
            drop(output);
            let end = read.unwrap_or_else(reap);
            let mut calls = lock(&sorted);
            calls.end = Some(end);
            calls.waiting.clear();
        });
        Arc::new(Connection { device, next: AtomicU64::new(1), input: Mutex::new(Box::new(input)), calls })
    }

    /// Begins a call.
    ///
    /// # Errors
    /// The child has ended; the reason.
    pub fn call(self: &Arc<Connection>, ask: Ask) -> Result<Call, String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (answers, received) = unbounded_channel();
        let call = Call { number, received, connection: Arc::clone(self), open: true };
        {
            let mut calls = lock(&self.calls);
            if let Some(end) = &calls.end {
                return Err(end.clone());
            }
            calls.waiting.insert(number, answers);
        }
        // If nobody reads, the child is ending: the call hears of it.
        let _ = self.send(number, ask);
        Ok(call)
    }

    /// Sends what needs no answer.
    ///
    /// # Errors
    /// The child no longer reads.
    pub fn send(&self, call: u64, ask: Ask) -> std::io::Result<()> {
        protocol::write(&mut *lock(&self.input), &Request { call, ask })
    }

    /// Why the child ended; `None` while it lives.
    #[must_use]
    pub fn end(&self) -> Option<String> {
        lock(&self.calls).end.clone()
    }
}

fn sort(calls: &mut Calls, answer: Answer) {
    // Who no longer waits has been cancelled.
    if let Some(waiting) = calls.waiting.get(&answer.call) {
        let _ = waiting.send(answer.said);
    }
}

/// A call that is being answered. Dropping it cancels it.
pub struct Call {
    /// Names the model that the call opened.
    pub number: u64,
    received: UnboundedReceiver<Said>,
    connection: Arc<Connection>,
    open: bool,
}

impl Call {
    /// The next part of the answer. An error of the model is an error here, too.
    ///
    /// # Errors
    /// The call failed, or the child ended; `model` is named then.
    pub async fn next(&mut self, model: &str) -> Result<Said, ModelError> {
        match self.received.recv().await {
            Some(Said::Failed(error)) => {
                self.open = false;
                Err(error)
            }
            Some(said) => Ok(said),
            None => {
                self.open = false;
                Err(ended(model, &self.connection.end().unwrap_or_default()))
            }
        }
    }

    /// Asks the child to cancel the call, which it answers.
    pub fn cancel(&self) {
        let _ = self.connection.send(self.number, Ask::Cancel);
    }

    /// The last part of the answer has come.
    pub fn close(&mut self) {
        self.open = false;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        lock(&self.connection.calls).waiting.remove(&self.number);
        if self.open {
            self.cancel();
        }
    }
}

/// The error of a call whose child ended.
#[must_use]
pub fn ended(model: &str, reason: &str) -> ModelError {
    ModelError::Inference { model: model.to_owned(), reason: format!("the GPU engine ended ({reason})") }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
