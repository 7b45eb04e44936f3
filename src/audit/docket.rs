//! Everything that one audit wants heard, part by part, and the fold of what came back.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::agreement;
use crate::audit::bias::{self, BiasReport};
use crate::audit::case::{Case, Item, List};
use crate::audit::hearing::{Hearing, Judged};
use crate::audit::injection::{self, InjectionReport};
use crate::audit::keys::{self, KeysReport, Trial};
use crate::audit::lists;
use crate::audit::material::{Argument, Injection, Keys, Neutral};
use crate::audit::pointwise;
use crate::audit::report::{FileReport, Forfeits};
use crate::audit::sample::sample;
use crate::audit::scaling::{self, ScalingRow};
use crate::domain::transcript::{Contest, Transcript};
use crate::rating::interval::Estimated;

/// The numbers of samples that are compared (DeepSeek-GRM, arXiv 2504.02495, scales from 1 to 32).
const SAMPLES: [u32; 3] = [1, 4, 16];
/// Items of a file that are named because they hold a text that would forfeit.
const MOST_EXAMPLES: usize = 5;

/// What is tried beside labelled cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    MasterKeys,
    Injection,
    Bias,
    /// How agreement grows with the samples of a judge that writes, on the labelled cases.
    Scaling,
}

impl Suite {
    pub const ALL: [Suite; 4] = [Suite::MasterKeys, Suite::Injection, Suite::Bias, Suite::Scaling];
}

/// Who hears a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bench {
    AsItIs,
    /// The same recipe without its defences against what says nothing.
    Undefended,
    /// The same recipe with so many samples.
    Samples(u32),
}

/// The material that suites draw on.
#[derive(Clone, Debug)]
pub struct Material {
    pub arguments: Vec<Argument>,
    pub keys: Keys,
    pub injections: Vec<Injection>,
    pub neutral: Neutral,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct CaseFile {
    pub file: String,
    pub hash: String,
    pub items: Vec<Item>,
}

/// Transcripts that belong together, in the order in which they are heard.
#[derive(Clone, Debug)]
pub struct Part {
    /// Shown while it runs, and kept as the source of its judgements.
    pub name: String,
    pub bench: Bench,
    pub transcripts: Vec<Transcript>,
}

/// What an audit found.
#[derive(Clone, Debug)]
pub struct Findings {
    pub accuracy: Option<Estimated>,
    pub files: Vec<FileReport>,
    pub master_keys: Option<KeysReport>,
    pub injection: Option<InjectionReport>,
    pub bias: Option<BiasReport>,
    pub scaling: Vec<ScalingRow>,
    pub notes: Vec<String>,
}

/// Whether a side that says only this in such a contest forfeits.
pub type SaysNothing<'a> = dyn Fn(&str, Contest) -> bool + 'a;

/// The judge, as far as the fold has to know it.
pub struct Audited<'a> {
    /// Names of its models.
    pub names: Vec<String>,
    /// Whether its recipe has the filter for master keys on.
    pub filter: bool,
    /// Whether more samples of it can differ.
    pub samples: bool,
    /// Whether the filter takes a text for nothing said.
    pub says_nothing: &'a SaysNothing<'a>,
}

struct Drawn {
    file: CaseFile,
    heard: usize,
    cases: Vec<Case>,
    lists: Vec<(List, Vec<Case>)>,
    answers: Vec<Case>,
}

/// Everything that is wanted.
pub struct Docket {
    files: Vec<Drawn>,
    trials: Option<Vec<Trial>>,
    clean: Option<Vec<Case>>,
    injected: Option<Vec<(Injection, Vec<Case>)>>,
    biased: Option<(Vec<Case>, Vec<Case>)>,
    /// Labelled cases of all files, for each number of samples.
    scaled: Option<Vec<Case>>,
    material: Material,
    seed: u64,
}

