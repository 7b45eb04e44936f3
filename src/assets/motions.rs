//! All motions of all packs, checked and found by id.
//!
//! A pack is a TOML file of `[[motion]]` tables; a `category` at its head holds for every motion that gives none.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::assets::error::AssetError;
use crate::assets::parse::{broken, parse};
use crate::assets::source::{AssetText, MOTION_FOLDER, Origin, Source};
use crate::domain::motion::{Category, Motion};
use crate::text::nearest::suggestion;

/// The most characters of a motion.
pub const LONGEST_TEXT: usize = 1_000;
/// The most characters of a context, a burden, a tag or an origin.
const LONGEST_CONTEXT: usize = 4_000;
/// The most characters of an id.
const LONGEST_ID: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pack {
    category: Option<Category>,
    #[serde(default, rename = "motion")]
    motions: Vec<Spanned<Entry>>,
}

/// A motion as a pack writes it: a domain motion whose category may stand at the head of the pack.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    text: String,
    category: Option<Category>,
    #[serde(default)]
    context: String,
    #[serde(default)]
    proposition: String,
    #[serde(default)]
    opposition: String,
    #[serde(default)]
    tags: Vec<String>,
    origin: Option<String>,
}

/// The motions of a pack, each with its place in the file. `fallback` stands in for a category that is not given.
///
/// # Errors
/// The file is broken, or a motion has no category.
pub fn read_pack(asset: &AssetText, fallback: Option<Category>) -> Result<Vec<(Range<usize>, Motion)>, AssetError> {
    let pack: Pack = parse(asset)?;
    let motion = |entry: Spanned<Entry>| {
        let span = entry.span();
        let Entry { id, text, category, context, proposition, opposition, tags, origin } = entry.into_inner();
        let Some(category) = category.or(pack.category).or(fallback) else {
            let reason =
                format!("the motion \"{id}\" has no category; give it one, or set one at the head of the file");
            return Err(broken(asset, span, reason));
        };
        Ok((span, Motion { id, text, category, context, proposition, opposition, tags, origin }))
    };
    pack.motions.into_iter().map(motion).collect()
}

/// The loaded motions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Motions {
    all: Vec<Motion>,
    by_id: HashMap<String, usize>,
    problems: Vec<AssetError>,
}

impl Motions {
    /// Reads every pack. What is broken is left out and told in [`Motions::problems`].
    #[must_use]
    pub fn load(source: &Source) -> Motions {
        let mut motions = Motions::default();
        let assets = match source.list(MOTION_FOLDER, "toml") {
            Ok(paths) => paths.iter().map(|path| source.text(path)).collect(),
            Err(error) => vec![Err(error)],
        };
        // Built-in packs first, so that an id of theirs cannot be taken by a user's pack.
        let (built_in, users): (Vec<_>, Vec<_>) =
            assets.into_iter().partition(|asset| asset.as_ref().is_ok_and(|asset| is_built_in(&asset.origin)));
        for asset in built_in.into_iter().chain(users) {
            if let Err(error) = asset.and_then(|asset| motions.take(&asset)) {
                motions.problems.push(error);
            }
        }
        motions
    }

    fn take(&mut self, asset: &AssetText) -> Result<(), AssetError> {
        for (span, motion) in read_pack(asset, None)? {
            let unready = || is_built_in(&asset.origin).then(|| shipped_problem(&motion)).flatten();
            let taken = || self.by_id.contains_key(&motion.id).then(|| "another motion has this id".to_owned());
            match problem(&motion).or_else(unready).or_else(taken) {
                Some(reason) => {
                    let reason = format!("the motion \"{}\" is left out: {reason}", motion.id);
                    self.problems.push(broken(asset, span, reason));
                }
                None => {
                    self.by_id.insert(motion.id.clone(), self.all.len());
                    self.all.push(motion);
                }
            }
        }
        Ok(())
    }

    #[must_use]
    pub fn all(&self) -> &[Motion] {
        &self.all
    }

    /// What is wrong with packs or with motions in them.
    #[must_use]
    pub fn problems(&self) -> &[AssetError] {
        &self.problems
    }

    /// The motion with this id.
    ///
    /// # Errors
    /// There is none. The sentence names near ids, and a broken pack in which it may be.
    pub fn get(&self, id: &str) -> Result<&Motion, AssetError> {
        if let Some(motion) = self.by_id.get(id).and_then(|index| self.all.get(*index)) {
            return Ok(motion);
        }
        let mut nearest = suggestion(id, self.all.iter().map(|motion| motion.id.as_str()));
        if let Some(problem) = self.problems.first() {
            nearest.push_str(&format!(" (not everything could be read: {problem})"));
        }
        Err(AssetError::Unknown { kind: "motion", name: id.to_owned(), nearest })
    }

    #[must_use]
    pub fn has_id(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// What every motion says, in the form of [`said`].
    #[must_use]
    pub fn all_said(&self) -> HashSet<String> {
        self.all.iter().map(|motion| said(&motion.text)).collect()
    }
}

/// What a text says, apart from case, marks and blanks: two motions that say the same are one.
#[must_use]
pub fn said(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !said.is_empty() {
            said.push(' ');
        }
        said.extend(word.chars().flat_map(char::to_lowercase));
    }
    said
}

fn is_built_in(origin: &Origin) -> bool {
    matches!(origin, Origin::BuiltIn(_))
}

/// Whether a text can be a motion's id.
#[must_use]
pub fn is_id(id: &str) -> bool {
    let usual = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    (1..=LONGEST_ID).contains(&id.chars().count()) && id.chars().all(usual)
}

