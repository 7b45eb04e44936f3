//! For tests: shipped recipes, made-up debates, and a judge's model that answers from a function.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};

use crate::domain::ballot::{Answer, Ballot, JudgeSaid};
use crate::domain::event::LOG_VERSION;
use crate::domain::evidence::{Citation, EvidenceItem, Standing};
use crate::domain::format::{Format, SeatPlan, Sees, Stage, StageKind};
use crate::domain::hash::ContentHash;
use crate::domain::motion::{Category, Motion};
use crate::domain::opening::{JudgeSeat, Opening, ResolvedModel};
use crate::domain::recipe::Recipe;
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Spoken, Transcript};
use crate::domain::usage::{Ceilings, Usage};
use crate::judge::call::{CallKind, JudgeCall, LabelAsk, Prompt};
use crate::judge::plan::{Next, Plan, Sitting};
use crate::judge::rules::MasterKeys;

const TEMPLATES: [(&str, &str); 13] = [
    ("judge/judge.system", include_str!("../../assets/prompts/judge/judge.system.md")),
    ("judge/choice.user", include_str!("../../assets/prompts/judge/choice.user.md")),
    ("judge/analysis.user", include_str!("../../assets/prompts/judge/analysis.user.md")),
    ("judge/judgement.user", include_str!("../../assets/prompts/judge/judgement.user.md")),
    ("judge/panel.user", include_str!("../../assets/prompts/judge/panel.user.md")),
    ("judge/score.user", include_str!("../../assets/prompts/judge/score.user.md")),
    ("judge/verdict.user", include_str!("../../assets/prompts/judge/verdict.user.md")),
    ("judge/rubric.user", include_str!("../../assets/prompts/judge/rubric.user.md")),
    ("judge/critique.user", include_str!("../../assets/prompts/judge/critique.user.md")),
    ("judge/alone.user", include_str!("../../assets/prompts/judge/alone.user.md")),
    ("judge/speak.user", include_str!("../../assets/prompts/judge/speak.user.md")),
    ("judge/relevance.user", include_str!("../../assets/prompts/judge/relevance.user.md")),
    ("judge/facts.user", include_str!("../../assets/prompts/judge/facts.user.md")),
];

const RECIPES: [&str; 10] = [
    include_str!("../../assets/judges/label-ensemble.toml"),
    include_str!("../../assets/judges/bidirectional.toml"),
    include_str!("../../assets/judges/chain-of-rubrics.toml"),
    include_str!("../../assets/judges/critique-first.toml"),
    include_str!("../../assets/judges/debatrix.toml"),
    include_str!("../../assets/judges/fact-checked.toml"),
    include_str!("../../assets/judges/follow-up-likelihood.toml"),
    include_str!("../../assets/judges/label-probability.toml"),
    include_str!("../../assets/judges/panel.toml"),
    include_str!("../../assets/judges/principled-critique.toml"),
];

/// Every shipped recipe, at a model that shows probabilities and, where it can, at one that does not.
pub(super) fn shipped() -> Vec<(Recipe, bool)> {
    let recipes = RECIPES.map(|text| toml::from_str::<Recipe>(text).unwrap());
    let both = recipes.into_iter().flat_map(|recipe| [(recipe.clone(), true), (recipe, false)]);
    both.filter(|(recipe, probabilities)| *probabilities || !recipe.needs_probabilities()).collect()
}

/// Three dimensions, both orders of the letters, and a prior.
pub(super) fn label_probability() -> Recipe {
    toml::from_str(include_str!("../../assets/bench/judge.toml")).unwrap()
}

pub(super) fn debatrix() -> Recipe {
    toml::from_str(include_str!("../../assets/judges/debatrix.toml")).unwrap()
}

pub(super) fn master_keys() -> MasterKeys {
    MasterKeys::parse(
        include_str!("../../assets/judges/master-keys.txt"),
        include_str!("../../assets/judges/empty-words.txt"),
    )
}

