//! A tournament as it is written down: who plays, about what, in which way, and how much it may use.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::hash::ContentHash;
use crate::domain::motion::Motion;
use crate::domain::usage::Ceilings;

/// How pairs are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Everybody meets everybody.
    RoundRobin,
    /// Everybody meets everybody, on both sides.
    DoubleRoundRobin,
    /// A few rounds, each between players of about the same points who have not met.
    Swiss,
    /// Who loses a meeting is out.
    KnockOut,
    /// One player meets the others until its place among them is settled.
    Newcomer,
    /// Every ordered pair meets on every question: one side defends the official answer, the other one of its own.
    Qa,
}

impl Kind {
    /// The name as it is written in data.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::RoundRobin => "round-robin",
            Kind::DoubleRoundRobin => "double-round-robin",
            Kind::Swiss => "swiss",
            Kind::KnockOut => "knock-out",
            Kind::Newcomer => "newcomer",
            Kind::Qa => "qa",
        }
    }
}

/// Who stands on which side when two players meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sides {
    /// One match on each motion; over the tournament everybody is proposition about as often as opposition.
    Balanced,
    /// Two matches on each motion, the sides swapped.
    Both,
}

/// The most that a whole tournament may use. Absent means unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TournamentCeilings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dollars: Option<f64>,
    /// Of one run; a run that goes on later has as many again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
}

impl TournamentCeilings {
    /// What is wrong with them, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if self.tokens == Some(0) {
            return Some(format!("ceilings: {}", too_low(0, "tokens")));
        }
        let wrong = |most: &f64| !most.is_finite() || *most <= 0.0;
        let found = [("dollars", self.dollars), ("minutes", self.minutes)];
        let found = found.into_iter().find_map(|(what, most)| Some((what, most.filter(wrong)?)));
        found.map(|(what, most)| format!("ceilings: {}", too_low(most, what)))
    }
}

fn too_low(most: impl std::fmt::Display, what: &str) -> String {
    format!("{most} {what} let nothing start; give more, or leave it out for no ceiling")
}

/// How many matches run at the same time, each at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Concurrency {
    pub matches: usize,
    /// Those that use a model on this machine.
    pub local: usize,
    /// Those that use one endpoint.
    pub endpoint: usize,
}

impl Default for Concurrency {
    fn default() -> Concurrency {
        Concurrency { matches: 4, local: 2, endpoint: 4 }
    }
}

impl Concurrency {
    /// What is wrong with it, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let wrong = self.matches == 0 || self.local == 0 || self.endpoint == 0;
        wrong.then(|| "concurrency: matches, local and endpoint must be at least 1".to_owned())
    }
}

/// Who is new, and when its place is settled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewcomerPlan {
    /// One of the players.
    pub player: String,
    /// The probability of its place at which it is settled, above 0.5 and below 1.
    #[serde(default = "settled")]
    pub confidence: f64,
    /// The most meetings.
    #[serde(default = "most_meetings")]
    pub meetings: usize,
    /// The ratings of the others on the Elo scale. Those left out are looked up on the ladder when the tournament is planned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ratings: BTreeMap<String, f64>,
}

impl NewcomerPlan {
    /// A player whose place is looked for in the usual way.
    #[must_use]
    pub fn of(player: String) -> NewcomerPlan {
        NewcomerPlan { player, confidence: settled(), meetings: most_meetings(), ratings: BTreeMap::new() }
    }
}

fn settled() -> f64 {
    0.9
}

fn most_meetings() -> usize {
    20
}

