//! One round of a bench: the judges' plans and calls as in a debate, with nothing recorded.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::try_join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::assets::{Library, Prompts};
use crate::clock::Stopwatch;
use crate::domain::ballot::{Answer, Ballot, JudgeSaid};
use crate::domain::hash::ContentHash;
use crate::domain::opening::{JudgeSeat, ResolvedModel};
use crate::domain::recipe::Recipe;
use crate::domain::transcript::Transcript;
use crate::engine::consult::{CALLS_AT_ONCE, label_request};
use crate::engine::error::EngineError;
use crate::engine::judging::reading::Readings;
use crate::engine::judging::server::ask_server;
use crate::engine::judging::{ServerBench, Tokens};
use crate::engine::stored::stored;
use crate::judge::{CallKind, JudgeCall, MasterKeys, Next, Plan, Sitting};
use crate::model::local::direct::Direct;
use crate::model::local::measure::prefill;
use crate::model::local::{Continuations, LocalModel};
use crate::model::peer::Peer;
use crate::model::{ChatModel, LabelQuestion, LabelRequest, LabelScores, Message, MessageRole, ModelError, Scorer};

/// Tokens that are read and not counted, so that memory and threads are warm.
const WARM_UP: usize = 32;

/// What every round shares.
pub struct Trial<'a> {
    pub path: PathBuf,
    pub name: &'a str,
    pub library: &'a Library,
    pub debate: &'a Transcript,
    pub master_keys: MasterKeys,
    pub peer: Option<&'a Peer>,
}

/// What one round gave.
pub struct Round {
    pub milliseconds: f64,
    pub transcript_prefill: f64,
    pub silent_prefill: f64,
    pub tokens: Tokens,
    pub heard: Vec<Heard>,
    pub server: Option<ServerBench>,
}

/// What one recipe said.
pub struct Heard {
    pub ballot: Ballot,
    pub calls: Vec<Call>,
}

/// A call with its answer.
pub struct Call {
    pub name: String,
    pub request: LabelRequest,
    pub scores: LabelScores,
    /// The tokens of each question.
    pub prompts: Vec<Continuations>,
}

impl Call {
    /// Whether it is over a debate in which nothing was said.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.name.ends_with("prior")
    }
}

