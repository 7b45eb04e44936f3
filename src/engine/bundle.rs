//! What a report of a fault needs, as one text: versions, the examination, settings, counts, the last steps and lines of logs. Keys,
//! motions and speeches are not in it: each line that holds a key or repeats four words of such a text is left out.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::assets::settings_in_force;
use crate::assets::source::Source;
use crate::clock;
use crate::domain::debate::Debate;
use crate::domain::event::Event;
use crate::engine::doctor::{Finding, Health};
use crate::engine::error::EngineError;
use crate::engine::queries::Queries;
use crate::model::credentials::Credentials;
use crate::store::Filter;
use crate::text::runs::Runs;
use crate::text::sanitize::one_line;

/// Steps that are listed.
const STEPS: usize = 60;
/// Debates whose failures are told and whose texts are looked for, the newest.
const DEBATES: usize = 50;
/// Lines of a log that are taken over, the last.
const LINES: usize = 60;
/// Columns of a line.
const COLUMNS: usize = 400;
/// Variables whose values say how a terminal behaves.
const SHOWN: [&str; 6] = ["TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "LC_ALL", "NO_COLOR"];
/// Variables of which only counts whether they are set.
const SET: [&str; 4] = ["RHETOR_HOME", "TMUX", "STY", "SSH_CONNECTION"];

/// What stands in the place of a line that is left out.
const LEFT_OUT: &str = "(a line is left out: it may hold a key or a text of a debate)";

/// Writes the report from what the examination found. What cannot be read is said in its place.
pub fn write(queries: &Queries, findings: &[Finding]) -> String {
    let mut report = Report::new(queries);
    report.section("versions");
    report.line(&format!("rhetor {} on {} {}", env!("CARGO_PKG_VERSION"), env::consts::OS, env::consts::ARCH));
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    report.line(&format!("{threads} threads, written {}", clock::now()));
    report.section("terminal");
    for name in SHOWN {
        report.line(&format!("{name} = {}", env::var(name).unwrap_or_default()));
    }
    for name in SET {
        report.line(&format!("{name} is {}", if env::var_os(name).is_some() { "set" } else { "not set" }));
    }
    report.section("doctor");
    for finding in findings {
        let health = match finding.health {
            Health::Good => "good",
            Health::Advice => "advice",
            Health::Broken => "broken",
        };
        report.line(&format!("{health}: {}: {}", finding.subject, finding.sentence));
    }
    report.section("settings");
    match settings_in_force(&Source::new(&queries.paths().config), |name| env::var(name).ok()) {
        Ok(settings) => {
            for setting in settings {
                let value = setting.value.map_or_else(String::new, |value| format!(" = {value}"));
                report.line(&format!("{}{value} ({})", setting.key, setting.from));
            }
        }
        Err(error) => report.line(&error.to_string()),
    }
    report.section("database");
    match queries.reader.census() {
        Ok(census) => {
            report.line(&format!("version {}, SQLite {}", census.version, census.sqlite));
            census.rows.iter().for_each(|(table, rows)| report.line(&format!("{table} {rows}")));
        }
        Err(error) => report.line(&error.to_string()),
    }
    report.section("last steps");
    match queries.reader.last_steps(STEPS) {
        Ok(steps) => steps
            .iter()
            .for_each(|step| report.line(&format!("{} {} {} {}", step.at, step.debate, step.seq, step.kind))),
        Err(error) => report.line(&error.to_string()),
    }
    report.section("failures");
    report.failures.clone().iter().for_each(|reason| report.line(reason));
    report.section("log");
    match last_log(queries) {
        Some((name, text)) => {
            report.line(&name);
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(LINES)..].iter().for_each(|line| report.line(line));
        }
        None => report.line("there is none"),
    }
    report.text
}

/// The newest file of the folder of logs.
fn last_log(queries: &Queries) -> Option<(String, String)> {
    let files = fs::read_dir(&queries.paths().logs).ok()?.flatten();
    let newest = files
        .filter(|file| file.path().is_file())
        .max_by_key(|file| file.metadata().and_then(|m| m.modified()).ok())?;
    let text = String::from_utf8_lossy(&fs::read(newest.path()).ok()?).into_owned();
    Some((newest.file_name().to_string_lossy().into_owned(), text))
}

/// A text that takes only lines that give nothing away.
struct Report {
    text: String,
    /// Motions and speeches.
    texts: Runs,
    keys: Credentials,
    /// Keys of the environment.
    variables: Vec<String>,
    home: Option<PathBuf>,
    /// Why debates stopped, the newest last.
    failures: Vec<String>,
}

impl Report {
    fn new(queries: &Queries) -> Report {
        let endpoints = queries.registry().endpoints().values();
        let variables = endpoints.filter_map(|endpoint| Some(endpoint.key_env()?.to_owned()));
        let variables = variables.chain(queries.web_key_variable()).filter_map(|name| env::var(name).ok());
        let mut report = Report {
            text: "A report for whoever looks after rhetor. Please read it before you send it, and add what you did and saw.\n"
                .to_owned(),
            texts: Runs::default(),
            // A file that cannot be read gives no key to anybody.
            keys: Credentials::read(&queries.paths().credentials).unwrap_or_default(),
            variables: variables.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).collect(),
            home: directories::BaseDirs::new().map(|user| user.home_dir().to_owned()),
            failures: Vec::new(),
        };
        queries.library().motions().all().iter().for_each(|motion| report.texts.add(&motion.text));
        if let Err(error) = report.read(queries) {
            // Without the texts nothing can be told from them, so no failure is told.
            report.failures = vec![error.to_string()];
        }
        report
    }

    /// Reads the texts that must not be shown, and the failures.
    fn read(&mut self, queries: &Queries) -> Result<(), EngineError> {
        let filter = Filter { limit: Some(DEBATES), ..Filter::default() };
        for summary in queries.history(&filter)?.iter().rev() {
            self.texts.add(&summary.motion);
            let entries = queries.entries(&summary.id, 0)?;
            for entry in &entries {
                match &entry.event {
                    Event::Failed { reason } | Event::BudgetReached { reason } => {
                        self.failures.push(format!("{} {} {reason}", entry.at, entry.debate));
                    }
                    Event::RoleSaid(said) => self.texts.add(&said.text),
                    _ => {}
                }
            }
            let debate = Debate::fold(entries.iter().map(|entry| &entry.event));
            debate.speeches.values().for_each(|speech| self.texts.add(&speech.text));
            debate.partials.iter().for_each(|partial| self.texts.add(&partial.text));
        }
        Ok(())
    }

    fn section(&mut self, name: &str) {
        self.text.push_str(&format!("\n== {name} ==\n"));
    }

    fn line(&mut self, line: &str) {
        let holds_key = self.keys.occur_in(line) || self.variables.iter().any(|key| line.contains(key));
        if holds_key || self.texts.occur_in(line) {
            self.text.push_str(LEFT_OUT);
        } else {
            let home = self.home.as_ref().map(|home| home.display().to_string()).filter(|home| home.len() > 1);
            let line = one_line(line, COLUMNS);
            self.text.push_str(&home.map_or_else(|| line.to_string(), |home| line.replace(&home, "~")));
        }
        self.text.push('\n');
    }
}
