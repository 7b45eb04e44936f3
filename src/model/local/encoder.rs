//! Encoders of the BERT family, from a folder as sentence-transformers saves one: a vector of length 1 for each text.
//!
//! candle-transformers does the arithmetic. Each text is read by itself, so that its vector does not depend on those
//! beside it. What is longer than the model reads is cut at its end, as sentence-transformers does: averaging windows
//! would give vectors that no other program gives.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde_json::{Map, Value};
use tokenizers::{PostProcessor, Tokenizer, TruncationDirection};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::domain::hash::ContentHash;
use crate::domain::usage::Usage;
use crate::model::chat::{Card, Delta};
use crate::model::embedder::{EmbedRequest, Embedder, Embedding, Embeddings};
use crate::model::error::ModelError;
use crate::model::local::checkpoint::Checkpoint;
use crate::model::local::{checksum, fault, safetensors};

/// What the layers' output becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pooling {
    /// The mean over all tokens, those that begin and end the text with them.
    Mean,
    /// The state of the first token.
    First,
}

/// A loaded encoder.
pub struct Encoder {
    card: Card,
    loaded: Arc<Loaded>,
}

struct Loaded {
    name: String,
    tokenizer: Tokenizer,
    /// The most tokens of a text, without those that begin and end it.
    words: usize,
    model: BertModel,
    pooling: Pooling,
}

/// A text as the model reads it.
struct Tokens {
    ids: Vec<u32>,
    types: Vec<u32>,
    left_out: usize,
}

impl Encoder {
    /// Whether a folder holds an encoder.
    #[must_use]
    pub fn is_at(folder: &Path) -> bool {
        Checkpoint::open(folder).is_ok_and(|checkpoint| checkpoint.architecture() == "bert")
    }

    /// Loads the encoder of a folder. Blocks for tenths of a second. `known_hash` is as in
    /// [`super::LocalModel::open`].
    ///
    /// # Errors
    /// Something is missing, damaged, or not as a BERT has it.
    pub fn open(folder: &Path, name: &str, known_hash: Option<ContentHash>) -> Result<Arc<Encoder>, ModelError> {
        let checkpoint = Checkpoint::open(folder)?;
        let architecture = checkpoint.architecture();
        if architecture != "bert" {
            return Err(ModelError::Architecture {
                path: folder.display().to_string(),
                architecture: architecture.to_owned(),
                known: "bert as an encoder".to_owned(),
            });
        }
        let config: Config = serde_json::from_value(Value::Object(checkpoint.config().clone()))
            .map_err(|error| checkpoint.unusable(format!("its config.json is not that of a BERT: {error}")))?;
        let pooling = pooling(&checkpoint)?;
        let context = context(&checkpoint, &config)?;
        let tokenizer = tokenizer(&checkpoint, &config)?;
        let around = tokenizer.get_post_processor().map_or(0, |around| around.added_tokens(false));
        let words = context.saturating_sub(around);
        if words == 0 {
            return Err(checkpoint.unusable(format!("it reads texts of {context} tokens only")));
        }
        let directory = safetensors::read(folder)?;
        let failed = |error: candle_core::Error| {
            checkpoint.unusable(format!("its weights cannot be loaded: {}", fault::reason(&error)))
        };
        let mut tensors: HashMap<String, Tensor> = HashMap::new();
        for file in &directory.files {
            tensors.extend(candle_core::safetensors::load(file, &Device::Cpu).map_err(failed)?);
        }
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let model = BertModel::load(weights, &config).map_err(failed)?;
        let hash = known_hash.map_or_else(|| checksum::sha256(&directory.files), Ok);
        let card = Card {
            name: name.to_owned(),
            hash: hash.map_err(|error| checkpoint.unusable(error.to_string()))?,
            family: architecture.to_owned(),
            context,
            local: true,
            price: None,
        };
        let loaded = Loaded { name: name.to_owned(), tokenizer, words, model, pooling };
        Ok(Arc::new(Encoder { card, loaded: Arc::new(loaded) }))
    }

    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }
}

