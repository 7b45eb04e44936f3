//! A walk over a GGUF header that allocates nothing, before the real parser sees the file.
//!
//! The parser turns a one-byte array element into 32 bytes and divides by the alignment, so a damaged or hostile
//! header could take all memory or panic. This walk bounds every count first. The values are not interpreted here.
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

const MAX_ENTRIES: u64 = 1 << 16;
const MAX_TENSORS: u64 = 1 << 16;
const MAX_STRING: u64 = 1 << 24;
/// Elements of all arrays together; vocabularies have up to about 300,000 in three arrays.
const MAX_ELEMENTS: u64 = 1 << 23;
const MAX_DEPTH: u32 = 4;
const MAX_ALIGNMENT: u64 = 1 << 16;

const TYPE_STRING: u32 = 8;
const TYPE_ARRAY: u32 = 9;

/// Checks the counts and lengths of a header that begins at the start of `reader`, `len` bytes long in all.
///
/// # Errors
/// What is wrong, as the end of a sentence that begins with "its header".
pub fn check<R: BufRead + Seek>(reader: &mut R, len: u64) -> Result<(), String> {
    let mut walk = Walk { reader, len, elements: 0 };
    walk.header().map_err(|fault| match fault {
        Fault::Read(error) if error.kind() == io::ErrorKind::UnexpectedEof => "is cut off".to_owned(),
        Fault::Read(error) => format!("cannot be read: {error}"),
        Fault::Bad(reason) => reason,
    })
}

enum Fault {
    Read(io::Error),
    Bad(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Read(error)
    }
}

struct Walk<'a, R> {
    reader: &'a mut R,
    len: u64,
    elements: u64,
}

impl<R: BufRead + Seek> Walk<'_, R> {
    fn header(&mut self) -> Result<(), Fault> {
        self.skip(4)?;
        let version = self.u32()?;
        if !(2..=3).contains(&version) {
            return Err(Fault::Bad(format!("has version {version}; versions 2 and 3 are read")));
        }
        let tensors = self.bounded("tensors", MAX_TENSORS)?;
        let entries = self.bounded("entries", MAX_ENTRIES)?;
        for _ in 0..entries {
            self.entry()?;
        }
        for _ in 0..tensors {
            self.string()?;
            let dimensions = self.u32()?;
            if !(1..=4).contains(&dimensions) {
                return Err(Fault::Bad(format!("gives a tensor {dimensions} dimensions")));
            }
            self.skip(u64::from(dimensions) * 8 + 4 + 8)?;
        }
        Ok(())
    }

    fn entry(&mut self) -> Result<(), Fault> {
        let length = self.bounded("bytes of a key", MAX_STRING)?;
        let mut key = Vec::new();
        (&mut *self.reader).take(length).read_to_end(&mut key)?;
        let kind = self.u32()?;
        if key == b"general.alignment" {
            // The format says an unsigned 32-bit number; the parser would accept others, and zero.
            let alignment = if kind == 4 { u64::from(self.u32()?) } else { 0 };
            if !alignment.is_power_of_two() || alignment > MAX_ALIGNMENT {
                return Err(Fault::Bad("has an alignment that is no power of two".to_owned()));
            }
            return Ok(());
        }
        self.value(kind, 0)
    }

    fn value(&mut self, kind: u32, depth: u32) -> Result<(), Fault> {
        match kind {
            TYPE_STRING => self.string(),
            TYPE_ARRAY if depth == MAX_DEPTH => Err(Fault::Bad("nests arrays too deeply".to_owned())),
            TYPE_ARRAY => {
                let kind = self.u32()?;
                let count = self.u64()?;
                self.elements = self.elements.saturating_add(count);
                if self.elements > MAX_ELEMENTS {
                    return Err(Fault::Bad(format!("lists more than {MAX_ELEMENTS} values")));
                }
                match size(kind) {
                    Some(size) => self.skip(count * size),
                    None => (0..count).try_for_each(|_| self.value(kind, depth + 1)),
                }
            }
            _ => match size(kind) {
                Some(size) => self.skip(size),
                None => Err(Fault::Bad(format!("has a value of the unknown type {kind}"))),
            },
        }
    }

    fn string(&mut self) -> Result<(), Fault> {
        let length = self.bounded("bytes of text", MAX_STRING)?;
        self.skip(length)
    }

    fn bounded(&mut self, what: &str, most: u64) -> Result<u64, Fault> {
        let count = self.u64()?;
        if count > most {
            return Err(Fault::Bad(format!("claims {count} {what}; at most {most} are read")));
        }
        Ok(count)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Fault> {
        let buffered = self.reader.fill_buf()?.len() as u64;
        if bytes <= buffered {
            self.reader.consume(usize::try_from(bytes).unwrap_or(0));
            return Ok(());
        }
        let position = self.reader.stream_position()?;
        if position.saturating_add(bytes) > self.len {
            return Err(Fault::Read(io::ErrorKind::UnexpectedEof.into()));
        }
        self.reader.seek(SeekFrom::Start(position + bytes))?;
        Ok(())
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        let mut bytes = [0; 4];
        self.reader.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        let mut bytes = [0; 8];
        self.reader.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// Bytes of a value of fixed size.
fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}
