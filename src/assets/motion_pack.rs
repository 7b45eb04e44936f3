//! Writing motions: one that a user states, and packs that grow at their end.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::assets::error::AssetError;
use crate::assets::motions::{Motions, problem, read_pack, said};
use crate::assets::source::{AssetText, Origin};
use crate::assets::wording::{guessed_category, slug, spelled_out};
use crate::assets::write::replace_file;
use crate::domain::motion::{Category, Motion};

/// The pack that takes what a user adds.
const OWN: &str = "own.toml";

/// A motion made of a sentence, with an id of its own. Without a category it is guessed from the wording.
///
/// # Errors
/// The sentence cannot be a motion.
pub fn stated(text: &str, category: Option<Category>, known: &Motions) -> Result<Motion, AssetError> {
    let motion = Motion {
        id: slug(text, |id| known.has_id(id)),
        text: spelled_out(text),
        category: category.unwrap_or_else(|| guessed_category(text)),
        context: String::new(),
        proposition: String::new(),
        opposition: String::new(),
        tags: Vec::new(),
        origin: None,
    };
    match problem(&motion) {
        Some(reason) => Err(AssetError::Invalid { file: "the motion".to_owned(), reason }),
        None => Ok(motion),
    }
}

/// Appends a motion to the user's own pack.
///
/// # Errors
/// The motion cannot be one, its id or text is taken, or the pack is broken or cannot be written.
pub fn add(folder: &Path, mut motion: Motion, known: &Motions) -> Result<Motion, AssetError> {
    let refused = |reason: String| AssetError::Invalid { file: "the new motion".to_owned(), reason };
    if motion.id.is_empty() {
        motion.id = slug(&motion.text, |id| known.has_id(id));
    }
    if let Some(reason) = problem(&motion) {
        return Err(refused(reason));
    }
    if known.has_id(&motion.id) {
        return Err(refused(format!("there is already a motion \"{}\"; choose another id", motion.id)));
    }
    if known.all_said().contains(&said(&motion.text)) {
        return Err(refused("there is already a motion that says the same".to_owned()));
    }
    append(&folder.join(OWN), std::slice::from_ref(&motion))?;
    Ok(motion)
}

#[derive(Serialize)]
struct Tables<'a> {
    motion: Vec<Written<'a>>,
}

/// A motion as a pack writes it: without what is empty, since a pack may hold thousands.
#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    text: &'a str,
    category: Category,
    #[serde(skip_serializing_if = "str::is_empty")]
    context: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    proposition: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    opposition: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
}

impl<'a> From<&'a Motion> for Written<'a> {
    fn from(motion: &'a Motion) -> Written<'a> {
        Written {
            id: &motion.id,
            text: &motion.text,
            category: motion.category,
            context: &motion.context,
            proposition: &motion.proposition,
            opposition: &motion.opposition,
            tags: &motion.tags,
            origin: motion.origin.as_deref(),
        }
    }
}

/// Appends motions to a pack, or makes it. What stands in it stays as it is, comments and all.
///
/// # Errors
/// The pack is broken or cannot be written. It is unchanged then.
pub fn append(pack: &Path, motions: &[Motion]) -> Result<(), AssetError> {
    let unusable = |reason: String| AssetError::Invalid { file: pack.display().to_string(), reason };
    let mut text = match std::fs::read_to_string(pack) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(AssetError::unreadable(pack, &error)),
    };
    let origin = Origin::File(PathBuf::from(pack));
    let before = read_pack(&AssetText { text: Cow::Owned(text.clone()), origin: origin.clone() }, None)?.len();
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text.push_str(
        &toml::to_string(&Tables { motion: motions.iter().map(Written::from).collect() })
            .map_err(|error| unusable(error.to_string()))?,
    );
    let asset = AssetText { text: Cow::Owned(text), origin };
    // Read again before it counts: an odd but legal form of the old text must not spoil the new one.
    if read_pack(&asset, None)?.len() != before + motions.len() {
        return Err(unusable("its motions are not written as [[motion]] tables; write them so".to_owned()));
    }
    replace_file(pack, &asset.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::source::Source;

    #[test]
    fn a_sentence_becomes_a_motion() {
        let motion = stated("THW tax sugar", None, &Motions::default()).unwrap();
        assert_eq!((motion.id.as_str(), motion.text.as_str()), ("tax-sugar", "This House would tax sugar"));
        assert_eq!(motion.category, Category::Policy);
        let error = stated("a\tb", None, &Motions::default()).unwrap_err().to_string();
        assert!(error.starts_with("the motion: its text contains a line break, a tab"), "{error}");
    }

    #[test]
    fn an_added_motion_is_found_again_and_comments_stay() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("motions");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join(OWN), "# mine\ncategory = \"fact\"").unwrap();
        let known = Motions::load(&Source::new(home.path()));
        let mut motion =
            stated("Sugar \"tastes\" \u{202a}better than \\salt", Some(Category::Creative), &known).unwrap();
        motion.context = "One.\nTwo.".to_owned();
        motion.tags = vec!["food".to_owned()];
        let added = add(&folder, motion.clone(), &known).unwrap();
        assert_eq!(added, motion);
        let known = Motions::load(&Source::new(home.path()));
        assert_eq!(known.get(&motion.id).unwrap(), &motion);
        assert!(std::fs::read_to_string(folder.join(OWN)).unwrap().starts_with("# mine\n"));
        let error = add(&folder, motion.clone(), &known).unwrap_err().to_string();
        assert!(error.contains("choose another id"), "{error}");
        motion.id = String::new();
        let error = add(&folder, motion, &known).unwrap_err().to_string();
        assert!(error.contains("says the same"), "{error}");
    }

    #[test]
    fn a_pack_that_cannot_grow_is_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let motion = stated("THW tax sugar", None, &Motions::default()).unwrap();
        for text in ["category = 3\n", "motion = []\n", "[[motion]\n"] {
            let pack = home.path().join("p.toml");
            std::fs::write(&pack, text).unwrap();
            assert!(append(&pack, std::slice::from_ref(&motion)).unwrap_err().to_string().contains("p.toml"));
            assert_eq!(std::fs::read_to_string(&pack).unwrap(), text);
        }
    }
}