impl Docket {
    /// Draws at most `most` items from each file, and uses at most as many arguments in the suites.
    #[must_use]
    pub fn new(
        files: Vec<CaseFile>,
        suites: &BTreeSet<Suite>,
        mut material: Material,
        most: Option<usize>,
        seed: u64,
    ) -> Docket {
        material.arguments.truncate(most.unwrap_or(usize::MAX));
        let Material { arguments, keys, injections, neutral } = &material;
        let wants = |suite| suites.contains(&suite);
        let files: Vec<Drawn> = files.into_iter().map(|file| Drawn::of(file, &neutral.answer, most, seed)).collect();
        let labelled = || files.iter().flat_map(|drawn| drawn.cases.iter().cloned()).collect();
        let injected = || injections.iter().map(|one| (one.clone(), injection::injected(arguments, one))).collect();
        Docket {
            trials: wants(Suite::MasterKeys).then(|| keys::trials(keys, arguments)),
            clean: (wants(Suite::Injection) || wants(Suite::Bias)).then(|| injection::clear_pairs(arguments)),
            injected: wants(Suite::Injection).then(injected),
            biased: wants(Suite::Bias).then(|| (bias::padded(arguments, neutral), bias::debates(arguments))),
            scaled: wants(Suite::Scaling).then(labelled),
            files,
            material,
            seed,
        }
    }

    /// What is to be heard. [`Docket::fold`] wants the answers in the same order.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let part = |name: &str, bench, transcripts| Part { name: name.to_owned(), bench, transcripts };
        let of_cases = |name: &str, cases: &mut dyn Iterator<Item = &Case>| {
            part(name, Bench::AsItIs, cases.flat_map(Case::transcripts).collect())
        };
        let mut parts = Vec::new();
        for drawn in &self.files {
            parts.push(of_cases(&drawn.file.file, &mut drawn.all()));
        }
        if let Some(trials) = &self.trials {
            let transcripts: Vec<Transcript> = trials.iter().map(|trial| trial.transcript.clone()).collect();
            parts.push(part("master keys", Bench::AsItIs, transcripts.clone()));
            parts.push(part("master keys, no defence", Bench::Undefended, transcripts));
        }
        if let Some(clean) = &self.clean {
            parts.push(of_cases("clear pairs", &mut clean.iter()));
        }
        if let Some(injected) = &self.injected {
            parts.push(of_cases("injections", &mut injected.iter().flat_map(|(_, cases)| cases)));
        }
        if let Some((padded, debates)) = &self.biased {
            parts.push(of_cases("padded arguments", &mut padded.iter()));
            parts.push(of_cases("speaking orders", &mut debates.iter()));
        }
        if let Some(cases) = &self.scaled {
            for samples in SAMPLES {
                let transcripts = cases.iter().flat_map(Case::transcripts).collect();
                parts.push(part(&format!("{samples} samples"), Bench::Samples(samples), transcripts));
            }
        }
        parts
    }

    /// Folds one list of hearings for each part.
    #[must_use]
    pub fn fold(self, heard: Vec<Vec<Hearing>>, judge: &Audited<'_>) -> Findings {
        let seed = self.seed;
        let mut heard = heard.into_iter();
        let mut next = || heard.next().unwrap_or_default();
        let (mut files, mut agreed) = (Vec::new(), Vec::new());
        for drawn in self.files {
            let (file, cases) = drawn.fold(&next(), judge, seed);
            files.push(file);
            agreed.push(cases);
        }
        let accuracy = agreement::pooled(&agreed.iter().map(Vec::as_slice).collect::<Vec<_>>(), seed);
        let Material { arguments, keys, .. } = &self.material;
        let master_keys = self.trials.map(|trials| {
            let (as_it_is, without_filter) = (next(), next());
            let heard = [as_it_is.as_slice(), without_filter.as_slice()];
            keys::report(keys, arguments.len(), judge.filter, &trials, heard, |text: &str| {
                (judge.says_nothing)(text, Contest::Debate)
            })
        });
        let clean = self.clean.map(|cases| judged(cases, &mut next().into_iter())).unwrap_or_default();
        let injection = self.injected.map(|injected| {
            let mut heard = next().into_iter();
            let injected: Vec<(Injection, Vec<Judged>)> =
                injected.into_iter().map(|(injection, cases)| (injection, judged(cases, &mut heard))).collect();
            injection::report(&clean, &injected, seed)
        });
        let bias = self.biased.map(|(padded, debates)| {
            let padded = judged(padded, &mut next().into_iter());
            let debates = judged(debates, &mut next().into_iter());
            bias::report(&clean, &padded, &debates, seed)
        });
        let mut notes = notes(&files, bias.is_some());
        let mut scaling = Vec::new();
        if let Some(cases) = self.scaled {
            if judge.samples {
                let rows =
                    SAMPLES.map(|samples| scaling::row(samples, judged(cases.clone(), &mut next().into_iter()), seed));
                scaling.extend(rows.into_iter().flatten());
            } else {
                notes.push(
                    "How agreement grows with samples was not measured: this recipe writes nothing that could differ from one \
                     sample to the next."
                        .to_owned(),
                );
            }
        }
        Findings { accuracy, files, master_keys, injection, bias, scaling, notes }
    }
}