/// A tournament, as a file says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tournament {
    #[serde(default)]
    pub name: String,
    pub kind: Kind,
    /// `TEAM`, `TEAM@MODEL` or `MODEL`. In a knock-out the first is seeded first.
    pub players: Vec<String>,
    /// Ids, or sentences.
    #[serde(default)]
    pub motions: Vec<String>,
    /// Of the kind qa, in the place of motions: a file of questions and answers, JSON Lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<String>,
    /// The motions of one meeting; without it all of them in a round robin and one in the other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motions_per_meeting: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<Sides>,
    /// Of a Swiss tournament; without it as many as a knock-out would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<usize>,
    /// A format's name; `None` takes the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// `RECIPE` or `RECIPE@MODEL`. Without any the configured judge decides.
    #[serde(default)]
    pub judges: Vec<String>,
    /// A folder of sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Of every draw; one is drawn where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How often a match may fail before it is parked, at least 1.
    #[serde(default = "Tournament::attempts")]
    pub attempts: u32,
    #[serde(default)]
    pub ceilings: TournamentCeilings,
    /// The most that one match may use.
    #[serde(default)]
    pub match_ceilings: Ceilings,
    #[serde(default)]
    pub concurrency: Concurrency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newcomer: Option<NewcomerPlan>,
}

/// A player as it was when the tournament was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrant {
    /// What ladders call it.
    pub player: String,
    pub version: ContentHash,
}

/// A tournament with everything fixed that its results depend on. This is what the store keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// With its seed, format, judges and ceilings filled in, and players as ladders call them.
    pub tournament: Tournament,
    /// In the order of the plan's players.
    pub entrants: Vec<Entrant>,
    /// In the order of the plan's motions.
    pub motions: Vec<Motion>,
    /// `RECIPE@MODEL` and the hash of the recipe.
    pub judges: Vec<(String, ContentHash)>,
}

impl Tournament {
    /// How often a match may fail where a plan does not say.
    pub const ATTEMPTS: u32 = 3;

    /// A tournament with everything else as a file leaves it that says no more.
    #[must_use]
    pub fn of(kind: Kind, players: Vec<String>, motions: Vec<String>) -> Tournament {
        Tournament {
            name: String::new(),
            kind,
            players,
            motions,
            questions: None,
            motions_per_meeting: None,
            sides: None,
            rounds: None,
            format: None,
            judges: Vec::new(),
            evidence: None,
            seed: None,
            attempts: Tournament::ATTEMPTS,
            ceilings: TournamentCeilings::default(),
            match_ceilings: Ceilings::default(),
            concurrency: Concurrency::default(),
            newcomer: None,
        }
    }

    fn attempts() -> u32 {
        Tournament::ATTEMPTS
    }

    /// Whether a meeting is played on one side or on both.
    #[must_use]
    pub fn sides(&self) -> Sides {
        match self.kind {
            Kind::DoubleRoundRobin | Kind::Qa => Sides::Both,
            _ => self.sides.unwrap_or(Sides::Balanced),
        }
    }

    /// The motions of one meeting, at least 1 and at most all.
    #[must_use]
    pub fn motions_per_meeting(&self) -> usize {
        let usual = match self.kind {
            Kind::RoundRobin | Kind::DoubleRoundRobin | Kind::Qa => self.motions.len(),
            Kind::Swiss | Kind::KnockOut | Kind::Newcomer => 1,
        };
        self.motions_per_meeting.unwrap_or(usual).clamp(1, self.motions.len().max(1))
    }

    /// The matches of one meeting.
    #[must_use]
    pub fn matches_per_meeting(&self) -> usize {
        self.motions_per_meeting() * if self.sides() == Sides::Both { 2 } else { 1 }
    }

    /// The rounds of a Swiss tournament: as given, else the binary logarithm of the number of players, rounded up.
    #[must_use]
    pub fn swiss_rounds(&self) -> usize {
        self.rounds.unwrap_or_else(|| self.players.len().next_power_of_two().trailing_zeros() as usize)
    }

