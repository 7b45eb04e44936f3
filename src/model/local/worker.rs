//! The thread that owns a model. Calls come through a queue; several are worked on at once, a pass through the model
//! for all of them at a time.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use candle_core::Result;

use crate::model::chat::{Delta, StopReason};
use crate::model::embedder::Embeddings;
use crate::model::error::ModelError;
use crate::model::local::arithmetic::Arithmetic;
use crate::model::local::cache::{Cache, Page};
use crate::model::local::decoder::{Decoder, Tap};
use crate::model::local::embed::Embedded;
use crate::model::local::fault;
use crate::model::local::generate::Answering;
use crate::model::local::job::Job;
use crate::model::local::memory::Plan;
use crate::model::local::queue::{Priority, Queue};
use crate::model::local::schedule::{Standing, next_pass};
use crate::model::local::score::Scoring;
use crate::model::local::slots::{Reading, Slots};
use crate::model::local::tokenizer::Tokenizer;
use crate::model::scorer::LabelScores;

/// Calls of one priority that are worked on at once. More would each wait longer and not be done sooner.
const AT_ONCE: usize = 8;

/// A call that is being worked on.
struct Active<P> {
    job: Job,
    priority: Priority,
    work: Work<P>,
}

enum Work<P> {
    Write(Box<Answering<P>>),
    Score(Box<Scoring<P>>),
    Embed(Box<Embedded<P>>),
}

impl<P> Active<P> {
    /// How many tokens are to be read.
    fn pending(&self) -> usize {
        match &self.work {
            Work::Write(answering) => answering.reading.pending().len(),
            Work::Score(scoring) => scoring.pending(),
            Work::Embed(embedded) => embedded.reading().pending().len(),
        }
    }

    /// The next tokens to read, and the caches they go to.
    fn runs(&mut self, tokens: usize) -> Vec<(&[u32], &mut Cache<P>)> {
        match &mut self.work {
            Work::Write(answering) => vec![answering.reading.run(tokens)],
            Work::Score(scoring) => scoring.runs(tokens),
            Work::Embed(embedded) => vec![embedded.run(tokens)],
        }
    }

    /// The sequence whose beginning others can share; `None` if it is not kept.
    fn shareable(&self) -> Option<&Reading<P>> {
        match &self.work {
            Work::Write(answering) => Some(&answering.reading),
            Work::Score(scoring) => Some(scoring.prompt()),
            Work::Embed(_) => None,
        }
    }

    /// Of the tokens just read, how many of the last ones must be followed by logits.
    fn wanted(&self, tokens: usize) -> usize {
        match &self.work {
            Work::Write(answering) => usize::from(answering.reading.pending().is_empty()),
            Work::Score(scoring) => scoring.wanted(tokens),
            Work::Embed(_) => 0,
        }
    }

    /// Tells how far the prompt has been read.
    fn tell_progress(&self) {
        match (&self.job, &self.work) {
            (Job::Write { deltas, .. }, Work::Write(answering)) => {
                if let Some(progress) = answering.progress() {
                    let _ = deltas.unbounded_send(Ok(progress));
                }
            }
            (Job::Score { progress, .. }, Work::Score(scoring)) => {
                let _ = progress.send(scoring.progress());
            }
            (Job::Embed { progress, .. }, Work::Embed(embedded)) => {
                let _ = progress.send(embedded.progress());
            }
            _ => {}
        }
    }
}

/// A model and its caches, as the thread owns them.
pub struct Worker<A: Arithmetic> {
    pub name: String,
    pub decoder: Decoder<A>,
    pub tokenizer: Arc<Tokenizer>,
    pub queue: Arc<Queue<Job>>,
    plan: Plan,
    slots: Slots<A::Page>,
    active: Vec<Active<A::Page>>,
}

