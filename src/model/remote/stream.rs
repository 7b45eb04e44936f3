//! Sending a call and reading what comes: retries before the answer begins, silence, cancel.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use futures::stream::BoxStream;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::bytes::Bytes;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::model::chat::Delta;
use crate::model::error::ModelError;
use crate::model::remote::answer::{AnswerReader, ReadError};
use crate::model::remote::client::{self, BODY_LIMIT};
use crate::model::remote::endpoint::Endpoint;
use crate::model::remote::events::EventSplitter;
use crate::model::remote::fault::{self, Report};
use crate::model::remote::retry;

/// The longest body of a refusal that is read.
const REFUSAL_LIMIT: usize = 64 << 10;

/// The most turns that are given up so that one delta can hold more of what has come.
const GATHER_LIMIT: usize = 64;

/// An answer whose status is good.
pub struct Opened(Response);

/// A refusal that no further try will change.
pub enum OpenError {
    /// The endpoint answered with this status, and explained itself.
    Refused(StatusCode, Report),
    Model(ModelError),
}

/// Sends a request until it is accepted, refused for good, or tried often enough. The request must be repeatable.
///
/// # Errors
/// As a sentence, whatever the endpoint did.
pub async fn open(endpoint: &Endpoint, request: RequestBuilder) -> Result<Opened, ModelError> {
    open_or_refusal(endpoint, request, 0).await.map_err(|error| match error {
        OpenError::Refused(status, report) => fault::refusal(endpoint, status, &report, None),
        OpenError::Model(error) => error,
    })
}

/// As [`open`], but gives a refusal as it came, for a caller that can mend the request. `spread` parts calls in time.
///
/// # Errors
/// A refusal with status 4xx as such; anything else as a sentence.
pub async fn open_or_refusal(endpoint: &Endpoint, request: RequestBuilder, spread: u64) -> Result<Opened, OpenError> {
    let mut tries = 1;
    loop {
        let unrepeatable = || OpenError::Model(fault::protocol(endpoint, "the request cannot be sent twice"));
        let sent = timeout(endpoint.stall, request.try_clone().ok_or_else(unrepeatable)?.send()).await;
        let (error, asked) = match sent {
            Err(_) => return Err(OpenError::Model(stalled(endpoint))),
            Ok(Err(error)) if error.is_builder() => {
                return Err(OpenError::Model(ModelError::Setup(format!(
                    "{}: {}",
                    endpoint.label(),
                    client::reason(&error)
                ))));
            }
            Ok(Err(error)) => (unreachable(endpoint, &error), None),
            Ok(Ok(response)) if response.status().is_success() => return Ok(Opened(response)),
            Ok(Ok(response)) => {
                let asked = retry::asked_wait(response.headers());
                (refused(endpoint, response, asked, tries).await?, asked)
            }
        };
        match endpoint.retry.wait(tries + 1, asked, spread) {
            Some(wait) => sleep(wait).await,
            None => return Err(OpenError::Model(error)),
        }
        tries += 1;
    }
}

/// The error of a refusal that may pass; one that will not pass is the `Err`.
async fn refused(
    endpoint: &Endpoint,
    mut response: Response,
    asked: Option<std::time::Duration>,
    tries: u32,
) -> Result<ModelError, OpenError> {
    let status = response.status();
    if status.is_redirection() {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("nowhere");
        return Err(OpenError::Model(fault::refusal(endpoint, status, &Report::default(), Some(location))));
    }
    let page = is_page(&response);
    let body = timeout(endpoint.stall, client::read_capped(&mut response, REFUSAL_LIMIT)).await;
    let mut report = match body {
        Ok(Ok((body, _))) => Report::read(&body),
        Ok(Err(_)) | Err(_) => Report::default(),
    };
    if page {
        report.message = "it sent a web page".to_owned();
    }
    if !retry::is_passing(status) || report.says(&["insufficient_quota"]) {
        return Err(OpenError::Refused(status, report));
    }
    Ok(if status == StatusCode::TOO_MANY_REQUESTS {
        fault::rate_limited(endpoint, asked, tries)
    } else {
        fault::refusal(endpoint, status, &report, None)
    })
}

impl Opened {
    /// Reads the whole body.
    ///
    /// # Errors
    /// It breaks off, is too long, comes too slowly, or is a web page.
    pub async fn whole(mut self, endpoint: &Endpoint) -> Result<Vec<u8>, ModelError> {
        if is_page(&self.0) {
            return Err(page(endpoint));
        }
        let read = timeout(endpoint.stall, client::read_capped(&mut self.0, BODY_LIMIT)).await;
        match read {
            Err(_) => Err(stalled(endpoint)),
            Ok(Err(_)) => Err(ModelError::Cut { endpoint: endpoint.label() }),
            Ok(Ok((_, true))) => Err(fault::protocol(endpoint, "its answer is longer than 8 MiB")),
            Ok(Ok((body, false))) => Ok(body),
        }
    }

    /// Reads the body as a stream of deltas. `permit` is held until the stream is dropped.
    #[must_use]
    pub fn answer(self, reader: AnswerReader, cancel: CancellationToken, permit: OwnedSemaphorePermit) -> AnswerStream {
        let kind = self.0.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let form = if is_page(&self.0) {
            Form::Page
        } else if kind.starts_with("application/json") {
            Form::Whole(Vec::new())
        } else {
            Form::Events(EventSplitter::default())
        };
        let stall = reader.endpoint().stall;
        AnswerStream {
            body: Some(Box::pin(self.0.bytes_stream())),
            form,
            reader,
            cancelled: Box::pin(cancel.clone().cancelled_owned()),
            cancel,
            silence: Box::pin(sleep(stall)),
            heard: false,
            gathered: 0,
            failed: None,
            _permit: permit,
        }
    }
}

