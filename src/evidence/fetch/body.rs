//! A body from the wire to text: bounded as it comes and again as it is unpacked, of a type that is read, in the letters that it
//! says it is written in.

use std::io::Read;

use encoding_rs::{Encoding, UTF_8};
use flate2::read::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};

use crate::evidence::fetch::client::reason;
use crate::evidence::fetch::error::FetchError;
use crate::evidence::reading::Kind;

/// The only packing that is asked for and unpacked.
pub const GZIP: &str = "gzip";

/// Bytes of a page in which it may say how it is written.
const HEAD: usize = 1_024;

/// One letter in so many may be broken: many a page has one that its own writer never saw.
const BROKEN_LETTERS: usize = 100;

/// Reads a body whole, at most `most` bytes, as sent and as unpacked.
///
/// # Errors
/// It is larger, packed in another way, or breaks off.
pub async fn whole(response: &mut Response, most: usize) -> Result<Vec<u8>, FetchError> {
    let packed = header(response.headers(), CONTENT_ENCODING).to_ascii_lowercase();
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(FetchError::TooLarge(most));
    }
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|error| FetchError::Broken(reason(&error)))? {
        if body.len() + bytes.len() > most {
            return Err(FetchError::TooLarge(most));
        }
        body.extend_from_slice(&bytes);
    }
    match packed.as_str() {
        "" | "identity" => Ok(body),
        GZIP | "x-gzip" => unpacked(&body, most),
        _ => Err(FetchError::Packed(packed)),
    }
}

/// Unpacks no further than to the first byte too many.
fn unpacked(packed: &[u8], most: usize) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(packed).take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| FetchError::Broken(error.to_string()))?;
    if bytes.len() > most { Err(FetchError::TooLarge(most)) } else { Ok(bytes) }
}

/// What kind of page it is.
///
/// # Errors
/// None that is read.
pub fn kind(headers: &HeaderMap) -> Result<Kind, FetchError> {
    let told = header(headers, CONTENT_TYPE);
    let essence = told.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/html" | "application/xhtml+xml" => Ok(Kind::Html),
        "text/plain" => Ok(Kind::Text),
        "text/markdown" | "text/x-markdown" => Ok(Kind::Markdown),
        _ => Err(FetchError::Type(essence)),
    }
}

/// The letters of a body: a byte order mark says how it is written, else its header, else a web page itself, else it is UTF-8.
///
/// # Errors
/// It is written in another way than it says.
pub fn text(body: &[u8], kind: Kind, headers: &HeaderMap) -> Result<String, FetchError> {
    let told = charset(header(headers, CONTENT_TYPE));
    let told = told.or_else(|| (kind == Kind::Html).then(|| charset(&head(body))).flatten());
    let encoding = match &told {
        Some(label) => Encoding::for_label(label.as_bytes()).ok_or_else(|| FetchError::NotText(label.clone()))?,
        None => UTF_8,
    };
    let (text, encoding, _) = encoding.decode(body);
    let broken = text.chars().filter(|letter| matches!(letter, '\u{fffd}' | '\0')).count();
    if broken * BROKEN_LETTERS > text.chars().count() {
        return Err(FetchError::NotText(encoding.name().to_owned()));
    }
    Ok(text.replace('\0', "\u{fffd}"))
}

/// What stands behind `charset=`, without quotation marks.
fn charset(told: &str) -> Option<String> {
    let at = told.to_ascii_lowercase().find("charset=")? + "charset=".len();
    let rest = told.get(at..)?.trim_start_matches(['"', '\'']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c)).unwrap_or(rest.len());
    Some(rest[..end].to_owned()).filter(|label| !label.is_empty())
}

fn head(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(HEAD)]).into_owned()
}

fn header(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: &str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())])
    }

    #[test]
    fn only_types_of_text_are_read() {
        assert_eq!(kind(&headers("Text/HTML; charset=utf-8")), Ok(Kind::Html));
        assert_eq!(kind(&headers("text/plain")), Ok(Kind::Text));
        assert_eq!(kind(&headers("text/markdown")), Ok(Kind::Markdown));
        for other in ["application/pdf", "application/json", "image/svg+xml", "text/javascript", ""] {
            assert_eq!(kind(&headers(other)), Err(FetchError::Type(other.to_owned())));
        }
    }

    #[test]
    fn letters_are_read_as_the_mark_the_header_or_the_page_says() {
        let read = |body: &[u8], told: &str, kind| text(body, kind, &headers(told));
        assert_eq!(read(b"caf\xe9", "text/plain; charset=\"ISO-8859-1\"", Kind::Text).unwrap(), "café");
        assert_eq!(read("café".as_bytes(), "text/plain", Kind::Text).unwrap(), "café");
        let page = b"<meta charset='windows-1252'><p>caf\xe9";
        assert!(read(page, "text/html", Kind::Html).unwrap().ends_with("café"));
        let refused = FetchError::NotText("UTF-8".to_owned());
        assert_eq!(read(page, "text/plain", Kind::Text), Err(refused.clone()), "only a web page says it in its text");
        assert_eq!(read(b"\xef\xbb\xbfcaf\xc3\xa9", "text/plain; charset=latin1", Kind::Text).unwrap(), "café");
        assert_eq!(read(b"\x7fELF\0\0", "text/plain", Kind::Text), Err(refused));
        let unknown = read(b"a", "text/plain; charset=klingon", Kind::Text);
        assert_eq!(unknown, Err(FetchError::NotText("klingon".to_owned())));
    }

    #[test]
    fn one_broken_letter_in_a_long_page_does_no_harm() {
        let body = [&b"a".repeat(500)[..], b"\xff"].concat();
        assert!(text(&body, Kind::Text, &headers("text/plain")).unwrap().ends_with("a\u{fffd}"));
    }
}