impl<A: Arithmetic> Worker<A> {
    #[must_use]
    pub fn new(
        name: &str,
        decoder: Decoder<A>,
        tokenizer: Arc<Tokenizer>,
        queue: Arc<Queue<Job>>,
        plan: Plan,
    ) -> Worker<A> {
        let slots = Slots::new(A::Page::bytes(decoder.shape()));
        Worker { name: name.to_owned(), decoder, tokenizer, queue, plan, slots, active: Vec::new() }
    }

    /// Works until the queue is closed and empty, and all calls are answered.
    pub fn run(mut self) {
        loop {
            if self.active.is_empty() {
                let Some((priority, job)) = self.queue.pop() else { return };
                self.admit(priority, job);
            }
            self.step();
        }
    }

    /// Begins the calls for which there is room, ends those that were cancelled, and makes one pass for the others.
    fn step(&mut self) {
        while let Some((priority, job)) = self.queue.pop_if(|priority, job| self.has_room(priority, job)) {
            self.admit(priority, job);
        }
        self.drop_cancelled();
        self.pass();
    }

    /// Whether a call may be begun beside those that are worked on.
    fn has_room(&self, priority: Priority, job: &Job) -> bool {
        let alike = self.active.iter().filter(|active| active.priority == priority).count();
        let fits = alike < AT_ONCE && self.held() + self.bytes(job) <= self.plan.cache;
        job.is_cancelled() || fits && !self.slots.is_worth_waiting(job.beginning(), &self.at_work(priority))
    }

    /// What those read that a call of some priority may wait for.
    fn at_work(&self, priority: Priority) -> Vec<&Reading<A::Page>> {
        let before = |active: &&Active<A::Page>| active.priority == Priority::Live || priority == Priority::Background;
        self.active.iter().filter(before).filter_map(Active::shareable).collect()
    }

    /// Bytes that a call can come to hold.
    fn bytes(&self, job: &Job) -> u64 {
        job.pages(A::Page::TOKENS) as u64 * A::Page::bytes(self.decoder.shape())
    }

    fn held(&self) -> u64 {
        self.active.iter().map(|active| self.bytes(&active.job)).sum()
    }

    fn admit(&mut self, priority: Priority, mut job: Job) {
        if job.is_cancelled() {
            return job.end(ModelError::Cancelled);
        }
        let at_work: Vec<_> = self.active.iter().filter_map(Active::shareable).collect();
        self.slots.lend(job.beginning(), &at_work);
        let work = match &mut job {
            Job::Write { writing, .. } => Some(Work::Write(Box::new(Answering::new(writing, &mut self.slots)))),
            Job::Score { questions, .. } => {
                Scoring::new(questions.clone(), &mut self.slots).map(|scoring| Work::Score(Box::new(scoring)))
            }
            Job::Embed { passages, layer, .. } => {
                let embedded = Embedded::new(passages.clone(), *layer, &mut self.slots);
                embedded.map(|embedded| Work::Embed(Box::new(embedded)))
            }
        };
        let Some(work) = work else {
            let reason = "it was asked nothing".to_owned();
            return job.end(ModelError::Inference { model: self.name.clone(), reason });
        };
        let active = Active { job, priority, work };
        active.tell_progress();
        self.active.push(active);
        self.slots.fit(self.plan.cache.saturating_sub(self.held()));
    }

    /// Answers those who gave up, in line or at work.
    fn drop_cancelled(&mut self) {
        for job in self.queue.take_where(Job::is_cancelled) {
            job.end(ModelError::Cancelled);
        }
        for i in (0..self.active.len()).rev() {
            if self.active.get(i).is_some_and(|active| active.job.is_cancelled()) {
                self.end(i, Err(ModelError::Cancelled));
            }
        }
    }

    /// Reads the next tokens of those whose turn it is, and answers whoever is done. If the model fails, all who took
    /// part are told; what rests is sound.
    fn pass(&mut self) {
        let standing = |active: &Active<A::Page>| Standing { priority: active.priority, pending: active.pending() };
        let standings = self.active.iter().map(standing);
        let turns = next_pass(&standings.collect::<Vec<_>>());
        if turns.is_empty() {
            return;
        }
        let made = catch_unwind(AssertUnwindSafe(|| self.read(&turns)));
        let reason = match made {
            Ok(Ok(logits)) => return self.deliver(&turns, logits),
            Ok(Err(error)) => fault::reason(&error),
            Err(panic) => panic_text(&*panic),
        };
        for &(i, _) in turns.iter().rev() {
            let active = self.active.remove(i);
            active.job.end(ModelError::Inference { model: self.name.clone(), reason: reason.clone() });
        }
    }