    /// The seed; a plan that is kept always has one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// What is wrong with the plan, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.field_problem().or_else(|| self.kind_problem()).or_else(|| self.ceilings_problem())
    }

    fn field_problem(&self) -> Option<String> {
        if self.players.len() < 2 {
            let found = if self.players.is_empty() { "none is named" } else { "one is named" };
            return Some(format!("a tournament needs at least two players, and {found}"));
        }
        match (self.kind, &self.questions) {
            (Kind::Qa, None) => {
                return Some(
                    "the kind qa needs questions: a file with a {\"question\", \"answer\"} on each line".to_owned(),
                );
            }
            (Kind::Qa, Some(_)) if !self.motions.is_empty() => {
                return Some("the kind qa debates questions, and motions are named; leave one of them out".to_owned());
            }
            (Kind::Qa, Some(_)) | (_, None) => {}
            (kind, Some(_)) => {
                return Some(format!("questions are for the kind qa, and this is a {}", kind.name()));
            }
        }
        if self.motions.is_empty() && self.kind != Kind::Qa {
            return Some("a tournament needs at least one motion; `rhetor motions list` shows some".to_owned());
        }
        for (what, names) in [("player", &self.players), ("motion", &self.motions), ("judge", &self.judges)] {
            if names.iter().any(|name| name.trim().is_empty()) {
                return Some(format!("a {what} has no name"));
            }
            let mut seen = BTreeSet::new();
            if let Some(name) = names.iter().find(|name| !seen.insert(name.trim())) {
                return Some(format!("the {what} \"{name}\" is named twice"));
            }
        }
        if let Some(motions) = self.motions_per_meeting
            && (motions == 0 || self.kind != Kind::Qa && motions > self.motions.len())
        {
            let all = self.motions.len();
            return Some(format!(
                "motions_per_meeting is {motions}, and must be between 1 and the {all} motions named"
            ));
        }
        None
    }

    fn kind_problem(&self) -> Option<String> {
        let name = self.kind.name();
        if self.sides() == Sides::Both && self.sides == Some(Sides::Balanced) {
            return Some(format!(
                "a {name} swaps the sides, and sides = \"balanced\" says not to; choose round-robin, or leave sides out"
            ));
        }
        if let Some(rounds) = self.rounds {
            if self.kind != Kind::Swiss {
                return Some(format!("only a swiss tournament has a number of rounds, and this is a {name}"));
            }
            let most = self.players.len() - 1;
            if rounds == 0 || rounds > most {
                let count = self.players.len();
                return Some(format!(
                    "rounds is {rounds}; {count} players who never meet twice have between 1 and {most}"
                ));
            }
        }
        match (&self.newcomer, self.kind) {
            (None, Kind::Newcomer) => {
                Some("the kind newcomer needs a [newcomer] table with the player who is new".to_owned())
            }
            (None, _) => None,
            (Some(_), kind) if kind != Kind::Newcomer => {
                Some(format!("[newcomer] is for the kind newcomer, and this is a {name}"))
            }
            (Some(newcomer), _) => self.newcomer_problem(newcomer),
        }
    }

    fn newcomer_problem(&self, newcomer: &NewcomerPlan) -> Option<String> {
        if !self.players.contains(&newcomer.player) {
            return Some(format!("the newcomer \"{}\" is not among the players", newcomer.player));
        }
        if !(newcomer.confidence > 0.5 && newcomer.confidence < 1.0) {
            return Some(format!("newcomer: confidence is {}, and must be above 0.5 and below 1", newcomer.confidence));
        }
        if newcomer.meetings == 0 {
            return Some("newcomer: meetings must be at least 1".to_owned());
        }
        let stranger = newcomer.ratings.keys().find(|name| !self.players.contains(name) || **name == newcomer.player);
        if let Some(name) = stranger {
            return Some(format!("newcomer: \"{name}\" has a rating, and is not one of the others"));
        }
        let infinite = newcomer.ratings.iter().find(|(_, rating)| !rating.is_finite());
        infinite.map(|(name, _)| format!("newcomer: the rating of \"{name}\" is no number"))
    }

    fn ceilings_problem(&self) -> Option<String> {
        let TournamentCeilings { tokens, dollars, .. } = self.ceilings;
        let Ceilings { tokens: match_tokens, dollars: match_dollars } = self.match_ceilings;
        if let Some(problem) = self.ceilings.problem() {
            return Some(problem);
        }
        if match_tokens == Some(0) {
            return Some(format!("match_ceilings: {}", too_low(0, "tokens")));
        }
        if let Some(dollars) = match_dollars.filter(|most| !most.is_finite() || *most <= 0.0) {
            return Some(format!("match_ceilings: {}", too_low(dollars, "dollars")));
        }
        if let (Some(whole), Some(one)) = (tokens, match_tokens)
            && one > whole
        {
            return Some(format!("one match may use {one} tokens, and the whole tournament only {whole}"));
        }
        if let (Some(whole), Some(one)) = (dollars, match_dollars)
            && one > whole
        {
            return Some(format!("one match may cost ${one}, and the whole tournament only ${whole}"));
        }
        self.concurrency.problem().or_else(|| (self.attempts == 0).then(|| "attempts must be at least 1".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tournament::tests::tournament;

    #[test]
    fn a_contradictory_plan_is_told_in_one_sentence() {
        type Change = fn(&mut Tournament);
        let cases: [(Change, &str); 18] = [
            (|t| t.players.truncate(1), "needs at least two players, and one is named"),
            (|t| t.players[1] = "p0".to_owned(), "the player \"p0\" is named twice"),
            (|t| t.motions.clear(), "needs at least one motion"),
            (|t| t.motions_per_meeting = Some(3), "motions_per_meeting is 3"),
            (|t| t.rounds = Some(2), "only a swiss tournament has a number of rounds"),
            (
                |t| {
                    t.kind = Kind::DoubleRoundRobin;
                    t.sides = Some(Sides::Balanced);
                },
                "swaps the sides",
            ),
            (
                |t| {
                    t.kind = Kind::Swiss;
                    t.rounds = Some(4);
                },
                "between 1 and 3",
            ),
            (|t| t.kind = Kind::Qa, "questions"),
            (|t| t.questions = Some("qa.jsonl".to_owned()), "questions are for the kind qa, and this is a round-robin"),
            (
                |t| {
                    t.kind = Kind::Qa;
                    t.questions = Some("qa.jsonl".to_owned());
                },
                "the kind qa debates questions, and motions are named",
            ),
            (|t| t.kind = Kind::Newcomer, "needs a [newcomer] table"),
            (|t| t.newcomer = Some(newcomer("p0")), "[newcomer] is for the kind newcomer"),
            (
                |t| {
                    t.kind = Kind::Newcomer;
                    t.newcomer = Some(newcomer("x"));
                },
                "\"x\" is not among the players",
            ),
            (|t| t.ceilings.tokens = Some(0), "0 tokens let nothing start"),
            (|t| t.ceilings.dollars = Some(0.0), "0 dollars let nothing start"),
            (|t| t.ceilings.minutes = Some(f64::NAN), "NaN minutes let nothing start"),
            (
                |t| {
                    t.ceilings.tokens = Some(5);
                    t.match_ceilings.tokens = Some(9);
                },
                "one match may use 9 tokens, and the whole tournament only 5",
            ),
            (|t| t.concurrency.local = 0, "must be at least 1"),
        ];
        for (change, told) in cases {
            let mut plan = tournament(Kind::RoundRobin, 4, 2);
            assert_eq!(plan.problem(), None);
            change(&mut plan);
            let problem = plan.problem().unwrap_or_default();
            assert!(problem.contains(told), "{told:?} in {problem:?}");
        }
    }

    fn newcomer(player: &str) -> NewcomerPlan {
        NewcomerPlan { player: player.to_owned(), confidence: 0.9, meetings: 9, ratings: BTreeMap::new() }
    }
}
