//! A model's next-token probabilities beside those of a llama.cpp server that has loaded the same file: an independent
//! check of everything between the file and a logit.
//!
//! Both read the same token ids. At positions spread over a text, the log-probabilities that the server gives for its
//! most likely tokens are compared with ours, over the whole vocabulary.

use std::path::Path;

use serde::Serialize;

use crate::model::error::ModelError;
use crate::model::local::direct::Direct;
use crate::model::local::score::{likeliest, log_softmax};
use crate::model::peer::Peer;

/// Tokens that are compared at each position: the server's most likely ones. Further down, differences of rounding
/// grow and matter to nobody.
pub const TOP: usize = 10;

/// Two tokens that lie so close at the server, in nats, are a near tie, which rounding may turn: both programs keep
/// weights and activations in a few bits. A computation in 32-bit numbers finds the same token as llama.cpp at about 95 %
/// of the positions of a 4-bit model of 135 million weights, and where it does not, the two lie within 0.23.
pub const NEAR_TIE: f64 = 0.5;

/// The least share of positions at which both must find the same token the most likely, or one of a near tie.
pub const LEAST_AGREEMENT: f64 = 0.99;

/// How far two programs agree on one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Tokens of the text, as we count them; as the server does, if we do not know the model's tokenizer.
    pub text_tokens: usize,
    /// Whether the server's ids are ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_tokens: Option<bool>,
    /// The first token that differs, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_other_token: Option<usize>,
    pub positions: usize,
    /// The longest context that was compared, in tokens.
    pub deepest: usize,
    /// Tokens compared at each position.
    pub top: usize,
    /// Of natural log-probabilities, over all positions and tokens.
    pub max_difference: f64,
    pub mean_difference: f64,
    /// Share of positions with the same most likely token, 0 to 1.
    pub argmax_agreement: f64,
    /// The same, where a near tie counts as agreement.
    pub agreement_or_near_tie: f64,
    pub worst: Option<Worst>,
    /// Whether no token id is another, and the agreement, near ties counted, is at least [`LEAST_AGREEMENT`].
    pub agrees: bool,
}

/// Where two log-probabilities lie farthest apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// Tokens before it.
    pub position: usize,
    pub token: u32,
    pub ours: f64,
    pub theirs: f64,
}

impl Worst {
    fn distance(&self) -> f64 {
        (self.ours - self.theirs).abs()
    }
}

/// Compares a model with a server at `positions` positions of a text. `tell` hears what is being done.
///
/// # Errors
/// The model cannot be opened, the server serves another one or cannot be asked, or the text is too short.
pub async fn compare(
    path: &Path,
    name: &str,
    text: &str,
    peer: &Peer,
    positions: usize,
    mut tell: impl FnMut(&str),
) -> Result<Comparison, ModelError> {
    let their_model = peer.model().await?;
    tell("loading");
    let (owned, name_of_model) = (path.to_owned(), name.to_owned());
    let mut direct = blocking(name, move || Direct::open(&owned, &name_of_model)).await?;
    if let Some(difference) = difference(&direct, their_model.vocabulary, their_model.width) {
        return Err(peer.wrong(&difference));
    }
    let their_tokens = peer.tokenize(text).await?;
    let own = if direct.tokenizes() { Some(direct.tokenize(text)?) } else { None };
    let first_other_token = own.as_ref().map(|own| first_difference(own, &their_tokens));
    let tokens = own.unwrap_or(their_tokens);
    let readable = tokens.len().min(direct.context).min(their_model.context.saturating_sub(1));
    if readable < positions {
        let reason = format!("only {readable} tokens of the text fit into both contexts, so ask for fewer positions");
        return Err(peer.wrong(&reason));
    }
    let at = spread(readable, positions);
    let mut answers = Vec::with_capacity(at.len());
    for (i, &position) in at.iter().enumerate() {
        tell(&format!("the server, position {} of {positions}", i + 1));
        answers.push(peer.next(tokens.get(..position).unwrap_or_default(), TOP).await?.top);
    }
    tell("our own reading");
    let own_tokens = tokens.clone();
    let tally = blocking(name, move || {
        let mut tally = Tally::default();
        let mut read = 0;
        for (&position, theirs) in at.iter().zip(&answers) {
            let logits = direct.read(own_tokens.get(read..position).unwrap_or_default(), 1)?;
            read = position;
            let ours = log_softmax(logits.first().map(Vec::as_slice).unwrap_or_default());
            tally.take(position, &ours, theirs);
        }
        Ok(tally)
    })
    .await?;
    Ok(tally.result(tokens.len(), first_other_token, readable))
}

