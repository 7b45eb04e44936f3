//! Opens a GGUF file and says clearly what is wrong with it. Weights and tokenizer are read from it elsewhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, TensorInfo, Value};

use crate::model::error::ModelError;
use crate::model::local::directory::{Directory, Naming, Stored};
use crate::model::local::{fault, header};

/// An open file whose header is sound and whose tensors all lie inside it.
#[derive(Debug)]
pub struct Gguf {
    pub path: PathBuf,
    pub content: Content,
}

impl Gguf {
    /// Opens and validates. Reads the header only; takes some tenths of a second for a large vocabulary.
    ///
    /// # Errors
    /// The file cannot be read, is not GGUF, is damaged, or ends before its last tensor.
    pub fn open(path: &Path) -> Result<Gguf, ModelError> {
        let shown = path.display().to_string();
        let unreadable = |reason: String| ModelError::Unreadable { path: shown.clone(), reason };
        let file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => unreadable("there is no such file; check the path".to_owned()),
            _ => unreadable(error.to_string()),
        })?;
        let about = file.metadata().map_err(|error| unreadable(error.to_string()))?;
        if !about.is_file() {
            return Err(unreadable("it is not a file".to_owned()));
        }
        let mut reader = BufReader::new(file);
        let mut magic = [0; 4];
        if reader.read_exact(&mut magic).is_err() || &magic != b"GGUF" {
            return Err(ModelError::NotGguf { path: shown });
        }
        let damaged = |reason: String| unreadable(format!("its header {reason}; pull it again"));
        let rewind = |reader: &mut BufReader<File>| reader.rewind().map_err(|error| unreadable(error.to_string()));
        rewind(&mut reader)?;
        header::check(&mut reader, about.len()).map_err(damaged)?;
        rewind(&mut reader)?;
        let content =
            Content::read(&mut reader).map_err(|error| damaged(format!("is damaged ({})", fault::reason(&error))))?;
        let expected = content
            .tensor_infos
            .iter()
            .try_fold(content.tensor_data_offset, |end, (name, info)| {
                extent(info, content.tensor_data_offset).map(|tensor| end.max(tensor)).ok_or(name)
            })
            .map_err(|name| damaged(format!("gives {name} an impossible size")))?;
        if expected > about.len() {
            return Err(ModelError::Truncated { path: shown, actual: about.len(), expected });
        }
        Ok(Gguf { path: path.to_owned(), content })
    }

    /// Where the tensors lie.
    #[must_use]
    pub fn directory(&self) -> Directory {
        let stored = |info: &TensorInfo| Stored {
            file: 0,
            start: self.content.tensor_data_offset + info.offset,
            dimensions: info.shape.dims().to_vec(),
            format: info.ggml_dtype,
        };
        let tensors = self.content.tensor_infos.iter().map(|(name, info)| (name.clone(), stored(info)));
        Directory {
            path: self.path.clone(),
            files: vec![self.path.clone()],
            naming: Naming::Gguf,
            tensors: tensors.collect(),
            foreign: BTreeMap::new(),
        }
    }

    /// The architecture as the file names it, for instance `llama`; empty if it does not.
    #[must_use]
    pub fn architecture(&self) -> &str {
        self.text("general.architecture").unwrap_or("")
    }

    /// A text of the metadata.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.content.metadata.get(key)?.to_string().ok().map(String::as_str)
    }

    /// A whole number of the metadata, of whichever width; `None` if absent or negative.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<usize> {
        let value = self.content.metadata.get(key)?;
        let number = match value {
            Value::I8(v) => u64::try_from(*v).ok()?,
            Value::I16(v) => u64::try_from(*v).ok()?,
            Value::I32(v) => u64::try_from(*v).ok()?,
            Value::I64(v) => u64::try_from(*v).ok()?,
            Value::Bool(_) => return None,
            other => other.to_u64().ok()?,
        };
        usize::try_from(number).ok()
    }

    /// A real number of the metadata.
    #[must_use]
    pub fn real(&self, key: &str) -> Option<f64> {
        match self.content.metadata.get(key)? {
            Value::F32(v) => Some(f64::from(*v)),
            Value::F64(v) => Some(*v),
            _ => None,
        }
    }

    /// A yes or no of the metadata.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key)?.to_bool().ok()
    }

    /// The error for something that the file lacks or has wrong.
    #[must_use]
    pub fn unusable(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Unreadable { path: self.path.display().to_string(), reason: reason.into() }
    }
}

