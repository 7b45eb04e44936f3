//! A court: one judge that sits over transcripts outside of debates.
//!
//! Every judgement is kept under the hash of all that it depends on, after each round of calls: what was judged once is
//! never judged again, and a judgement that was cut off goes on with the calls that are left. So is every answer under
//! the hash of its request and its model: a recipe whose weights or rules change asks only what it did not ask before.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use tokio_util::sync::CancellationToken;

use crate::assets::Library;
use crate::clock;
use crate::domain::ballot::JudgeSaid;
use crate::domain::event::DebateId;
use crate::domain::hash::ContentHash;
use crate::domain::judgement::{Decided, Judgement};
use crate::domain::opening::JudgeSeat;
use crate::domain::recipe::Recipe;
use crate::domain::transcript::{Contest, Transcript};
use crate::domain::usage::{Ceilings, Usage};
use crate::engine::call::CallSite;
use crate::engine::consult::{CALLS_AT_ONCE, Members, Request};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::ledger::Ledger;
use crate::engine::publish::{Caller, Publisher};
use crate::engine::seat;
use crate::engine::seed::call_seed;
use crate::judge::{Estimate, JudgeCall, MasterKeys, Next, Plan, Sitting};
use crate::store::Store;
use crate::text::hash::{named_hash, number_of};

/// How a court sits.
#[derive(Clone, Debug, Default)]
pub struct CourtSettings {
    /// Every draw and every fence comes from it and from the transcript.
    pub seed: u64,
    pub ceilings: Ceilings,
    /// Stops the court; what is unfinished goes on when it sits again.
    pub cancel: CancellationToken,
}

/// A judge in session.
pub struct Court {
    judge: JudgeSeat,
    members: Members,
    library: Arc<Library>,
    master_keys: MasterKeys,
    store: Store,
    publisher: Publisher,
    ledger: Arc<Ledger>,
    settings: CourtSettings,
}

impl EngineHandle {
    /// Opens a court for `RECIPE@MODEL[,MODEL]`.
    ///
    /// # Errors
    /// No such recipe or model, or a model that cannot do what the recipe asks.
    pub async fn court(&self, judge: &str, settings: CourtSettings) -> Result<Court, EngineError> {
        let (recipe, models) = seat::recipe_and_models(judge);
        let recipe = self.queries().library.recipe(recipe)?.clone();
        self.court_of(recipe, models, settings).await
    }

    /// Opens a court for a recipe that need not stand in a file, at `MODEL[,MODEL]` or the configured model.
    ///
    /// # Errors
    /// No such model, or one that cannot do what the recipe asks.
    pub async fn court_of(
        &self,
        recipe: Recipe,
        models: Option<&str>,
        settings: CourtSettings,
    ) -> Result<Court, EngineError> {
        let queries = self.queries();
        let mut open = BTreeMap::new();
        let seat = seat::seat(recipe, models, &queries.library, &queries.registry, &mut open).await?;
        Ok(Court {
            members: Members::of(&seat, &open)?,
            judge: seat,
            library: Arc::clone(&queries.library),
            master_keys: seat::master_keys(&queries.library)?,
            store: queries.store.clone(),
            publisher: self.publisher().clone(),
            ledger: Arc::new(Ledger::new(settings.ceilings, Usage::default())),
            settings,
        })
    }
}

impl Court {
    /// The judge that sits.
    #[must_use]
    pub fn judge(&self) -> &JudgeSeat {
        &self.judge
    }

    /// Whether a side that says only this would forfeit under the recipe's filter for master keys, on or off.
    #[must_use]
    pub fn says_nothing(&self, text: &str, contest: Contest) -> bool {
        self.master_keys.forfeits(text, contest, self.judge.recipe.rules.content_words)
    }

    /// The hash that names this judge's judgement of a transcript.
    ///
    /// # Errors
    /// A number in the transcript is not finite.
    pub fn key_of(&self, transcript: &Transcript) -> Result<ContentHash, EngineError> {
        Ok(self.key(&content(transcript)?))
    }

    /// What judging a transcript from its beginning will cost, nothing asked again.
    ///
    /// # Errors
    /// A number in the transcript is not finite.
    pub fn estimate(&self, transcript: &Transcript) -> Result<Estimate, EngineError> {
        let seed = root_seed(self.settings.seed, &content(transcript)?);
        Ok(self.plan(transcript, seed).estimate())
    }

    /// What an estimate may cost in dollars; 0 for models on this machine.
    #[must_use]
    pub fn dollars(&self, estimate: &Estimate) -> f64 {
        self.members.dollars(estimate.prompt_tokens, estimate.completion_tokens)
    }

    /// Books on the account of another court, so that the ceilings hold for both together.
    pub(super) fn share_ledger(&mut self, other: &Court) {
        self.ledger = Arc::clone(&other.ledger);
    }

    /// Books on an account that other calls are booked on, too.
    pub(super) fn book_on(&mut self, ledger: &Arc<Ledger>) {
        self.ledger = Arc::clone(ledger);
    }

