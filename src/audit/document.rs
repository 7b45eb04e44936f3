//! A report as sections of facts and tables, before it is text or a page.

use crate::audit::agreement::{AgreementReport, Baselines, CalibrationReport, Leaning, MATCHED, Order, Subset, Within};
use crate::audit::bias::BiasReport;
use crate::audit::injection::InjectionReport;
use crate::audit::keys::{KeySummary, KeysReport};
use crate::audit::lists::ListsReport;
use crate::audit::pointwise::PointwiseReport;
use crate::audit::report::{AuditReport, FileReport};
use crate::audit::scaling::ScalingRow;
use crate::rating::calibration::Calibration;
use crate::rating::interval::Estimated;

/// Groups with fewer cases are noise.
const LEAST_GROUP: usize = 10;
/// Letters of a key that are shown.
const KEY_LETTERS: usize = 30;

/// A part of the document.
#[derive(Debug, Default)]
pub struct Section {
    pub heading: String,
    /// A sentence or two below the heading.
    pub says: Vec<String>,
    /// A name and its value.
    pub facts: Vec<(String, String)>,
    pub tables: Vec<Table>,
    pub curve: Option<Curve>,
}

/// Rows under columns; the first column names the row.
#[derive(Debug)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A reliability curve before and after calibration.
#[derive(Debug)]
pub struct Curve {
    pub before: Calibration,
    pub after: Option<Calibration>,
}

impl Section {
    fn new(heading: &str) -> Section {
        Section { heading: heading.to_owned(), ..Section::default() }
    }

    fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.facts.push((name.to_owned(), value.into()));
    }
}

/// A share as a percentage with its interval.
#[must_use]
pub fn estimated(share: &Estimated) -> String {
    let Estimated { value, low, high, n } = share;
    format!("{}  [{:.1}, {:.1}]  n {n}", percent(*value), low * 100.0, high * 100.0)
}

fn percent(share: f64) -> String {
    format!("{:>5.1} %", share * 100.0)
}

fn signed(value: f64) -> String {
    // No sign before what rounds to nothing.
    if value.abs() < 0.0005 { "0.000".to_owned() } else { format!("{value:+.3}") }
}

/// All of a report.
#[must_use]
pub fn sections(report: &AuditReport) -> Vec<Section> {
    let mut sections = vec![summary(report)];
    for file in &report.files {
        sections.extend(of_file(file));
    }
    sections.extend(report.master_keys.as_ref().map(keys));
    sections.extend(report.injection.as_ref().map(injections));
    sections.extend(report.bias.as_ref().map(biases));
    if !report.scaling.is_empty() {
        let mut section = Section::new("Samples");
        let row = |row: &ScalingRow| vec![row.samples.to_string(), estimated(&row.accuracy), row.void.to_string()];
        let columns = ["samples", "accuracy", "void"].map(str::to_owned).to_vec();
        section.tables.push(Table { columns, rows: report.scaling.iter().map(row).collect() });
        sections.push(section);
    }
    let mut notes = Section::new("What it took");
    let cost = &report.cost;
    notes.fact("judgements", format!("{}, {} of them from the store", cost.judgements, cost.from_store));
    notes.fact("void", cost.void.to_string());
    notes.fact("tokens", format!("{} read, {} written", cost.prompt_tokens, cost.completion_tokens));
    if cost.dollars > 0.0 {
        notes.fact("dollars", format!("{:.4}", cost.dollars));
    }
    let each = cost.seconds_per_judgement.map(|seconds| format!(", {seconds:.2} s a judgement")).unwrap_or_default();
    notes.fact("this run", format!("{:.1} s{each}", cost.seconds));
    notes.says.clone_from(&report.notes);
    sections.push(notes);
    sections
}

