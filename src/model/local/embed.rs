//! Embeds texts: the mean of a layer's hidden states over the tokens of each.

use crate::domain::usage::Usage;
use crate::model::chat::Delta;
use crate::model::embedder::{Embedding, Embeddings};
use crate::model::local::cache::Cache;
use crate::model::local::slots::{Reading, Slots};

/// The tokens of a text, behind those of what is read before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Longer than `before`.
    pub tokens: Vec<u32>,
    /// Tokens that are no part of the mean.
    pub before: usize,
    /// Tokens of the text that found no room.
    pub left_out: usize,
}

/// Texts that are being embedded, one after another.
pub struct Embedded<P> {
    passages: Vec<Passage>,
    /// The layer that states are taken behind; `None` is behind the last norm.
    pub layer: Option<usize>,
    done: Vec<Embedding>,
    reading: Reading<P>,
    /// The sum of the states of the present text, in double precision so that its length does not matter.
    sum: Vec<f64>,
    /// Tokens of the passages before the present one.
    read: usize,
    usage: Usage,
}

impl<P> Embedded<P> {
    /// Begins with the first text; `None` if there is none.
    #[must_use]
    pub fn new(passages: Vec<Passage>, layer: Option<usize>, slots: &mut Slots<P>) -> Option<Embedded<P>> {
        let reading = begin(passages.first()?, slots);
        let (done, sum) = (Vec::new(), Vec::new());
        let mut embedded = Embedded { passages, layer, done, reading, sum, read: 0, usage: Usage::default() };
        embedded.count();
        Some(embedded)
    }

    /// The sequence that is being read.
    #[must_use]
    pub fn reading(&self) -> &Reading<P> {
        &self.reading
    }

    /// The next tokens to read, and the cache they go to.
    pub fn run(&mut self, tokens: usize) -> (&[u32], &mut Cache<P>) {
        self.reading.run(tokens)
    }

    /// Of the next `tokens` tokens, how many of the last ones are part of the mean.
    #[must_use]
    pub fn counting(&self, tokens: usize) -> usize {
        let read = self.reading.cache.len();
        let before = self.present().map_or(0, |passage| passage.before);
        (read + tokens).saturating_sub(before.max(read))
    }

    /// How many tokens of all passages have been read.
    #[must_use]
    pub fn progress(&self) -> Delta {
        let total = self.passages.iter().map(|passage| passage.tokens.len()).sum();
        Delta::Prefill { done: self.read + self.reading.cache.len(), total }
    }

    /// Adds states of tokens that are part of the mean.
    pub fn add(&mut self, states: &[Vec<f32>]) {
        for state in states {
            self.sum.resize(state.len(), 0.0);
            self.sum.iter_mut().zip(state).for_each(|(sum, &number)| *sum += f64::from(number));
        }
    }

    /// When the present text has been read, goes to the next; gives the vectors when it was the last.
    pub fn go_on(&mut self, slots: &mut Slots<P>) -> Option<Embeddings> {
        if !self.reading.pending().is_empty() {
            return None;
        }
        let passage = self.present()?;
        let (tokens, left_out) = (passage.tokens.len() - passage.before, passage.left_out);
        self.read += passage.tokens.len();
        let vector = std::mem::take(&mut self.sum).iter().map(|sum| (sum / tokens as f64) as f32).collect();
        self.done.push(Embedding { vector, tokens, left_out });
        let Some(next) = self.passages.get(self.done.len()) else {
            return Some(Embeddings { embeddings: std::mem::take(&mut self.done), usage: self.usage });
        };
        rest(std::mem::replace(&mut self.reading, Reading::empty()), next.before, slots);
        self.reading = begin(next, slots);
        self.count();
        None
    }

    /// Gives what was read before the text to rest.
    pub fn finish(self, slots: &mut Slots<P>) {
        let before = self.passages.first().map_or(0, |passage| passage.before);
        rest(self.reading, before, slots);
    }

    fn present(&self) -> Option<&Passage> {
        self.passages.get(self.done.len())
    }

    fn count(&mut self) {
        self.usage.prompt_tokens += self.reading.tokens.len() as u64;
        self.usage.cached_tokens += self.reading.cache.len() as u64;
    }
}

/// The tokens before the text may have been read already. Those of the text are read in any case: a cache does not
/// hold their states.
fn begin<P>(passage: &Passage, slots: &mut Slots<P>) -> Reading<P> {
    let mut reading = slots.take(&passage.tokens);
    reading.cache.truncate(passage.before);
    reading
}

