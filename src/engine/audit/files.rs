//! Reads the files of an audit.

use std::path::Path;

use tokio::io::AsyncReadExt;

use crate::assets::AssetError;
use crate::audit::docket::CaseFile;
use crate::audit::forms;
use crate::engine::error::EngineError;
use crate::text::hash::content_hash;

/// The largest file that is read.
const MOST_BYTES: u64 = 64 << 20;

/// Reads a file of labelled cases.
///
/// # Errors
/// The file is not there, too large or no text, or a row in it is no case.
pub async fn read(path: &Path) -> Result<CaseFile, EngineError> {
    let unreadable = |error: &std::io::Error| EngineError::Asset(AssetError::unreadable(path, error));
    let file = tokio::fs::File::open(path).await.map_err(|error| unreadable(&error))?;
    let mut text = String::new();
    // One byte more than the most tells that there is more, also where a file has no size.
    let read = file.take(MOST_BYTES + 1).read_to_string(&mut text).await.map_err(|error| unreadable(&error))?;
    let name = path.display().to_string();
    if read as u64 > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Err(EngineError::Failed(format!("{name} is larger than {most} MiB; cut it into smaller files")));
    }
    let items = forms::read(&name, &text).map_err(|error| EngineError::Failed(error.to_string()))?;
    Ok(CaseFile { file: name, hash: content_hash(text.as_bytes()).0, items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_read_is_said_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let told = async |name: &str| read(&folder.path().join(name)).await.unwrap_err().to_string();
        assert!(told("none.jsonl").await.contains("there is no such file"));
        assert!(told(".").await.contains("it is a folder"));
        std::fs::write(folder.path().join("bytes"), [0xff, 0xfe]).unwrap();
        assert!(told("bytes").await.contains("it is not UTF-8 text"));
        let large = std::fs::File::create(folder.path().join("large")).unwrap();
        large.set_len(MOST_BYTES + 5).unwrap();
        assert!(told("large").await.contains("is larger than 64 MiB"));
    }
}
