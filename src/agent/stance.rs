//! How a side states its position in its own words. Small models argue for what they have heard themselves say.

use crate::domain::motion::Motion;
use crate::domain::seat::Side;
use crate::text::words::is_unspaced;

/// `for` or `against`.
#[must_use]
pub fn stand(side: Side) -> &'static str {
    match side {
        Side::Proposition => "for",
        Side::Opposition => "against",
    }
}

/// The side's burden as the side itself would say it, one sentence; empty if the motion states none.
#[must_use]
pub fn claim(motion: &Motion, side: Side) -> String {
    let burden = match side {
        Side::Proposition => motion.proposition.trim(),
        Side::Opposition => motion.opposition.trim(),
    };
    let said = if let Some(rest) = burden.strip_prefix("Must show that ") {
        format!("We say that {rest}")
    } else if let Some(rest) = burden.strip_prefix("Must ") {
        format!("We must {rest}")
    } else {
        burden.to_owned()
    };
    sentence(&said)
}

/// The text with a full stop, if it has words and no end.
#[must_use]
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', '…', '。', '！', '？']) {
        return text.to_owned();
    }
    let stop = if text.ends_with(is_unspaced) { "。" } else { "." };
    format!("{text}{stop}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::motion::Category;

    fn motion(proposition: &str) -> Motion {
        Motion {
            id: "m".to_owned(),
            text: "This House would wait".to_owned(),
            category: Category::Policy,
            context: String::new(),
            proposition: proposition.to_owned(),
            opposition: String::new(),
            tags: Vec::new(),
            origin: None,
        }
    }

    #[test]
    fn a_burden_becomes_what_the_side_says() {
        let said = |burden| claim(&motion(burden), Side::Proposition);
        assert_eq!(said("Must show that waiting helps"), "We say that waiting helps.");
        assert_eq!(said("Must name a harm, and mend it."), "We must name a harm, and mend it.");
        assert_eq!(said("Waiting helps."), "Waiting helps.");
    }

    #[test]
    fn a_sentence_ends_as_its_language_ends_one() {
        assert_eq!(sentence("应当禁止一次性塑料"), "应当禁止一次性塑料。");
        assert_eq!(sentence("应当禁止吗？"), "应当禁止吗？");
        assert_eq!(sentence("Wait"), "Wait.");
    }

    #[test]
    fn a_motion_without_burdens_leaves_the_claim_empty() {
        assert_eq!(claim(&motion(""), Side::Opposition), "");
    }
}
