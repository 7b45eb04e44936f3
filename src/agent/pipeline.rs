//! The pure machine of one speech (the speaker selection of Agent4Debate, arXiv 2408.04472).
//!
//! ```text
//! Searcher -> its queries run -> Analyzer, or the Writer if the Writer had asked for material
//! Analyzer -> Writer
//! Writer   -> Searcher (asks for material) | itself (more drafts, and the best of them again) | Reviewer (has a draft)
//! Reviewer -> Writer (sent back) | delivered (approved)
//! ```
//!
//! A seat's first speech begins with the Searcher, a later one with the Analyzer. A role that the team does not have
//! is passed over. No call is made that could change nothing: the last call that the team's cap leaves belongs to the
//! Writer while there is no draft, and the Reviewer reads a draft only while it may still send one back.

use std::collections::BTreeMap;

use crate::agent::ask::{Ask, tokens_for};
use crate::agent::brief::Brief;
use crate::agent::remarks::Remarks;
use crate::agent::reply::{Written, handwritten, plain, queries, verdict, written};
use crate::agent::setup::Setup;
use crate::agent::step::{Draft, Step};
use crate::domain::evidence::EvidenceItem;
use crate::domain::speech::{CivilityMeasured, ReviewReturned, RoleSaid, Work};
use crate::domain::team::{PERSON, Role, RoleSpec};
use crate::text::words::{count_words, cut_at_sentence, cut_unfinished};

/// Answers of the Writer without a speech before the pipeline makes do with what it has.
const MOST_MISSES: u32 = 3;

/// Queries of one request where the team does not say how many.
const DEFAULT_QUERIES: usize = 3;

/// Words of one query, for the Searcher's token limit.
const QUERY_WORDS: usize = 12;

/// Words of a plan and of review notes. Longer ones push the speech out of a small model's mind.
const PLAN_WORDS: usize = 120;
const NOTES_WORDS: usize = 60;

/// A draft is rewritten if it is likelier than this to be out of place.
const INAPPROPRIATE: f64 = 0.5;
/// A rewrite with a smaller share of the draft's content words is another speech. Insults are content words, too, and go.
const KEPT: f64 = 0.25;

/// A draft with fewer words is asked for again, unless the stage allows hardly more.
pub(super) const THIN_WORDS: usize = 15;
/// The same of a question or an answer.
const THIN_EXCHANGE: usize = 3;

/// Who is at work.
#[derive(Clone, Debug, PartialEq)]
enum Turn {
    Role(Role),
    /// Queries of the Searcher that were not run yet.
    Search(Vec<String>),
    /// Drafts that were not weighed yet, at least two.
    Weigh,
    /// A draft that is ready, or its rewrite, and was not measured for civility yet.
    Appraise,
    /// A decision of the Reviewer that was not recorded yet.
    Review {
        approved: bool,
        notes: String,
        remarks: Vec<String>,
    },
    Done,
}

/// A text of the Writer.
#[derive(Clone, Debug, PartialEq)]
struct Text {
    text: String,
    /// Whether the model ran out of tokens.
    ran_out: bool,
}

/// The work on one speech, folded.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline<'a> {
    setup: &'a Setup,
    turn: Turn,
    /// Finished role calls.
    calls: u32,
    asks: BTreeMap<(Role, u32), u32>,
    sent_back: u32,
    requests: u32,
    /// What the Writer asked the Searcher for; `None` before its first request.
    request: Option<String>,
    searched: Vec<String>,
    found: Vec<EvidenceItem>,
    analysis: String,
    draft: Option<Text>,
    /// The drafts of this round, the one they were made of first.
    tried: Vec<Text>,
    /// How inappropriate the draft is, once that was measured; `None` within where nobody could tell.
    appraised: Option<Option<f64>>,
    /// The draft as it was rewritten.
    rewritten: Option<Text>,
    /// How often the best of them was written anew in this revision.
    rounds: u32,
    notes: String,
    misses: u32,
    again: bool,
}