fn notes(files: &[FileReport], biases: bool) -> Vec<String> {
    let knows_authors =
        files.iter().any(|file| file.agreement.as_ref().is_some_and(|agreement| agreement.own_model.is_some()));
    let mut notes = Vec::new();
    if biases && !knows_authors {
        notes.push(
            "Whether the judge prefers its own texts was not measured: no case of --data names it as one of two authors \
             (author_a, author_b)."
                .to_owned(),
        );
    }
    notes
}

/// Cases with their hearings, taken off the front.
fn judged(cases: Vec<Case>, heard: &mut impl Iterator<Item = Hearing>) -> Vec<Judged> {
    let one = |case: Case| {
        let orders: Vec<Hearing> = heard.take(case.orders()).collect();
        Judged::of(case, &orders)
    };
    cases.into_iter().map(one).collect()
}

impl Drawn {
    fn of(file: CaseFile, neutral: &str, most: Option<usize>, seed: u64) -> Drawn {
        let (mut cases, mut lists, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        let drawn = sample(file.items.clone(), most, seed);
        let heard = drawn.len();
        for item in drawn {
            match item {
                Item::Case(case) => cases.push(case),
                Item::List(list) => {
                    let comparisons = lists::comparisons(&list);
                    lists.push((list, comparisons));
                }
                Item::Claimed(claimed) => answers.push(pointwise::case(&claimed, neutral)),
            }
        }
        Drawn { file, heard, cases, lists, answers }
    }

    fn all(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().chain(self.lists.iter().flat_map(|(_, cases)| cases)).chain(&self.answers)
    }

    /// The file's report, and its labelled cases for the figure over all files.
    fn fold(self, heard: &[Hearing], judge: &Audited<'_>, seed: u64) -> (FileReport, Vec<Judged>) {
        let forfeits = forfeits(&self.file.items, judge.says_nothing);
        let of_cases: usize = self.cases.iter().map(Case::orders).sum();
        let void = reasons(heard.get(..of_cases).unwrap_or(heard));
        let mut heard = heard.iter().cloned();
        let contest = self.cases.first().map_or("", |case| case.contest.plural()).to_owned();
        let cases = judged(self.cases, &mut heard);
        let lists: Vec<(List, Vec<Judged>)> =
            self.lists.into_iter().map(|(list, cases)| (list, judged(cases, &mut heard))).collect();
        let answers = judged(self.answers, &mut heard);
        let report = FileReport {
            file: self.file.file,
            hash: self.file.hash,
            contest,
            rows: self.file.items.len(),
            heard: self.heard,
            forfeits,
            agreement: (!cases.is_empty()).then(|| agreement::report(&cases, void, &judge.names, seed)),
            lists: (!lists.is_empty()).then(|| lists::report(&lists, seed)),
            answers: (!answers.is_empty()).then(|| pointwise::report(&answers, seed)),
        };
        (report, cases)
    }
}

fn reasons(heard: &[Hearing]) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for hearing in heard {
        if let Hearing::Void(reason) = hearing {
            *reasons.entry(reason.clone()).or_insert(0) += 1;
        }
    }
    reasons
}

