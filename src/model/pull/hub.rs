//! Downloads a file of the Hugging Face hub, going on where an earlier download ended.

use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::model::pull::check::check;
use crate::model::pull::{Failure, Phase, Pull};
use crate::model::remote::client;

/// Silence for so long is a broken connection.
const SILENCE: Duration = Duration::from_secs(30);

/// Connections that may break before a pull gives up; each goes on where the last one broke.
const TRIES: u32 = 5;

/// Hops from the hub to where it keeps its files.
const REDIRECTS: usize = 10;

/// Fetches and checks a file of a repository.
///
/// # Errors
/// As [`Failure`]; the `.part` file is kept unless it is wrong.
pub async fn fetch(pull: &Pull<'_>, repository: &str, file: &str) -> Result<(), Failure> {
    let address = format!("{}/{repository}/resolve/main/{file}", pull.hub.trim_end_matches('/'));
    let client = client().map_err(|error| client::reason(&error))?;
    for tried in 1..=TRIES {
        let result = tokio::select! {
            biased;
            () = pull.cancel.cancelled() => return Err(Failure::Cancelled),
            result = download(pull, &client, &address) => result,
        };
        match result {
            Ok(()) => return check(pull, &host(pull.hub)).await,
            Err(Trouble::Final(reason)) => return Err(Failure::Reason(reason)),
            Err(Trouble::Passing(reason)) if tried == TRIES => return Err(Failure::Reason(reason)),
            Err(Trouble::Passing(_)) => {}
        }
    }
    Err(Failure::Reason(format!("{} sends nothing", host(pull.hub))))
}

enum Trouble {
    /// The connection broke after it had given something: to be gone on with.
    Passing(String),
    Final(String),
}

