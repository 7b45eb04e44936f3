//! How fast a local model judges: always the same debate, through the plan and the calls of a real judge.
//!
//! Two figures stand beside the time. One is a single reading of all the tokens that the judge's prompts are made of,
//! each once, in the same run: what judging could cost at least. The other, where a llama.cpp server is given, is the
//! same questions put to it as token ids, one after another through one slot with its cache.

mod reading;
mod server;
mod trial;

use serde::Serialize;

use crate::assets::parse::parse;
use crate::assets::{AssetError, Library};
use crate::domain::recipe::{Orders, Recipe};
use crate::domain::seat::Side;
use crate::engine::error::EngineError;
use crate::engine::judging::trial::{Call, Heard, Round, Trial};
use crate::engine::queries::Queries;
use crate::engine::seat::master_keys;
use crate::engine::specimen;
use crate::model::local::measure::median;
use crate::model::peer::Peer;
use crate::model::speeds::Machine;

/// The recipe that is measured: always the same, whatever the judges that ship become.
const RECIPE: &str = "bench/judge.toml";
/// The recipe whose criteria one of the panel judges by.
const OTHER_CRITERIA: &str = "debatrix";

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A local model by name.
    pub model: &'a str,
    /// Each time is the median of so many rounds; at least one is made.
    pub rounds: usize,
    /// Also a panel of three recipes.
    pub panel: bool,
    /// A llama.cpp server that has loaded the same file.
    pub peer: Option<&'a Peer>,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgingSpeed {
    pub model: String,
    pub machine: Machine,
    pub motion: String,
    pub speeches: usize,
    pub words: usize,
    pub rounds: usize,
    pub benches: Vec<Bench>,
}

/// One bench of judges, and how long it took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bench {
    pub recipes: Vec<String>,
    pub questions: usize,
    pub tokens: Tokens,
    /// From the first call to the last answer, all recipes together.
    pub milliseconds: f64,
    /// One reading of every distinct token of the prompts.
    pub prefill_milliseconds: f64,
    /// The one over the other.
    pub ratio: f64,
    /// One reading of the transcript and the questions alone, without the prompts over a silent debate by which a
    /// recipe measures a model's leaning.
    pub transcript_prefill_milliseconds: f64,
    pub ratio_to_transcript: f64,
    pub verdicts: Vec<Verdict>,
    pub answers: Vec<QuestionAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerBench>,
}

/// Tokens of the prompts of one bench.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// What all questions of the longest call begin with: system message, motion and speeches.
    pub transcript: usize,
    /// What the questions over the transcript add to it and to each other.
    pub questions: usize,
    /// What the questions over a silent debate add to all of these.
    pub silent: usize,
    /// What the model read; more than the sum of the three is work done twice.
    pub read: u64,
    /// Of tokens shared within a call, those that were read more than once.
    pub reread: u64,
}

/// How a recipe decided, in the first round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub recipe: String,
    /// Absent for a tie.
    pub winner: Option<Side>,
    /// That the proposition won, 0 to 1.
    pub probability: f64,
}

/// The probabilities of one question's labels, in the first round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuestionAnswer {
    pub recipe: String,
    pub call: String,
    pub labels: Vec<String>,
    /// Natural logarithms.
    pub log_probabilities: Vec<f64>,
    /// The first label's lead over the second.
    pub margin: f64,
}

/// The same questions at a llama.cpp server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerBench {
    pub milliseconds: f64,
    /// What the server read, as it says itself.
    pub read: u64,
    /// Our time over its own: below 1 we are faster.
    pub ratio: f64,
    /// Labels whose probabilities were compared, and the largest difference of their natural logarithms.
    pub labels_compared: usize,
    pub max_difference: f64,
}

impl Queries {
    /// Measures how fast a local model judges. `tell` hears what is being measured.
    ///
    /// # Errors
    /// The name means no local model, a recipe cannot be scored by labels, or the server cannot be compared with.
    pub async fn measure_judging(
        &self,
        wanted: Wanted<'_>,
        mut tell: impl FnMut(&str),
    ) -> Result<JudgingSpeed, EngineError> {
        let path = self.registry().path_of(wanted.model)?;
        let library = self.library();
        let debate = specimen::transcript(library)?;
        let mut benches = vec![vec![measured(library)?]];
        if wanted.panel {
            benches.push(panel(library)?);
        }
        let master_keys = master_keys(library)?;
        let trial = Trial { path, name: wanted.model, library, debate: &debate, master_keys, peer: wanted.peer };
        let rounds = wanted.rounds.max(1);
        let mut measured = Vec::new();
        for recipes in &benches {
            let mut made = Vec::new();
            for round in 1..=rounds {
                tell(&format!("{} recipes, round {round} of {rounds}", recipes.len()));
                made.push(trial.round(recipes, round as u64).await?);
            }
            measured.extend(bench(recipes, made));
        }
        Ok(JudgingSpeed {
            model: wanted.model.to_owned(),
            machine: Machine::here(),
            motion: debate.topic.clone(),
            speeches: debate.speeches.len(),
            words: debate.speeches.iter().map(|spoken| spoken.words).sum(),
            rounds,
            benches: measured,
        })
    }

    /// The text that models are compared on: the speeches of the debate that is judged here.
    ///
    /// # Errors
    /// The user's own version of the debate is broken.
    pub fn comparison_text(&self) -> Result<String, EngineError> {
        Ok(specimen::text(self.library())?)
    }
}

fn measured(library: &Library) -> Result<Recipe, AssetError> {
    parse(&library.text(RECIPE)?)
}