/// The end of a tensor in bytes from the start of the file; `None` if that overflows or its blocks do not fit.
fn extent(info: &TensorInfo, data: u64) -> Option<u64> {
    let elements = info.shape.dims().iter().try_fold(1_usize, |product, &n| product.checked_mul(n))?;
    let block = info.ggml_dtype.block_size();
    if !elements.is_multiple_of(block) {
        return None;
    }
    let bytes = (elements / block).checked_mul(info.ggml_dtype.type_size())?;
    data.checked_add(info.offset)?.checked_add(u64::try_from(bytes).ok()?)
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::gguf_file::Value;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha12Rng;

    use super::*;
    use crate::model::local::tiny::Tiny;

    #[test]
    fn a_sound_file_opens() {
        let written = Tiny::new("llama", 1).write();
        let gguf = Gguf::open(&written.path).unwrap();
        assert_eq!(gguf.architecture(), "llama");
        assert_eq!(gguf.number("llama.block_count"), Some(2));
        assert_eq!(gguf.number("llama.rope.freq_base"), None);
        assert_eq!(gguf.real("llama.rope.freq_base"), Some(10_000.0));
    }

    #[test]
    fn what_is_no_gguf_file_is_told_apart_from_what_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &Path| Gguf::open(path).unwrap_err();
        let file = folder.path().join("file");
        for bytes in [&b""[..], b"GG", b"<html>not here</html>"] {
            std::fs::write(&file, bytes).unwrap();
            assert_eq!(error(&file), ModelError::NotGguf { path: file.display().to_string() });
        }
        assert!(matches!(error(&folder.path().join("none")), ModelError::Unreadable { .. }));
        let folder_error = error(folder.path());
        assert!(
            matches!(&folder_error, ModelError::Unreadable { reason, .. } if reason == "it is not a file"),
            "{folder_error}"
        );
    }

    #[test]
    fn a_file_cut_in_its_weights_is_truncated_and_says_where() {
        let written = Tiny::new("qwen2", 1).write();
        let bytes = written.bytes();
        written.overwrite(&bytes[..bytes.len() - 4000]);
        let expected = bytes.len() as u64;
        let error = Gguf::open(&written.path).unwrap_err();
        let ModelError::Truncated { actual, expected: promised, .. } = error else { panic!("{error}") };
        assert_eq!(actual, expected - 4000);
        // The file may be padded behind its last tensor.
        assert!((expected - 31..=expected).contains(&promised), "{promised} of {expected}");
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let written = Tiny::new("llama", 1).write();
        let bytes = written.bytes();
        for length in (4..bytes.len() - 32).step_by(491) {
            written.overwrite(&bytes[..length]);
            let error = Gguf::open(&written.path).unwrap_err();
            let cut = matches!(&error, ModelError::Truncated { .. } | ModelError::Unreadable { .. });
            assert!(cut && error.to_string().contains("pull it again"), "cut at {length}: {error}");
        }
    }

    #[test]
    fn a_header_of_random_bytes_is_refused() {
        let written = Tiny::new("llama", 1).write();
        let mut random = ChaCha12Rng::seed_from_u64(1);
        for version in [0, 1, 2, 3, 4] {
            for _ in 0..200 {
                let mut bytes = b"GGUF".to_vec();
                bytes.extend(u32::to_le_bytes(version));
                bytes.extend((0..random.random_range(0..400)).map(|_| random.random::<u8>()));
                written.overwrite(&bytes);
                assert!(matches!(Gguf::open(&written.path), Err(ModelError::Unreadable { .. })));
            }
        }
    }

    #[test]
    fn a_header_that_claims_too_much_takes_no_memory() {
        let claims = |at: usize, value: u64| {
            let written = Tiny::new("llama", 1).write();
            let mut bytes = written.bytes();
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
            written.overwrite(&bytes);
            Gguf::open(&written.path).unwrap_err().to_string()
        };
        assert!(claims(8, u64::MAX).contains("tensors; at most"));
        assert!(claims(16, 1 << 40).contains("entries; at most"));
        assert!(claims(24, 1 << 30).contains("bytes of a key; at most"));
    }

    #[test]
    fn an_alignment_of_zero_is_refused() {
        let written = Tiny::new("llama", 1).set("general.alignment", Value::U32(0)).write();
        let error = Gguf::open(&written.path).unwrap_err().to_string();
        assert!(error.contains("alignment"), "{error}");
        let written = Tiny::new("llama", 1).set("general.alignment", Value::U32(32)).write();
        assert!(Gguf::open(&written.path).is_ok());
    }
}
