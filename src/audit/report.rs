//! The report of an audit: what `--json` prints, and what text and page are made of.

use serde::{Deserialize, Serialize};

use crate::audit::agreement::AgreementReport;
use crate::audit::bias::BiasReport;
use crate::audit::injection::InjectionReport;
use crate::audit::keys::KeysReport;
use crate::audit::lists::ListsReport;
use crate::audit::pointwise::PointwiseReport;
use crate::audit::scaling::ScalingRow;
use crate::rating::interval::Estimated;

/// A model of the judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    pub name: String,
    pub hash: String,
}

/// Real texts that the filter for master keys would make forfeit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Forfeits {
    /// Different texts in the file, whether they were sampled or not.
    pub texts: usize,
    pub forfeited: usize,
    /// Some of the items in which they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// One file of cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileReport {
    /// The name as it was given.
    pub file: String,
    /// The hash of its content.
    pub hash: String,
    /// What its labels compare: debates, arguments, evidence or answers; empty if it has no labelled cases.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contest: String,
    pub rows: usize,
    pub heard: usize,
    pub forfeits: Forfeits,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lists: Option<ListsReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<PointwiseReport>,
}

/// What the audit took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostReport {
    /// All judgements behind the report.
    pub judgements: usize,
    /// Those that were in the store already.
    pub from_store: usize,
    pub void: usize,
    /// Over all judgements, those from the store counted in.
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub dollars: f64,
    /// Wall time of this run.
    pub seconds: f64,
    /// The same for each judgement that this run made; `None` if it made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_per_judgement: Option<f64>,
}

/// How far to trust a judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditReport {
    /// `RECIPE@MODEL`.
    pub judge: String,
    /// The hash of the recipe, its prompts and its list of master keys.
    pub recipe_hash: String,
    pub models: Vec<ModelReport>,
    /// On what its models ran.
    pub device: String,
    /// What its certificate divided the log-odds by; 1 without one.
    pub temperature: f64,
    /// Of the samples, the resamples and the judge's own draws.
    pub seed: u64,
    /// Agreement with all decided labels of all files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Estimated>,
    pub files: Vec<FileReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_keys: Option<KeysReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub injection: Option<InjectionReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias: Option<BiasReport>,
    /// Agreement by the number of samples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scaling: Vec<ScalingRow>,
    /// What was not measured, and why; what a reader must know.
    pub notes: Vec<String>,
    pub cost: CostReport,
}