/// Three recipes, judge by judge: the shipped one, one that also swaps the speakers' names and so reads the debate
/// twice, and one of other criteria that comes back to the first reading.
fn panel(library: &Library) -> Result<Vec<Recipe>, EngineError> {
    let shipped = measured(library)?;
    let mut swapping = shipped.clone();
    swapping.name = format!("{}, names swapped", shipped.name);
    swapping.voting.orders = Orders::Both;
    let mut other = shipped.clone();
    other.name = format!("{}, criteria of {OTHER_CRITERIA}", shipped.name);
    other.criteria.clone_from(&library.recipe(OTHER_CRITERIA)?.criteria);
    Ok(vec![shipped, swapping, other])
}

/// The medians of the rounds; answers and tokens are those of the first.
fn bench(recipes: &[Recipe], rounds: Vec<Round>) -> Option<Bench> {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let milliseconds = of(|round| round.milliseconds);
    let transcript = of(|round| round.transcript_prefill);
    let all = of(|round| round.transcript_prefill + round.silent_prefill);
    let servers = rounds.iter().filter_map(|round| Some(round.server.as_ref()?.milliseconds));
    let server_milliseconds = median(servers.collect());
    let farthest = rounds.iter().filter_map(|round| Some(round.server.as_ref()?.max_difference)).fold(0.0, f64::max);
    let first = rounds.into_iter().next()?;
    let server = first.server.map(|server| ServerBench {
        milliseconds: server_milliseconds,
        ratio: milliseconds / server_milliseconds,
        max_difference: farthest,
        ..server
    });
    let named = || recipes.iter().zip(&first.heard);
    let verdict = |(recipe, heard): (&Recipe, &Heard)| Verdict {
        recipe: recipe.name.clone(),
        winner: heard.ballot.winner,
        probability: heard.ballot.probability,
    };
    let answers: Vec<QuestionAnswer> = named()
        .flat_map(|(recipe, heard)| heard.calls.iter().map(move |call| (recipe, call)))
        .flat_map(|(recipe, call)| answers(&recipe.name, call))
        .collect();
    Some(Bench {
        recipes: recipes.iter().map(|recipe| recipe.name.clone()).collect(),
        questions: answers.len(),
        tokens: first.tokens,
        milliseconds,
        prefill_milliseconds: all,
        ratio: milliseconds / all,
        transcript_prefill_milliseconds: transcript,
        ratio_to_transcript: milliseconds / transcript,
        verdicts: named().map(verdict).collect(),
        answers,
        server,
    })
}

fn answers(recipe: &str, call: &Call) -> Vec<QuestionAnswer> {
    let each = call.request.questions.iter().zip(&call.scores.log_probabilities);
    each.map(|(question, scores)| QuestionAnswer {
        recipe: recipe.to_owned(),
        call: call.name.clone(),
        labels: question.labels.clone(),
        log_probabilities: scores.clone(),
        margin: scores.first().zip(scores.get(1)).map_or(0.0, |(first, second)| first - second),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::gguf_file::Value;
    use serde_json::json;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::assets::Paths;
    use crate::engine::assemble::assemble;
    use crate::model::local::tiny::Tiny;

    const DEBATE: &str = r#"
        motion = "This House would walk"
        [[speeches]]
        side = "proposition"
        stage = "constructive"
        text = "Walking costs nothing and keeps people well."
        [[speeches]]
        side = "opposition"
        stage = "constructive"
        text = "Nobody walks ten miles to work in the rain."
    "#;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_debate_is_judged_and_nothing_of_a_call_is_read_twice() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("bench")).unwrap();
        std::fs::write(home.path().join("bench/debate.toml"), DEBATE).unwrap();
        let paths = Paths::under(home.path());
        let engine = assemble(paths.clone(), Library::load(&paths).unwrap()).unwrap();
        let model = Tiny::new("llama", 3).set("llama.context_length", Value::U32(8192)).write();
        let server = MockServer::start().await;
        let top = json!([{ "id": 3, "logprob": -0.5 }]);
        let answer = json!({ "completion_probabilities": [{ "top_logprobs": top }], "timings": { "prompt_n": 5 } });
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        Mock::given(path("/completion")).respond_with(answer).mount(&server).await;
        let peer = Peer::new(&server.uri()).unwrap();
        let name = model.path.display().to_string();
        let wanted = Wanted { model: &name, rounds: 1, panel: true, peer: Some(&peer) };
        let speed = engine.queries().measure_judging(wanted, |_| ()).await.unwrap();
        assert_eq!((speed.speeches, speed.words, speed.motion.as_str()), (2, 16, "This House would walk"));
        let [one, panel] = speed.benches.as_slice() else { panic!("{speed:?}") };
        // Three dimensions, both orders of the letters, over the debate and over silence; with names swapped, twice.
        assert_eq!((one.questions, panel.questions), (12, 48));
        assert_eq!((one.verdicts.len(), panel.verdicts.len()), (1, 3));
        for bench in [one, panel] {
            let Tokens { transcript, questions, silent, read, reread } = bench.tokens;
            assert!(transcript > 0 && questions > 0 && silent > 0, "{:?}", bench.tokens);
            // Calls side by side share what they begin with, but for a few tokens that both were at.
            let all = (transcript + questions + silent) as u64;
            assert!(read >= (transcript + questions) as u64 && read <= all + all / 5, "{:?}", bench.tokens);
            assert_eq!(reread, 0, "{:?}", bench.tokens);
            assert!(bench.ratio > 0.0 && bench.ratio <= bench.ratio_to_transcript, "{bench:?}");
            assert_eq!(bench.server.as_ref().unwrap().read, 5 * bench.questions as u64);
        }
    }
}
