//! A web page to its readable text: the article without navigation, scripts and styles.

use dom_smoothie::{Config, Readability, TextMode};

use crate::evidence::reading::Refusal;
use crate::evidence::reading::text::is_wordless;

/// The most elements of a page; a page of a book has a few thousand.
const MOST_ELEMENTS: usize = 200_000;

/// What a page never shows.
const UNSEEN: &str = "script, style, noscript, template, svg, iframe, object, nav, head";

/// What a reader sees of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub title: Option<String>,
    /// Paragraphs with blank lines between them.
    pub text: String,
}

/// The article of a page; where none stands out, all text of its body.
///
/// # Errors
/// The page has too many elements to be an article, or no text.
pub(super) fn readable(html: &str) -> Result<Page, Refusal> {
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
    fn a_page_that_is_all_script_is_refused() {
        let html = "<html><head><title>App</title></head><body><div id=root></div><script>render('words and words')\
                    </script><noscript>You need to enable JavaScript to run this app.</noscript></body></html>";
        assert_eq!(readable(html), Err(Refusal::OnlyScript));
        assert_eq!(readable(""), Err(Refusal::OnlyScript));
    }

    #[test]
    fn a_page_nested_without_end_is_read_or_refused_and_does_no_harm() {
        let html = format!("{}<p>Deep words stand here.</p>", "<div>".repeat(20_000));
        let read = readable(&html);
        assert!(read.is_err() || read.is_ok_and(|page| page.text.contains("Deep words")));
    }
}