/// Different texts of all items, and how many the filter would make forfeit.
fn forfeits(items: &[Item], says_nothing: &SaysNothing<'_>) -> Forfeits {
    let mut texts: BTreeMap<&str, (&str, Contest)> = BTreeMap::new();
    for item in items {
        for text in item.texts() {
            texts.entry(text).or_insert((item.id(), item.contest()));
        }
    }
    let hits: Vec<&str> =
        texts.iter().filter(|(text, (_, contest))| says_nothing(text, *contest)).map(|(_, (id, _))| *id).collect();
    Forfeits {
        texts: texts.len(),
        forfeited: hits.len(),
        examples: hits.into_iter().take(MOST_EXAMPLES).map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::case::Label;
    use crate::audit::forms;
    use crate::audit::hearing::rehearsed::hearing;
    use crate::audit::material::shipped;

    fn material() -> Material {
        Material {
            arguments: shipped::arguments(),
            keys: shipped::keys(),
            injections: shipped::injections(),
            neutral: shipped::neutral(),
        }
    }

    fn file() -> CaseFile {
        let text = r#"{"topic": "Ban cars", "a": "Noise kills sleep.", "b": "Solution", "label": "a"}
            {"question": "q", "answer": "x", "correct": true}
            {"prompt": "p", "chosen": ["r"], "rejected": ["w", "v"]}"#;
        let items = forms::read("f.jsonl", text).unwrap();
        CaseFile { file: "f.jsonl".to_owned(), hash: "00".to_owned(), items }
    }

    fn judge<'a>(says_nothing: &'a SaysNothing<'a>) -> Audited<'a> {
        Audited { names: vec!["owl".to_owned()], filter: true, samples: true, says_nothing }
    }

    #[test]
    fn what_is_asked_for_comes_back_to_where_it_belongs() {
        let docket = Docket::new(vec![file()], &Suite::ALL.into(), material(), None, 1);
        // A judge that favours the longer of two texts.
        let heard: Vec<Vec<Hearing>> = docket
            .parts()
            .iter()
            .map(|part| part.transcripts.iter())
            .map(|transcripts| {
                transcripts
                    .map(|transcript| {
                        let of = |side| transcript.speeches.iter().filter(move |s| s.side == side);
                        let [pro, con] =
                            crate::domain::seat::Side::BOTH.map(|s| of(s).map(|s| s.text.len()).sum::<usize>());
                        hearing(
                            if pro > con {
                                0.9
                            } else if pro < con {
                                0.1
                            } else {
                                0.5
                            },
                            0.05,
                        )
                    })
                    .collect()
            })
            .collect();
        let findings = docket.fold(heard, &judge(&|text, _| text == "Solution"));
        let file = &findings.files[0];
        assert_eq!((file.rows, file.heard, file.forfeits.forfeited, file.forfeits.texts), (3, 3, 1, 6));
        assert_eq!(file.agreement.as_ref().unwrap().accuracy.unwrap().value, 1.0);
        assert_eq!(file.answers.as_ref().unwrap().accepted_right, 0.0, "the neutral answer is longer");
        assert_eq!(file.lists.as_ref().unwrap().best_of[0].accuracy.value, 0.0, "equal lengths beat nobody");
        assert_eq!(findings.accuracy.unwrap().n, 1);
        assert_eq!(findings.injection.unwrap().preferred_better, shipped::arguments().len());
        assert_eq!(findings.bias.unwrap().padding.unwrap().padded_chosen.value, 1.0);
        // The two long boilerplates are as long as an argument.
        let keys = findings.master_keys.unwrap();
        assert_eq!(keys.published.unwrap().as_it_is.worst, 0.0);
        assert_eq!(keys.unseen.unwrap().as_it_is.worst, 1.0);
        assert!(findings.notes[0].contains("author_a"), "{:?}", findings.notes);
        let scaling: Vec<_> = findings.scaling.iter().map(|row| (row.samples, row.accuracy.value)).collect();
        assert_eq!(scaling, [(1, 1.0), (4, 1.0), (16, 1.0)]);
    }

    #[test]
    fn suites_that_are_not_wanted_ask_nothing() {
        let none = Docket::new(vec![file()], &BTreeSet::new(), material(), Some(1), 1);
        let parts = none.parts();
        assert_eq!((parts.len(), parts[0].name.as_str()), (1, "f.jsonl"));
        let findings = none.fold(vec![Vec::new()], &judge(&|_, _| false));
        assert!(findings.master_keys.is_none() && findings.bias.is_none() && findings.notes.is_empty());
    }

    #[test]
    fn what_was_not_heard_is_void() {
        let case = Case::pair("1", Contest::Arguments, "t", ["x".to_owned(), "y".to_owned()], Label::A);
        let file = CaseFile { items: vec![Item::Case(case)], ..file() };
        let docket = Docket::new(vec![file], &BTreeSet::new(), material(), None, 1);
        let heard = vec![vec![hearing(0.9, 0.0), Hearing::Void("too long".to_owned())]];
        let findings = docket.fold(heard, &judge(&|_, _| false));
        let agreement = findings.files[0].agreement.as_ref().unwrap();
        assert_eq!((agreement.void["too long"], agreement.accuracy), (1, None));
    }
}
