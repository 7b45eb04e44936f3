//! Runs an audit: reads files of cases, puts everything before the judge, and folds what it said into a report.
//!
//! Judgements are kept by the court, so an audit that is stopped goes on where it was, and one that is asked for again costs
//! nothing.

mod files;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::assets::{Library, replace_file};
use crate::audit::certificate::{Circumstances, certificate};
use crate::audit::docket::{Audited, Bench, Docket, Findings, Material, Suite};
use crate::audit::material;
use crate::audit::report::{AuditReport, ModelReport};
use crate::clock;
use crate::domain::certificate::Certificate;
use crate::engine::audit::session::{Session, sitting};
use crate::engine::court::{Court, CourtSettings};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::seat::recipe_and_models;
use crate::model::speeds::Machine;

pub use crate::engine::audit::session::AuditProgress;

/// What to audit, and with what.
#[derive(Clone, Debug)]
pub struct AuditRequest {
    /// `RECIPE@MODEL[,MODEL]`.
    pub judge: String,
    /// Files of cases, JSON Lines.
    pub data: Vec<PathBuf>,
    pub suites: BTreeSet<Suite>,
    /// The most items of each file, and the most arguments that suites use.
    pub sample: Option<usize>,
    pub seed: u64,
}

impl EngineHandle {
    /// Audits a judge. `tell` hears how far it is, first of all what there is to do. `None` if it was stopped: what was judged
    /// is kept.
    ///
    /// # Errors
    /// A file cannot be read or holds a row that is no case; there is no such judge; a model failed; or the store cannot be used.
    pub async fn audit(
        &self,
        request: AuditRequest,
        cancel: CancellationToken,
        tell: impl Fn(&AuditProgress),
    ) -> Result<Option<AuditReport>, EngineError> {
        let AuditRequest { judge, data, suites, sample, seed } = request;
        let mut files = Vec::with_capacity(data.len());
        for path in &data {
            files.push(files::read(path).await?);
        }
        let material = read_material(&self.queries().library)?;
        let settings = CourtSettings { seed, cancel, ..CourtSettings::default() };
        let docket = Docket::new(files, &suites, material, sample, seed);
        let samples = self.queries().library.recipe(recipe_and_models(&judge).0)?.samples_differ();
        let mut parts = docket.parts();
        parts.retain(|part| samples || !matches!(part.bench, Bench::Samples(_)));
        let benches: BTreeSet<Bench> = parts.iter().map(|part| part.bench).chain([Bench::AsItIs]).collect();
        let mut courts = BTreeMap::new();
        for bench in benches {
            courts.insert(bench, self.court_on(bench, &judge, settings.clone()).await?);
        }
        let session = Session::new(&courts, parts, &tell)?;
        let Some((heard, cost)) = session.run().await? else { return Ok(None) };
        let as_it_is = sitting(&courts, Bench::AsItIs)?;
        let seat = as_it_is.judge();
        let says_nothing = |text: &str, contest| as_it_is.says_nothing(text, contest);
        let audited = Audited {
            names: seat.models().map(|model| model.name.clone()).collect(),
            filter: seat.recipe.rules.master_keys,
            samples,
            says_nothing: &says_nothing,
        };
        let Findings { accuracy, files, master_keys, injection, bias, scaling, notes } = docket.fold(heard, &audited);
        Ok(Some(AuditReport {
            judge: seat.name.clone(),
            recipe_hash: seat.recipe_hash.0.clone(),
            models: seat
                .models()
                .map(|model| ModelReport { name: model.name.clone(), hash: model.hash.0.clone() })
                .collect(),
            device: self.device().await,
            temperature: seat.temperature,
            seed,
            accuracy,
            files,
            master_keys,
            injection,
            bias,
            scaling,
            notes,
            cost,
        }))
    }

    /// What local models run on: the GPU by its name, else the processor.
    async fn device(&self) -> String {
        let gpu = match self.queries().registry().gpu() {
            Some(gpu) => gpu.device().await.and_then(Result::ok),
            None => None,
        };
        gpu.unwrap_or_else(|| Machine::here().processor)
    }

    /// Writes the certificate that a report is worth.
    ///
    /// # Errors
    /// The report is on a panel or has no labels, or the file cannot be written.
    pub fn certify(&self, report: &AuditReport, path: &Path) -> Result<Certificate, EngineError> {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let made = clock::now().chars().take_while(|letter| *letter != 'T').collect();
        let circumstances = Circumstances { name, made, device: report.device.clone() };
        let certificate = certificate(report, circumstances).map_err(EngineError::Request)?;
        let text = toml::to_string(&certificate).map_err(|error| EngineError::Failed(error.to_string()))?;
        replace_file(path, &text)?;
        Ok(certificate)
    }

    /// The same judge with its recipe changed as a bench wants it.
    async fn court_on(&self, bench: Bench, judge: &str, settings: CourtSettings) -> Result<Court, EngineError> {
        let (recipe, models) = recipe_and_models(judge);
        let mut recipe = self.queries().library.recipe(recipe)?.clone();
        match bench {
            Bench::AsItIs => {}
            Bench::Undefended => {
                recipe.rules.master_keys = false;
                recipe.rules.relevance = None;
            }
            Bench::Samples(samples) => recipe.voting.samples = samples,
        }
        self.court_of(recipe, models, settings).await
    }
}

fn read_material(library: &Library) -> Result<Material, EngineError> {
    Ok(Material {
        arguments: material::arguments(&library.text(material::ARGUMENTS)?)?,
        keys: material::keys(&library.text(material::KEYS)?)?,
        injections: material::injections(&library.text(material::INJECTIONS)?)?,
        neutral: material::neutral(&library.text(material::NEUTRAL)?)?,
    })
}
