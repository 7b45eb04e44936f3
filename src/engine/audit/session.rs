//! One run of an audit: hears what is not in the store yet, a few transcripts at a time, and tells how far it is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::audit::docket::{Bench, Part};
use crate::audit::hearing::Hearing;
use crate::audit::report::CostReport;
use crate::clock::Stopwatch;
use crate::domain::hash::ContentHash;
use crate::domain::transcript::Transcript;
use crate::domain::usage::Usage;
use crate::engine::court::Court;
use crate::engine::error::EngineError;

/// Transcripts that are heard at the same time. A local model reads them in one batch.
const CASES_AT_ONCE: usize = 4;
/// Judgements after which their tokens tell what the rest will take.
const ENOUGH_FOR_TOKENS: usize = 4;
/// Judgements after which their time tells what the rest will take.
const ENOUGH_FOR_TIME: usize = 12;

/// How far an audit is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditProgress {
    /// What is being heard.
    pub part: String,
    /// Judgements that the report needs.
    pub total: usize,
    /// Of these, found in the store before the run.
    pub from_store: usize,
    /// Of these, made in this run.
    pub made: usize,
    /// Tokens that this run will take in all, once that can be told.
    pub tokens: Option<u64>,
    /// Seconds that are left, once that can be told.
    pub seconds_left: Option<f64>,
}

impl AuditProgress {
    /// Judgements that are still to be made.
    #[must_use]
    pub fn to_do(&self) -> usize {
        self.total - self.from_store - self.made
    }
}

/// What a run knows of itself.
#[derive(Default)]
struct Account {
    /// Keys of judgements that are still to be made.
    open: HashSet<ContentHash>,
    /// Keys of judgements whose cost is counted.
    counted: HashSet<ContentHash>,
    /// The cost of all judgements, and of those made in this run.
    usage: Usage,
    made_usage: Usage,
    void: usize,
    progress: AuditProgress,
}

/// A transcript as it is heard: of two orders that make no difference to the judge, one.
struct Wanted {
    transcript: Transcript,
    key: ContentHash,
    /// Whether the sides of what is heard are exchanged.
    mirrored: bool,
}

impl Wanted {
    fn of(court: &Court, transcript: &Transcript) -> Result<Wanted, EngineError> {
        let free = court.judge().recipe.is_order_free(transcript.contest);
        let texts: Vec<&str> = transcript.speeches.iter().map(|spoken| spoken.text.as_str()).collect();
        let mirrored = free && texts.first() > texts.last();
        let transcript = if mirrored { transcript.mirrored() } else { transcript.clone() };
        Ok(Wanted { key: court.key_of(&transcript)?, transcript, mirrored })
    }
}

/// A run.
pub struct Session<'a, T> {
    courts: &'a BTreeMap<Bench, Court>,
    parts: Vec<Part>,
    tell: &'a T,
    account: Mutex<Account>,
    watch: Stopwatch,
}