impl Loaded {
    fn tokens(&self, text: &str) -> Result<Tokens, ModelError> {
        let failed = |error: tokenizers::Error| self.failed(error.to_string());
        let mut words = self.tokenizer.encode(text, false).map_err(failed)?;
        let left_out = words.len().saturating_sub(self.words);
        words.truncate(self.words, 0, TruncationDirection::Right);
        let whole = self.tokenizer.post_process(words, None, true).map_err(failed)?;
        Ok(Tokens { ids: whole.get_ids().to_vec(), types: whole.get_type_ids().to_vec(), left_out })
    }

    fn vector(&self, tokens: &Tokens) -> Result<Vec<f32>, ModelError> {
        let vector = self.states(tokens).and_then(|states| {
            let pooled = match self.pooling {
                Pooling::Mean => states.mean(0)?,
                Pooling::First => states.get(0)?,
            };
            pooled.to_vec1::<f32>()
        });
        let mut vector = vector.map_err(|error| self.failed(fault::reason(&error)))?;
        let length = vector.iter().map(|&number| f64::from(number).powi(2)).sum::<f64>().sqrt();
        if !length.is_finite() {
            return Err(self.failed("its hidden states are not numbers".to_owned()));
        }
        if length > 0.0 {
            vector.iter_mut().for_each(|number| *number = (f64::from(*number) / length) as f32);
        }
        Ok(vector)
    }

    /// The hidden states behind the last layer, one row for each token.
    fn states(&self, tokens: &Tokens) -> candle_core::Result<Tensor> {
        let row = |numbers: &[u32]| Tensor::new(numbers, &Device::Cpu)?.unsqueeze(0);
        self.model.forward(&row(&tokens.ids)?, &row(&tokens.types)?, None)?.squeeze(0)
    }

    fn embed(
        &self,
        texts: &[String],
        progress: &UnboundedSender<Delta>,
        cancel: &CancellationToken,
    ) -> Result<Embeddings, ModelError> {
        let tokens = texts.iter().map(|text| self.tokens(text)).collect::<Result<Vec<_>, _>>()?;
        let total = tokens.iter().map(|tokens| tokens.ids.len()).sum();
        let mut made = Embeddings { embeddings: Vec::with_capacity(texts.len()), usage: Usage::default() };
        let mut done = 0;
        for tokens in &tokens {
            if cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            let (vector, left_out) = (self.vector(tokens)?, tokens.left_out);
            made.embeddings.push(Embedding { vector, tokens: tokens.ids.len(), left_out });
            done += tokens.ids.len();
            // Nobody may be watching.
            let _ = progress.send(Delta::Prefill { done, total });
        }
        made.usage.prompt_tokens = done as u64;
        Ok(made)
    }

    fn failed(&self, reason: String) -> ModelError {
        ModelError::Inference { model: self.name.clone(), reason }
    }
}

