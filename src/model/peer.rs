//! A llama.cpp server as a reference, in its own protocol: token ids in, log-probabilities out.
//!
//! Field names are those that `llama-server` has used since it gives token ids: `completion_probabilities`, in it
//! `top_logprobs` with `id` and `logprob`. Older servers call the list `probs` and put text in the place of ids; they
//! are refused with a sentence. The OpenAI protocol takes no token ids, so `remote` does not serve here.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use serde_json::{Value, json};

use crate::model::error::ModelError;
use crate::model::remote::client::{BODY_LIMIT, build, read_capped, reason};
use crate::model::remote::fault::Report;

/// How long the server has for one answer, in seconds: a slow machine may read a long prompt for it.
const PATIENCE: u64 = 600;

/// A server that serves one model.
#[derive(Clone, Debug)]
pub struct Peer {
    client: Client,
    base: Url,
}

/// What a server says of its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerModel {
    /// Tokens that one slot takes.
    pub context: usize,
    /// Length of a list of logits, where it is said.
    pub vocabulary: Option<usize>,
    /// Length of a hidden state, where it is said.
    pub width: Option<usize>,
}

/// What follows some tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerAnswer {
    /// The most likely tokens and their natural log-probabilities, in the server's order.
    pub top: Vec<(u32, f64)>,
    /// Tokens of the prompt that the server read; the others were in its cache. 0 where it does not say.
    pub read: u64,
}

impl Peer {
    /// A server by its address, for instance `http://127.0.0.1:8080`. Nothing is sent yet.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(address: &str) -> Result<Peer, ModelError> {
        let root = address.trim_end_matches('/').trim_end_matches("/v1");
        let base = Url::parse(&format!("{root}/")).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = base.ok_or_else(|| {
            ModelError::Setup(format!("\"{address}\" is no address of a server; write one like http://127.0.0.1:8080"))
        })?;
        let client = build(&base, 1).map_err(ModelError::Setup)?;
        Ok(Peer { client, base })
    }

    /// What the server says of its model.
    ///
    /// # Errors
    /// It cannot be reached, is still loading, or is no llama.cpp server.
    pub async fn model(&self) -> Result<PeerModel, ModelError> {
        let properties = self.call("props", None).await?;
        let models = self.call("v1/models", None).await?;
        about(&properties, &models).ok_or_else(|| self.wrong("it does not say the length of its context"))
    }

    /// The tokens of a text, without any that a template or a beginning would add.
    ///
    /// # Errors
    /// It cannot be reached, or answers something else.
    pub async fn tokenize(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let answer = self.call("tokenize", Some(json!({ "content": text, "add_special": false }))).await?;
        let tokens = answer.get("tokens").and_then(Value::as_array);
        let tokens = tokens.and_then(|tokens| tokens.iter().map(token).collect::<Option<Vec<u32>>>());
        tokens.ok_or_else(|| self.wrong("its answer to /tokenize holds no token ids"))
    }

    /// The `top` most likely tokens behind a prompt. It goes to slot 0, whose cache serves what it begins with.
    ///
    /// # Errors
    /// It cannot be reached, refuses the prompt, or gives no log-probabilities by token id.
    pub async fn next(&self, prompt: &[u32], top: usize) -> Result<PeerAnswer, ModelError> {
        let request = json!({
            "prompt": prompt,
            "n_predict": 1,
            "n_probs": top,
            "temperature": 0.0,
            "cache_prompt": true,
            "id_slot": 0,
            "post_sampling_probs": false,
            "stream": false,
        });
        let answer = self.call("completion", Some(request)).await?;
        read(&answer).ok_or_else(|| {
            self.wrong("its answer to /completion holds no log-probabilities by token id; use a newer llama-server")
        })
    }

    async fn call(&self, path: &str, body: Option<Value>) -> Result<Value, ModelError> {
        let endpoint = || self.address();
        let unreachable = |reason: String| ModelError::Unreachable { endpoint: endpoint(), reason };
        let url = self.base.join(path).map_err(|error| unreachable(error.to_string()))?;
        let request = match &body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        let failed = |error: reqwest::Error| match error.is_timeout() && !error.is_connect() {
            true => ModelError::Stalled { endpoint: endpoint(), seconds: PATIENCE },
            false => unreachable(reason(&error)),
        };
        let mut response = request.timeout(Duration::from_secs(PATIENCE)).send().await.map_err(failed)?;
        let (body, _) = read_capped(&mut response, BODY_LIMIT).await.map_err(failed)?;
        match response.status() {
            StatusCode::NOT_FOUND => Err(self.wrong(&format!("it does not know /{path}, as llama.cpp's server does"))),
            status if !status.is_success() => {
                let message = Report::read(&body).message;
                Err(ModelError::Status { endpoint: endpoint(), status: status.as_u16(), message })
            }
            _ => serde_json::from_slice(&body).map_err(|_| self.wrong(&format!("its answer to /{path} is no JSON"))),
        }
    }

    /// The error for a server that answers, but not with what a comparison needs.
    #[must_use]
    pub fn wrong(&self, reason: &str) -> ModelError {
        ModelError::Peer { server: self.address(), reason: reason.to_owned() }
    }

    fn address(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }
}