/// A debate of these speeches; the proposition begins and the sides take turns.
pub(super) fn transcript(speeches: &[&str]) -> Transcript {
    let spoken = speeches.iter().enumerate().map(|(index, text)| Spoken {
        side: Side::BOTH[index % 2],
        stage: StageKind::Constructive,
        text: (*text).to_owned(),
        words: text.split_whitespace().count(),
        limit: Some(120),
        citations: Vec::new(),
    });
    Transcript {
        contest: Contest::Debate,
        topic: "This House would plant more trees".to_owned(),
        positions: BTreeMap::new(),
        places: Vec::new(),
        speeches: spoken.collect(),
        sources: BTreeMap::new(),
    }
}

pub(super) fn speeches() -> Transcript {
    transcript(&[
        "Trees cool a street by several degrees, so fewer old people die in heat waves.",
        "Trees are slow: a sapling needs twenty years, and heat waves kill people now.",
        "Both can be done: awnings this summer, trees for every summer after it.",
        "Money is spent once, and the proposition never says what it would not build.",
    ])
}

/// The same, with a sum, a quotation of the other side and a citation to check.
pub(super) fn cited() -> Transcript {
    let mut debate = speeches();
    debate.speeches[2].text.push_str(" Shade cut deaths by a third [E1], and 20 trees plus 30 trees is 60.");
    debate.speeches[3].text.push_str(" They said \"trees will cost nothing\".");
    debate.speeches[2].citations = vec![Citation { label: "E1".to_owned(), quote: None, standing: Standing::Unquoted }];
    let source = EvidenceItem {
        label: "E1".to_owned(),
        source: "shade.md#1".to_owned(),
        title: "Shade".to_owned(),
        address: "shade.md".to_owned(),
        text: "Where streets were shaded, deaths in heat waves fell by a third.".to_owned(),
        score: 1.0,
    };
    debate.sources.insert(Side::Proposition, vec![source]);
    debate
}

/// A duel that nobody has spoken in yet: 120 words for each of four speeches.
pub(super) fn opening() -> Opening {
    let stage = |kind, sees, order: [&str; 2]| Stage {
        kind,
        title: None,
        words: 120,
        seconds: None,
        order: order.map(str::to_owned).to_vec(),
        sees,
        parallel: false,
    };
    let seats = Side::BOTH.map(|side| SeatPlan { name: side.name().to_owned(), side, task: String::new() });
    Opening {
        log_version: LOG_VERSION,
        motion: Motion {
            id: "trees".to_owned(),
            text: "This House would plant more trees".to_owned(),
            category: Category::Policy,
            context: "Set-up text.".to_owned(),
            proposition: String::new(),
            opposition: String::new(),
            tags: Vec::new(),
            origin: None,
        },
        format: Format {
            name: "duel".to_owned(),
            about: String::new(),
            seats: seats.to_vec(),
            stages: vec![
                stage(StageKind::Constructive, Sees::Own, ["proposition", "opposition"]),
                stage(StageKind::Rebuttal, Sees::All, ["opposition", "proposition"]),
            ],
        },
        participants: Vec::new(),
        judges: Vec::new(),
        root_seed: 7,
        prompts_hash: ContentHash::default(),
        evidence: None,
        ceilings: Ceilings::default(),
    }
}

pub(super) fn seat(recipe: Recipe) -> JudgeSeat {
    JudgeSeat {
        name: format!("{}@owl", recipe.name),
        recipe,
        recipe_hash: ContentHash("recipe".to_owned()),
        model: model("owl", "bird"),
        others: Vec::new(),
        temperature: 1.0,
        coin_toss: false,
        certificate: None,
        between: None,
    }
}

pub(super) fn model(name: &str, family: &str) -> ResolvedModel {
    ResolvedModel {
        name: name.to_owned(),
        hash: ContentHash(name.to_owned()),
        family: family.to_owned(),
        context: 100_000,
    }
}

pub(super) fn plan(recipe: Recipe, transcript: &Transcript, probabilities: bool) -> Plan {
    Plan::new(&Sitting {
        judge: &seat(recipe),
        participants: &[],
        transcript,
        master_keys: &master_keys(),
        root_seed: 7,
        probabilities,
        weighs_texts: probabilities,
        writes: true,
        count_tokens: &|text| text.len() / 3,
    })
}