    /// One pass through the model; gives the logits that each turn wants.
    fn read(&mut self, turns: &[(usize, usize)]) -> Result<Vec<Vec<f32>>> {
        let turn = |i: usize| turns.iter().find(|(turn, _)| *turn == i).map(|&(_, tokens)| tokens);
        let (tapped, taps) = self.taps(turns);
        let active = self.active.iter_mut().enumerate();
        let runs = active.filter_map(|(i, active)| turn(i).map(|tokens| active.runs(tokens))).flatten();
        let (rows, states) = self.decoder.read_tapped(&mut runs.collect::<Vec<_>>(), &taps)?;
        for (&i, states) in tapped.iter().zip(states) {
            if let Some(Active { work: Work::Embed(embedded), .. }) = self.active.get_mut(i) {
                embedded.add(&states);
            }
        }
        let mut wanted = Vec::new();
        let mut end = 0;
        for &(i, tokens) in turns {
            end += tokens;
            let last = self.active.get(i).map_or(0, |active| active.wanted(tokens));
            wanted.extend(end - last..end);
        }
        if wanted.is_empty() { Ok(Vec::new()) } else { self.decoder.logits(&rows, &wanted) }
    }

    /// The states that are wanted of a pass, and whose turn each is of.
    fn taps(&self, turns: &[(usize, usize)]) -> (Vec<usize>, Vec<Tap>) {
        let mut end = 0;
        let tap = |&(i, tokens): &(usize, usize)| {
            end += tokens;
            let Work::Embed(embedded) = &self.active.get(i)?.work else { return None };
            let rows: Vec<usize> = (end - embedded.counting(tokens)..end).collect();
            (!rows.is_empty()).then_some((i, Tap { layer: embedded.layer, rows }))
        };
        turns.iter().filter_map(tap).unzip()
    }

    fn deliver(&mut self, turns: &[(usize, usize)], logits: Vec<Vec<f32>>) {
        let mut logits = logits.into_iter();
        let mut done = Vec::new();
        for &(i, tokens) in turns {
            let Some(active) = self.active.get_mut(i) else { continue };
            active.tell_progress();
            let wanted = active.wanted(tokens);
            let mut own = logits.by_ref().take(wanted);
            let end = match (&mut active.work, &active.job) {
                (Work::Write(answering), Job::Write { deltas, .. }) => own.next().and_then(|logits| {
                    let mut tell = |delta| {
                        // A caller that is gone is noticed before the next token.
                        let _ = deltas.unbounded_send(Ok(delta));
                    };
                    match answering.write(logits, &self.tokenizer, &mut tell) {
                        Ok(reason) => reason.map(|reason| Ok(End::Written(reason))),
                        Err(reason) => Some(Err(ModelError::Schema { model: self.name.clone(), reason })),
                    }
                }),
                (Work::Score(scoring), _) if wanted > 0 => {
                    let logits: Vec<Vec<f32>> = own.collect();
                    scoring.take(&logits, &mut self.slots).map(|scores| Ok(End::Scored(scores)))
                }
                (Work::Embed(embedded), _) => embedded.go_on(&mut self.slots).map(|made| Ok(End::Embedded(made))),
                _ => None,
            };
            done.extend(end.map(|end| (i, end)));
        }
        for (i, end) in done.into_iter().rev() {
            self.end(i, end);
        }
    }

