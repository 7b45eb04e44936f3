//! Speeds that were measured on this machine, kept in a small file beside the models so that a list can show them.
//!
//! A figure belongs to one file (its place, size and time of change), one processor, one number of threads and one
//! version of this program. Where any of these has changed, it is stale and is not shown.

use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, RefreshKind, System};

use crate::clock;
use crate::model::error::ModelError;
use crate::model::local::measure::Speed;
use crate::model::local::threads;

const FILE: &str = "speeds.json";

/// A measurement and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// RFC 3339, UTC.
    pub at: String,
    #[serde(flatten)]
    pub speed: Speed,
}

/// What the figures depend on besides the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// As the processor calls itself; empty where it does not.
    pub processor: String,
    pub threads: usize,
    /// Of this program.
    pub version: String,
}

impl Machine {
    /// This machine.
    #[must_use]
    pub fn here() -> Machine {
        let system = System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()));
        Machine {
            processor: system.cpus().first().map_or_else(String::new, |cpu| cpu.brand().trim().to_owned()),
            threads: threads::without_screen(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// A model's file as it was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Subject {
    file: String,
    size: u64,
    /// Milliseconds since 1970.
    modified: u64,
}

impl Subject {
    fn of(path: &Path) -> Option<Subject> {
        let path = path.canonicalize().ok()?;
        let about = path.metadata().ok()?;
        let modified = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let modified = u64::try_from(modified.as_millis()).ok()?;
        Some(Subject { file: path.display().to_string(), size: about.len(), modified })
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    subject: Subject,
    machine: Machine,
    measured: Measured,
}

/// What was measured on one machine.
#[derive(Clone, Debug)]
pub struct Speeds {
    machine: Machine,
    entries: Vec<Entry>,
}

impl Speeds {
    /// Reads what is kept in the model folder. Where nothing is, or nothing that can be read, nothing was measured.
    #[must_use]
    pub fn read(folder: &Path, machine: Machine) -> Speeds {
        let text = std::fs::read(folder.join(FILE)).unwrap_or_default();
        Speeds { machine, entries: serde_json::from_slice(&text).unwrap_or_default() }
    }

    /// The last measurement of a file as it is now.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<&Measured> {
        let subject = Subject::of(path)?;
        let here = |entry: &&Entry| entry.machine == self.machine && entry.subject == subject;
        self.entries.iter().rev().find(here).map(|entry| &entry.measured)
    }

    /// Keeps a measurement in the model folder, in the place of an earlier one of the same file on this machine.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(mut self, folder: &Path, path: &Path, speed: Speed) -> Result<(), ModelError> {
        let kept = folder.join(FILE);
        let failed =
            |reason: String| ModelError::Setup(format!("the speed could not be kept in {}: {reason}", kept.display()));
        let subject = Subject::of(path).ok_or_else(|| failed(format!("{} cannot be looked at", path.display())))?;
        let Speeds { machine, entries } = &mut self;
        entries.retain(|entry| entry.machine != *machine || entry.subject.file != subject.file);
        let measured = Measured { at: clock::now(), speed };
        entries.push(Entry { subject, machine: machine.clone(), measured });
        let text = serde_json::to_vec_pretty(&self.entries).map_err(|error| failed(error.to_string()))?;
        let part = kept.with_extension("part");
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&part, text))
            .and_then(|()| std::fs::rename(&part, &kept));
        written.map_err(|error| failed(error.to_string()))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn speed(decode: f64) -> Speed {
        Speed {
            prefill_tokens_per_s: 300.5,
            prefill_2048_tokens_per_s: 250.0,
            decode_tokens_per_s: decode,
            decode_at_2048_tokens_per_s: 20.0,
            memory_bytes: 1_000_000,
            load_milliseconds: 400,
        }
    }

    fn machine(threads: usize) -> Machine {
        Machine { processor: "owl 9000".to_owned(), threads, version: "1.0.0".to_owned() }
    }

    #[test]
    fn a_speed_is_kept_until_the_file_or_the_machine_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (models, file) = (folder.path().join("models"), folder.path().join("m.gguf"));
        std::fs::write(&file, "weights").unwrap();
        let read = |threads| Speeds::read(&models, machine(threads));
        assert_eq!(read(2).of(&file), None);
        read(2).keep(&models, &file, speed(30.0)).unwrap();
        read(4).keep(&models, &file, speed(50.0)).unwrap();
        read(2).keep(&models, &file, speed(31.0)).unwrap();
        let kept = |threads: usize| read(threads).of(&file).map(|measured| measured.speed.clone());
        assert_eq!((kept(2), kept(4), kept(8)), (Some(speed(31.0)), Some(speed(50.0)), None));
        assert_eq!(read(2).entries.len(), 2);
        std::fs::write(&file, "other weights").unwrap();
        assert_eq!(kept(2), None);
    }

    #[test]
    fn a_broken_file_of_speeds_is_no_measurement_and_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.gguf");
        std::fs::write(&file, "weights").unwrap();
        std::fs::write(folder.path().join(FILE), "[{\"subject\": 1").unwrap();
        let speeds = Speeds::read(folder.path(), machine(2));
        assert_eq!(speeds.of(&file), None);
        speeds.keep(folder.path(), &file, speed(30.0)).unwrap();
        assert!(Speeds::read(folder.path(), machine(2)).of(&file).is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.gguf");
        std::fs::write(&file, "weights").unwrap();
        let error = Speeds::read(&file, machine(2)).keep(&file, &file, speed(30.0)).unwrap_err().to_string();
        assert!(error.starts_with("the speed could not be kept in "), "{error}");
    }
}
