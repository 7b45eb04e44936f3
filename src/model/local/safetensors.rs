//! Where the tensors of a folder lie: the headers of its safetensors files, and the index if there are several.
//!
//! A header is eight bytes with its length and then JSON with the type, the shape and the place of each tensor. Only
//! headers are read here. Format: <https://huggingface.co/docs/safetensors>.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use serde::Deserialize;

use crate::model::error::ModelError;
use crate::model::local::directory::{Directory, Naming, Stored};

/// The file of a model that is not cut into several.
pub const WHOLE: &str = "model.safetensors";
/// Names the files of one that is.
pub const INDEX: &str = "model.safetensors.index.json";
/// The longest header that the format allows.
const MAX_HEADER: u64 = 100_000_000;

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// Reads where the tensors of a folder lie.
///
/// # Errors
/// A file is missing, cut off or damaged.
pub fn read(folder: &Path) -> Result<Directory, ModelError> {
    let mut directory = Directory {
        path: folder.to_owned(),
        files: files(folder)?,
        naming: Naming::Transformers,
        tensors: BTreeMap::new(),
        foreign: BTreeMap::new(),
    };
    for (number, path) in directory.files.iter().enumerate() {
        let (data, entries) = header(path)?;
        for (name, entry) in entries {
            let format = match entry.dtype.as_str() {
                "F32" => GgmlDType::F32,
                "F16" => GgmlDType::F16,
                "BF16" => GgmlDType::BF16,
                _ => {
                    directory.foreign.insert(name, entry.dtype);
                    continue;
                }
            };
            let elements = entry.shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
            let bytes = elements.and_then(|elements| elements.checked_mul(format.type_size()));
            let [from, to] = entry.data_offsets;
            if bytes.and_then(|bytes| from.checked_add(bytes as u64)) != Some(to) {
                return Err(damaged(path, &format!("gives {name} an impossible size")));
            }
            let stored = Stored { file: number, start: data + from, dimensions: entry.shape, format };
            directory.tensors.insert(name, stored);
        }
    }
    Ok(directory)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let whole = folder.join(WHOLE);
    if whole.is_file() {
        return Ok(vec![whole]);
    }
    let index = folder.join(INDEX);
    let text =
        std::fs::read(&index).map_err(|_| unreadable(folder, format!("the folder has neither {WHOLE} nor {INDEX}")))?;
    let read: Index = serde_json::from_slice(&text).map_err(|error| unreadable(&index, error.to_string()))?;
    let names: BTreeSet<String> = read.weight_map.into_values().collect();
    let inside = |name: &String| Path::new(name).file_name().is_some_and(|file| file == name.as_str());
    if names.is_empty() || !names.iter().all(inside) {
        return Err(unreadable(&index, "it names no files of its folder".to_owned()));
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Where the data of a file begin, and its tensors. All of them lie inside the file.
fn header(path: &Path) -> Result<(u64, BTreeMap<String, Entry>), ModelError> {
    let mut file = File::open(path).map_err(|error| unreadable(path, error.to_string()))?;
    let len = file.metadata().map_err(|error| unreadable(path, error.to_string()))?.len();
    let mut count = [0; 8];
    file.read_exact(&mut count).map_err(|_| damaged(path, "is cut off"))?;
    let count = u64::from_le_bytes(count);
    if count > MAX_HEADER {
        return Err(unreadable(path, "it is not a safetensors file".to_owned()));
    }
    let data = 8 + count;
    if data > len {
        return Err(damaged(path, "is cut off"));
    }
    let mut text = vec![0; usize::try_from(count).unwrap_or(0)];
    file.read_exact(&mut text).map_err(|_| damaged(path, "is cut off"))?;
    let mut fields: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&text).map_err(|error| damaged(path, &format!("is damaged ({error})")))?;
    fields.remove("__metadata__");
    let entry = |(name, value): (String, serde_json::Value)| match serde_json::from_value::<Entry>(value) {
        Ok(entry) => Ok((name, entry)),
        Err(error) => Err(damaged(path, &format!("is damaged at {name} ({error})"))),
    };
    let entries = fields.into_iter().map(entry).collect::<Result<BTreeMap<_, _>, _>>()?;
    let end = entries.values().map(|entry| entry.data_offsets[1]).max().unwrap_or(0).saturating_add(data);
    if end > len {
        return Err(ModelError::Truncated { path: path.display().to_string(), actual: len, expected: end });
    }
    Ok((data, entries))
}

fn damaged(path: &Path, what: &str) -> ModelError {
    unreadable(path, format!("its header {what}; fetch it again"))
}

fn unreadable(path: &Path, reason: String) -> ModelError {
    ModelError::Unreadable { path: path.display().to_string(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},
        "ids":{"dtype":"I64","shape":[1],"data_offsets":[12,20]}}"#;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 1);
        bytes
    }

    fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn refused(files: &[(&str, Vec<u8>)]) -> String {
        read(folder(files).path()).unwrap_err().to_string()
    }

    #[test]
    fn tensors_are_found_in_one_file() {
        let folder = folder(&[(WHOLE, file(HEADER, 20))]);
        let directory = read(folder.path()).unwrap();
        let start = 8 + HEADER.len() as u64;
        let expected = Stored { file: 0, start, dimensions: vec![2, 3], format: GgmlDType::BF16 };
        assert_eq!(directory.tensors["a"], expected);
        assert_eq!(directory.foreign["ids"], "I64");
    }

    #[test]
    fn tensors_are_found_in_several_files() {
        let other = HEADER.replace("\"a\"", "\"b\"");
        let index =
            br#"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#;
        let folder = folder(&[
            (INDEX, index.to_vec()),
            ("model-00001-of-00002.safetensors", file(HEADER, 20)),
            ("model-00002-of-00002.safetensors", file(&other, 20)),
        ]);
        let directory = read(folder.path()).unwrap();
        assert_eq!((directory.tensors["a"].file, directory.tensors["b"].file), (0, 1));
        std::fs::remove_file(folder.path().join("model-00002-of-00002.safetensors")).unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("00002-of-00002.safetensors cannot be read"));
    }

    #[test]
    fn what_is_missing_cut_or_damaged_is_told_in_a_sentence() {
        assert!(refused(&[]).contains("neither model.safetensors nor model.safetensors.index.json"));
        assert!(refused(&[(WHOLE, vec![1, 2])]).contains("its header is cut off"));
        assert!(refused(&[(WHOLE, b"GGUF and more than eight".to_vec())]).contains("it is not a safetensors file"));
        assert!(refused(&[(WHOLE, file(HEADER, 19))]).contains("is truncated"));
        assert!(refused(&[(WHOLE, file(&HEADER.replace("[2,3]", "[2,4]"), 20))]).contains("a an impossible size"));
        assert!(refused(&[(WHOLE, file(&HEADER.replace("[2,3]", "\"x\""), 20))]).contains("is damaged at a"));
        assert!(refused(&[(WHOLE, file("[", 20))]).contains("is damaged"));
        let outside = br#"{"weight_map":{"a":"../model.safetensors"}}"#.to_vec();
        assert!(refused(&[(INDEX, outside)]).contains("it names no files of its folder"));
    }
}