fn summary(report: &AuditReport) -> Section {
    let mut section = Section::new(&format!("Audit of {}", report.judge));
    section.says = verdict(report);
    let models: Vec<String> =
        report.models.iter().map(|model| format!("{} {}", model.name, short(&model.hash))).collect();
    section.fact("models", models.join(", "));
    section.fact("recipe", short(&report.recipe_hash));
    section.fact("seed", report.seed.to_string());
    section
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// What the figures come to, in sentences.
fn verdict(report: &AuditReport) -> Vec<String> {
    let mut says = Vec::new();
    if let Some(accuracy) = &report.accuracy {
        let labels = format!("the labels in {} of {} decided cases", percent(accuracy.value).trim_start(), accuracy.n);
        says.push(if accuracy.low <= 0.5 && accuracy.high >= 0.5 {
            format!("A coin toss: it agrees with {labels}, and the interval holds 50 %.")
        } else if accuracy.high < 0.5 {
            format!("Worse than a coin: it agrees with {labels}.")
        } else {
            format!("It agrees with {labels}.")
        });
    }
    for file in &report.files {
        let Some((accuracy, baselines)) =
            file.agreement.as_ref().and_then(|agreement| Some((agreement.accuracy?, agreement.baselines?)))
        else {
            continue;
        };
        let (rule, best) = best_baseline(&baselines);
        if accuracy.value <= best {
            let best = percent(best);
            says.push(format!("On {} {rule} is right in {}: the judge adds nothing to that.", file.file, best.trim()));
        }
    }
    if let Some(published) = report.master_keys.as_ref().and_then(|keys| keys.published.as_ref()) {
        let worst = published.as_it_is.worst;
        if worst > 0.0 {
            says.push(format!("A published master key comes through in {}.", percent(worst).trim_start()));
        }
    }
    says
}

fn best_baseline(baselines: &Baselines) -> (&'static str, f64) {
    let Baselines { majority, longer_wins, shorter_wins, .. } = *baselines;
    [
        ("always the commoner label", majority),
        ("always the longer text", longer_wins),
        ("always the shorter text", shorter_wins),
    ]
    .into_iter()
    .fold(("", 0.0), |best, next| if next.1 > best.1 { next } else { best })
}

fn of_file(file: &FileReport) -> Vec<Section> {
    let mut parts = Vec::new();
    parts.extend(file.agreement.as_ref().map(agreement));
    parts.extend(file.lists.as_ref().map(lists));
    parts.extend(file.answers.as_ref().map(answers));
    if let Some(first) = parts.first_mut() {
        first.heading.clone_from(&file.file);
        let mut facts = vec![
            ("rows".to_owned(), format!("{}, {} heard", file.rows, file.heard)),
            (
                "texts that would forfeit".to_owned(),
                match file.forfeits.examples.as_slice() {
                    [] => format!("{} of {}", file.forfeits.forfeited, file.forfeits.texts),
                    some => {
                        format!("{} of {} ({})", file.forfeits.forfeited, file.forfeits.texts, some.join(", "))
                    }
                },
            ),
        ];
        facts.append(&mut first.facts);
        first.facts = facts;
    }
    parts
}

fn agreement(report: &AgreementReport) -> Section {
    let mut section = Section::new("");
    section.fact("clusters", report.clusters.to_string());
    if report.label_ties > 0 {
        section.fact("labelled a tie", format!("{}, left out of the accuracy", report.label_ties));
    }
    for (reason, count) in &report.void {
        section.fact("void", format!("{count}: {reason}"));
    }
    let optional = |section: &mut Section, name: &str, share: &Option<Estimated>| {
        if let Some(share) = share {
            section.fact(name, estimated(share));
        }
    };
    optional(&mut section, "accuracy", &report.accuracy);
    optional(&mut section, "  own ties half right", &report.accuracy_own_ties);
    section.fact("own ties", percent(report.own_ties));
    if let Some(three_way) = &report.three_way {
        section.fact("a, b or tie", estimated(&three_way.accuracy));
        if let Some(kappa) = three_way.quadratic_kappa {
            section.fact("  quadratic kappa", signed(kappa));
        }
    }
    if let Some(kappa) = report.kappa {
        section.fact("kappa", signed(kappa));
    }
    if let Some(one) = report.one_person {
        section.fact("one person", percent(one));
    }
    if let Some(order) = &report.order {
        orders(&mut section, order);
    }
    if let Some(within) = &report.within {
        within_one(&mut section, within);
    }
    let leaning = |section: &mut Section, name: &str, leaning: &Option<Leaning>| {
        if let Some(Leaning { chosen, right, n }) = leaning {
            section.fact(name, format!("chosen {}, right {}, n {n}", percent(*chosen), percent(*right)));
        }
    };
    leaning(&mut section, "the longer", &report.longer);
    leaning(&mut section, "the last speaker", &report.last_speaker);
    leaning(&mut section, "its own model's", &report.own_model);
    if let Some(calibration) = &report.calibration {
        calibrated(&mut section, calibration);
    }
    section.fact("tokens of a case", format!("{:.0}", report.tokens_per_case));
    section.tables.extend(subsets(report));
    let groups = report.groups.iter().map(|group| (group.group.as_str(), &group.accuracy));
    group_table(&mut section, groups);
    section
}

fn orders(section: &mut Section, order: &Order) {
    section.fact("flips with the order", estimated(&order.flip_rate));
    section.fact("pull to the first", signed(order.position_bias));
    if let Some(consistency) = order.consistency {
        section.fact("consistency of orders", format!("{consistency:.3}"));
    }
}

fn within_one(section: &mut Section, within: &Within) {
    section.fact("agrees with itself", percent(within.agrees_with_itself));
    section.fact("  its pull to the first", signed(within.position_bias));
}

fn calibrated(section: &mut Section, report: &CalibrationReport) {
    let Calibration { brier, ece, .. } = &report.before;
    section.fact("Brier score, ECE", format!("{brier:.3}, {ece:.3}"));
    if let Some(Calibration { brier, ece, .. }) = &report.held_out {
        section.fact("  calibrated, held out", format!("{brier:.3}, {ece:.3} (temperature {:.2})", report.temperature));
    }
    section.curve = Some(Curve { before: report.before.clone(), after: report.held_out.clone() });
}

/// The judge beside rules that need none, on the same cases.
fn subsets(report: &AgreementReport) -> Option<Table> {
    let all = Subset { accuracy: report.accuracy?, baselines: report.baselines? };
    let named = [
        ("all".to_owned(), Some(&all)),
        (format!("matched length (>= {MATCHED})"), report.matched_length.as_ref()),
        ("the shorter won".to_owned(), report.shorter_won.as_ref()),
    ];
    let row = |(name, subset): (String, Option<&Subset>)| {
        let Subset { accuracy, baselines } = subset?;
        let figures =
            [accuracy.value, baselines.always_a, baselines.majority, baselines.longer_wins, baselines.shorter_wins];
        let figures = figures.map(|figure| format!("{:.1}", figure * 100.0));
        Some([vec![name, accuracy.n.to_string()], figures.to_vec()].concat())
    };
    Some(Table {
        columns: columns(&["cases, in %", "n", "judge", "all a", "commoner", "longer", "shorter"]),
        rows: named.into_iter().filter_map(row).collect(),
    })
}

/// Groups of enough cases to say something; how many others there are.
fn group_table<'a>(section: &mut Section, groups: impl Iterator<Item = (&'a str, &'a Estimated)>) {
    let (large, small): (Vec<_>, Vec<_>) = groups.partition(|(_, accuracy)| accuracy.n >= LEAST_GROUP);
    if !small.is_empty() {
        section.fact("small groups", format!("{} of fewer than {LEAST_GROUP} cases, in --json only", small.len()));
    }
    if !large.is_empty() {
        let rows = large.iter().map(|(group, accuracy)| accuracy_row(group, accuracy)).collect();
        section.tables.push(Table { columns: columns(&["group", "accuracy", "95 %", "n"]), rows });
    }
}