/// Keeps the first `before` tokens for the next text. The text itself is not kept: it would push out the beginnings of
/// debates, and no text is embedded twice.
fn rest<P>(mut reading: Reading<P>, before: usize, slots: &mut Slots<P>) {
    reading.cache.truncate(before);
    if reading.cache.len() > 0 {
        slots.put_back(reading);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use candle_core::Device;
    use candle_core::quantized::gguf_file::Value;
    use futures::StreamExt;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::domain::hash::ContentHash;
    use crate::model::chat::{ChatModel, ChatRequest, Message, Sampling};
    use crate::model::embedder::{EmbedRequest, Embedder};
    use crate::model::error::ModelError;
    use crate::model::local::LocalModel;
    use crate::model::local::cache::Cache;
    use crate::model::local::decoder::{self, Decoder, Tap};
    use crate::model::local::gguf::Gguf;
    use crate::model::local::kernels::{Kernel, Kernels, Pool};
    use crate::model::local::shape::Shape;
    use crate::model::local::tiny::Tiny;

    fn open(tiny: &Tiny) -> Arc<LocalModel> {
        LocalModel::open(&tiny.write().path, "tiny", Some(ContentHash::default())).unwrap()
    }

    fn request(texts: &[&str], layer: Option<usize>) -> EmbedRequest {
        EmbedRequest { texts: texts.iter().map(|&text| text.to_owned()).collect(), layer, ..EmbedRequest::default() }
    }

    async fn embed(model: &LocalModel, request: EmbedRequest) -> Result<Embeddings, ModelError> {
        let (progress, _) = tokio::sync::mpsc::unbounded_channel();
        model.embed(request, progress, CancellationToken::new()).await
    }

    async fn vector(model: &LocalModel, text: &str, layer: Option<usize>) -> Vec<f32> {
        embed(model, request(&[text], layer)).await.unwrap().embeddings.remove(0).vector
    }

    fn off(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[tokio::test]
    async fn behind_no_layer_the_vector_is_the_mean_of_the_rows_of_the_table() {
        let tiny = Tiny::new("llama", 3);
        let model = open(&tiny);
        let table = tiny.tensors["token_embd.weight"].dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
        let tokens = model.tokenize("cups and rivers").unwrap();
        let sum = |i: usize| tokens.iter().map(|&token| table[token as usize][i]).sum::<f32>();
        let mean: Vec<f32> = (0..table[0].len()).map(|i| sum(i) / tokens.len() as f32).collect();
        assert!(off(&vector(&model, "cups and rivers", Some(0)).await, &mean) < 1e-6);
    }

    #[tokio::test]
    async fn the_states_behind_a_layer_do_not_know_of_those_above() {
        let model = open(&Tiny::new("qwen3", 3));
        let short = open(&Tiny::new("qwen3", 3).set("qwen3.block_count", Value::U32(1)));
        let text = "rivers and seas";
        assert_eq!(vector(&model, text, Some(1)).await, vector(&short, text, Some(1)).await);
        assert!(off(&vector(&model, text, Some(1)).await, &vector(&model, text, Some(2)).await) > 0.1);
        let error = embed(&short, request(&[text], Some(2))).await.unwrap_err();
        assert_eq!(error, ModelError::NoLayer { model: "tiny".to_owned(), layer: 2, layers: 1 });
    }

    #[tokio::test]
    async fn the_vector_is_the_mean_over_the_text_alone_however_it_is_read() {
        let tiny = Tiny::new("qwen2", 3);
        let written = tiny.write();
        let gguf = Gguf::open(&written.path).unwrap();
        let shape = Shape::read(&gguf).unwrap();
        let rotary = decoder::rotary(&gguf.directory(), &shape, 1024).unwrap();
        let kernels = Kernels::new(Kernel::fastest().unwrap_or(Kernel::Plain), Arc::new(Pool::new(1)), rotary);
        let decoder = Decoder::load(&gguf.directory(), shape, kernels).unwrap();
        let model = open(&tiny);
        let (before, text) = ("Somebody said: ".repeat(21), "cups, the rivers; ".repeat(24));
        let mut tokens = model.tokenize(&before).unwrap();
        let from = tokens.len();
        tokens.extend(model.tokenize(&text).unwrap());
        // More than a chunk on either side of where the text begins.
        assert!(from > 256 && tokens.len() - from > 256);
        for layer in [Some(1), None] {
            let tap = Tap { layer, rows: (from..tokens.len()).collect() };
            let (_, states) = decoder.read_tapped(&mut [(&tokens, &mut Cache::default())], &[tap]).unwrap();
            let sum = |i: usize| states[0].iter().map(|state| f64::from(state[i])).sum::<f64>();
            let mean: Vec<f32> = (0..64).map(|i| (sum(i) / states[0].len() as f64) as f32).collect();
            let asked = EmbedRequest { before: before.clone(), ..request(&[&text, &text], layer) };
            let made = embed(&model, asked).await.unwrap();
            let [one, other] = &made.embeddings[..] else { panic!("{made:?}") };
            assert_eq!((one.tokens, one.left_out), (tokens.len() - from, 0));
            assert!(off(&one.vector, &mean) < 1e-5, "{layer:?}: {}", off(&one.vector, &mean));
            assert_eq!(one, other);
            assert!(made.usage.cached_tokens >= from as u64, "{:?}", made.usage);
        }
        assert!(off(&vector(&model, &text, None).await, &vector(&model, "the cups", None).await) > 0.01);
    }

    #[tokio::test]
    async fn a_text_without_room_is_cut_and_an_empty_one_refused() {
        let model = open(&Tiny::new("llama", 3));
        let whole = embed(&model, request(&[&"x".repeat(1023)], None)).await.unwrap();
        let cut = embed(&model, request(&[&"x".repeat(1050)], None)).await.unwrap();
        assert_eq!((cut.embeddings[0].tokens, cut.embeddings[0].left_out), (1023, 27));
        assert_eq!(cut.embeddings[0].vector, whole.embeddings[0].vector);
        let error = embed(&model, request(&["x", ""], None)).await.unwrap_err();
        assert_eq!(error, ModelError::EmptyText { number: 2 });
        let asked = EmbedRequest { before: "x".repeat(1024), ..request(&["y"], None) };
        assert!(matches!(embed(&model, asked).await, Err(ModelError::PromptTooLong { limit: 1024, .. })));
    }

    #[tokio::test]
    async fn the_first_token_of_a_sequence_is_read_and_not_part_of_the_mean() {
        let model = open(&Tiny::new("llama", 3));
        let begins = open(&Tiny::new("llama", 3).set("tokenizer.ggml.add_bos_token", Value::Bool(true)));
        assert_eq!(vector(&model, "abc", Some(0)).await, vector(&begins, "abc", Some(0)).await);
        assert_ne!(vector(&model, "abc", Some(1)).await, vector(&begins, "abc", Some(1)).await);
        let broken = EmbedRequest { before: "\n".to_owned(), ..request(&["abc"], Some(1)) };
        let made = embed(&model, broken).await.unwrap();
        assert_eq!(made.embeddings[0].vector, vector(&model, "abc", Some(1)).await);
    }

    #[tokio::test]
    async fn embedding_beside_a_speech_changes_neither() {
        let tiny = || Tiny::new("llama", 11).endless();
        let sampling = Sampling { temperature: 1.0, top_p: 1.0, repetition_penalty: 1.0, seed: 2 };
        let messages = vec![Message::user("Talk of cups")];
        let speech = ChatRequest { messages, max_tokens: 40, sampling, stop: Vec::new(), schema: None };
        let write = async |model: &LocalModel| {
            let stream = model.stream(speech.clone(), CancellationToken::new()).await.unwrap();
            stream.map(|delta| format!("{delta:?}")).collect::<Vec<_>>().await
        };
        let texts = ["rivers ".repeat(60), "seas".to_owned()];
        let texts = [texts[0].as_str(), texts[1].as_str()];
        let model = open(&tiny());
        let alone = (write(&model).await, embed(&open(&tiny()), request(&texts, Some(1))).await.unwrap());
        let model = open(&tiny());
        let (spoken, made) = tokio::join!(write(&model), embed(&model, request(&texts, Some(1))));
        assert_eq!((spoken, made.unwrap().embeddings), (alone.0, alone.1.embeddings));
    }

    #[tokio::test]
    async fn embedding_tells_its_progress_and_can_be_cancelled() {
        let model = open(&Tiny::new("llama", 3));
        let (progress, mut told) = tokio::sync::mpsc::unbounded_channel();
        let texts = ["one ".repeat(100), "two".to_owned()];
        let asked = request(&[&texts[0], &texts[1]], None);
        let made = model.embed(asked.clone(), progress, CancellationToken::new()).await.unwrap();
        let total = made.usage.prompt_tokens as usize;
        let mut last = 0;
        while let Some(Delta::Prefill { done, total: all }) = told.recv().await {
            assert!(done >= last && all == total);
            last = done;
        }
        assert!(last > 0);
        let (progress, _) = tokio::sync::mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        cancel.cancel();
        assert_eq!(model.embed(asked, progress, cancel).await.unwrap_err(), ModelError::Cancelled);
    }
}
