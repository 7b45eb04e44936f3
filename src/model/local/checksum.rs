//! The SHA-256 of a model's weights, which is its name in certificates and ballots.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::domain::hash::ContentHash;

/// Reads whole files, one behind the other; about a second for each gigabyte.
///
/// # Errors
/// A file cannot be read.
pub fn sha256(paths: &[impl AsRef<Path>]) -> io::Result<ContentHash> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    for path in paths {
        let mut file = File::open(path)?;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
        }
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(ContentHash(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_known_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&[&path]).unwrap().0, known);
        for (name, part) in [("a", "a"), ("bc", "bc")] {
            std::fs::write(folder.path().join(name), part).unwrap();
        }
        assert_eq!(sha256(&["a", "bc"].map(|name| folder.path().join(name))).unwrap().0, known);
    }
}