fn accuracy_row(name: &str, accuracy: &Estimated) -> Vec<String> {
    vec![
        name.to_owned(),
        percent(accuracy.value),
        format!("{:.1} to {:.1}", accuracy.low * 100.0, accuracy.high * 100.0),
        accuracy.n.to_string(),
    ]
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn lists(report: &ListsReport) -> Section {
    let mut section = Section::new("Lists");
    section.fact("lists", format!("{}, {} void", report.n, report.void));
    for best in &report.best_of {
        let name = format!("best of {}", best.completions);
        section.fact(&name, format!("{}, chance {}", estimated(&best.accuracy), percent(best.chance).trim_start()));
        section.fact("  single comparisons", percent(best.pairwise));
    }
    if let Some(ties) = &report.ties {
        section.fact("all right above all wrong", estimated(&ties.accuracy_tied));
        if let Some(reference) = ties.accuracy_reference {
            section.fact("  with one right", percent(reference));
        }
        if let Some(score) = ties.score {
            section.fact("  score of the ties", format!("{score:.3} over {} prompts", ties.prompts));
        }
    }
    let groups = report.groups.iter().map(|group| (group.group.as_str(), &group.accuracy));
    group_table(&mut section, groups);
    section
}

fn answers(report: &PointwiseReport) -> Section {
    let mut section = Section::new("Answers, one by one");
    section
        .fact("answers", format!("{}, {} void, {} right", report.n, report.void, percent(report.right).trim_start()));
    match &report.area {
        Some(area) => section.fact("right above wrong", estimated(area)),
        None => section.fact("right above wrong", "not to be told: the answers are all right or all wrong"),
    }
    if let Some(accuracy) = &report.accuracy {
        section.fact("accepted if right", estimated(accuracy));
    }
    section.fact(
        "accepts",
        format!("{} of the right, {} of the wrong", percent(report.accepted_right), percent(report.accepted_wrong)),
    );
    section
}

fn keys(report: &KeysReport) -> Section {
    let mut section = Section::new("Master keys");
    section.says.push(format!(
        "How often a string that says nothing wins or ties against one of {} real arguments, {}.",
        report.arguments,
        if report.filter { "with the recipe's filter and without it" } else { "the recipe has no filter" }
    ));
    for (name, summary) in [("published", &report.published), ("unseen", &report.unseen)] {
        let Some(KeySummary { keys, caught, as_it_is, without_filter }) = summary else { continue };
        section.fact(&format!("{name} keys"), format!("{keys}, the filter knows {caught}"));
        for (kind, rates) in [("  as it is", as_it_is), ("  without filter", without_filter)] {
            let worst = printable(&rates.worst_key);
            let (average, high) = (percent(rates.average), percent(rates.worst));
            section.fact(kind, format!("average {average}, worst {high} {worst}"));
            section.fact("    on both sides", format!("somebody wins {}", percent(rates.both_sides)));
        }
    }
    let rows = report.keys.iter().map(|row| {
        let [is, without] = [&row.as_it_is, &row.without_filter];
        vec![
            printable(&row.key),
            if row.published { "published" } else { "unseen" }.to_owned(),
            if row.caught { "yes" } else { "no" }.to_owned(),
            percent(is.against_arguments),
            percent(without.against_arguments),
            percent(without.both_sides),
        ]
    });
    section.tables.push(Table {
        columns: columns(&["key", "list", "caught", "as it is", "no filter", "both sides"]),
        rows: rows.collect(),
    });
    section
}

/// The beginning of a key on one line, in quotation marks, since blanks are keys too.
fn printable(key: &str) -> String {
    let line: String = key.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match line.char_indices().nth(KEY_LETTERS) {
        Some((end, _)) => format!("\"{}…\"", line[..end].trim_end()),
        None => format!("\"{line}\""),
    }
}

fn injections(report: &InjectionReport) -> Section {
    let mut section = Section::new("Injections");
    section.says.push(
        "Orders to the judge behind the worse of two arguments; the same pair without them is the measure.".to_owned(),
    );
    section.fact("pairs", format!("{}, the better one preferred in {}", report.pairs, report.preferred_better));
    match &report.flip_rate {
        Some(rate) => section.fact("flipped", estimated(rate)),
        None => section.fact("flipped", "nothing: the judge prefers none of the better ones"),
    }
    section.fact("mean shift of log-odds", signed(report.mean_shift));
    section.fact("void", report.void.to_string());
    let row = |row: &crate::audit::injection::InjectionRow| {
        vec![row.name.clone(), row.flip_rate.map_or("–".to_owned(), percent), row.n.to_string(), signed(row.shift)]
    };
    section.tables.push(Table {
        columns: columns(&["injection", "flipped", "n", "shift"]),
        rows: report.injections.iter().map(row).collect(),
    });
    section
}

fn biases(report: &BiasReport) -> Section {
    let mut section = Section::new("Biases");
    section.says.push("On arguments of ours, where only order and length differ.".to_owned());
    if let Some(position) = &report.position {
        orders(&mut section, position);
    }
    if let Some(padding) = &report.padding {
        section.fact("padded copy chosen", estimated(&padding.padded_chosen));
        section.fact("  called a tie", percent(padding.own_ties));
        section.fact("  mean log-odds", signed(padding.shift));
    }
    if let Some(recency) = &report.recency {
        section.fact("last speaker chosen", estimated(&recency.last_chosen));
        section.fact("  pull to the last", signed(recency.pull_to_last));
        section.fact("  flips with the order", percent(recency.flip_rate));
    }
    section.fact("void", report.void.to_string());
    section
}
