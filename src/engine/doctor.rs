//! The examination: what is configured, which models and endpoints answer, where files are, what to do next.

use futures::future::join_all;
use serde::Serialize;

use crate::engine::queries::Queries;
use crate::model::remote::{Endpoint, list_models};
use crate::store::Filter;

/// What a search service is asked for, to see whether it answers.
const TRIED: &str = "debate";

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Good,
    /// Nothing is broken; this is what to do next.
    Advice,
    Broken,
}

/// One sentence about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub subject: String,
    pub health: Health,
    pub sentence: String,
}

impl Finding {
    fn new(subject: impl Into<String>, health: Health, sentence: impl Into<String>) -> Finding {
        Finding { subject: subject.into(), health, sentence: sentence.into() }
    }
}

/// Examines everything. Endpoints are asked for their models, each for as long as its own time-out.
pub async fn examine(queries: &Queries) -> Vec<Finding> {
    let mut findings = files(queries);
    findings.extend(models(queries));
    findings.extend(gpu(queries).await);
    findings.extend(web(queries).await);
    let settings = &queries.library().config().endpoints;
    let configured = queries.registry().endpoints().iter().filter(|(name, _)| settings.contains_key(*name));
    findings.extend(join_all(configured.map(|(_, endpoint)| answers(endpoint))).await);
    let found = queries.surroundings().await.endpoints;
    findings.extend(found.into_iter().filter(|found| !settings.contains_key(&found.preset)).map(|found| {
        let models: Vec<&str> = found.models.iter().map(|model| model.id.as_str()).take(3).collect();
        let sentence = format!(
            "answers at {}; name a model {}/MODEL, for instance {}",
            found.base_url,
            found.preset,
            models.join(", ")
        );
        Finding::new(found.preset, Health::Good, sentence)
    }));
    let works = !findings.iter().any(|finding| finding.health == Health::Broken);
    if works && !queries.registry().ready().is_empty() {
        let next = "`rhetor debate --motion single-use-plastics` runs a debate, and `rhetor` opens the screen";
        findings.push(Finding::new("next", Health::Advice, next));
    }
    findings
}

fn files(queries: &Queries) -> Vec<Finding> {
    let paths = queries.paths();
    let mut findings = vec![
        Finding::new("settings", Health::Good, exists(&paths.settings, "not written yet; the built-in settings hold")),
        match queries.history(&Filter::default()) {
            Ok(debates) => {
                let database = exists(&paths.database, "not made yet; the first debate makes it");
                let debates = match debates.len() {
                    0 => String::new(),
                    1 => "; 1 debate".to_owned(),
                    debates => format!("; {debates} debates"),
                };
                Finding::new("database", Health::Good, format!("{database}{debates}"))
            }
            Err(error) => Finding::new("database", Health::Broken, error.to_string()),
        },
    ];
    let problems = queries.library().problems();
    findings.extend(problems.iter().map(|problem| Finding::new("files", Health::Broken, problem.to_string())));
    if problems.is_empty() {
        let library = queries.library();
        let sentence = format!(
            "{} motions, {} formats, {} teams, {} judges are valid",
            library.motions().all().len(),
            library.formats().len(),
            library.teams().len(),
            library.recipes().len()
        );
        findings.push(Finding::new("files", Health::Good, sentence));
    }
    findings
}

fn models(queries: &Queries) -> Vec<Finding> {
    let folder = queries.registry().folder().display().to_string();
    let here = queries.registry().ready();
    let default = &queries.library().config().defaults.debater;
    let mut findings = Vec::new();
    match (default, here.as_slice()) {
        (Some(name), _) if !queries.registry().knows(name) => {
            findings.push(Finding::new(
                "default",
                Health::Broken,
                format!("the settings name the model {name}, which is not known"),
            ));
        }
        (Some(name), _) => {
            findings.push(Finding::new("default", Health::Good, format!("debaters and judges use {name}")))
        }
        (None, [first, ..]) => findings.push(Finding::new(
            "default",
            Health::Good,
            format!(
                "no default model is set, so {first} is used; set defaults.debater in the settings to choose another"
            ),
        )),
        (None, []) => {}
    }
    findings.push(if here.is_empty() {
        let advice = format!("none in {folder}; `rhetor models pull smollm2-135m` fetches the smallest");
        Finding::new("models", Health::Advice, advice)
    } else {
        Finding::new("models", Health::Good, format!("{} in {folder}", here.join(", ")))
    });
    findings
}

/// Whether the second program finds a GPU; nothing where none was meant.
async fn gpu(queries: &Queries) -> Option<Finding> {
    Some(match queries.registry().gpu()?.device().await? {
        Ok(device) => Finding::new("gpu", Health::Good, format!("local models run on {device}")),
        Err(reason) => {
            Finding::new("gpu", Health::Advice, format!("{reason}; `device` in the settings says what runs"))
        }
    })
}

/// Whether the search service answers, if one is set up.
async fn web(queries: &Queries) -> Option<Finding> {
    queries.web_service()?;
    let broken = |error: &dyn std::fmt::Display| Finding::new("web search", Health::Broken, error.to_string());
    let web = match queries.web() {
        Ok(web) => web,
        Err(error) => return Some(broken(&error)),
    };
    let service = web.service();
    let uses = "`--evidence @web` uses it";
    let sentence = if service.kind().needs_key() {
        format!("{} has a key, which is not tried, since each search is counted; {uses}", service.label())
    } else {
        match service.search(TRIED).await {
            Ok(_) => format!("{} answers; {uses}", service.label()),
            Err(error) => return Some(broken(&error)),
        }
    };
    Some(Finding::new("web search", Health::Good, sentence))
}

async fn answers(endpoint: &Endpoint) -> Finding {
    let subject = endpoint.name().to_owned();
    match list_models(endpoint).await {
        Ok(models) => {
            Finding::new(subject, Health::Good, format!("{} answers with {} models", endpoint.base_url(), models.len()))
        }
        Err(error) => Finding::new(subject, Health::Broken, error.to_string()),
    }
}

fn exists(path: &std::path::Path, otherwise: &str) -> String {
    if path.exists() { path.display().to_string() } else { format!("{} is {otherwise}", path.display()) }
}