impl<'a> Pipeline<'a> {
    /// Folds the work that is recorded for the speech so far.
    #[must_use]
    pub fn new(setup: &'a Setup, work: &[Work]) -> Pipeline<'a> {
        let mut pipeline = Pipeline {
            setup,
            turn: Turn::Done,
            calls: 0,
            asks: BTreeMap::new(),
            sent_back: 0,
            requests: 0,
            request: None,
            searched: Vec::new(),
            found: Vec::new(),
            analysis: String::new(),
            draft: None,
            tried: Vec::new(),
            appraised: None,
            rewritten: None,
            rounds: 0,
            notes: String::new(),
            misses: 0,
            again: false,
        };
        pipeline.turn_to(if setup.opening { Role::Searcher } else { Role::Analyzer });
        for work in work {
            pipeline.apply(work);
        }
        pipeline
    }

    /// What has to be done next.
    #[must_use]
    pub fn next(&self) -> Step {
        match &self.turn {
            Turn::Role(role) => Step::Ask(Box::new(self.ask(*role))),
            Turn::Search(queries) => Step::Search { queries: queries.clone() },
            Turn::Weigh => Step::Weigh {
                revision: self.sent_back,
                drafts: self.tried.iter().map(|draft| draft.text.clone()).collect(),
            },
            Turn::Appraise => self.appraise(),
            Turn::Review { approved, notes, remarks } => Step::Review(ReviewReturned {
                speech: self.setup.slot.index,
                seat: self.setup.slot.seat,
                side: self.setup.slot.side,
                revision: self.sent_back,
                approved: *approved,
                notes: notes.clone(),
                remarks: remarks.clone(),
            }),
            Turn::Done => self.deliver(),
        }
    }

    fn apply(&mut self, work: &Work) {
        match work {
            Work::Role(said) => self.hear(said),
            Work::Evidence(found) => self.found.extend(found.items.iter().cloned()),
            Work::Query(run) => {
                self.searched.push(run.query.clone());
                if let Turn::Search(queries) = &mut self.turn {
                    queries.retain(|query| *query != run.query);
                    if queries.is_empty() {
                        self.turn_to(self.after_search());
                    }
                }
            }
            Work::Drafts(weighed) => self.take_best(weighed.chosen),
            // Who takes a call changes nothing in what is asked.
            Work::Routed(_) => {}
            Work::Civility(measured) => self.take_civility(measured),
            Work::Review(review) if review.approved => self.finish(),
            Work::Review(review) => {
                self.sent_back += 1;
                self.rounds = 0;
                self.notes.clone_from(&review.notes);
                self.turn_to(Role::Writer);
            }
        }
    }

    fn hear(&mut self, said: &RoleSaid) {
        self.calls += 1;
        *self.asks.entry((said.role, self.sent_back)).or_default() += 1;
        match said.role {
            Role::Searcher => {
                let queries = queries(&said.text, self.most_queries(), &self.searched);
                let queries = if queries.is_empty() { self.plain_query() } else { queries };
                if queries.is_empty() {
                    self.turn_to(self.after_search());
                } else {
                    self.turn = Turn::Search(queries);
                }
            }
            Role::Analyzer => {
                self.analysis = cut_at_sentence(&plain(&said.text), PLAN_WORDS).0;
                self.turn_to(Role::Writer);
            }
            Role::Writer => self.hear_writer(said),
            Role::Reviewer => {
                let verdict = verdict(&said.text);
                let remarks = self.remarks();
                let approved = verdict.approved && remarks.faults.is_empty();
                let notes = if approved { String::new() } else { [verdict.notes, remarks.faults.join(" ")].join(" ") };
                let notes = cut_at_sentence(&notes, NOTES_WORDS).0;
                self.turn = Turn::Review { approved, notes, remarks: remarks.all() };
            }
        }
    }

    fn hear_writer(&mut self, said: &RoleSaid) {
        let is_person = said.model == PERSON;
        match if is_person { handwritten(&said.text) } else { written(&said.text) } {
            Written::Request(request) if self.may_search() => {
                self.requests += 1;
                self.request = Some(request);
                self.again = false;
                self.turn_to(Role::Searcher);
            }
            Written::Speech(text) => {
                let ran_out = said.usage.completion_tokens >= u64::from(self.max_tokens(Role::Writer));
                let words = count_words(&text);
                let thin = if self.setup.stage.is_exchange() { THIN_EXCHANGE } else { THIN_WORDS };
                if is_person || words >= thin.min(self.setup.words / 2) {
                    self.again = false;
                    if self.appraised.is_some() {
                        self.rewritten = Some(Text { text, ran_out });
                        self.turn = Turn::Appraise;
                        return;
                    }
                    self.tried.push(Text { text, ran_out });
                    self.draft_more();
                } else {
                    let longer = self.draft.as_ref().is_none_or(|draft| words > count_words(&draft.text));
                    if longer {
                        self.draft = Some(Text { text, ran_out });
                    }
                    self.miss();
                }
            }
            Written::Request(_) | Written::Nothing => self.miss(),
        }
    }

    /// The draft stands. A team that minds its manners has it measured first.
    fn finish(&mut self) {
        // What a person says is its own.
        let is_person = self.writer().is_some_and(|writer| writer.model == PERSON);
        let measure = self.setup.team.civility && !is_person && self.draft.is_some() && self.appraised.is_none();
        self.turn = if measure { Turn::Appraise } else { Turn::Done };
    }

    fn appraise(&self) -> Step {
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.text.clone());
        match text(&self.rewritten) {
            Some(rewritten) => Step::Appraise { text: rewritten, draft: text(&self.draft) },
            None => Step::Appraise { text: text(&self.draft).unwrap_or_default(), draft: None },
        }
    }

