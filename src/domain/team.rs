//! Teams: which model plays which role, and how often the Reviewer may send a draft back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A role inside a team (Agent4Debate, arXiv 2408.04472).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Searcher,
    Analyzer,
    Writer,
    Reviewer,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Searcher, Role::Analyzer, Role::Writer, Role::Reviewer];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Searcher => "searcher",
            Role::Analyzer => "analyzer",
            Role::Writer => "writer",
            Role::Reviewer => "reviewer",
        }
    }

    /// The name as a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Role::Searcher => "Searcher",
            Role::Analyzer => "Analyzer",
            Role::Writer => "Writer",
            Role::Reviewer => "Reviewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The model of a role that a person at this machine plays.
pub const PERSON: &str = "person";

/// What a role names that takes whatever model the debate is opened with.
pub const DEFAULT_MODEL: &str = "default";

/// How one role of a team works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSpec {
    /// A model by name, or `default`, which resolves when the debate opens, or `person`.
    #[serde(default = "default_model")]
    pub model: String,
    /// Other models that may take a call of this role. The router chooses among them and `model`, call by call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<String>,
    /// Queries that the Searcher may run for one request. Other roles leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<usize>,
    /// Drafts that the Writer writes, of which the best goes on; 1 to 8. Other roles leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drafts: Option<usize>,
    /// How often the best draft is written anew, `drafts` times, before it goes on: a small tree of drafts. Other roles leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deepen: Option<u32>,
    /// The most tokens of one answer, at least 16. Without it the length that is asked for decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u32>,
    /// Sampling temperature, 0 to 2. Agent4Debate uses 0.2.
    #[serde(default = "default_temperature")]
    pub temperature: f64,
    /// Nucleus sampling mass, in (0, 1]. Agent4Debate uses 0.75.
    #[serde(default = "default_top_p")]
    pub top_p: f64,
    /// Divides the logits of tokens already written, at least 1. Small models need it to stop repeating themselves.
    #[serde(default = "default_repetition_penalty")]
    pub repetition_penalty: f64,
}

impl Default for RoleSpec {
    fn default() -> Self {
        RoleSpec {
            model: default_model(),
            or: Vec::new(),
            queries: None,
            drafts: None,
            deepen: None,
            tokens: None,
            temperature: default_temperature(),
            top_p: default_top_p(),
            repetition_penalty: default_repetition_penalty(),
        }
    }
}

/// Every two drafts are compared, so more of them cost more than they find.
const MOST_DRAFTS: usize = 8;
const MOST_ROUNDS: u32 = 4;

/// The fewest tokens an answer may be held to.
const LEAST_TOKENS: u32 = 16;

impl RoleSpec {
    fn problem(&self, role: Role) -> Option<String> {
        if self.model.trim().is_empty() {
            Some("model must name a model, or be \"default\"".to_owned())
        } else if self.or.iter().any(|model| model == PERSON || model.trim().is_empty())
            || (!self.or.is_empty() && self.model == PERSON)
        {
            Some("or names other models; a person shares its role with nobody".to_owned())
        } else if self.queries.is_some() && role != Role::Searcher {
            Some("only the searcher has queries".to_owned())
        } else if self.queries == Some(0) {
            Some("queries must be at least 1; to search for nothing, leave the role out".to_owned())
        } else if (self.drafts.is_some() || self.deepen.is_some()) && role != Role::Writer {
            Some("only the writer has drafts".to_owned())
        } else if self.drafts.is_some_and(|drafts| !(1..=MOST_DRAFTS).contains(&drafts)) {
            Some(format!("drafts must be from 1 to {MOST_DRAFTS}"))
        } else if self.drafts.is_some_and(|drafts| drafts > 1) && self.temperature == 0.0 {
            Some("several drafts at temperature 0 are the same draft; set it above 0".to_owned())
        } else if self.deepen.is_some_and(|rounds| rounds > MOST_ROUNDS) {
            Some(format!("deepen must be at most {MOST_ROUNDS}"))
        } else if self.deepen.is_some_and(|rounds| rounds > 0) && self.drafts.is_none_or(|drafts| drafts < 2) {
            Some("deepen chooses among drafts, so drafts must be at least 2".to_owned())
        } else if self.tokens.is_some_and(|tokens| tokens < LEAST_TOKENS) {
            Some(format!("tokens must be at least {LEAST_TOKENS}; a shorter answer says nothing"))
        } else if !(0.0..=2.0).contains(&self.temperature) {
            Some("temperature must be between 0 and 2".to_owned())
        } else if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            Some("top_p must be above 0 and at most 1".to_owned())
        } else if !(self.repetition_penalty.is_finite() && self.repetition_penalty >= 1.0) {
            Some("repetition_penalty must be at least 1".to_owned())
        } else {
            None
        }
    }
}

fn default_model() -> String {
    DEFAULT_MODEL.to_owned()
}