/// One connection: asks for what is missing and appends it.
async fn download(pull: &Pull<'_>, client: &Client, address: &str) -> Result<(), Trouble> {
    let size = pull.model.size;
    let mut have = tokio::fs::metadata(pull.part()).await.map_or(0, |part| part.len());
    if have == size {
        return Ok(());
    }
    if have > size {
        have = 0;
    }
    let mut request = client.get(address);
    if have > 0 {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let place = host(pull.hub);
    let sent = timeout(SILENCE, request.send()).await;
    let response = sent
        .map_err(|_| Trouble::Final(format!("{place} did not answer within {} seconds", SILENCE.as_secs())))?
        .map_err(|error| Trouble::Final(format!("{place} cannot be reached: {}", client::reason(&error))))?;
    let from = match response.status() {
        StatusCode::PARTIAL_CONTENT if continues(&response, have) => have,
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => 0,
        StatusCode::OK => 0,
        status => return Err(Trouble::Final(format!("{place} answered status {} for {address}", status.as_u16()))),
    };
    if from == 0 && response.status() != StatusCode::OK {
        tokio::fs::remove_file(pull.part()).await.map_err(|error| Trouble::Final(error.to_string()))?;
        return Err(Trouble::Passing(format!("{place} does not go on with a download")));
    }
    append(pull, response, from, &place).await
}

async fn append(pull: &Pull<'_>, mut response: Response, from: u64, place: &str) -> Result<(), Trouble> {
    let size = pull.model.size;
    let written =
        |error: std::io::Error| Trouble::Final(format!("{} cannot be written: {error}", pull.part().display()));
    let mut part = open(pull, from).await.map_err(written)?;
    let mut have = from;
    while have < size {
        let broken = || {
            Trouble::Passing(format!(
                "{place} broke off at {} of {} MB; pull again to go on from there",
                have >> 20,
                size >> 20
            ))
        };
        let read = timeout(SILENCE, response.chunk()).await;
        let Ok(Ok(Some(bytes))) = read else {
            part.flush().await.map_err(written)?;
            return Err(broken());
        };
        have += bytes.len() as u64;
        if have > size {
            return Err(Trouble::Final(format!("{place} sends more than the {size} bytes that were expected")));
        }
        part.write_all(&bytes).await.map_err(written)?;
        pull.tell(Phase::Download, have);
    }
    part.sync_all().await.map_err(written)
}

async fn open(pull: &Pull<'_>, from: u64) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(from > 0).truncate(from == 0);
    options.open(pull.part()).await
}

/// Whether a part of a file begins where ours ends.
fn continues(response: &Response, have: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    range.strip_prefix("bytes ").and_then(|range| range.split('-').next()?.parse().ok()) == Some(have)
}

/// A client that follows the hub's redirects, but never from https to anything less.
fn client() -> Result<Client, reqwest::Error> {
    let policy = redirect::Policy::custom(|hop| {
        let was_safe = hop.previous().iter().any(|url| url.scheme() == "https");
        if hop.previous().len() > REDIRECTS || (was_safe && hop.url().scheme() != "https") {
            return hop.stop();
        }
        hop.follow()
    });
    client::base().redirect(policy).build()
}

fn host(hub: &str) -> String {
    hub.split("://").last().and_then(|rest| rest.split('/').next()).unwrap_or(hub).to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::sync::Mutex;

    use tempfile::TempDir;
    use tokio_util::sync::CancellationToken;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

    use super::*;
    use crate::model::catalogue::Source;
    use crate::model::error::ModelError;
    use crate::model::pull::Progress;
    use crate::model::pull::tests::small;
    use crate::model::remote::raw_server::{RawServer, Step};

    /// Serves a file, from where the request says.
    struct Ranges(Vec<u8>);

    impl Respond for Ranges {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            let range = request
                .headers
                .get(RANGE)
                .and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-'));
            match range.map(|from| from.parse::<usize>().unwrap()) {
                None => ResponseTemplate::new(200).set_body_bytes(self.0.clone()),
                Some(from) => ResponseTemplate::new(206)
                    .insert_header("content-range", format!("bytes {from}-{}/{}", self.0.len() - 1, self.0.len()))
                    .set_body_bytes(&self.0[from..]),
            }
        }
    }

    fn file() -> Vec<u8> {
        (0..300_000_u32).map(|number| (number % 251) as u8).collect()
    }

    async fn serving(answer: impl Respond + 'static) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(path("/vendor/small/resolve/main/small.gguf")).respond_with(answer).mount(&server).await;
        server
    }

    async fn pull(hub: &str, folder: &TempDir) -> (Result<PathBuf, ModelError>, Vec<Progress>) {
        let steps = Mutex::new(Vec::new());
        let watch = |progress| steps.lock().unwrap().push(progress);
        let model = small(&file());
        let cancel = CancellationToken::new();
        let result = Pull { model: &model, folder: folder.path(), hub, python: "", watch: &watch, cancel }.run().await;
        (result, steps.into_inner().unwrap())
    }

    fn part(folder: &TempDir) -> PathBuf {
        folder.path().join("small.gguf.part")
    }

    #[tokio::test]
    async fn a_file_is_downloaded_checked_and_put_in_place() {
        let (server, folder) = (serving(Ranges(file())).await, TempDir::new().unwrap());
        let (result, steps) = pull(&server.uri(), &folder).await;
        assert_eq!(fs::read(result.unwrap()).unwrap(), file());
        assert!(!part(&folder).exists());
        let last = |phase| steps.iter().rfind(|step| step.phase == phase).map(|step| step.done);
        assert_eq!((last(Phase::Download), last(Phase::Check)), (Some(300_000), Some(300_000)));
        pull("http://127.0.0.1:1", &folder).await.0.unwrap();
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "what is there is not fetched again");
    }

    #[tokio::test]
    async fn a_download_goes_on_where_it_ended() {
        let (server, folder) = (serving(Ranges(file())).await, TempDir::new().unwrap());
        fs::write(part(&folder), &file()[..120_000]).unwrap();
        let (result, _) = pull(&server.uri(), &folder).await;
        assert_eq!(fs::read(result.unwrap()).unwrap(), file());
        assert_eq!(server.received_requests().await.unwrap()[0].headers["range"], "bytes=120000-");
    }

    #[tokio::test]
    async fn a_server_without_ranges_begins_anew() {
        let (server, folder) =
            (serving(ResponseTemplate::new(200).set_body_bytes(file())).await, TempDir::new().unwrap());
        fs::write(part(&folder), b"something else").unwrap();
        assert_eq!(fs::read(pull(&server.uri(), &folder).await.0.unwrap()).unwrap(), file());
    }

    #[tokio::test]
    async fn a_part_that_is_too_long_is_thrown_away() {
        let (server, folder) = (serving(Ranges(file())).await, TempDir::new().unwrap());
        fs::write(part(&folder), vec![0; 300_001]).unwrap();
        assert_eq!(fs::read(pull(&server.uri(), &folder).await.0.unwrap()).unwrap(), file());
    }

    #[tokio::test]
    async fn a_wrong_file_is_deleted_and_named() {
        let mut wrong = file();
        wrong[7] ^= 1;
        let (server, folder) = (serving(Ranges(wrong)).await, TempDir::new().unwrap());
        let error = pull(&server.uri(), &folder).await.0.unwrap_err().to_string();
        assert!(error.contains("small could not be fetched") && error.contains("it was deleted"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_broken_connection_keeps_what_came() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n".to_vec();
        let server = RawServer::start(vec![Step::Write(head), Step::Write(file()[..1000].to_vec())]);
        let folder = TempDir::new().unwrap();
        let hub = server.base_url.trim_end_matches("/v1");
        let error = pull(hub, &folder).await.0.unwrap_err().to_string();
        assert!(error.contains("pull again to go on"), "{error}");
        assert_eq!(fs::read(part(&folder)).unwrap(), &file()[..1000]);
    }

    #[tokio::test]
    async fn a_hub_that_refuses_or_is_away_is_one_sentence() {
        let (server, folder) = (serving(ResponseTemplate::new(403)).await, TempDir::new().unwrap());
        let error = pull(&server.uri(), &folder).await.0.unwrap_err().to_string();
        assert!(error.contains("answered status 403"), "{error}");
        let error = pull("http://127.0.0.1:1", &folder).await.0.unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:1 cannot be reached"), "{error}");
    }

    #[tokio::test]
    async fn redirects_are_followed() {
        let target = serving(Ranges(file())).await;
        let place = format!("{}/vendor/small/resolve/main/small.gguf", target.uri());
        let (server, folder) = (
            serving(ResponseTemplate::new(302).insert_header("location", place.as_str())).await,
            TempDir::new().unwrap(),
        );
        assert_eq!(fs::read(pull(&server.uri(), &folder).await.0.unwrap()).unwrap(), file());
    }

    #[tokio::test]
    async fn the_next_source_serves_when_one_fails() {
        let (server, folder) = (serving(Ranges(file())).await, TempDir::new().unwrap());
        let mut model = small(&file());
        model.sources.insert(0, Source::Hub { repository: "vendor/absent".to_owned(), file: "small.gguf".to_owned() });
        let (watch, cancel) = (|_| {}, CancellationToken::new());
        let pull = Pull { model: &model, folder: folder.path(), hub: &server.uri(), python: "", watch: &watch, cancel };
        assert!(pull.run().await.is_ok());
    }

    #[tokio::test]
    async fn cancelling_keeps_the_part() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n".to_vec();
        let server = RawServer::start(vec![Step::Write(head), Step::Write(file()[..1000].to_vec()), Step::Hold]);
        let (model, folder, cancel) = (small(&file()), TempDir::new().unwrap(), CancellationToken::new());
        let stop = cancel.clone();
        let watch = move |_| stop.cancel();
        let hub = server.base_url.trim_end_matches("/v1");
        let pull = Pull { model: &model, folder: folder.path(), hub, python: "", watch: &watch, cancel };
        assert_eq!(pull.run().await, Err(ModelError::Cancelled));
        assert!(part(&folder).exists());
    }
}
