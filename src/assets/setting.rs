//! Changing one key of the user's `config.toml` without touching its comments, its order or anything else in it.

use std::borrow::Cow;

use toml::de::DeTable;

use crate::assets::config::{Config, FILE};
use crate::assets::error::AssetError;
use crate::assets::parse::parse;
use crate::assets::paths::Paths;
use crate::assets::source::{AssetText, Origin};
use crate::assets::write::replace_file;

/// Sets `key` in `[table]` of the user's settings, for instance `debater` in `defaults`. A missing file is made.
///
/// # Errors
/// The file is broken, the key is unknown, or the file cannot be written. It is unchanged then.
pub fn save_setting(paths: &Paths, table: &str, key: &str, value: impl Into<toml::Value>) -> Result<(), AssetError> {
    let value = value.into();
    let file = paths.config.join(FILE);
    let old = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(AssetError::unreadable(&file, &error)),
    };
    let asset = |text: String| AssetText { text: Cow::Owned(text), origin: Origin::File(file.clone()) };
    let mut wanted: toml::Table = parse(&asset(old.clone()))?;
    let section = wanted.entry(table).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let toml::Value::Table(section) = section {
        section.insert(key.to_owned(), value.clone());
    }
    let new = asset(edited(&old, table, key, &value));
    // The edit works on text, so what it made is read again before it counts.
    if parse::<toml::Table>(&new).ok().as_ref() != Some(&wanted) {
        let reason = format!("[{table}] is written in a way that only you can edit; set {key} = {value} there");
        return Err(AssetError::Unwritable { file: file.display().to_string(), reason });
    }
    parse::<Config>(&new)?;
    replace_file(&file, &new.text)
}

/// The text with one key changed, or added at the head of its table, or added with its table at the end.
fn edited(old: &str, table: &str, key: &str, value: &toml::Value) -> String {
    let mut text = old.to_owned();
    let line = format!("{key} = {value}\n");
    let document = DeTable::parse(old).ok();
    let section = document
        .as_ref()
        .and_then(|document| document.get_ref().iter().find(|(name, _)| name.get_ref().as_ref() == table));
    let Some((heading, section)) = section else {
        if !text.is_empty() {
            text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
        }
        text.push_str(&format!("[{table}]\n{line}"));
        return text;
    };
    let present =
        section.get_ref().as_table().and_then(|keys| keys.iter().find(|(name, _)| name.get_ref().as_ref() == key));
    if let Some((_, present)) = present {
        text.replace_range(present.span(), &value.to_string());
    } else {
        match old.get(heading.span().end..).and_then(|rest| rest.find('\n')) {
            Some(newline) => text.insert_str(heading.span().end + newline + 1, &line),
            None => text.push_str(&format!("\n{line}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(old: Option<&str>, table: &str, key: &str, value: impl Into<toml::Value>) -> Result<String, AssetError> {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        if let Some(old) = old {
            std::fs::write(&paths.settings, old).unwrap();
        }
        let result = save_setting(&paths, table, key, value);
        let text = std::fs::read_to_string(&paths.settings).unwrap_or_default();
        if result.is_err() {
            assert_eq!(text, old.unwrap_or_default());
        }
        result.map(|()| text)
    }

    #[test]
    fn the_first_setting_makes_the_file() {
        let text = saved(None, "defaults", "debater", "smollm2-135m").unwrap();
        assert_eq!(text, "[defaults]\ndebater = \"smollm2-135m\"\n");
    }

    #[test]
    fn a_value_is_changed_in_its_place_and_comments_stay() {
        let old = "# mine\n[defaults] # here\ndebater = 'old' # why\njudge=\"j\"\n\n[screen]\nmouse = true\n";
        let text = saved(Some(old), "defaults", "debater", "a \"b\"").unwrap();
        assert_eq!(text, old.replace("'old'", "'a \"b\"'"));
        let text = saved(Some(old), "screen", "mouse", false).unwrap();
        assert_eq!(text, old.replace("true", "false"));
    }

    #[test]
    fn a_new_key_stands_at_the_head_of_its_table() {
        let old = "[defaults] # here\njudge = \"j\"\n[screen]\nmouse = true";
        let text = saved(Some(old), "defaults", "debater", "d").unwrap();
        assert_eq!(text, "[defaults] # here\ndebater = \"d\"\njudge = \"j\"\n[screen]\nmouse = true");
        let text = saved(Some("[defaults]"), "defaults", "debater", "d").unwrap();
        assert_eq!(text, "[defaults]\ndebater = \"d\"\n");
    }

    #[test]
    fn a_new_table_stands_at_the_end() {
        let text = saved(Some("[screen]\nmouse = true"), "defaults", "debater", "d").unwrap();
        assert_eq!(text, "[screen]\nmouse = true\n\n[defaults]\ndebater = \"d\"\n");
    }

    #[test]
    fn a_table_in_an_unusual_form_is_left_alone() {
        let error = saved(Some("defaults = { judge = \"j\" }\n"), "defaults", "debater", "d").unwrap_err().to_string();
        assert!(error.contains("set debater = \"d\" there; nothing was changed"), "{error}");
    }

    #[test]
    fn a_broken_file_or_an_unknown_key_changes_nothing() {
        assert!(matches!(
            saved(Some("[defaults\n"), "defaults", "debater", "d"),
            Err(AssetError::Broken { line: 1, .. })
        ));
        let error = saved(None, "defaults", "debatr", "d").unwrap_err().to_string();
        assert!(error.contains("did you mean \"debater\"?"), "{error}");
    }
}