enum Form {
    Events(EventSplitter),
    /// A JSON document, though a stream was asked for.
    Whole(Vec<u8>),
    Page,
}

/// The deltas of one answer. Dropping it closes the connection.
pub struct AnswerStream {
    /// `None` once nothing more is read.
    body: Option<BoxStream<'static, Result<Bytes, reqwest::Error>>>,
    form: Form,
    reader: AnswerReader,
    cancel: CancellationToken,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Runs for the stall time, again and again; two ends without a byte between them are a stall.
    silence: Pin<Box<Sleep>>,
    heard: bool,
    /// Turns given up since the last delta.
    gathered: usize,
    failed: Option<ModelError>,
    _permit: OwnedSemaphorePermit,
}

impl Stream for AnswerStream {
    type Item = Result<Delta, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.gathered == 0 && this.body.is_some() && this.cancel.is_cancelled() {
            this.stop();
        }
        let came = this.read(context);
        if came && this.gathered < GATHER_LIMIT {
            // The connection hands over one piece at a time. It is given a turn, so that what the network brought
            // together becomes one delta: whoever shows or stores deltas has that much less to do.
            this.gathered += 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.gathered = 0;
        let result = this.reader.pour();
        this.settle(result);
        if let Some(delta) = this.reader.take() {
            return Poll::Ready(Some(Ok(delta)));
        }
        if let Some(error) = this.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if this.body.is_none() {
            return Poll::Ready(None);
        }
        if this.waits(context) { Poll::Pending } else { self.poll_next(context) }
    }
}

impl AnswerStream {
    /// Takes what the connection has. Whether there was anything, and more may come.
    fn read(&mut self, context: &mut Context<'_>) -> bool {
        let mut came = false;
        while let Some(body) = &mut self.body {
            match body.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => {
                    self.heard = true;
                    came = true;
                    let result = self.take(&bytes);
                    self.settle(result);
                }
                Poll::Ready(Some(Err(_)) | None) => {
                    let result = self.close();
                    self.body = None;
                    self.settle(result);
                }
                Poll::Pending => return came,
            }
        }
        false
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        let reader = &mut self.reader;
        match &mut self.form {
            Form::Events(splitter) => splitter.feed(bytes, |data| reader.event(data)),
            Form::Whole(body) if body.len() + bytes.len() > BODY_LIMIT => Err(ReadError::TooLong),
            Form::Whole(body) => {
                body.extend_from_slice(bytes);
                Ok(())
            }
            Form::Page => Err(ReadError::Model(page(reader.endpoint()))),
        }
    }

    fn close(&mut self) -> Result<(), ReadError> {
        let reader = &mut self.reader;
        match &mut self.form {
            Form::Events(splitter) => {
                match splitter.finish(|data| reader.event(data)) {
                    // Half an event says only that the connection broke.
                    Ok(()) | Err(ReadError::Model(ModelError::Protocol { .. })) => reader.closed(),
                    Err(error) => Err(error),
                }
            }
            Form::Whole(body) => reader.whole(body),
            Form::Page => Err(ReadError::Model(page(reader.endpoint()))),
        }
    }

    /// Ends the reading where it has ended or failed.
    fn settle(&mut self, result: Result<(), ReadError>) {
        if let Err(error) = result {
            self.failed = Some(match error {
                ReadError::Model(error) => error,
                ReadError::TooLong => fault::protocol(self.reader.endpoint(), "an event of its stream has no end"),
            });
        }
        if self.failed.is_some() || self.reader.is_ended() {
            self.body = None;
        }
    }

    /// Whether there is nothing to do but wait, for more, for a cancel, or for the end of patience.
    fn waits(&mut self, context: &mut Context<'_>) -> bool {
        if self.cancelled.as_mut().poll(context).is_ready() {
            self.stop();
            return false;
        }
        while self.silence.as_mut().poll(context).is_ready() {
            if !self.heard {
                self.failed = Some(stalled(self.reader.endpoint()));
                self.body = None;
                return false;
            }
            self.heard = false;
            self.silence.set(sleep(self.reader.endpoint().stall));
        }
        true
    }

    fn stop(&mut self) {
        self.body = None;
        self.reader.cancel();
    }
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/html")
}

fn page(endpoint: &Endpoint) -> ModelError {
    fault::protocol(endpoint, "it sent a web page; is base_url right?")
}

fn stalled(endpoint: &Endpoint) -> ModelError {
    ModelError::Stalled { endpoint: endpoint.label(), seconds: endpoint.stall.as_secs() }
}

fn unreachable(endpoint: &Endpoint, error: &reqwest::Error) -> ModelError {
    ModelError::Unreachable { endpoint: endpoint.label(), reason: client::reason(error) }
}

/// Waits for a turn at the endpoint.
///
/// # Errors
/// Cancelled before the turn came.
pub async fn turn(endpoint: &Endpoint, cancel: &CancellationToken) -> Result<OwnedSemaphorePermit, ModelError> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(ModelError::Cancelled),
        permit = Arc::clone(&endpoint.gate).acquire_owned() => permit.map_err(|_| ModelError::Cancelled),
    }
}
