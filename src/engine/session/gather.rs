//! From what a person names (files, folders, stored debates) to transcripts.

use std::path::Path;

use crate::assets::transcripts::{import, problem};
use crate::assets::{AssetError, Sourced};
use crate::domain::judgement::debate_source;
use crate::domain::transcript::Transcript;
use crate::engine::error::EngineError;
use crate::engine::queries::Queries;
use crate::store::StoreError;

/// Transcripts, and the files among others that could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    pub cases: Vec<Sourced>,
    pub failed: Vec<AssetError>,
}

impl Queries {
    /// Reads files, folders, `FILE:LINE`, and stored debates by their ids or as `last`.
    ///
    /// # Errors
    /// A name stands for none of these, or nothing at all could be read.
    pub fn gather(&self, given: &[String]) -> Result<Gathered, EngineError> {
        let mut gathered = Gathered::default();
        for name in given {
            let (found, failed) = self.named(name)?;
            gathered.failed.extend(failed);
            for case in found {
                if !gathered.cases.contains(&case) {
                    gathered.cases.push(case);
                }
            }
        }
        match (gathered.cases.is_empty(), gathered.failed.as_slice()) {
            (false, _) => Ok(gathered),
            (true, [only]) => Err(EngineError::Request(only.to_string())),
            (true, [first, ..]) => {
                let count = gathered.failed.len();
                Err(EngineError::Request(format!("nothing could be read, with {count} faults; the first is: {first}")))
            }
            (true, []) => Err(EngineError::Request("name a file, a folder or a debate to judge".to_owned())),
        }
    }

    /// The one transcript of a name.
    ///
    /// # Errors
    /// As [`Queries::gather`], or there is more than one.
    pub fn gather_one(&self, given: &str) -> Result<Sourced, EngineError> {
        let mut cases = self.gather(&[given.to_owned()])?.cases;
        match cases.len() {
            1 => Ok(cases.remove(0)),
            count => Err(EngineError::Request(format!(
                "{given} holds {count} transcripts; name one of them, for instance {}",
                cases[0].source
            ))),
        }
    }

    fn named(&self, name: &str) -> Result<(Vec<Sourced>, Vec<AssetError>), EngineError> {
        let wrong = |error: AssetError| EngineError::Request(error.to_string());
        if Path::new(name).exists() {
            let import = import(Path::new(name)).map_err(wrong)?;
            return Ok((import.found, import.failed));
        }
        if let Some((file, line)) = name.rsplit_once(':')
            && line.chars().all(|c| c.is_ascii_digit())
            && Path::new(file).is_file()
        {
            let import = import(Path::new(file)).map_err(wrong)?;
            let place = format!(", line {line},");
            return match import.found.into_iter().find(|found| found.source == name) {
                Some(found) => Ok((vec![found], Vec::new())),
                None => match import.failed.into_iter().find(|error| error.to_string().contains(&place)) {
                    Some(error) => Err(wrong(error)),
                    None => Err(EngineError::Request(format!("{file} holds no transcript on line {line}"))),
                },
            };
        }
        Ok((vec![self.stored(name)?], Vec::new()))
    }

    fn stored(&self, name: &str) -> Result<Sourced, EngineError> {
        let id = match self.reader.resolve(name) {
            Ok(id) => id,
            Err(StoreError::Unknown { .. }) => {
                return Err(EngineError::Request(format!(
                    "\"{name}\" is neither a file or folder here nor the beginning of a debate's id; check the path, or \
                     list the debates with `rhetor history`"
                )));
            }
            Err(error) => return Err(error.into()),
        };
        let transcript = Transcript::of(&self.debate(&id)?);
        let unspoken = || EngineError::Request(format!("debate {id} has no opening, so there is nothing to judge"));
        let transcript = transcript.ok_or_else(unspoken)?;
        match problem(&transcript) {
            Some(reason) => Err(EngineError::Request(format!(
                "debate {id} cannot be judged yet: {reason}; `rhetor resume {id}` goes on with it"
            ))),
            None => Ok(Sourced { source: debate_source(&id), transcript }),
        }
    }
}
