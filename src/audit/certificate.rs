//! A certificate out of a report: what a judge is known by from then on.

use crate::audit::keys::{KeySummary, KeysReport};
use crate::audit::report::{AuditReport, FileReport};
use crate::domain::certificate::{Certificate, Measured};
use crate::domain::hash::ContentHash;

/// What a report does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Circumstances {
    /// The certificate's name, which is its file's.
    pub name: String,
    /// The day.
    pub made: String,
    /// On what the model ran.
    pub device: String,
}

/// The certificate of a judge of one model.
///
/// # Errors
/// A sentence: the report is on a panel, or no file of it has decided labels.
pub fn certificate(report: &AuditReport, circumstances: Circumstances) -> Result<Certificate, String> {
    let [model] = report.models.as_slice() else {
        return Err(
            "a certificate is for one recipe at one model, and this is a panel; audit its models one by one".to_owned()
        );
    };
    let measured: Vec<Measured> = report.files.iter().filter_map(measured).collect();
    if measured.is_empty() {
        return Err(
            "there is nothing to certify: no file has labels that somebody decided; give one with --data".to_owned()
        );
    }
    // What was applied is a part of what was measured.
    let fitted = report.files.iter().find_map(|file| file.agreement.as_ref()?.calibration.as_ref());
    let temperature = report.temperature * fitted.map_or(1.0, |calibration| calibration.temperature);
    let recipe = report.judge.split('@').next().unwrap_or(&report.judge).to_owned();
    Ok(Certificate {
        name: circumstances.name,
        recipe,
        recipe_hash: ContentHash(report.recipe_hash.clone()),
        model: without_folder(&model.name).trim_end_matches(".gguf").to_owned(),
        model_hash: ContentHash(model.hash.clone()),
        made: circumstances.made,
        device: circumstances.device,
        temperature,
        measured,
        master_keys: report.master_keys.as_ref().map(false_positives),
        injection: report.injection.as_ref().and_then(|injection| injection.flip_rate.as_ref()).map(|rate| rate.value),
    })
}

fn measured(file: &FileReport) -> Option<Measured> {
    let agreement = file.agreement.as_ref()?;
    let accuracy = agreement.accuracy.as_ref()?;
    let data = without_folder(&file.file).to_owned();
    Some(Measured {
        data,
        contest: file.contest.clone(),
        data_hash: file.hash.clone(),
        n: accuracy.n,
        accuracy: rounded(accuracy.value),
        low: rounded(accuracy.low),
        high: rounded(accuracy.high),
        matched_length: agreement.matched_length.as_ref().map(|matched| rounded(matched.accuracy.value)),
        longer_wins: rounded(agreement.baselines.as_ref().map_or(0.5, |baselines| baselines.longer_wins)),
        calibration_error: agreement
            .calibration
            .as_ref()
            .and_then(|calibration| calibration.held_out.as_ref())
            .map(|held_out| rounded(held_out.ece)),
    })
}

/// A file's name: where it lies is nobody's business.
fn without_folder(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Over published and unseen keys, each key counted once.
fn false_positives(keys: &KeysReport) -> f64 {
    let summaries: Vec<&KeySummary> = keys.published.iter().chain(&keys.unseen).collect();
    let all: usize = summaries.iter().map(|summary| summary.keys).sum();
    let sum: f64 = summaries.iter().map(|summary| summary.as_it_is.average * summary.keys as f64).sum();
    rounded(sum / all.max(1) as f64)
}

/// To four digits, as a file for people has it.
fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::agreement;
    use crate::audit::case::{Case, Label};
    use crate::audit::hearing::{Judged, Opinion};
    use crate::audit::report::{CostReport, FileReport, Forfeits, ModelReport};
    use crate::domain::transcript::Contest;
    use crate::domain::usage::Usage;

    /// Twenty pairs of which the judge gets fifteen right.
    fn example() -> AuditReport {
        let judged = |number: usize| {
            let texts = ["one two".to_owned(), "three".to_owned()];
            let case =
                Case::pair(&number.to_string(), Contest::Arguments, &format!("topic {}", number % 4), texts, Label::A);
            let log_odds = if number.is_multiple_of(4) { -1.0 } else { 1.0 };
            let orders = vec![log_odds; 2];
            let opinion = Opinion { log_odds, orders, own: Label::of(log_odds), within: None, usage: Usage::default() };
            Judged { case, opinion: Some(opinion) }
        };
        let cases: Vec<Judged> = (0..20).map(judged).collect();
        let file = FileReport {
            file: "folder/pairs.jsonl".to_owned(),
            hash: "00".to_owned(),
            contest: "arguments".to_owned(),
            rows: 20,
            heard: 20,
            forfeits: Forfeits::default(),
            agreement: Some(agreement::report(&cases, std::collections::BTreeMap::new(), &[], 1)),
            lists: None,
            answers: None,
        };
        AuditReport {
            judge: "short@owl".to_owned(),
            recipe_hash: "ab".repeat(32),
            models: vec![ModelReport { name: "folder/owl.gguf".to_owned(), hash: "cd".repeat(32) }],
            device: "processor".to_owned(),
            temperature: 0.5,
            seed: 1,
            accuracy: None,
            files: vec![file],
            master_keys: None,
            injection: None,
            bias: None,
            scaling: Vec::new(),
            notes: Vec::new(),
            cost: CostReport::default(),
        }
    }

    fn circumstances() -> Circumstances {
        Circumstances { name: "short-owl".to_owned(), made: "2026-01-31".to_owned(), device: "processor".to_owned() }
    }

    #[test]
    fn a_certificate_is_what_the_report_measured_and_can_be_read_back() {
        let report = example();
        let certificate = certificate(&report, circumstances()).unwrap();
        assert_eq!(certificate.problem(), None);
        assert_eq!((certificate.model.as_str(), certificate.measured[0].data.as_str()), ("owl", "pairs.jsonl"));
        let first = report.files[0].agreement.as_ref().unwrap().accuracy.as_ref().unwrap();
        assert_eq!(certificate.measured[0].n, first.n);
        assert!((certificate.measured[0].accuracy - first.value).abs() < 1e-4);
        let text = toml::to_string(&certificate).unwrap();
        assert_eq!(toml::from_str::<Certificate>(&text).unwrap(), certificate);
    }

    #[test]
    fn a_panel_and_a_report_without_labels_are_worth_none() {
        let mut panel = example();
        panel.models.push(panel.models[0].clone());
        assert!(certificate(&panel, circumstances()).unwrap_err().contains("one by one"));
        let mut empty = example();
        empty.files.clear();
        assert!(certificate(&empty, circumstances()).unwrap_err().contains("nothing to certify"));
    }
}
