//! The text of a PDF.

use crate::evidence::reading::Refusal;
use crate::evidence::reading::apart::apart;

const MAGIC: &[u8] = b"%PDF-";

/// How far from its beginning a PDF may say what it is.
const HEADER: usize = 1024;

/// All pages' text.
///
/// # Errors
/// The file is no PDF, is broken or locked, or takes too long.
pub(super) fn text(bytes: &[u8]) -> Result<String, Refusal> {
    if !bytes[..bytes.len().min(HEADER)].windows(MAGIC.len()).any(|window| window == MAGIC) {
        return Err(Refusal::Broken("it does not begin as a PDF".to_owned()));
    }
    let bytes = bytes.to_vec();
    apart(move || pdf_extract::extract_text_from_mem(&bytes).map_err(|error| refusal(&error)))
}

fn refusal(error: &pdf_extract::OutputError) -> Refusal {
    let said = error.to_string();
    if said.to_lowercase().contains("password") || said.to_lowercase().contains("decrypt") {
        Refusal::Locked
    } else {
        Refusal::Broken(said)
    }
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
        assert!(matches!(text(b"Not a PDF at all."), Err(Refusal::Broken(_))));
        assert!(matches!(text(b"%PDF-1.7\n\x00\xff\xfe junk"), Err(Refusal::Broken(_))));
        assert!(matches!(text(&whole[..whole.len() / 2]), Err(Refusal::Broken(_))));
        let without_font = String::from_utf8(whole).unwrap().replace("/Subtype /Type1", "/Subtype /Type9");
        assert!(!matches!(text(without_font.as_bytes()), Err(Refusal::Slow(_))));
    }
}