/// What is wrong with a motion, as a clause; `None` if nothing is.
#[must_use]
pub fn problem(motion: &Motion) -> Option<String> {
    if !is_id(&motion.id) {
        return Some(format!(
            "an id has 1 to {LONGEST_ID} letters, digits, \"-\", \"_\", \".\" or \"/\", and no blanks"
        ));
    }
    if !motion.text.chars().any(char::is_alphanumeric) {
        return Some("its text is empty".to_owned());
    }
    let length = motion.text.chars().count();
    if length > LONGEST_TEXT {
        return Some(format!("its text has {length} characters; at most {LONGEST_TEXT} are allowed"));
    }
    if motion.text.chars().any(char::is_control) {
        return Some("its text contains a line break, a tab or another control character".to_owned());
    }
    let mut described = vec![
        ("context", motion.context.as_str()),
        ("proposition", &motion.proposition),
        ("opposition", &motion.opposition),
        ("origin", motion.origin.as_deref().unwrap_or_default()),
    ];
    described.extend(motion.tags.iter().map(|tag| ("tag", tag.as_str())));
    for (name, value) in described {
        if value.chars().count() > LONGEST_CONTEXT {
            return Some(format!("its {name} is longer than {LONGEST_CONTEXT} characters"));
        }
        if value.chars().any(|c| c.is_control() && c != '\n') {
            return Some(format!("its {name} contains a control character"));
        }
    }
    None
}

/// What a motion of our own must have besides: a short neutral context, and a burden for each side.
fn shipped_problem(motion: &Motion) -> Option<String> {
    if !(1..=3).contains(&sentences(&motion.context)) {
        return Some("its context must have one to three sentences".to_owned());
    }
    if motion.proposition.trim().is_empty() || motion.opposition.trim().is_empty() {
        return Some("it must say what each side has to show".to_owned());
    }
    None
}

fn sentences(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.ends_with(['.', '!', '?'])).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motions_with(packs: &[(&str, &str)]) -> Motions {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(MOTION_FOLDER)).unwrap();
        for (name, text) in packs {
            std::fs::write(home.path().join(MOTION_FOLDER).join(name), text).unwrap();
        }
        Motions::load(&Source::new(home.path()))
    }

    #[test]
    fn every_built_in_motion_is_good_and_each_category_has_fifteen() {
        let motions = motions_with(&[]);
        assert_eq!(motions.problems(), []);
        for category in Category::ALL {
            let count = motions.all().iter().filter(|motion| motion.category == category).count();
            assert!(count >= 15, "{category} has {count}");
        }
        assert_eq!(motions.all_said().len(), motions.all().len());
    }

    #[test]
    fn a_built_in_pack_holds_its_own_category_only() {
        let source = Source::new(std::path::Path::new("/nowhere"));
        for category in Category::ALL {
            let asset = source.text(&format!("motions/{category}.toml")).unwrap();
            assert!(read_pack(&asset, None).unwrap().iter().all(|(_, motion)| motion.category == category));
        }
    }

    #[test]
    fn a_user_pack_adds_its_motions() {
        let motions =
            motions_with(&[("own.toml", "category = \"fact\"\n[[motion]]\nid = \"a\"\ntext = \"It rains\"\n")]);
        assert_eq!(motions.get("a").unwrap().category, Category::Fact);
        assert!(motions.all_said().contains(&said("it  RAINS.")));
    }

    #[test]
    fn a_broken_pack_is_named_and_the_others_stay() {
        let motions = motions_with(&[("own.toml", "[[motion]]\nid = \"a\"\ntex = \"It rains\"\n")]);
        assert!(motions.all().len() >= 60);
        let error = motions.get("a").unwrap_err().to_string();
        assert!(error.starts_with("there is no motion named \"a\""), "{error}");
        assert!(error.contains("own.toml, line 3, column 1: the key \"tex\" is unknown"), "{error}");
    }

    #[test]
    fn a_bad_motion_is_left_out_with_its_line() {
        let pack = "category = \"fact\"\n[[motion]]\nid = \"a b\"\ntext = \"It rains\"\n[[motion]]\nid = \"b\"\ntext = \"It\\nrains\"\n[[motion]]\nid = \"c\"\ntext = \"...\"\n[[motion]]\nid = \"d\"\ntext = \"It snows\"\n[[motion]]\nid = \"d\"\ntext = \"It hails\"\n";
        let motions = motions_with(&[("own.toml", pack)]);
        let told: Vec<String> = motions.problems().iter().map(ToString::to_string).collect();
        for (line, words) in [(2, "an id has"), (5, "line break"), (8, "empty"), (14, "another motion has this id")] {
            assert!(
                told.iter().any(|told| told.contains(&format!("line {line},")) && told.contains(words)),
                "{told:?}"
            );
        }
        assert_eq!(motions.get("d").unwrap().text, "It snows");
    }

    #[test]
    fn a_motion_without_a_category_is_refused() {
        let motions = motions_with(&[("own.toml", "[[motion]]\nid = \"a\"\ntext = \"It rains\"\n")]);
        assert!(motions.problems()[0].to_string().contains("line 1, column 1: the motion \"a\" has no category"));
    }

    #[test]
    fn an_unknown_id_names_its_neighbours() {
        let motions = motions_with(&[]);
        let id = motions.all()[0].id.clone();
        let error = motions.get(&id[1..]).unwrap_err().to_string();
        assert!(error.contains(&format!("did you mean \"{id}\"")), "{error}");
    }
}
