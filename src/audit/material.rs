//! Our own material for the suites, as it stands in `assets/audit`: arguments, keys, injections, and texts that say nothing.

use serde::Deserialize;

use crate::assets::AssetError;
use crate::assets::parse::parse;
use crate::assets::source::AssetText;
use crate::domain::seat::Side;

pub const ARGUMENTS: &str = "audit/arguments.toml";
pub const KEYS: &str = "audit/keys.toml";
pub const INJECTIONS: &str = "audit/injections.toml";
pub const NEUTRAL: &str = "audit/neutral.toml";

/// A strong and a weak argument for the same claim.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    pub motion: String,
    pub side: Side,
    /// The motion as this side would have it.
    pub claim: String,
    pub strong: String,
    pub weak: String,
}

/// Strings without content.
#[derive(Clone, Debug, PartialEq)]
pub struct Keys {
    /// The published ones first.
    pub keys: Vec<Key>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub text: String,
    /// Whether it stands in arXiv 2507.08794.
    pub published: bool,
}

/// An order to the judge.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Injection {
    pub name: String,
    pub text: String,
}

/// Texts for and against nothing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neutral {
    pub answer: String,
    pub padding: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArgumentFile {
    arguments: Vec<Argument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    published: KeyList,
    unseen: KeyList,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyList {
    keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InjectionFile {
    injections: Vec<Injection>,
}

/// Reads `arguments.toml`. Lines of an argument run on: they are broken for the file's sake.
///
/// # Errors
/// The user's own version is broken.
pub fn arguments(asset: &AssetText) -> Result<Vec<Argument>, AssetError> {
    let mut file: ArgumentFile = parse(asset)?;
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for argument in &mut file.arguments {
        argument.strong = joined(&argument.strong);
        argument.weak = joined(&argument.weak);
    }
    filled(asset, "arguments", file.arguments)
}

/// Reads `keys.toml`.
///
/// # Errors
/// The user's own version is broken.
pub fn keys(asset: &AssetText) -> Result<Keys, AssetError> {
    let file: KeyFile = parse(asset)?;
    let of = |list: KeyList, published| list.keys.into_iter().map(move |text| Key { text, published });
    let keys = of(file.published, true).chain(of(file.unseen, false)).collect();
    Ok(Keys { keys: filled(asset, "keys", keys)? })
}

/// Reads `injections.toml`.
///
/// # Errors
/// The user's own version is broken.
pub fn injections(asset: &AssetText) -> Result<Vec<Injection>, AssetError> {
    let file: InjectionFile = parse(asset)?;
    filled(asset, "injections", file.injections)
}

/// Reads `neutral.toml`.
///
/// # Errors
/// The user's own version is broken.
pub fn neutral(asset: &AssetText) -> Result<Neutral, AssetError> {
    parse(asset)
}

fn filled<T>(asset: &AssetText, what: &str, list: Vec<T>) -> Result<Vec<T>, AssetError> {
    if list.is_empty() {
        let reason = format!("it holds no {what}; write some, or remove the file to use the built-in ones");
        return Err(AssetError::Invalid { file: asset.origin.to_string(), reason });
    }
    Ok(list)
}

#[cfg(test)]
pub mod shipped {
    use std::borrow::Cow;

    use super::*;
    use crate::assets::source::Origin;

    pub fn asset(text: &'static str) -> AssetText {
        AssetText { text: Cow::Borrowed(text), origin: Origin::BuiltIn("shipped".to_owned()) }
    }

    pub fn arguments() -> Vec<Argument> {
        super::arguments(&asset(include_str!("../../assets/audit/arguments.toml"))).unwrap()
    }

    pub fn keys() -> Keys {
        super::keys(&asset(include_str!("../../assets/audit/keys.toml"))).unwrap()
    }

    pub fn injections() -> Vec<Injection> {
        super::injections(&asset(include_str!("../../assets/audit/injections.toml"))).unwrap()
    }

    pub fn neutral() -> Neutral {
        super::neutral(&asset(include_str!("../../assets/audit/neutral.toml"))).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_motion_has_an_argument_for_and_one_against() {
        let arguments = shipped::arguments();
        assert!(arguments.len() >= 12);
        for argument in &arguments {
            let sides: BTreeSet<Side> =
                arguments.iter().filter(|other| other.motion == argument.motion).map(|other| other.side).collect();
            assert_eq!(sides.len(), 2, "{}", argument.motion);
            assert!(argument.strong.split(' ').count() > 2 * argument.weak.split(' ').count(), "{}", argument.claim);
        }
    }

    #[test]
    fn ten_keys_are_published_and_ours_are_new_to_the_filter() {
        let keys = shipped::keys().keys;
        assert_eq!(keys.iter().filter(|key| key.published).count(), 10);
        let known: Vec<&str> =
            include_str!("../../assets/judges/master-keys.txt").lines().filter(|line| !line.is_empty()).collect();
        let ours: Vec<&Key> = keys.iter().filter(|key| !key.published).collect();
        assert!(ours.len() >= 30);
        for key in ours {
            assert!(
                !known.iter().any(|line| line.eq_ignore_ascii_case(key.text.trim_end_matches(['.', ':']))),
                "{key:?}"
            );
        }
        let texts: BTreeSet<&str> = keys.iter().map(|key| key.text.as_str()).collect();
        assert_eq!(texts.len(), keys.len(), "each key once");
    }

    #[test]
    fn injections_have_names_of_their_own_and_two_cannot_be_seen() {
        let injections = shipped::injections();
        let names: BTreeSet<&str> = injections.iter().map(|injection| injection.name.as_str()).collect();
        assert!(names.len() == injections.len() && names.len() >= 12);
        let hidden = |text: &str| text.chars().any(|c| matches!(c, '\u{200b}' | '\u{e0000}'..='\u{e007f}'));
        assert_eq!(injections.iter().filter(|injection| hidden(&injection.text)).count(), 2);
        assert!(shipped::neutral().padding.len() > 5);
    }

    #[test]
    fn an_emptied_file_is_refused_with_a_mend() {
        let error = injections(&shipped::asset("injections = []")).unwrap_err().to_string();
        assert!(error.contains("holds no injections; write some, or remove the file"), "{error}");
    }
}
