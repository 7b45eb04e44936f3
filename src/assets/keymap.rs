//! Which key does what on which screen. The user's keymap stands over the built-in one action by action.

use std::collections::BTreeMap;

use toml::Spanned;

use crate::assets::action::{Action, Context};
use crate::assets::error::AssetError;
use crate::assets::key::Key;
use crate::assets::parse::{broken, parse};
use crate::assets::source::{AssetText, Source};

const FILE: &str = "keymap.toml";

type Bindings = BTreeMap<Context, BTreeMap<Action, Vec<Key>>>;

/// Keys by screen and action. Within a screen no key does two things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    bindings: Bindings,
}

impl Keymap {
    /// The built-in keymap under the user's.
    ///
    /// # Errors
    /// The user's file is broken, or gives one key two actions on one screen.
    pub fn load(source: &Source) -> Result<Keymap, AssetError> {
        let mut keymap = Keymap::default();
        for layer in source.layers(FILE)? {
            keymap.lay_over(read(&layer)?);
        }
        Ok(keymap)
    }

    /// What a key does on a screen: the screen's own binding, else the global one, but for actions that the screen has
    /// put on keys of its own.
    #[must_use]
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        let bound = |context| {
            let actions = self.bindings.get(&context)?;
            actions.iter().find(|(_, keys)| keys.contains(&key)).map(|(action, _)| *action)
        };
        let moved = |action: &Action| self.bindings.get(&context).is_some_and(|own| own.contains_key(action));
        bound(context).or_else(|| bound(Context::Global).filter(|action| !moved(action)))
    }

    /// The keys of an action on a screen, the first to be shown; empty if it has none there.
    #[must_use]
    pub fn keys(&self, context: Context, action: Action) -> &[Key] {
        let bound = |context| self.bindings.get(&context).and_then(|actions| actions.get(&action)).map(Vec::as_slice);
        bound(context).or_else(|| bound(Context::Global)).unwrap_or_default()
    }

    /// The actions that a screen binds itself, for the help.
    pub fn actions(&self, context: Context) -> impl Iterator<Item = (Action, &[Key])> {
        self.bindings.get(&context).into_iter().flatten().map(|(action, keys)| (*action, keys.as_slice()))
    }

    /// An action of the upper layer replaces its keys, and takes them from other actions of the same screen.
    fn lay_over(&mut self, upper: Bindings) {
        for (context, actions) in upper {
            let below = self.bindings.entry(context).or_default();
            for (action, keys) in actions {
                for others in below.values_mut() {
                    others.retain(|key| !keys.contains(key));
                }
                below.insert(action, keys);
            }
        }
    }
}

fn read(layer: &AssetText) -> Result<Bindings, AssetError> {
    let written: BTreeMap<Context, BTreeMap<Action, Vec<Spanned<Key>>>> = parse(layer)?;
    let mut bindings = Bindings::new();
    for (context, actions) in written {
        let mut taken: BTreeMap<Key, Action> = BTreeMap::new();
        let bound = bindings.entry(context).or_default();
        for (action, keys) in actions {
            for key in &keys {
                if let Some(other) = taken.insert(*key.get_ref(), action) {
                    let (key_name, place) = (key.get_ref(), context.name());
                    let reason = format!(
                        "[{place}] gives the key \"{key_name}\" to \"{other}\" and to \"{action}\"; take it from one"
                    );
                    return Err(broken(layer, key.span(), reason));
                }
            }
            bound.insert(action, keys.into_iter().map(Spanned::into_inner).collect());
        }
    }
    Ok(bindings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keymap_of(user: &str) -> Result<Keymap, AssetError> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(FILE), user).unwrap();
        Keymap::load(&Source::new(home.path()))
    }

    fn key(written: &str) -> Key {
        written.parse().unwrap()
    }

    #[test]
    fn the_built_in_keys_are_those_of_the_arena() {
        let keymap = keymap_of("").unwrap();
        for (written, action) in [
            ("space", Action::Pause),
            ("tab", Action::NextPane),
            ("shift-tab", Action::PreviousPane),
            ("enter", Action::Open),
            ("e", Action::Evidence),
            ("j", Action::Judge),
            ("?", Action::Help),
            ("q", Action::Quit),
            ("ctrl-c", Action::Quit),
            ("G", Action::Bottom),
        ] {
            assert_eq!(keymap.action(Context::Arena, key(written)), Some(action), "{written}");
        }
        assert_eq!(keymap.action(Context::Arena, key("ctrl-y")), None);
        // The arena scrolls with the arrows, so half of `j` and `k` would be worse than none.
        assert_eq!(keymap.action(Context::Arena, key("k")), None);
        assert_eq!(keymap.action(Context::Ladder, key("k")), Some(Action::Up));
        assert_eq!(keymap.keys(Context::Arena, Action::Help)[0], key("?"));
    }

    #[test]
    fn the_user_moves_an_action_to_another_key() {
        let keymap = keymap_of("[arena]\nevidence = [\"j\"]\n").unwrap();
        assert_eq!(keymap.action(Context::Arena, key("j")), Some(Action::Evidence));
        assert_eq!(keymap.action(Context::Arena, key("e")), None);
        assert!(keymap.keys(Context::Arena, Action::Judge).is_empty());
        assert_eq!(keymap.action(Context::Arena, key("space")), Some(Action::Pause));
    }

    #[test]
    fn one_key_for_two_actions_is_refused_at_its_place() {
        let error = keymap_of("[arena]\npause = [\"x\"]\nevidence = [\"e\", \"x\"]\n").unwrap_err().to_string();
        assert!(error.contains("keymap.toml, line 3, column 18: [arena] gives the key \"x\""), "{error}");
    }

    #[test]
    fn unknown_screens_actions_and_keys_are_named() {
        let error = keymap_of("[areno]\n").unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("did you mean \"arena\"?"), "{error}");
        let error = keymap_of("[arena]\npaws = [\"x\"]\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("did you mean \"pause\"?"), "{error}");
        let error = keymap_of("[arena]\npause = [\"spacebar\"]\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("\"spacebar\" is no key"), "{error}");
    }
}
