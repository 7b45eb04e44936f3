//! The text of a PDF. The parser was made for whole files: one that is broken may make it panic, recurse or take very
//! long, so it works on a thread of its own with a deep stack and a limit of time.

use std::sync::Once;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::evidence::reading::Refusal;

/// Bytes of the parser's stack. Only what is used takes memory.
const STACK: usize = 256 << 20;

/// How long a file may take. A book of a thousand pages takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The parser's thread. What it says while it panics is not for the user.
const THREAD: &str = "pdf";

const MAGIC: &[u8] = b"%PDF-";

/// How far from its beginning a PDF may say what it is.
const HEADER: usize = 1024;

/// All pages' text.
///
/// # Errors
/// The file is no PDF, is broken or locked, or takes too long.
pub(super) fn text(bytes: &[u8]) -> Result<String, Refusal> {
    if !bytes[..bytes.len().min(HEADER)].windows(MAGIC.len()).any(|window| window == MAGIC) {
        return Err(Refusal::BrokenPdf("it does not begin as one".to_owned()));
    }
    hush();
    let (tell, told) = mpsc::channel();
    let bytes = bytes.to_vec();
    let parse = move || {
        let text = pdf_extract::extract_text_from_mem(&bytes).map_err(|error| refusal(&error));
        // Whoever waited may have lost patience.
        let _ = tell.send(text);
    };
    thread::Builder::new()
        .name(THREAD.to_owned())
        .stack_size(STACK)
        .spawn(parse)
        .map_err(|error| Refusal::Unreadable(format!("no thread can be started: {error}")))?;
    match told.recv_timeout(PATIENCE) {
        Ok(text) => text,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Refusal::SlowPdf(PATIENCE.as_secs())),
        // The parser panicked and hung up.
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Refusal::BrokenPdf("its parts do not fit together".to_owned())),
    }
}

fn refusal(error: &pdf_extract::OutputError) -> Refusal {
    let said = error.to_string();
    if said.to_lowercase().contains("password") || said.to_lowercase().contains("decrypt") {
        Refusal::LockedPdf
    } else {
        Refusal::BrokenPdf(said)
    }
}

/// Keeps the panics of the parser's thread from the terminal. Others are told as before.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(THREAD) {
                before(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PDF of one page that shows lines of text.
    fn pdf(lines: &[&str]) -> Vec<u8> {
        let shown: Vec<String> = lines.iter().map(|line| format!("({line}) Tj 0 -20 Td")).collect();
        let stream = format!("BT /F1 12 Tf 72 720 Td {} ET", shown.join(" "));
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
                .to_owned(),
            format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        ];
        let mut file = "%PDF-1.4\n".to_owned();
        let mut places = Vec::new();
        for (number, object) in objects.iter().enumerate() {
            places.push(file.len());
            file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
        }
        let table = file.len();
        file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
        places.iter().for_each(|place| file.push_str(&format!("{place:010} 00000 n \n")));
        let size = objects.len() + 1;
        file.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
        file.into_bytes()
    }

    #[test]
    fn the_words_of_a_page_are_read() {
        let text = text(&pdf(&["Harbour fees fell by a third.", "Nobody knows why."])).unwrap();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words, "Harbour fees fell by a third. Nobody knows why.");
    }

    #[test]
    fn a_broken_file_is_refused_and_never_ends_the_program() {
        let whole = pdf(&["Harbour fees fell."]);
        assert!(matches!(text(b"Not a PDF at all."), Err(Refusal::BrokenPdf(_))));
        assert!(matches!(text(b"%PDF-1.7\n\x00\xff\xfe junk"), Err(Refusal::BrokenPdf(_))));
        assert!(matches!(text(&whole[..whole.len() / 2]), Err(Refusal::BrokenPdf(_))));
        let without_font = String::from_utf8(whole).unwrap().replace("/Subtype /Type1", "/Subtype /Type9");
        assert!(!matches!(text(without_font.as_bytes()), Err(Refusal::SlowPdf(_))));
    }
}