fn about(properties: &Value, models: &Value) -> Option<PeerModel> {
    let number = |value: Option<&Value>| value.and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    let meta = models.pointer("/data/0/meta");
    Some(PeerModel {
        context: number(properties.pointer("/default_generation_settings/n_ctx"))?,
        vocabulary: number(meta.and_then(|meta| meta.get("n_vocab"))),
        width: number(meta.and_then(|meta| meta.get("n_embd"))),
    })
}

fn read(answer: &Value) -> Option<PeerAnswer> {
    let top = answer.pointer("/completion_probabilities/0/top_logprobs")?.as_array()?;
    let pair = |entry: &Value| Some((token(entry.get("id")?)?, entry.get("logprob")?.as_f64()?));
    let top = top.iter().map(pair).collect::<Option<Vec<_>>>()?;
    let read = answer.pointer("/timings/prompt_n").and_then(Value::as_u64).unwrap_or(0);
    (!top.is_empty()).then_some(PeerAnswer { top, read })
}

fn token(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{body_partial_json, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn answering(at: &str, answer: ResponseTemplate) -> (MockServer, Peer) {
        let server = MockServer::start().await;
        Mock::given(path(at)).respond_with(answer).mount(&server).await;
        let peer = Peer::new(&server.uri()).unwrap();
        (server, peer)
    }

    #[tokio::test]
    async fn log_probabilities_are_read_by_token_id() {
        let server = MockServer::start().await;
        let answer = json!({
            "content": " by", "timings": { "prompt_n": 1 },
            "completion_probabilities": [{ "id": 411, "top_logprobs": [
                { "id": 411, "token": " by", "logprob": -1.25 }, { "id": 3703, "token": " forward", "logprob": -1.75 },
            ] }],
        });
        let wanted = json!({ "prompt": [504, 5522], "n_predict": 1, "n_probs": 2, "id_slot": 0, "cache_prompt": true });
        Mock::given(method("POST"))
            .and(path("/completion"))
            .and(body_partial_json(wanted))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
        let next = Peer::new(&format!("{}/v1/", server.uri())).unwrap().next(&[504, 5522], 2).await.unwrap();
        assert_eq!(next, PeerAnswer { top: vec![(411, -1.25), (3703, -1.75)], read: 1 });
    }

    #[tokio::test]
    async fn a_server_without_log_probabilities_by_id_is_refused() {
        let older =
            json!({ "completion_probabilities": [{ "content": "a", "probs": [{ "tok_str": "a", "prob": 1.0 }] }] });
        for answer in [older, json!({ "content": "a" }), json!({ "completion_probabilities": [] })] {
            let (_server, peer) = answering("/completion", ResponseTemplate::new(200).set_body_json(answer)).await;
            let error = peer.next(&[1], 5).await.unwrap_err().to_string();
            assert!(error.contains("no log-probabilities by token id; use a newer llama-server"), "{error}");
        }
    }

    #[tokio::test]
    async fn each_wrong_server_gets_its_sentence() {
        let (server, peer) = answering("/elsewhere", ResponseTemplate::new(200)).await;
        let error = peer.model().await.unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{} cannot be compared with: it does not know /props, as llama.cpp's server does", server.uri())
        );
        let loading = json!({ "error": { "message": "Loading model", "code": 503 } });
        let (_server, peer) = answering("/props", ResponseTemplate::new(503).set_body_json(loading)).await;
        let error = peer.model().await.unwrap_err().to_string();
        assert!(error.ends_with("answered status 503: Loading model"), "{error}");
        let (_server, peer) = answering("/tokenize", ResponseTemplate::new(200).set_body_string("<html>")).await;
        let error = peer.tokenize("a").await.unwrap_err().to_string();
        assert!(error.contains("its answer to /tokenize is no JSON"), "{error}");
        let error = Peer::new("http://127.0.0.1:1").unwrap().model().await.unwrap_err().to_string();
        assert!(error.starts_with("http://127.0.0.1:1 cannot be reached: "), "{error}");
        let error = Peer::new("8080").unwrap_err().to_string();
        assert!(error.starts_with("\"8080\" is no address of a server"), "{error}");
    }

    #[test]
    fn a_model_is_known_by_its_dimensions() {
        let properties = json!({ "default_generation_settings": { "n_ctx": 4096 } });
        let models = json!({ "data": [{ "id": "m", "meta": { "n_vocab": 49152, "n_embd": 576 } }] });
        let expected = PeerModel { context: 4096, vocabulary: Some(49152), width: Some(576) };
        assert_eq!(about(&properties, &models), Some(expected));
        assert_eq!(about(&properties, &json!({})).unwrap().vocabulary, None);
        assert_eq!(about(&json!({}), &models), None);
    }
}
