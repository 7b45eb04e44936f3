//! How a debate opens: everything that is fixed before the first word, so that the log alone can resume it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::format::{Format, Stage};
use crate::domain::hash::ContentHash;
use crate::domain::motion::Motion;
use crate::domain::recipe::Recipe;
use crate::domain::seat::{Seat, Side};
use crate::domain::team::{PERSON, Role, Team};
use crate::domain::usage::Ceilings;

/// A model as it was resolved when the debate opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResolvedModel {
    /// The name by which the registry finds it again.
    pub name: String,
    /// SHA-256 of a local file; of a remote model the hash of its endpoint and name.
    pub hash: ContentHash,
    /// Family, for instance `llama` or `qwen2`; empty if unknown.
    #[serde(default)]
    pub family: String,
    /// The most tokens of prompt and answer together.
    pub context: usize,
}

impl ResolvedModel {
    /// A person at this machine, in the place of a model.
    #[must_use]
    pub fn person() -> ResolvedModel {
        ResolvedModel {
            name: PERSON.to_owned(),
            hash: ContentHash::default(),
            family: PERSON.to_owned(),
            context: 1 << 20,
        }
    }

    #[must_use]
    pub fn is_person(&self) -> bool {
        self.name == PERSON
    }
}

/// A team at its seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    pub seat: Seat,
    pub side: Side,
    /// The team's name: what ladders rate.
    pub player: String,
    /// Hash of the team and its resolved models: a version of the player.
    pub version: ContentHash,
    pub team: Team,
    pub models: BTreeMap<Role, ResolvedModel>,
    /// Other models that may take a role's calls, where the team names any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<Role, Vec<ResolvedModel>>,
}

impl Participant {
    /// Every model of the team, one for each role first.
    pub fn all_models(&self) -> impl Iterator<Item = &ResolvedModel> {
        self.models.values().chain(self.others.values().flatten())
    }
}

/// A judge on the bench.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeSeat {
    /// `RECIPE@MODEL`, a panel's models with commas between them.
    pub name: String,
    pub recipe: Recipe,
    pub recipe_hash: ContentHash,
    pub model: ResolvedModel,
    /// The other models of a panel, which judge by the same recipe.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<ResolvedModel>,
    /// Divides the log-odds of the verdict, above 0: fitted on people's labels for this recipe at this model.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub temperature: f64,
    /// Whether it was audited and could not be told from a coin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub coin_toss: bool,
    /// One sentence on how far to trust this judge; `None` means it was never audited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The two seats that it compares, where there are more; the first stands where its ballot says proposition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<[Seat; 2]>,
}

fn one() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn is_one(value: &f64) -> bool {
    *value == 1.0
}

impl JudgeSeat {
    /// The judge's models, in the order in which they were named. A call of a plan says which of them it is for.
    pub fn models(&self) -> impl Iterator<Item = &ResolvedModel> {
        std::iter::once(&self.model).chain(&self.others)
    }
}

/// The first event of every log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// Version of the event vocabulary that wrote this log.
    pub log_version: u32,
    pub motion: Motion,
    pub format: Format,
    /// In the order of the format's seats.
    pub participants: Vec<Participant>,
    pub judges: Vec<JudgeSeat>,
    pub root_seed: u64,
    /// Hash over all prompt templates.
    pub prompts_hash: ContentHash,
    /// The folder of sources, if the teams have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    #[serde(default)]
    pub ceilings: Ceilings,
}

impl Opening {
    /// The participant at a seat.
    #[must_use]
    pub fn participant(&self, seat: Seat) -> Option<&Participant> {
        self.participants.get(seat.0)
    }

    /// What the format calls a seat; empty for one that it does not have.
    #[must_use]
    pub fn seat_name(&self, seat: Seat) -> &str {
        self.format.seats.get(seat.0).map_or("", |plan| plan.name.as_str())
    }

    /// Who speaks from a seat, as a heading: the side, or where there are more than two teams, the seat.
    #[must_use]
    pub fn seat_title(&self, seat: Seat) -> String {
        let Some(plan) = self.format.seats.get(seat.0) else { return String::new() };
        if !self.format.is_ranked() {
            return plan.side.title().to_owned();
        }
        let mut letters = plan.name.replace('-', " ").chars().collect::<Vec<char>>();
        letters.iter_mut().take(1).for_each(|first| *first = first.to_ascii_uppercase());
        letters.into_iter().collect()
    }

    /// What a speech is headed by: who gives it, and in which stage.
    #[must_use]
    pub fn slot_title(&self, seat: Seat, stage: usize) -> String {
        let stage = self.format.stages.get(stage).map_or("speech", Stage::name);
        format!("{} · {stage}", self.seat_title(seat))
    }

    /// A judge by name, and which teams it compares, where there are more than two.
    #[must_use]
    pub fn judge_title(&self, judge: &JudgeSeat) -> String {
        match judge.between {
            Some([first, second]) => {
                format!("{}, {} and {}", judge.name, self.seat_name(first), self.seat_name(second))
            }
            None => judge.name.clone(),
        }
    }

    /// What a ballot calls a side: where it compared two of more teams, the team's seat.
    #[must_use]
    pub fn called(&self, between: Option<[Seat; 2]>, side: Side) -> &str {
        match between {
            Some([first, second]) => self.seat_name(if side == Side::Proposition { first } else { second }),
            None => side.name(),
        }
    }

    /// What a ballot on two of more teams means by its sides, a sentence; `None` for a ballot on the sides themselves.
    #[must_use]
    pub fn meanings(&self, between: Option<[Seat; 2]>) -> Option<String> {
        between?;
        let named = Side::BOTH.map(|side| format!("{side} means {}", self.called(between, side)));
        Some(format!("Below, {}.", named.join(" and ")))
    }

    /// The side on which what a ballot calls a side stands.
    #[must_use]
    pub fn stands(&self, between: Option<[Seat; 2]>, side: Side) -> Side {
        let seat = between.map(|[first, second]| if side == Side::Proposition { first } else { second });
        seat.and_then(|seat| self.participant(seat)).map_or(side, |participant| participant.side)
    }

    /// The players of a side by name, each once.
    #[must_use]
    pub fn players(&self, side: Side) -> String {
        let mut names: Vec<&str> = Vec::new();
        for participant in self.participants.iter().filter(|participant| participant.side == side) {
            if !names.contains(&participant.player.as_str()) {
                names.push(&participant.player);
            }
        }
        names.join(" and ")
    }

    /// The first participant of a side; with two seats, the only one.
    #[must_use]
    pub fn of_side(&self, side: Side) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.side == side)
    }

    /// Whether a player meets nobody but itself. Such a debate is never rated.
    #[must_use]
    pub fn is_self_play(&self) -> bool {
        self.participants.windows(2).all(|pair| pair[0].player == pair[1].player)
    }
}