#[async_trait]
impl Embedder for Encoder {
    async fn embed(
        &self,
        request: EmbedRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<Embeddings, ModelError> {
        if request.layer.is_some() || !request.before.is_empty() {
            return Err(ModelError::WholeTexts { model: self.card.name.clone() });
        }
        if let Some(i) = request.texts.iter().position(String::is_empty) {
            return Err(ModelError::EmptyText { number: i + 1 });
        }
        let loaded = Arc::clone(&self.loaded);
        let work = tokio::task::spawn_blocking(move || loaded.embed(&request.texts, &progress, &cancel));
        work.await.unwrap_or_else(|error| Err(self.loaded.failed(error.to_string())))
    }
}

/// What sentence-transformers is told to make of the hidden states.
fn pooling(checkpoint: &Checkpoint) -> Result<Pooling, ModelError> {
    let Some(settings) = checkpoint.beside("1_Pooling/config.json")? else { return Ok(Pooling::Mean) };
    let mut modes: Vec<&str> = settings
        .iter()
        .filter(|(key, value)| key.starts_with("pooling_mode_") && value.as_bool() == Some(true))
        .map(|(key, _)| key.as_str())
        .collect();
    match (modes.pop(), modes.is_empty()) {
        (Some("pooling_mode_mean_tokens"), true) => Ok(Pooling::Mean),
        (Some("pooling_mode_cls_token"), true) => Ok(Pooling::First),
        _ => Err(checkpoint.unusable("its 1_Pooling/config.json asks for neither the mean nor the first token alone")),
    }
}

/// The most tokens that the model reads, with those that begin and end a text.
fn context(checkpoint: &Checkpoint, config: &Config) -> Result<usize, ModelError> {
    let trained = checkpoint.beside("sentence_bert_config.json")?.unwrap_or_default();
    let trained = number(&trained, "max_seq_length").unwrap_or(config.max_position_embeddings);
    Ok(trained.min(config.max_position_embeddings))
}

fn tokenizer(checkpoint: &Checkpoint, config: &Config) -> Result<Tokenizer, ModelError> {
    let path = checkpoint.tokenizer()?;
    let unreadable = |reason: String| ModelError::Unreadable { path: path.display().to_string(), reason };
    let mut tokenizer = Tokenizer::from_file(&path).map_err(|error| unreadable(error.to_string()))?;
    tokenizer.with_padding(None);
    // How much is read is decided above.
    tokenizer.with_truncation(None).map_err(|error| unreadable(error.to_string()))?;
    let tokens = tokenizer.get_vocab(true).values().max().map_or(0, |&last| last as usize + 1);
    if tokens > config.vocab_size {
        return Err(checkpoint.unusable(format!("its tokenizer has {tokens} tokens, the model {}", config.vocab_size)));
    }
    Ok(tokenizer)
}

fn number(settings: &Map<String, Value>, key: &str) -> Option<usize> {
    usize::try_from(settings.get(key)?.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::embedder::cosine;
    use crate::model::local::tiny_folder::{self, Folder};

    fn open(folder: &Folder) -> Result<Arc<Encoder>, ModelError> {
        Encoder::open(folder.path(), "tiny", Some(ContentHash::default()))
    }

    fn refused(folder: &Folder) -> String {
        open(folder).err().unwrap().to_string()
    }

    fn request(texts: &[&str]) -> EmbedRequest {
        EmbedRequest { texts: texts.iter().map(|&text| text.to_owned()).collect(), ..EmbedRequest::default() }
    }

    async fn ask(encoder: &Encoder, request: EmbedRequest) -> Result<Vec<Embedding>, ModelError> {
        let (progress, _) = tokio::sync::mpsc::unbounded_channel();
        encoder.embed(request, progress, CancellationToken::new()).await.map(|made| made.embeddings)
    }

    async fn embed(encoder: &Encoder, texts: &[&str]) -> Vec<Embedding> {
        ask(encoder, request(texts)).await.unwrap()
    }

    #[tokio::test]
    async fn the_vector_is_the_normalised_mean_over_the_tokens_that_are_not_masked() {
        let encoder = open(&tiny_folder::encoder(1)).unwrap();
        let [made] = &embed(&encoder, &["Ban cups and rivers."]).await[..] else { panic!() };
        // [CLS] ban cup ##s ... would be the real one; ours knows "cups". Padded to ten and masked.
        let ids: [u32; 10] = [2, 4, 6, 7, 8, 9, 3, 0, 0, 0];
        let (read, row) = (7, |numbers: &[u32]| Tensor::new(numbers, &Device::Cpu).unwrap().unsqueeze(0).unwrap());
        let mask: Vec<u32> = (0..10).map(|i| u32::from(i < read)).collect();
        let states = encoder.loaded.model.forward(&row(&ids), &row(&[0; 10]), Some(&row(&mask))).unwrap();
        let mean = states.squeeze(0).unwrap().narrow(0, 0, read as usize).unwrap().mean(0).unwrap();
        let mean: Vec<f32> = mean.to_vec1().unwrap();
        assert_eq!((made.tokens, made.left_out, made.vector.len()), (7, 0, 16));
        assert!(cosine(&made.vector, &mean) > 1.0 - 1e-6);
        let length: f32 = made.vector.iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-5, "{length}");
    }

    #[tokio::test]
    async fn a_text_has_the_same_vector_beside_others() {
        let encoder = open(&tiny_folder::encoder(1)).unwrap();
        let together = embed(&encoder, &["ban cups", "rivers and rivers and cups", "cups ban"]).await;
        assert_eq!(embed(&encoder, &["ban cups"]).await[0], together[0]);
        assert!(together[0] != together[2], "the order of words does not matter");
    }

    #[tokio::test]
    async fn what_is_longer_than_the_model_reads_is_cut_and_counted() {
        let encoder = open(&tiny_folder::encoder(1)).unwrap();
        assert_eq!(encoder.card().context, 12);
        let long = ["ban", "cups", "and", "rivers"].map(|word| format!("{word} ")).concat().repeat(10);
        let fits = long.split(' ').take(10).collect::<Vec<_>>().join(" ");
        let made = embed(&encoder, &[&long, &fits]).await;
        assert_eq!((made[0].tokens, made[0].left_out, made[1].left_out), (12, 30, 0));
        assert_eq!(made[0].vector, made[1].vector);
    }

    #[tokio::test]
    async fn the_pooling_is_what_the_folder_says() {
        let folder = tiny_folder::encoder(1);
        let mean = embed(&open(&folder).unwrap(), &["ban cups"]).await;
        folder.write("1_Pooling/config.json", r#"{"word_embedding_dimension": 16, "pooling_mode_mean_tokens": true}"#);
        assert_eq!(embed(&open(&folder).unwrap(), &["ban cups"]).await, mean);
        folder.write("1_Pooling/config.json", r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#);
        assert_ne!(embed(&open(&folder).unwrap(), &["ban cups"]).await, mean);
        for other in ["max_tokens\": true", "max_tokens\": true, \"pooling_mode_mean_tokens\": true"] {
            folder.write("1_Pooling/config.json", &format!("{{\"pooling_mode_{other}}}"));
            assert!(refused(&folder).contains("neither the mean nor the first token alone"), "{other}");
        }
    }

    #[tokio::test]
    async fn what_an_encoder_cannot_do_is_said() {
        let encoder = open(&tiny_folder::encoder(1)).unwrap();
        for wrong in [
            EmbedRequest { layer: Some(1), ..request(&["ban"]) },
            EmbedRequest { before: "cups".to_owned(), ..request(&["ban"]) },
        ] {
            let error = ask(&encoder, wrong).await.unwrap_err();
            assert_eq!(error, ModelError::WholeTexts { model: "tiny".to_owned() });
        }
        assert_eq!(ask(&encoder, request(&["ban", ""])).await.unwrap_err(), ModelError::EmptyText { number: 2 });
        let (progress, _) = tokio::sync::mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        cancel.cancel();
        assert_eq!(encoder.embed(request(&["ban"]), progress, cancel).await.unwrap_err(), ModelError::Cancelled);
    }

    #[test]
    fn a_folder_that_is_no_sound_encoder_is_refused_in_a_sentence() {
        let folder = tiny_folder::encoder(1);
        folder.set("config.json", &json!({ "hidden_size": 24 }));
        assert!(refused(&folder).contains("its weights cannot be loaded: shape mismatch"), "{}", refused(&folder));
        folder.set("config.json", &json!({ "hidden_size": 16, "num_hidden_layers": 3 }));
        assert!(refused(&folder).contains("cannot find tensor encoder.layer.2."), "{}", refused(&folder));
        folder.set("config.json", &json!({ "num_hidden_layers": 2, "layer_norm_eps": null }));
        assert!(refused(&folder).contains("its config.json is not that of a BERT: missing field `layer_norm_eps`"));
        folder.set("config.json", &json!({ "layer_norm_eps": 1e-12, "model_type": "roberta" }));
        assert!(refused(&folder).contains("the architecture \"roberta\""), "{}", refused(&folder));
        folder.set("config.json", &json!({ "model_type": "bert", "vocab_size": 9 }));
        assert!(refused(&folder).contains("its tokenizer has 10 tokens, the model 9"), "{}", refused(&folder));
        let folder = tiny_folder::encoder(1);
        let weights = folder.path().join("model.safetensors");
        let bytes = std::fs::read(&weights).unwrap();
        std::fs::write(&weights, &bytes[..bytes.len() - 4]).unwrap();
        assert!(refused(&folder).contains("is truncated"), "{}", refused(&folder));
        std::fs::remove_file(weights).unwrap();
        assert!(refused(&folder).contains("the folder has neither model.safetensors"), "{}", refused(&folder));
    }
}