    /// Answers a call and lays its sequence to rest.
    fn end(&mut self, i: usize, end: std::result::Result<End, ModelError>) {
        let Active { job, work, .. } = self.active.remove(i);
        match (job, work) {
            (Job::Write { deltas, .. }, Work::Write(answering)) => {
                let mut tell = |delta| {
                    let _ = deltas.unbounded_send(Ok(delta));
                };
                let reading = answering.finish(&mut tell);
                let _ = deltas.unbounded_send(match end {
                    Ok(End::Written(reason)) => Ok(Delta::Done(reason)),
                    Err(error) if error != ModelError::Cancelled => Err(error),
                    _ => Ok(Delta::Done(StopReason::Cancelled)),
                });
                self.slots.put_back(reading);
            }
            (job, Work::Score(scoring)) => {
                self.slots.put_back(scoring.finish());
                match (job, end) {
                    (Job::Score { answer, .. }, Ok(End::Scored(scores))) => {
                        let _ = answer.send(self.checked(scores));
                    }
                    (job, _) => job.end(ModelError::Cancelled),
                }
            }
            (job, Work::Embed(embedded)) => {
                embedded.finish(&mut self.slots);
                match (job, end) {
                    (Job::Embed { answer, .. }, Ok(End::Embedded(made))) => {
                        let _ = answer.send(self.sound(made));
                    }
                    (job, _) => job.end(ModelError::Cancelled),
                }
            }
            (job, Work::Write(_)) => job.end(ModelError::Cancelled),
        }
        self.slots.fit(self.plan.cache.saturating_sub(self.held()));
    }

    fn sound(&self, made: Embeddings) -> std::result::Result<Embeddings, ModelError> {
        if made.embeddings.iter().flat_map(|embedding| &embedding.vector).all(|number| number.is_finite()) {
            return Ok(made);
        }
        let reason = "its hidden states are not numbers".to_owned();
        Err(ModelError::Inference { model: self.name.clone(), reason })
    }

    fn checked(&self, scores: LabelScores) -> std::result::Result<LabelScores, ModelError> {
        if scores.log_probabilities.iter().flatten().all(|score| score.is_finite()) {
            return Ok(scores);
        }
        let reason = "its probabilities are not numbers".to_owned();
        Err(ModelError::Inference { model: self.name.clone(), reason })
    }
}

/// How a call ended by itself.
enum End {
    Written(StopReason),
    Scored(LabelScores),
    Embedded(Embeddings),
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|&text| text.to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use futures::channel::mpsc::{UnboundedReceiver, unbounded};
    use tokio::sync::oneshot;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::domain::usage::Usage;
    use crate::model::chat::Sampling;
    use crate::model::local::decoder;
    use crate::model::local::generate::Writing;
    use crate::model::local::gguf::Gguf;
    use crate::model::local::kernels::{Kernel, Kernels, Pool};
    use crate::model::local::score::Continuations;
    use crate::model::local::shape::Shape;
    use crate::model::local::tiny::Tiny;

    /// A worker without a thread, whose model ends no answer by itself.
    fn worker(cache: u64) -> Worker<Kernels> {
        let tiny = Tiny::new("llama", 11).endless();
        let written = tiny.write();
        let mut gguf = Gguf::open(&written.path).unwrap();
        let shape = Shape::read(&gguf).unwrap();
        let tokenizer = Arc::new(Tokenizer::read(&mut gguf, shape.vocabulary).unwrap());
        let rotary = decoder::rotary(&gguf.directory(), &shape, 1024).unwrap();
        let kernels = Kernels::new(Kernel::fastest().unwrap_or(Kernel::Plain), Arc::new(Pool::new(1)), rotary);
        let decoder = Decoder::load(&gguf.directory(), shape, kernels).unwrap();
        Worker::new("tiny", decoder, tokenizer, Arc::default(), Plan { context: 1024, cache })
    }

    type Deltas = UnboundedReceiver<std::result::Result<Delta, ModelError>>;
    type Scores = oneshot::Receiver<std::result::Result<LabelScores, ModelError>>;