impl<'a, T: Fn(&AuditProgress)> Session<'a, T> {
    /// Counts what is in the store already.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn new(
        courts: &'a BTreeMap<Bench, Court>,
        parts: Vec<Part>,
        tell: &'a T,
    ) -> Result<Session<'a, T>, EngineError> {
        let (mut open, mut known) = (HashSet::new(), HashSet::new());
        for part in &parts {
            let court = sitting(courts, part.bench)?;
            for transcript in &part.transcripts {
                let key = Wanted::of(court, transcript)?.key;
                if !open.contains(&key) && !known.contains(&key) {
                    let set = if court.has_heard(&key)? { &mut known } else { &mut open };
                    set.insert(key);
                }
            }
        }
        let progress =
            AuditProgress { total: open.len() + known.len(), from_store: known.len(), ..AuditProgress::default() };
        let account = Mutex::new(Account { open, progress, ..Account::default() });
        Ok(Session { courts, parts, tell, account, watch: Stopwatch::start() })
    }

    /// Hears everything. `None` if the court was stopped.
    ///
    /// # Errors
    /// As [`Court::hear`].
    pub async fn run(self) -> Result<Option<(Vec<Vec<Hearing>>, CostReport)>, EngineError> {
        self.tell_progress();
        let mut all = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            self.change(|account| account.progress.part.clone_from(&part.name));
            let court = sitting(self.courts, part.bench)?;
            let wanted: Vec<Wanted> =
                part.transcripts.iter().map(|transcript| Wanted::of(court, transcript)).collect::<Result<_, _>>()?;
            let mut first = HashSet::new();
            let once: Vec<&Wanted> = wanted.iter().filter(|wanted| first.insert(wanted.key.clone())).collect();
            let hearings = stream::iter(&once).map(|wanted| self.hear(court, &part.name, wanted));
            let heard: Vec<Option<Hearing>> = hearings
                .buffered(CASES_AT_ONCE)
                .try_take_while(|heard| std::future::ready(Ok(heard.is_some())))
                .try_collect()
                .await?;
            if heard.len() < once.len() {
                return Ok(None);
            }
            let heard: HashMap<&ContentHash, Hearing> =
                once.iter().map(|wanted| &wanted.key).zip(heard.into_iter().flatten()).collect();
            let of = |wanted: &Wanted| {
                heard.get(&wanted.key).map(|it| if wanted.mirrored { it.mirrored() } else { it.clone() })
            };
            all.push(wanted.iter().filter_map(of).collect());
        }
        let seconds = self.watch.elapsed().as_secs_f64();
        let cost = self.change(|account| CostReport {
            judgements: account.progress.total,
            from_store: account.progress.from_store,
            void: account.void,
            prompt_tokens: account.usage.prompt_tokens,
            completion_tokens: account.usage.completion_tokens,
            dollars: account.usage.dollars,
            seconds,
            seconds_per_judgement: (account.progress.made > 0).then(|| seconds / account.progress.made as f64),
        });
        Ok(Some((all, cost)))
    }

    async fn hear(&self, court: &Court, source: &str, wanted: &Wanted) -> Result<Option<Hearing>, EngineError> {
        let Some(judgement) = court.hear(source, &wanted.transcript).await? else { return Ok(None) };
        let Some(decided) = &judgement.decided else { return Ok(None) };
        let mut usage = Usage::default();
        judgement.said.iter().for_each(|said| usage += said.usage);
        let seconds = self.watch.elapsed().as_secs_f64();
        let was_open = self.change(|account| account.take(&judgement.key, usage, decided.ballot().is_none(), seconds));
        if was_open {
            self.tell_progress();
        }
        Ok(Some(Hearing::from(decided)))
    }

    fn tell_progress(&self) {
        let progress = self.change(|account| account.progress.clone());
        (self.tell)(&progress);
    }

    fn change<R>(&self, change: impl FnOnce(&mut Account) -> R) -> R {
        change(&mut self.account.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The court of a bench.
pub(super) fn sitting(courts: &BTreeMap<Bench, Court>, bench: Bench) -> Result<&Court, EngineError> {
    courts.get(&bench).ok_or_else(|| EngineError::Failed(format!("nobody sits for {bench:?}")))
}

impl Account {
    /// Books a judgement and says whether it was made in this run.
    fn take(&mut self, key: &ContentHash, usage: Usage, void: bool, seconds: f64) -> bool {
        if self.counted.insert(key.clone()) {
            self.usage += usage;
            self.void += usize::from(void);
        }
        if !self.open.remove(key) {
            return false;
        }
        self.made_usage += usage;
        let progress = &mut self.progress;
        progress.made += 1;
        let (made, left) = (progress.made as f64, progress.to_do() as f64);
        let tokens = self.made_usage.tokens() as f64;
        progress.tokens = (progress.made >= ENOUGH_FOR_TOKENS).then(|| (tokens + tokens / made * left).round() as u64);
        progress.seconds_left = (progress.made >= ENOUGH_FOR_TIME).then(|| seconds / made * left);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_once_there_is_enough_to_tell_it_from() {
        let keys: Vec<ContentHash> = (0..24).map(|number| ContentHash(number.to_string())).collect();
        let progress = AuditProgress { total: 30, from_store: 6, ..AuditProgress::default() };
        let mut account = Account { open: keys.iter().cloned().collect(), progress, ..Account::default() };
        let usage = Usage { prompt_tokens: 100, ..Usage::default() };
        for (made, key) in (1..=12).zip(&keys) {
            assert!(account.take(key, usage, false, f64::from(made) * 2.0));
            let progress = &account.progress;
            assert_eq!(progress.tokens.is_some(), made >= 4, "{progress:?}");
            assert_eq!(progress.seconds_left.is_some(), made >= 12, "{progress:?}");
        }
        assert_eq!((account.progress.tokens, account.progress.seconds_left), (Some(2400), Some(24.0)));
        assert!(!account.take(&keys[0], usage, true, 1.0), "a second time it costs nothing");
        assert!(!account.take(&ContentHash("stored".to_owned()), usage, true, 1.0));
        assert_eq!((account.usage.prompt_tokens, account.made_usage.prompt_tokens, account.void), (1300, 1200, 1));
    }
}