impl Trial<'_> {
    /// Judges once. The seed is another in each round, so that no cache holds the fenced speeches of the last.
    ///
    /// # Errors
    /// The model or the server failed, or a recipe cannot be scored by labels.
    pub async fn round(&self, recipes: &[Recipe], seed: u64) -> Result<Round, EngineError> {
        let model = self.model().await?;
        let scorer: Arc<dyn Scorer> = Arc::clone(&model) as Arc<dyn Scorer>;
        score(&scorer, LabelRequest { questions: vec![warm_up()] }).await?;
        let plans: Vec<Plan> = recipes.iter().map(|recipe| self.plan(recipe, &model, seed)).collect();
        let watch = Stopwatch::start();
        let judges = plans.iter().map(|plan| judge(plan, self.library.prompts(), &scorer));
        let mut heard = try_join_all(judges).await?;
        let milliseconds = watch.elapsed().as_secs_f64() * 1e3;
        for call in heard.iter_mut().flat_map(|heard| &mut heard.calls) {
            let made = call.request.questions.iter().map(|question| model.continuations(question));
            call.prompts = made.collect::<Result<_, ModelError>>()?;
        }
        drop((model, scorer));
        let readings = Readings::of(&heard);
        let (transcript_prefill, silent_prefill) = self.prefill(&readings).await?;
        let server = match self.peer {
            Some(peer) => Some(ask_server(peer, &heard, milliseconds).await?),
            None => None,
        };
        let tokens = readings.tokens(&heard);
        Ok(Round { milliseconds, transcript_prefill, silent_prefill, tokens, heard, server })
    }

    async fn model(&self) -> Result<Arc<LocalModel>, EngineError> {
        let (path, name) = (self.path.clone(), self.name.to_owned());
        // Nothing is recorded, so the hash of the file is not wanted.
        let hash = ContentHash::default();
        blocking(move || LocalModel::open(&path, &name, Some(hash))).await
    }

    fn plan(&self, recipe: &Recipe, model: &LocalModel, seed: u64) -> Plan {
        let card = model.card();
        let resolved = ResolvedModel {
            name: card.name.clone(),
            hash: card.hash.clone(),
            family: card.family.clone(),
            context: card.context,
        };
        let judge = JudgeSeat {
            name: format!("{}@{}", recipe.name, card.name),
            recipe: recipe.clone(),
            recipe_hash: ContentHash::default(),
            model: resolved,
            others: Vec::new(),
            temperature: 1.0,
            coin_toss: false,
            certificate: None,
            between: None,
        };
        Plan::new(&Sitting {
            judge: &judge,
            participants: &[],
            transcript: self.debate,
            master_keys: &self.master_keys,
            root_seed: seed,
            probabilities: true,
            weighs_texts: true,
            writes: true,
            count_tokens: &|text| model.count_tokens(text),
        })
    }

    /// Milliseconds of reading the transcript with its questions, and of reading what the silent debate adds.
    async fn prefill(&self, readings: &Readings) -> Result<(f64, f64), EngineError> {
        let (path, name) = (self.path.clone(), self.name.to_owned());
        let (loud, silent) = (readings.loud.clone(), readings.silent.clone());
        blocking(move || {
            let mut model = Direct::open(&path, &name)?;
            let warm = loud.iter().flatten().copied().take(WARM_UP).collect::<Vec<_>>();
            prefill(&mut model, &warm)?;
            let mut read = |sequences: &[Vec<u32>]| {
                sequences.iter().try_fold(0.0, |sum, tokens| {
                    model.truncate(0);
                    Ok::<f64, ModelError>(sum + prefill(&mut model, tokens)?.as_secs_f64() * 1e3)
                })
            };
            Ok((read(&loud)?, read(&silent)?))
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ModelError> + Send + 'static,
) -> Result<T, EngineError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| EngineError::Failed(format!("the measurement broke: {error}")))??)
}

/// Runs one judge as the engine does, without a debate to record it in.
async fn judge(plan: &Plan, prompts: &Prompts, scorer: &Arc<dyn Scorer>) -> Result<Heard, EngineError> {
    let (mut said, mut calls) = (Vec::new(), Vec::new());
    loop {
        match plan.next(&said) {
            Next::Ask(asked) => {
                let answers = stream::iter(asked).map(|call| ask(prompts, scorer, call));
                let answers: Vec<_> = answers.buffer_unordered(CALLS_AT_ONCE).try_collect().await?;
                for (answer, call) in answers {
                    said.push(answer);
                    calls.push(call);
                }
            }
            Next::Ballot(ballot) => return Ok(Heard { ballot: *ballot, calls }),
            Next::Void { reason } => return Err(EngineError::Failed(reason)),
        }
    }
}

async fn ask(prompts: &Prompts, scorer: &Arc<dyn Scorer>, call: JudgeCall) -> Result<(JudgeSaid, Call), EngineError> {
    let CallKind::Labels(asks) = &call.kind else {
        let reason = "the recipe writes; only judging by probabilities is measured".to_owned();
        return Err(EngineError::Request(reason));
    };
    let request = label_request(prompts, asks)?;
    let scores = score(scorer, request.clone()).await?;
    let said = JudgeSaid {
        judge: 0,
        call: call.call.clone(),
        ask: call.ask,
        answer: Answer::Labels(scores.log_probabilities.concat()),
        request: stored(&request)?.hash,
        usage: scores.usage,
    };
    Ok((said, Call { name: call.call, request, scores, prompts: Vec::new() }))
}

async fn score(scorer: &Arc<dyn Scorer>, request: LabelRequest) -> Result<LabelScores, ModelError> {
    let (progress, _nobody) = mpsc::unbounded_channel();
    scorer.label_scores(request, progress, CancellationToken::new()).await
}

fn warm_up() -> LabelQuestion {
    let labels = ["A", "B"].map(str::to_owned).to_vec();
    LabelQuestion {
        messages: vec![Message::user("Which letter comes first, A or B?")],
        lead: String::new(),
        labels,
        turn: MessageRole::Assistant,
    }
}
