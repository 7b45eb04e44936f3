//! A web page to its readable text: the article without navigation, scripts and styles.

use dom_smoothie::{Config, Readability, TextMode};

use crate::evidence::quiet::quietly;
use crate::evidence::reading::Refusal;
use crate::evidence::reading::apart::apart;
use crate::evidence::reading::text::is_wordless;

/// The most elements of a page; a page of a book has a few thousand.
const MOST_ELEMENTS: usize = 200_000;

/// Elements within elements. What a parser does for each ancestor would take minutes on a page that is nested without end.
const MOST_DEPTH: usize = 1_000;

/// Elements that end without being closed, or have no content: they do not nest.
const FLAT: [&str; 24] = [
    "p", "li", "br", "hr", "img", "input", "meta", "link", "td", "th", "tr", "dd", "dt", "option", "source", "wbr",
    "area", "base", "col", "embed", "param", "track", "path", "body",
];

/// Bytes in which the end of a tag is looked for.
const LONGEST_TAG: usize = 4_096;

/// Bytes of a fragment that are read: so few never take long.
const LONGEST_FRAGMENT: usize = 8 << 10;

/// Elements in which `<` begins none.
const WITHOUT_ELEMENTS: [&str; 4] = ["script", "style", "textarea", "title"];

/// What a page never shows.
const UNSEEN: &str = "script, style, noscript, template, svg, iframe, object, nav, head";

/// What a reader sees of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What the page calls itself.
    pub title: Option<String>,
    /// Paragraphs with blank lines between them.
    pub text: String,
}

/// The article of a page; where none stands out, all text of its body.
///
/// # Errors
/// The page has too many elements to be an article or nests them too deeply, or has no text.
pub(super) fn readable(html: &str) -> Result<Page, Refusal> {
    if depth(html) > MOST_DEPTH {
        return Err(Refusal::Deep(MOST_DEPTH));
    }
    let html = html.to_owned();
    apart(move || parsed(&html))
}

/// The words of a fragment, its white space as it stands there. Of a long one only the beginning is read.
pub(super) fn words(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(LONGEST_FRAGMENT)];
    if depth(html) > MOST_DEPTH {
        return String::new();
    }
    let read = || Some(Readability::new(html, None, None).ok()?.doc.select("body").text().to_string());
    quietly(read).flatten().unwrap_or_default()
}

/// How deep elements are nested at most, as far as their tags tell.
fn depth(html: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    let mut left = html;
    while let Some(at) = left.find('<') {
        left = &left[at + 1..];
        if let Some(comment) = left.strip_prefix("!--") {
            left = comment.find("-->").map_or("", |end| &comment[end..]);
            continue;
        }
        let closes = left.starts_with('/');
        left = left.strip_prefix('/').unwrap_or(left);
        let name = left.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if WITHOUT_ELEMENTS.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            left = if closes { left } else { left.find("</").map_or("", |end| &left[end..]) };
            continue;
        }
        let tag = &left.as_bytes()[..left.len().min(LONGEST_TAG)];
        let alone = memchr::memchr(b'>', tag).is_some_and(|end| tag[..end].ends_with(b"/"));
        if !name.starts_with(|c: char| c.is_ascii_alphabetic())
            || alone
            || FLAT.iter().any(|flat| name.eq_ignore_ascii_case(flat))
        {
            continue;
        }
        depth = if closes { depth.saturating_sub(1) } else { depth + 1 };
        most = most.max(depth);
    }
    most
}

fn parsed(html: &str) -> Result<Page, Refusal> {
    let config = Config { max_elements_to_parse: MOST_ELEMENTS, text_mode: TextMode::Formatted, ..Config::default() };
    let opened = || Readability::new(html, None, Some(config.clone())).map_err(|_| Refusal::OnlyScript);
    let mut page = opened()?;
    let title = Some(page.get_article_title().trim().to_owned()).filter(|title| !title.is_empty());
    if let Ok(article) = page.parse()
        && !is_wordless(&article.text_content)
    {
        return Ok(Page { title, text: article.text_content.to_string() });
    }
    let page = opened()?;
    page.doc.select(UNSEEN).remove();
    let text = page.doc.select("body").formatted_text().to_string();
    if is_wordless(&text) { Err(Refusal::OnlyScript) } else { Ok(Page { title, text }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_read_without_what_stands_around_it() {
        let paragraph = "The levy on bags cut their number by half within two years, the ministry said in its report. ";
        let html = format!(
            "<html><head><title>The levy</title><style>p {{}}</style><script>var tax = 'secret';</script></head><body>\
             <nav><a href='/'>Home page</a></nav><article><h1>The levy</h1><p>{0}</p><p>{0}</p><p>{0}</p></article>\
             <footer>Imprint</footer></body></html>",
            paragraph.repeat(3)
        );
        let page = readable(&html).unwrap();
        assert_eq!(page.title.as_deref(), Some("The levy"));
        assert!(page.text.contains("cut their number by half"), "{}", page.text);
        assert!(!page.text.contains("secret") && !page.text.contains("Home page"), "{}", page.text);
        assert!(page.text.trim().contains("\n\n"), "paragraphs stay apart: {:?}", page.text);
    }

    #[test]
    fn a_short_page_gives_what_it_has() {
        let page = readable("<p>Fees fell by a third.</p><p>Nobody knows why.</p>").unwrap();
        assert_eq!(page.title, None);
        assert!(page.text.contains("Fees fell by a third.") && page.text.contains("Nobody knows why."));
    }

    #[test]
    fn a_fragment_gives_its_words() {
        assert_eq!(
            words("A <span class='match'>tax</span> &amp; a <b>levy</b>&#39;s end &lt;here"),
            "A tax & a levy's end <here"
        );
        assert_eq!(words(""), "");
        assert_eq!(words(&"<b>".repeat(MOST_DEPTH + 1)), "");
        assert_eq!(words(&"é".repeat(LONGEST_FRAGMENT)), "é".repeat(LONGEST_FRAGMENT / 2));
    }

    #[test]
    fn a_page_that_is_all_script_is_refused() {
        let html = "<html><head><title>App</title></head><body><div id=root></div><script>render('words and words')\
                    </script><noscript>You need to enable JavaScript to run this app.</noscript></body></html>";
        assert_eq!(readable(html), Err(Refusal::OnlyScript));
        assert_eq!(readable(""), Err(Refusal::OnlyScript));
    }

    #[test]
    fn a_page_nested_without_end_is_refused_before_it_does_harm() {
        let nested = |depth: usize| format!("{}<p>Deep words stand here.</p>", "<div>".repeat(depth));
        assert_eq!(readable(&nested(100_000)), Err(Refusal::Deep(MOST_DEPTH)));
        assert!(readable(&nested(MOST_DEPTH)).unwrap().text.contains("Deep words stand here."));
        let flat =
            "<p>Many paragraphs<br>and <img> <LI>items, <g/> <!-- <div> --> <script>if (a<b) c<d;</script>, 1 <2.";
        assert_eq!(depth(&flat.repeat(1_000)), 0);
        assert_eq!(depth("<div><b>one</b><b>two</b></div><div>three</div>"), 2);
    }
}