    fn write(worker: &Worker<Kernels>, prompt: u32, seed: u64) -> (CancellationToken, Deltas) {
        let sampling = Sampling { temperature: 1.0, top_p: 1.0, repetition_penalty: 1.0, seed };
        let prompt = (0..prompt).map(|i| (i + 7 * seed as u32) % 200 + 3).collect();
        let writing = Writing { prompt, thinking: false, max_tokens: 12, sampling, stop: Vec::new(), constraint: None };
        let (cancel, (deltas, told)) = (CancellationToken::new(), unbounded());
        worker.queue.push(Priority::Live, Job::Write { writing, cancel: cancel.clone(), deltas });
        (cancel, told)
    }

    fn ask(worker: &Worker<Kernels>, prompt: Vec<u32>) -> (CancellationToken, Scores) {
        ask_labels(worker, prompt, vec![vec![7], vec![8, 9, 10]])
    }

    fn ask_labels(worker: &Worker<Kernels>, prompt: Vec<u32>, labels: Vec<Vec<u32>>) -> (CancellationToken, Scores) {
        let (answer, scores) = oneshot::channel();
        let (progress, _) = tokio::sync::mpsc::unbounded_channel();
        let questions = vec![Continuations { prompt, labels }];
        let cancel = CancellationToken::new();
        worker.queue.push(Priority::Background, Job::Score { questions, cancel: cancel.clone(), progress, answer });
        (cancel, scores)
    }

    /// What was told so far.
    fn told(deltas: &mut Deltas) -> Vec<Delta> {
        std::iter::from_fn(|| deltas.try_recv().ok()).map(std::result::Result::unwrap).collect()
    }

    fn read(deltas: &[Delta]) -> Option<(usize, usize)> {
        let prefill = |delta: &Delta| match delta {
            &Delta::Prefill { done, total } => Some((done, total)),
            _ => None,
        };
        deltas.iter().rev().find_map(prefill)
    }

    fn usage(deltas: &[Delta]) -> Usage {
        deltas.iter().find_map(|delta| if let Delta::Usage(usage) = delta { Some(*usage) } else { None }).unwrap()
    }

    fn text(deltas: &[Delta]) -> String {
        deltas.iter().filter_map(|delta| if let Delta::Text(text) = delta { Some(&**text) } else { None }).collect()
    }

    #[test]
    fn cancelling_takes_effect_at_the_next_chunk() {
        let mut worker = worker(u64::MAX);
        let (cancel, mut deltas) = write(&worker, 600, 1);
        worker.step();
        worker.step();
        cancel.cancel();
        worker.step();
        let deltas = told(&mut deltas);
        assert_eq!((read(&deltas), usage(&deltas).completion_tokens), (Some((512, 600)), 0));
        assert_eq!(deltas.last(), Some(&Delta::Done(StopReason::Cancelled)));
    }

    #[test]
    fn cancelling_takes_effect_at_the_next_token() {
        let mut worker = worker(u64::MAX);
        let (cancel, mut deltas) = write(&worker, 20, 1);
        // The prompt and the first token, then one token a step.
        (0..5).for_each(|_| worker.step());
        cancel.cancel();
        worker.step();
        let deltas = told(&mut deltas);
        assert_eq!(usage(&deltas).completion_tokens, 5);
        assert_eq!(deltas.last(), Some(&Delta::Done(StopReason::Cancelled)));
    }

    #[test]
    fn calls_that_begin_alike_read_their_beginning_once() {
        let question = |last: u32| (0..600).map(|i| i % 200 + 3).chain([last]).collect::<Vec<_>>();
        let mut worker = worker(u64::MAX);
        let mut calls = [201, 202, 203].map(|last| ask(&worker, question(last)).1);
        (0..20).for_each(|_| worker.step());
        let scores = calls.each_mut().map(|scores| scores.try_recv().unwrap().unwrap());
        let read: Vec<u64> =
            scores.iter().map(|scores| scores.usage.prompt_tokens - scores.usage.cached_tokens).collect();
        assert_eq!(read, [601, 1, 1]);
    }

