//! Content addresses: lower-case hexadecimal BLAKE3 of bytes.

use crate::domain::hash::ContentHash;

/// The address of one piece of content.
#[must_use]
pub fn content_hash(bytes: &[u8]) -> ContentHash {
    ContentHash(blake3::hash(bytes).to_hex().to_string())
}

/// The address of several named pieces. Names and texts are measured, so that no two lists run together into one hash.
#[must_use]
pub fn named_hash<'a>(pieces: impl IntoIterator<Item = (&'a str, &'a str)>) -> ContentHash {
    let mut hasher = blake3::Hasher::new();
    for (name, text) in pieces {
        for part in [name, text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    ContentHash(hasher.finalize().to_hex().to_string())
}

/// A number that pieces of bytes stand for: the first eight bytes of their BLAKE3 hash, one piece right behind the other.
#[must_use]
pub fn number_of(pieces: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    pieces.iter().for_each(|piece| {
        hasher.update(piece);
    });
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_published_blake3_of_its_bytes() {
        let of_nothing = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(content_hash(b"").0, of_nothing);
    }

    #[test]
    fn moving_text_between_pieces_changes_the_hash() {
        assert_ne!(named_hash([("a", "bc")]), named_hash([("ab", "c")]));
        assert_ne!(named_hash([("a", ""), ("b", "")]), named_hash([("a", "b")]));
        assert_eq!(named_hash([("a", "b")]), named_hash([("a", "b")]));
    }
}