fn default_temperature() -> f64 {
    0.2
}

fn default_top_p() -> f64 {
    0.75
}

fn default_repetition_penalty() -> f64 {
    1.1
}

/// A team by name. A role that is absent is turned off; the Writer cannot be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    pub name: String,
    /// One sentence for people who choose a team.
    #[serde(default)]
    pub about: String,
    /// How often the Reviewer may send one speech back.
    #[serde(default)]
    pub revisions: u32,
    /// How much the router cares for price and time against success, where a role names several models: 0 to 1.
    #[serde(default = "default_thrift", skip_serializing_if = "is_default_thrift")]
    pub thrift: f64,
    /// US dollars that the team may spend in a debate before the router leaves dearer models out; without it only the debate's own
    /// ceilings count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<f64>,
    /// Whether a draft that is out of place in a public debate is rewritten as a whole, its content kept, before it is given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub civility: bool,
    /// How often the Writer may ask for more material in one speech.
    #[serde(default)]
    pub requests: u32,
    /// The most role calls for one speech. Agent4Debate's cap is 15. The last draft stands when it is reached.
    #[serde(default = "default_calls")]
    pub calls: u32,
    pub roles: BTreeMap<Role, RoleSpec>,
}

fn default_calls() -> u32 {
    15
}

fn default_thrift() -> f64 {
    0.3
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn is_default_thrift(thrift: &f64) -> bool {
    *thrift == default_thrift()
}

impl Team {
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains_key(&role)
    }

    /// What is wrong with the team, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if !self.has(Role::Writer) {
            return Some("a team needs a [roles.writer]; the other roles may be left out".to_owned());
        }
        if !(0.0..=1.0).contains(&self.thrift) {
            return Some("thrift must be from 0 to 1".to_owned());
        }
        if self.budget.is_some_and(|budget| !(budget.is_finite() && budget > 0.0)) {
            return Some("budget must be above 0; without one, leave it out".to_owned());
        }
        if self.calls == 0 {
            return Some("calls must be at least 1".to_owned());
        }
        self.roles.iter().find_map(|(role, spec)| spec.problem(*role).map(|problem| format!("roles.{role}: {problem}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(change: impl Fn(&mut Team)) -> String {
        let mut team = Team {
            name: "t".to_owned(),
            about: String::new(),
            revisions: 0,
            thrift: default_thrift(),
            budget: None,
            civility: false,
            requests: 0,
            calls: 1,
            roles: BTreeMap::from([(Role::Writer, RoleSpec::default()), (Role::Searcher, RoleSpec::default())]),
        };
        change(&mut team);
        team.problem().unwrap_or_default()
    }

    fn writer_problem(change: impl Fn(&mut RoleSpec)) -> String {
        problem(|team| team.roles.get_mut(&Role::Writer).into_iter().for_each(&change))
    }

    #[test]
    fn a_team_needs_a_writer_and_a_call() {
        assert_eq!(problem(|_| {}), "");
        assert!(problem(|team| drop(team.roles.remove(&Role::Writer))).contains("needs a [roles.writer]"));
        assert!(problem(|team| team.thrift = 1.5).contains("thrift must be from 0 to 1"));
        assert!(problem(|team| team.budget = Some(0.0)).contains("budget must be above 0"));
        assert!(writer_problem(|role| role.or = vec![PERSON.to_owned()]).contains("shares its role with nobody"));
        assert!(problem(|team| team.calls = 0).contains("calls must be at least 1"));
    }

    #[test]
    fn a_role_needs_a_model_and_sane_sampling() {
        assert!(writer_problem(|role| role.model = " ".to_owned()).starts_with("roles.writer: model must name"));
        assert!(writer_problem(|role| role.queries = Some(1)).contains("only the searcher has queries"));
        assert!(writer_problem(|role| role.drafts = Some(9)).contains("drafts must be from 1 to 8"));
        assert!(writer_problem(|role| (role.drafts, role.temperature) = (Some(2), 0.0)).contains("the same draft"));
        assert!(writer_problem(|role| role.deepen = Some(1)).contains("drafts must be at least 2"));
        assert!(
            writer_problem(|role| (role.drafts, role.deepen) = (Some(2), Some(5))).contains("deepen must be at most")
        );
        assert_eq!(writer_problem(|role| (role.drafts, role.deepen) = (Some(3), Some(2))), "");
        assert!(writer_problem(|role| role.tokens = Some(15)).contains("tokens must be at least 16"));
        assert_eq!(writer_problem(|role| role.tokens = Some(16)), "");
        assert!(writer_problem(|role| role.temperature = f64::NAN).contains("temperature must be between"));
        assert!(writer_problem(|role| role.top_p = 0.0).contains("top_p must be above 0"));
        assert!(writer_problem(|role| role.repetition_penalty = 0.9).contains("repetition_penalty must be"));
    }
}