    /// A draft that is out of place is rewritten once. The rewrite stands if it is better mannered and still says the same.
    fn take_civility(&mut self, measured: &CivilityMeasured) {
        let Some(rewritten) = self.rewritten.take() else {
            self.appraised = Some(measured.inappropriate);
            let is_rude = measured.inappropriate.is_some_and(|share| share > INAPPROPRIATE);
            let has_writer = is_rude && self.calls < self.cap();
            self.turn = if has_writer { Turn::Role(Role::Writer) } else { Turn::Done };
            return;
        };
        let before = self.appraised.flatten().unwrap_or(1.0);
        let better = measured.inappropriate.is_some_and(|share| share < before);
        if better && measured.similarity.is_some_and(|kept| kept >= KEPT) {
            self.draft = Some(rewritten);
        }
        self.turn = Turn::Done;
    }

    /// Another draft of this round, or on with those that there are.
    fn draft_more(&mut self) {
        let wanted = self.most_drafts() + usize::from(self.rounds > 0);
        if self.tried.len() < wanted && self.calls < self.cap() {
            self.turn_to(Role::Writer);
        } else if self.tried.len() > 1 {
            self.turn = Turn::Weigh;
        } else {
            self.draft = self.tried.pop().or(self.draft.take());
            self.turn_to(Role::Reviewer);
        }
    }

    /// The best draft of a round goes on: into another round, or to the Reviewer.
    fn take_best(&mut self, chosen: usize) {
        if self.tried.is_empty() {
            return;
        }
        let best = self.tried.swap_remove(chosen.min(self.tried.len() - 1));
        self.tried.clear();
        if self.rounds < self.most_rounds() && self.calls < self.cap() {
            self.rounds += 1;
            self.tried.push(best.clone());
            self.draft = Some(best);
            self.turn_to(Role::Writer);
        } else {
            self.draft = Some(best);
            self.turn_to(Role::Reviewer);
        }
    }

    fn writer(&self) -> Option<&RoleSpec> {
        self.setup.team.roles.get(&Role::Writer)
    }

    fn most_drafts(&self) -> usize {
        self.writer().and_then(|writer| writer.drafts).unwrap_or(1)
    }

    fn most_rounds(&self) -> u32 {
        self.writer().and_then(|writer| writer.deepen).unwrap_or(0)
    }

    /// The Writer gave no speech: it is asked again, a few times, unless there is a draft of this round to go on with.
    fn miss(&mut self) {
        // Without a rewrite the draft stands.
        if self.appraised.is_some() {
            self.turn = Turn::Done;
            return;
        }
        match self.tried.len() {
            0 => {}
            1 => {
                self.draft = self.tried.pop();
                return self.turn_to(Role::Reviewer);
            }
            _ => {
                self.turn = Turn::Weigh;
                return;
            }
        }
        self.misses += 1;
        self.again = true;
        if self.misses < self.most_misses() {
            self.turn_to(Role::Writer);
        } else {
            self.finish();
        }
    }

    /// Gives the turn to a role, or to the next one if the team lacks it or its work could change nothing.
    fn turn_to(&mut self, role: Role) {
        let able = self.setup.team.has(role);
        self.turn = match role {
            Role::Searcher if able && self.setup.sources && self.may_prepare() => Turn::Role(role),
            Role::Searcher => return self.turn_to(self.after_search()),
            Role::Analyzer if able && self.may_prepare() => Turn::Role(role),
            Role::Analyzer => return self.turn_to(Role::Writer),
            Role::Writer if self.calls < self.cap() || self.is_speechless() => Turn::Role(role),
            Role::Reviewer if able && self.may_prepare() && self.sent_back < self.setup.team.revisions => {
                Turn::Role(role)
            }
            Role::Writer | Role::Reviewer => return self.finish(),
        };
    }

