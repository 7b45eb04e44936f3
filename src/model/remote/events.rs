//! Server-sent events out of a stream of bytes.
//!
//! Only what the protocol uses: data lines, comments, blank lines. Lines end in LF or CRLF; a character may be split
//! between two reads. An event whose data lies in one read is handed on without a copy.

use std::io::BufRead;

/// The longest event, in bytes. A longer one is an attack or a mistake.
const EVENT_LIMIT: usize = 4 << 20;

/// An event was longer than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTooLong;

/// Splits bytes into events.
#[derive(Debug, Default)]
pub struct EventSplitter {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// Data of an event whose blank line has not come.
    data: Vec<u8>,
}

impl EventSplitter {
    /// Hands the data of each event that is complete to `on_event`.
    ///
    /// # Errors
    /// An event is too long, or `on_event` fails.
    pub fn feed<E: From<EventTooLong>>(
        &mut self,
        mut bytes: &[u8],
        mut on_event: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.line.is_empty() {
            let Some(end) = line_end(bytes) else {
                return self.keep(bytes).map_err(E::from);
            };
            self.keep(&bytes[..=end])?;
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            match read(&line) {
                Line::Data(data) => self.gather(data)?,
                Line::Blank => self.dispatch(&mut on_event)?,
                Line::Other => {}
            }
            self.line = line;
            self.line.clear();
        }
        let mut whole: Option<&[u8]> = None;
        while let Some(end) = line_end(bytes) {
            match read(&bytes[..end]) {
                Line::Data(data) if whole.is_none() && self.data.is_empty() => whole = Some(data),
                Line::Data(data) => {
                    if let Some(first) = whole.take() {
                        self.gather(first)?;
                    }
                    self.gather(data)?;
                }
                Line::Blank => match whole.take() {
                    Some(data) => on_event(data)?,
                    None => self.dispatch(&mut on_event)?,
                },
                Line::Other => {}
            }
            bytes = &bytes[end + 1..];
        }
        if let Some(data) = whole {
            self.gather(data)?;
        }
        self.keep(bytes).map_err(E::from)
    }

    /// Hands on what a stream without a last blank line has left.
    ///
    /// # Errors
    /// `on_event` fails.
    pub fn finish<E: From<EventTooLong>>(&mut self, mut on_event: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        if let Line::Data(data) = read(&line) {
            self.gather(data)?;
        }
        self.dispatch(&mut on_event)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), EventTooLong> {
        if self.line.len() + bytes.len() > EVENT_LIMIT {
            return Err(EventTooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn gather(&mut self, data: &[u8]) -> Result<(), EventTooLong> {
        if self.data.len() + data.len() >= EVENT_LIMIT {
            return Err(EventTooLong);
        }
        if !self.data.is_empty() {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(data);
        Ok(())
    }

    fn dispatch<E>(&mut self, on_event: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        if self.data.is_empty() {
            return Ok(());
        }
        let result = on_event(&self.data);
        self.data.clear();
        result
    }
}

/// Where the first line ends. The standard library's search is several times as fast here as a loop over bytes.
fn line_end(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let skipped = rest.skip_until(b'\n').ok()?;
    bytes[..skipped].ends_with(b"\n").then(|| skipped - 1)
}

enum Line<'a> {
    Data(&'a [u8]),
    Blank,
    /// A comment or a field that the protocol does not use.
    Other,
}

fn read(line: &[u8]) -> Line<'_> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Line::Blank;
    }
    match line.strip_prefix(b"data:") {
        Some(data) => Line::Data(data.strip_prefix(b" ").unwrap_or(data)),
        None => Line::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(reads: &[&[u8]]) -> Vec<String> {
        let mut splitter = EventSplitter::default();
        let mut found = Vec::new();
        let mut note = |data: &[u8]| {
            found.push(String::from_utf8_lossy(data).into_owned());
            Ok::<(), EventTooLong>(())
        };
        for read in reads {
            splitter.feed(read, &mut note).unwrap();
        }
        splitter.finish(&mut note).unwrap();
        found
    }

    #[test]
    fn comments_other_fields_and_crlf_are_understood() {
        let text =
            b": keep-alive\r\n\r\nevent: message\r\nid: 7\r\ndata: one\r\n\r\ndata:two\n\n: ping\n\ndata: three\n\n";
        assert_eq!(events(&[text]), ["one", "two", "three"]);
    }

    #[test]
    fn two_data_lines_are_one_event() {
        assert_eq!(events(&[b"data: a\ndata: b\n\n"]), ["a\nb"]);
        assert_eq!(events(&[b"data: a\n", b"data: b\n\n"]), ["a\nb"]);
    }

    #[test]
    fn the_last_blank_line_may_be_missing() {
        assert_eq!(events(&[b"data: a\n\ndata: [DONE]\n"]), ["a", "[DONE]"]);
        assert_eq!(events(&[b"data: a\n\ndata: [DONE]"]), ["a", "[DONE]"]);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut splitter = EventSplitter::default();
        let block = vec![b'x'; 1 << 20];
        let refused = (0..8).any(|_| splitter.feed(&block, |_| Ok::<(), EventTooLong>(())).is_err());
        assert!(refused);
    }

    proptest! {
        #[test]
        fn where_the_reads_are_split_does_not_matter(
            texts in proptest::collection::vec("[a-z\u{e9}\u{6c11}\u{1f600} ]{1,12}", 1..6),
            cuts in proptest::collection::vec(0usize..200, 0..8),
            crlf in any::<bool>(),
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let whole: String = texts.iter().map(|text| format!("data: {text}{end}{end}")).collect();
            let bytes = whole.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (bytes.len() + 1)).collect();
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let mut reads = Vec::new();
            let mut from = 0;
            for cut in cuts {
                reads.push(&bytes[from..cut]);
                from = cut;
            }
            prop_assert_eq!(events(&reads), texts);
        }
    }
}