async fn blocking<T: Send + 'static>(
    model: &str,
    work: impl FnOnce() -> Result<T, ModelError> + Send + 'static,
) -> Result<T, ModelError> {
    let failed = |error: tokio::task::JoinError| ModelError::Inference {
        model: model.to_owned(),
        reason: format!("its comparison broke: {error}"),
    };
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

/// Why the server's model cannot be ours, as the end of a sentence.
fn difference(direct: &Direct, vocabulary: Option<usize>, width: Option<usize>) -> Option<String> {
    let other = |theirs: Option<usize>, ours: usize| theirs.filter(|&theirs| theirs != ours);
    if let Some(theirs) = other(vocabulary, direct.vocabulary) {
        return Some(format!(
            "it serves another model, whose vocabulary has {theirs} tokens in place of {}; start it with the same file",
            direct.vocabulary
        ));
    }
    other(width, direct.width).map(|theirs| {
        format!(
            "it serves another model, whose hidden states have {theirs} numbers in place of {}; \
             start it with the same file",
            direct.width
        )
    })
}

/// `count` positions, spread evenly up to the end of `tokens` tokens. `count` is at most `tokens`.
fn spread(tokens: usize, count: usize) -> Vec<usize> {
    (1..=count).map(|i| i * tokens / count).collect()
}

fn first_difference(a: &[u32], b: &[u32]) -> Option<usize> {
    let shared = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    (shared < a.len().max(b.len())).then_some(shared)
}

/// Differences, added up.
#[derive(Default)]
struct Tally {
    positions: usize,
    compared: usize,
    sum: f64,
    same_argmax: usize,
    /// Positions with the same most likely token, or with one of a near tie.
    near: usize,
    worst: Option<Worst>,
}

impl Tally {
    /// Takes the log-probabilities of one position: ours of the whole vocabulary, theirs of the most likely tokens.
    fn take(&mut self, position: usize, ours: &[f64], theirs: &[(u32, f64)]) {
        self.positions += 1;
        for &(token, theirs) in theirs {
            let ours = ours.get(token as usize).copied().unwrap_or(f64::NEG_INFINITY);
            let distance = (ours - theirs).abs();
            self.compared += 1;
            self.sum += distance;
            // In this order what is no number is the farthest of all.
            if self.worst.is_none_or(|worst| distance.total_cmp(&worst.distance()).is_gt()) {
                self.worst = Some(Worst { position, token, ours, theirs });
            }
        }
        let likeliest = likeliest(ours);
        let best = theirs.iter().copied().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((best, highest)) = best else { return };
        self.same_argmax += usize::from(likeliest == Some(best as usize));
        // A token that the server does not even list is no near tie.
        let at_theirs = theirs.iter().find(|(token, _)| likeliest == Some(*token as usize));
        self.near += usize::from(at_theirs.is_some_and(|(_, score)| highest - score <= NEAR_TIE));
    }

    fn result(self, text_tokens: usize, first_other: Option<Option<usize>>, deepest: usize) -> Comparison {
        let share = |part: f64, whole: usize| if whole == 0 { 0.0 } else { part / whole as f64 };
        let argmax_agreement = share(self.same_argmax as f64, self.positions);
        let agreement_or_near_tie = share(self.near as f64, self.positions);
        let mean_difference = share(self.sum, self.compared);
        let first_other_token = first_other.flatten();
        Comparison {
            text_tokens,
            same_tokens: first_other.map(|first| first.is_none()),
            first_other_token,
            positions: self.positions,
            deepest,
            top: TOP,
            max_difference: self.worst.map_or(0.0, |worst| worst.distance()),
            mean_difference,
            argmax_agreement,
            agreement_or_near_tie,
            worst: self.worst,
            agrees: first_other_token.is_none()
                && agreement_or_near_tie >= LEAST_AGREEMENT
                && mean_difference.is_finite(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    use super::*;
    use crate::model::local::tiny::Tiny;

    #[test]
    fn positions_are_spread_to_the_end_and_none_twice() {
        assert_eq!(spread(10, 4), [2, 5, 7, 10]);
        assert_eq!(spread(3, 3), [1, 2, 3]);
    }

    #[test]
    fn the_farthest_token_is_the_worst_and_the_likeliest_tokens_are_compared() {
        let mut tally = Tally::default();
        tally.take(3, &[-1.0, -2.0, -3.0], &[(0, -1.0), (2, -3.5)]);
        tally.take(5, &[-2.0, -1.0, -3.0], &[(0, -1.0), (1, -1.25)]);
        let result = tally.result(9, Some(None), 5);
        assert_eq!((result.positions, result.argmax_agreement, result.max_difference), (2, 0.5, 1.0));
        assert_eq!(result.mean_difference, (0.0 + 0.5 + 1.0 + 0.25) / 4.0);
        assert_eq!(result.worst, Some(Worst { position: 5, token: 0, ours: -2.0, theirs: -1.0 }));
        assert_eq!(result.agreement_or_near_tie, 1.0);
        assert!(result.agrees);
    }

    #[test]
    fn a_token_that_the_server_finds_much_less_likely_is_a_disagreement() {
        for theirs in [&[(0, -0.5), (1, -1.25)][..], &[(0, -0.5), (2, -0.75)]] {
            let mut tally = Tally::default();
            tally.take(4, &[-2.0, -1.0, -3.0], theirs);
            let result = tally.result(9, Some(None), 4);
            assert!(result.agreement_or_near_tie == 0.0 && !result.agrees, "{result:?}");
        }
    }

    #[test]
    fn numbers_that_are_none_never_agree() {
        let mut tally = Tally::default();
        tally.take(1, &[f64::NAN, -2.0], &[(0, -0.1)]);
        tally.take(2, &[-0.1, -2.0], &[(0, -0.2)]);
        let result = tally.result(2, Some(None), 2);
        assert!(result.max_difference.is_nan() && !result.agrees);
    }

    #[test]
    fn other_tokens_are_found_where_they_begin() {
        assert_eq!(first_difference(&[1, 2, 3], &[1, 2, 3]), None);
        assert_eq!(first_difference(&[1, 2, 3], &[1, 4, 3]), Some(1));
        assert_eq!(first_difference(&[1, 2], &[1, 2, 3]), Some(2));
    }

    /// A server that answers with the log-probabilities of a direct reading, `off` added.
    async fn server(file: &Path, vocabulary: usize, off: f64) -> MockServer {
        let server = MockServer::start().await;
        let json = |value| ResponseTemplate::new(200).set_body_json(value);
        let properties = json!({ "default_generation_settings": { "n_ctx": 512 } });
        let models = json!({ "data": [{ "meta": { "n_vocab": vocabulary } }] });
        let tokens = Direct::open(file, "tiny").unwrap().tokenize(TEXT).unwrap();
        Mock::given(path("/props")).respond_with(json(properties)).mount(&server).await;
        Mock::given(path("/v1/models")).respond_with(json(models)).mount(&server).await;
        Mock::given(path("/tokenize")).respond_with(json(json!({ "tokens": tokens }))).mount(&server).await;
        let file = file.to_owned();
        let answer = move |request: &Request| {
            let asked: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            let prompt: Vec<u32> = serde_json::from_value(asked["prompt"].clone()).unwrap();
            let logits = Direct::open(&file, "tiny").unwrap().read(&prompt, 1).unwrap();
            let mut top: Vec<(usize, f64)> = log_softmax(&logits[0]).into_iter().enumerate().collect();
            top.sort_by(|(_, a), (_, b)| b.total_cmp(a));
            let top = top[..TOP].iter().map(|(id, logprob)| json!({ "id": id, "logprob": logprob + off }));
            let list = top.collect::<Vec<_>>();
            ResponseTemplate::new(200).set_body_json(json!({ "completion_probabilities": [{ "top_logprobs": list }] }))
        };
        Mock::given(path("/completion")).respond_with(answer).mount(&server).await;
        server
    }

    const TEXT: &str = "a debate about the price of a dinner";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_with_the_same_model_agrees_and_one_with_another_is_refused() {
        let written = Tiny::new("qwen2", 5).write();
        let vocabulary = Direct::open(&written.path, "tiny").unwrap().vocabulary;
        let same = server(&written.path, vocabulary, 0.25).await;
        let peer = Peer::new(&same.uri()).unwrap();
        let result = compare(&written.path, "tiny", TEXT, &peer, 5, |_| ()).await.unwrap();
        assert!(result.agrees && result.same_tokens == Some(true), "{result:?}");
        assert!((result.mean_difference - 0.25).abs() < 1e-6 && result.argmax_agreement == 1.0, "{result:?}");
        let other = server(&written.path, vocabulary + 1, 0.0).await;
        let peer = Peer::new(&other.uri()).unwrap();
        let error = compare(&written.path, "tiny", TEXT, &peer, 5, |_| ()).await.unwrap_err().to_string();
        assert!(error.contains("it serves another model"), "{error}");
    }
}