    /// Whether all that is wrong is that the Writer has said nothing yet. The cap is for work, and there is none.
    fn is_speechless(&self) -> bool {
        self.draft.is_none() && (1..self.most_misses()).contains(&self.misses)
    }

    /// A debate that is resumed asks as often again: the log keeps the misses, and the user wants a new try.
    fn most_misses(&self) -> u32 {
        MOST_MISSES * (1 + self.setup.resumed)
    }

    fn cap(&self) -> u32 {
        self.setup.team.calls.max(1)
    }

    /// What a machine sees in the draft.
    fn remarks(&self) -> Remarks {
        let Some(draft) = &self.draft else { return Remarks::default() };
        let bag = self.setup.bag.iter().chain(&self.found);
        let labels: Vec<&str> = bag.map(|item| item.label.as_str()).collect();
        let own = self.setup.heard.iter().filter(|speech| speech.side == self.setup.slot.side);
        let before: Vec<&str> = own.map(|speech| speech.text.as_str()).collect();
        Remarks::of(&draft.text, &labels, &before)
    }

    /// Whether a call that is not the Writer's leaves the Writer one to act on it.
    fn may_prepare(&self) -> bool {
        self.calls + 1 < self.cap()
    }

    /// What a Searcher looks up that could not say it: the Writer's request or the motion, in their own words.
    fn plain_query(&self) -> Vec<String> {
        let query = self.request.clone().unwrap_or_else(|| self.setup.motion.text.clone());
        if query.is_empty() || self.searched.contains(&query) { Vec::new() } else { vec![query] }
    }

    fn after_search(&self) -> Role {
        if self.request.is_some() { Role::Writer } else { Role::Analyzer }
    }

    /// Whether a request of the Writer for material would be answered.
    fn may_search(&self) -> bool {
        let team = &self.setup.team;
        self.requests < team.requests && self.setup.sources && team.has(Role::Searcher) && self.may_prepare()
    }

    fn most_queries(&self) -> usize {
        self.setup.team.roles.get(&Role::Searcher).and_then(|spec| spec.queries).unwrap_or(DEFAULT_QUERIES)
    }

    fn max_tokens(&self, role: Role) -> u32 {
        let wanted = tokens_for(match role {
            Role::Searcher => self.most_queries() * QUERY_WORDS,
            Role::Analyzer => PLAN_WORDS,
            Role::Writer => self.setup.words,
            Role::Reviewer => NOTES_WORDS,
        });
        let most = self.setup.team.roles.get(&role).and_then(|spec| spec.tokens);
        most.map_or(wanted, |most| most.min(wanted))
    }

    fn ask(&self, role: Role) -> Ask {
        let team = &self.setup.team;
        Ask {
            role,
            revision: self.sent_back,
            ask: self.asks.get(&(role, self.sent_back)).copied().unwrap_or_default(),
            spec: team.roles.get(&role).cloned().unwrap_or_default(),
            max_tokens: self.max_tokens(role),
            brief: Brief {
                motion: self.setup.motion.clone(),
                seat: self.setup.slot.seat,
                side: self.setup.slot.side,
                task: self.setup.task.clone(),
                stage: self.setup.stage,
                words: self.setup.words,
                heard: self.setup.heard.clone(),
                evidence: self.setup.bag.iter().chain(&self.found).cloned().collect(),
                analysis: self.analysis.clone(),
                draft: self.draft.as_ref().map(|draft| draft.text.clone()).unwrap_or_default(),
                notes: self.notes.clone(),
                remarks: if role == Role::Reviewer { self.remarks().all() } else { Vec::new() },
                request: self.request.clone().unwrap_or_default(),
                queries: self.most_queries(),
                searched: self.searched.clone(),
                may_search: role == Role::Writer && self.may_search(),
                again: role == Role::Writer && self.again,
                rude: role == Role::Writer && self.appraised.is_some(),
            },
        }
    }

    fn deliver(&self) -> Step {
        let Some(draft) = &self.draft else {
            let reason = format!(
                "the writer of {} wrote no speech in {} answers; resume to ask it again, or open the debate with another model",
                self.setup.team.name, self.misses
            );
            return Step::Fail { reason };
        };
        let (whole, unfinished) = if draft.ran_out { cut_unfinished(&draft.text) } else { (draft.text.clone(), false) };
        let (text, overran) = cut_at_sentence(&whole, self.setup.words);
        Step::Deliver(Draft { words: count_words(&text), text, cut: unfinished || overran })
    }
}

#[cfg(test)]
mod tests;