    /// Whether the store holds a finished judgement of this name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn has_heard(&self, key: &ContentHash) -> Result<bool, EngineError> {
        Ok(self.store.reader().is_decided(key)?)
    }

    /// What this judge says of a transcript, from the store if it said it before. `None` if the court was stopped.
    ///
    /// # Errors
    /// A model failed, a ceiling would be passed, or the store cannot be used.
    pub async fn hear(&self, source: &str, transcript: &Transcript) -> Result<Option<Judgement>, EngineError> {
        let content = content(transcript)?;
        let key = self.key(&content);
        let begun = self.store.reader().judgement(&key)?;
        if let Some(judgement) = begun.as_ref().filter(|judgement| judgement.decided.is_some()) {
            return Ok(Some(judgement.clone()));
        }
        // Fences are drawn from it: nobody can write a text that holds a hash of itself.
        let seed = root_seed(self.settings.seed, &content);
        let plan = self.plan(transcript, seed);
        let mut judgement = Judgement {
            key,
            at: clock::now(),
            source: source.to_owned(),
            judge: self.judge.name.clone(),
            transcript: transcript.clone(),
            said: begun.map(|judgement| judgement.said).unwrap_or_default(),
            decided: None,
        };
        loop {
            match plan.next(&judgement.said) {
                Next::Ask(calls) => {
                    let answers = stream::iter(calls).map(|call| self.ask(&judgement.key, seed, call));
                    let said: Vec<Result<Option<JudgeSaid>, EngineError>> =
                        answers.buffered(CALLS_AT_ONCE).collect().await;
                    let mut stopped = false;
                    let mut failed = None;
                    let before = judgement.said.len();
                    for said in said {
                        match said {
                            Ok(Some(said)) => judgement.said.push(said),
                            Ok(None) => stopped = true,
                            Err(error) => failed = failed.or(Some(error)),
                        }
                    }
                    if stopped || failed.is_some() {
                        if judgement.said.len() > before {
                            self.store.keep_judgement(&judgement).await?;
                        }
                        return failed.map_or(Ok(None), Err);
                    }
                    let open = matches!(plan.next(&judgement.said), Next::Ask(_));
                    if open {
                        self.store.keep_judgement(&judgement).await?;
                    }
                }
                Next::Ballot(ballot) => judgement.decided = Some(Decided::Ballot(ballot)),
                Next::Void { reason } => judgement.decided = Some(Decided::Void { reason }),
            }
            if judgement.decided.is_some() {
                self.store.keep_judgement(&judgement).await?;
                return Ok(Some(judgement));
            }
        }
    }

    fn plan(&self, transcript: &Transcript, seed: u64) -> Plan {
        Plan::new(&Sitting {
            judge: &self.judge,
            participants: &[],
            transcript,
            master_keys: &self.master_keys,
            root_seed: seed,
            probabilities: self.members.show_probabilities(),
            weighs_texts: self.members.weigh_texts(),
            writes: self.members.write(),
            count_tokens: &|text| self.members.count_tokens(text),
        })
    }

    async fn ask(&self, key: &ContentHash, seed: u64, call: JudgeCall) -> Result<Option<JudgeSaid>, EngineError> {
        let caller = Caller::Judge { judge: 0, call: call.call.clone() };
        let debate = DebateId(key.0.clone());
        let site = CallSite {
            debate: &debate,
            caller: &caller,
            publisher: &self.publisher,
            ledger: &self.ledger,
            cancel: &self.settings.cancel,
        };
        let seed = call_seed(seed, &caller, call.ask);
        let sent = Request::of(&call, self.library.prompts(), seed)?;
        let request = sent.stored()?.hash;
        let model = self.members.get(call.member)?;
        let model_hash = model.resolved().hash;
        let said = match self.store.reader().answer(&request, &model_hash)? {
            Some(said) => said,
            None => {
                let Some((answer, usage)) = sent.send(model, site).await? else { return Ok(None) };
                self.store.keep_answer(&request, &model_hash, (&answer, usage)).await?;
                (answer, usage)
            }
        };
        let JudgeCall { call, ask, .. } = call;
        let (answer, usage) = said;
        Ok(Some(JudgeSaid { judge: 0, call, ask, answer, request, usage }))
    }

    /// The hash of all that a judgement depends on.
    fn key(&self, transcript: &str) -> ContentHash {
        let (seed, temperature) = (self.settings.seed.to_string(), self.judge.temperature.to_string());
        let models = self.judge.models().map(|model| ("model", model.hash.0.as_str()));
        let rest = [
            ("transcript", transcript),
            ("recipe", self.judge.recipe_hash.0.as_str()),
            ("seed", seed.as_str()),
            ("temperature", temperature.as_str()),
            ("program", env!("CARGO_PKG_VERSION")),
        ];
        named_hash(rest.into_iter().chain(models))
    }
}

fn content(transcript: &Transcript) -> Result<String, EngineError> {
    serde_json::to_string(transcript).map_err(|error| EngineError::Failed(error.to_string()))
}

fn root_seed(seed: u64, transcript: &str) -> u64 {
    number_of(&[&seed.to_le_bytes(), transcript.as_bytes()])
}