    #[test]
    fn somebody_who_watches_does_not_wait_for_a_judge_who_begins_alike() {
        let mut worker = worker(u64::MAX);
        let judged = ask(&worker, (0..900).map(|i| (i + 7) % 200 + 3).collect()).1;
        worker.step();
        let (_, mut deltas) = write(&worker, 600, 1);
        worker.step();
        // What the judge has read is there, and the rest is read at once.
        assert_eq!(read(&told(&mut deltas)), Some((512, 600)));
        drop(judged);
    }

    #[test]
    fn answers_written_together_are_those_written_alone() {
        let mut alone = Vec::new();
        for seed in [1, 2, 3] {
            let mut worker = worker(u64::MAX);
            let (_, mut deltas) = write(&worker, 30 + 100 * seed as u32, seed);
            (0..20).for_each(|_| worker.step());
            alone.push(text(&told(&mut deltas)));
        }
        let mut worker = worker(u64::MAX);
        let mut calls = [1, 2, 3].map(|seed| write(&worker, 30 + 100 * seed as u32, seed).1);
        (0..40).for_each(|_| worker.step());
        assert_eq!(calls.each_mut().map(|deltas| text(&told(deltas))), *alone);
        assert!(alone.iter().all(|text| !text.is_empty()));
    }

    #[test]
    fn forty_labels_take_as_many_passes_as_their_tokens_fill() {
        let mut worker = worker(u64::MAX);
        let labels = (0..40).map(|i| (0..11).map(|j| (3 * i + 5 * j) % 200 + 3).collect()).collect();
        let (_, mut scores) = ask_labels(&worker, (0..600).map(|i| i % 200 + 3).collect(), labels);
        // Three for the prompt; sixteen labels at a time.
        (0..5).for_each(|_| worker.step());
        assert!(scores.try_recv().is_err());
        worker.step();
        let scores = scores.try_recv().unwrap().unwrap();
        assert_eq!((scores.log_probabilities[0].len(), &scores.tokens[0][..], scores.reread), (40, &[11; 40][..], 0));
    }

    #[test]
    fn judging_waits_for_a_live_speech_and_then_goes_on() {
        let mut worker = worker(u64::MAX);
        let (_, mut scores) = ask(&worker, (0..600).map(|i| i % 200 + 3).collect());
        worker.step();
        let (_, mut deltas) = write(&worker, 20, 1);
        (0..12).for_each(|_| worker.step());
        assert_eq!(told(&mut deltas).last(), Some(&Delta::Done(StopReason::Length)));
        assert!(scores.try_recv().is_err());
        (0..4).for_each(|_| worker.step());
        let scores = scores.try_recv().unwrap().unwrap();
        assert_eq!((scores.log_probabilities[0].len(), scores.reread), (2, 0));
    }

    #[test]
    fn a_call_waits_in_line_while_there_is_no_memory_for_it() {
        let page = <Kernels as Arithmetic>::Page::bytes(worker(0).decoder.shape());
        // Room for one call of 600 tokens, which needs five pages.
        let mut worker = worker(7 * page);
        let (_, mut first) = write(&worker, 600, 1);
        let (_, mut second) = write(&worker, 600, 2);
        (0..6).for_each(|_| worker.step());
        assert!(!told(&mut first).is_empty() && told(&mut second).is_empty());
        (0..30).for_each(|_| worker.step());
        assert_eq!(told(&mut second).last(), Some(&Delta::Done(StopReason::Length)));
    }

    #[test]
    fn a_failed_pass_is_told_to_all_who_took_part_and_the_model_works_on() {
        let mut worker = worker(u64::MAX);
        let (_, mut spoiled) = ask(&worker, vec![100_000, 5]);
        let (_, mut beside) = ask(&worker, vec![5, 6]);
        worker.step();
        let error = spoiled.try_recv().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "tiny stopped working: there is no token 100000");
        assert!(beside.try_recv().unwrap().is_err());
        let (_, mut scores) = ask(&worker, vec![5, 6]);
        (0..3).for_each(|_| worker.step());
        assert_eq!(scores.try_recv().unwrap().unwrap().log_probabilities[0].len(), 2);
    }
}