/// The system and the user message of every prompt of a call.
pub(super) fn rendered(call: &JudgeCall) -> Vec<(String, String)> {
    match &call.kind {
        CallKind::Write(writing) => vec![render(&writing.prompt)],
        CallKind::Labels(asks) => asks.iter().map(|ask| render(&ask.prompt)).collect(),
        CallKind::Replies(ask) => vec![render(&ask.prompt)],
    }
}

pub(super) fn render(prompt: &Prompt) -> (String, String) {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap());
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).unwrap();
    }
    let text = |name| environment.get_template(name).unwrap().render(Value::from(Serde(&prompt.context))).unwrap();
    (text(prompt.system), text(prompt.user))
}

pub(super) fn said(call: &JudgeCall, answer: Answer) -> JudgeSaid {
    JudgeSaid {
        judge: 0,
        call: call.call.clone(),
        ask: call.ask,
        answer,
        request: ContentHash(format!("{}-{}", call.call, call.ask)),
        usage: Usage { prompt_tokens: 10, completion_tokens: 1, ..Usage::default() },
    }
}

/// Runs a plan to its end. Returns that end, the answers, and the calls of each round.
pub(super) fn run(
    plan: &Plan,
    mut answer: impl FnMut(&JudgeCall) -> Answer,
) -> (Next, Vec<JudgeSaid>, Vec<Vec<JudgeCall>>) {
    let (mut all, mut rounds) = (Vec::new(), Vec::new());
    loop {
        match plan.next(&all) {
            Next::Ask(calls) => {
                assert!(!calls.is_empty() && rounds.len() < 100, "the plan stands still");
                all.extend(calls.iter().map(|call| said(call, answer(call))));
                rounds.push(calls);
            }
            end => return (end, all, rounds),
        }
    }
}

pub(super) fn ballot(plan: &Plan, answer: impl FnMut(&JudgeCall) -> Answer) -> Ballot {
    match run(plan, answer).0 {
        Next::Ballot(ballot) => *ballot,
        end => panic!("no ballot but {end:?}"),
    }
}

const RUBRIC: &str = r#"{"items": [
    {"name": "Reasons", "weight": 60, "asks": "Does every claim have a reason?"},
    {"name": "Answers", "weight": 40, "asks": "Is the other side answered?"}
]}"#;

/// Answers words where words are wanted and even odds where probabilities are.
pub(super) fn placid(call: &JudgeCall) -> Answer {
    match &call.kind {
        CallKind::Labels(asks) => labels(asks, |_| 0.0),
        CallKind::Replies(ask) => Answer::Labels(vec![-2.0; ask.replies.len()]),
        CallKind::Write(writing) if writing.schema.is_none() => Answer::Text(format!("Notes for {}.", call.call)),
        CallKind::Write(_) if call.call == "facts" => Answer::Text("{\"correct\": [true]}".to_owned()),
        CallKind::Write(_) if call.call.ends_with("/rubric") => Answer::Text(RUBRIC.to_owned()),
        CallKind::Write(_) if call.call.ends_with("/score") => Answer::Text("{\"score\": 6}".to_owned()),
        CallKind::Write(_) => Answer::Text("{\"first\": 8, \"second\": 4, \"winner\": \"first\"}".to_owned()),
    }
}

/// For each question, log-probabilities that favour its first option by these log-odds.
pub(super) fn labels(asks: &[LabelAsk], odds: impl Fn(&LabelAsk) -> f64) -> Answer {
    let each = asks.iter().flat_map(|ask| {
        let odds = odds(ask) / 2.0;
        let mut values = vec![-5.0; ask.labels.len()];
        values[0] += odds;
        let last = values.len() - 1;
        values[last] -= odds;
        values
    });
    Answer::Labels(each.collect())
}

/// The names of the options of a choice, the leading one first.
pub(super) fn options(ask: &LabelAsk) -> BTreeMap<String, usize> {
    let options = ask.prompt.context["options"].as_array().cloned().unwrap_or_default();
    options.iter().enumerate().map(|(index, option)| (option["name"].as_str().unwrap().to_owned(), index)).collect()
}
