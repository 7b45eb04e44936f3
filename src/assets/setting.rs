//! Changing one key of the user's `config.toml` without touching its comments, its order or anything else in it, and putting a
//! whole new text in its place.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use crate::assets::config::{Config, FILE};
use crate::assets::error::AssetError;
use crate::assets::parse::parse;
use crate::assets::paths::Paths;
use crate::assets::source::{AssetText, Origin};
use crate::assets::write::replace_file;

/// Sets a key of the user's settings, for instance `defaults.debater` or `endpoints.work.preset`. A missing file is made.
///
/// # Errors
/// The file is broken, the key is unknown, the value cannot be, or the file cannot be written. It is unchanged then.
pub fn save_setting(paths: &Paths, key: &str, value: impl Into<toml::Value>) -> Result<(), AssetError> {
    let value = value.into();
    let (tables, name) = places(key);
    let file = paths.config.join(FILE);
    let old = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(AssetError::unreadable(&file, &error)),
    };
    let asset = |text: String| AssetText { text: Cow::Owned(text), origin: Origin::File(file.clone()) };
    let mut wanted: toml::Table = parse(&asset(old.clone()))?;
    insert(&mut wanted, &tables, name, &value);
    let new = asset(edited(&old, &tables, name, &value));
    // The edit works on text, so what it made is read again before it counts.
    if parse::<toml::Table>(&new).ok().as_ref() != Some(&wanted) {
        let table = tables.join(".");
        let reason = format!("[{table}] is written in a way that only you can edit; set {name} = {value} there");
        return Err(AssetError::Unwritable { file: file.display().to_string(), reason });
    }
    Config::read(&new).map_err(|error| match error {
        AssetError::Broken { reason, .. } | AssetError::Invalid { reason, .. } => {
            AssetError::Invalid { file: format!("{key} = {value}"), reason }
        }
        error => error,
    })?;
    replace_file(&file, &new.text)
}

/// Puts the text of a draft in the place of the user's settings.
///
/// # Errors
/// The draft cannot be read or is not sound, with the place in the draft; or the file cannot be written. It is unchanged then.
pub fn replace_settings(paths: &Paths, draft: &Path) -> Result<(), AssetError> {
    let text = std::fs::read_to_string(draft).map_err(|error| AssetError::unreadable(draft, &error))?;
    let asset = AssetText { text: Cow::Owned(text), origin: Origin::File(draft.to_owned()) };
    Config::read(&asset)?;
    replace_file(&paths.config.join(FILE), &asset.text)
}

/// The tables that a key stands in, and its name there. An endpoint's own name may hold dots.
fn places(key: &str) -> (Vec<&str>, &str) {
    let (table, rest) = key.split_once('.').unwrap_or((key, ""));
    match rest.rsplit_once('.') {
        Some((inner, name)) => (vec![table, inner], name),
        None => (vec![table], rest),
    }
}

fn insert(under: &mut toml::Table, tables: &[&str], name: &str, value: &toml::Value) {
    let Some((first, rest)) = tables.split_first() else {
        under.insert(name.to_owned(), value.clone());
        return;
    };
    let table = under.entry(*first).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let toml::Value::Table(table) = table {
        insert(table, rest, name, value);
    }
}

/// The text with one key changed, or added at the head of its table, or added with its table at the end.
fn edited(old: &str, tables: &[&str], key: &str, value: &toml::Value) -> String {
    let mut text = old.to_owned();
    let line = format!("{} = {value}\n", bare_or_quoted(key));
    let document = DeTable::parse(old).ok();
    let section = document.as_ref().and_then(|document| section(document.get_ref(), tables));
    let Some((heading, section)) = section else {
        if !text.is_empty() {
            text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
        }
        let table: Vec<Cow<'_, str>> = tables.iter().map(|table| bare_or_quoted(table)).collect();
        text.push_str(&format!("[{}]\n{line}", table.join(".")));
        return text;
    };
    let present = section.iter().find(|(name, _)| name.get_ref().as_ref() == key);
    if let Some((_, present)) = present {
        text.replace_range(present.span(), &value.to_string());
    } else {
        match old.get(heading.end..).and_then(|rest| rest.find('\n')) {
            Some(newline) => text.insert_str(heading.end + newline + 1, &line),
            None => text.push_str(&format!("\n{line}")),
        }
    }
    text
}

/// Where the heading of a table names it, and the table.
fn section<'a>(document: &'a DeTable<'a>, tables: &[&str]) -> Option<(Range<usize>, &'a DeTable<'a>)> {
    let (first, rest) = tables.split_first()?;
    let (heading, table) = document.iter().find(|(name, _)| name.get_ref().as_ref() == *first)?;
    let table = table.get_ref().as_table()?;
    if rest.is_empty() { Some((heading.span(), table)) } else { section(table, rest) }
}

/// A name as TOML has it as a key.
fn bare_or_quoted(name: &str) -> Cow<'_, str> {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_bare { Cow::Borrowed(name) } else { Cow::Owned(toml::Value::from(name).to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(old: Option<&str>, key: &str, value: impl Into<toml::Value>) -> Result<String, AssetError> {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        if let Some(old) = old {
            std::fs::write(&paths.settings, old).unwrap();
        }
        let result = save_setting(&paths, key, value);
        let text = std::fs::read_to_string(&paths.settings).unwrap_or_default();
        if result.is_err() {
            assert_eq!(text, old.unwrap_or_default());
        }
        result.map(|()| text)
    }

    #[test]
    fn the_first_setting_makes_the_file() {
        let text = saved(None, "defaults.debater", "smollm2-135m").unwrap();
        assert_eq!(text, "[defaults]\ndebater = \"smollm2-135m\"\n");
    }

    #[test]
    fn a_value_is_changed_in_its_place_and_comments_stay() {
        let old = "# mine\n[defaults] # here\ndebater = 'old' # why\njudge=\"j\"\n\n[screen]\nmouse = true\n";
        let text = saved(Some(old), "defaults.debater", "a \"b\"").unwrap();
        assert_eq!(text, old.replace("'old'", "'a \"b\"'"));
        let text = saved(Some(old), "screen.mouse", false).unwrap();
        assert_eq!(text, old.replace("true", "false"));
    }

    #[test]
    fn a_new_key_stands_at_the_head_of_its_table() {
        let old = "[defaults] # here\njudge = \"j\"\n[screen]\nmouse = true";
        let text = saved(Some(old), "defaults.debater", "d").unwrap();
        assert_eq!(text, "[defaults] # here\ndebater = \"d\"\njudge = \"j\"\n[screen]\nmouse = true");
        let text = saved(Some("[defaults]"), "defaults.debater", "d").unwrap();
        assert_eq!(text, "[defaults]\ndebater = \"d\"\n");
    }

    #[test]
    fn a_new_table_stands_at_the_end() {
        let text = saved(Some("[screen]\nmouse = true"), "defaults.debater", "d").unwrap();
        assert_eq!(text, "[screen]\nmouse = true\n\n[defaults]\ndebater = \"d\"\n");
    }

    #[test]
    fn a_table_in_an_unusual_form_is_left_alone() {
        let error = saved(Some("defaults = { judge = \"j\" }\n"), "defaults.debater", "d").unwrap_err().to_string();
        assert!(error.contains("set debater = \"d\" there; nothing was changed"), "{error}");
    }

    #[test]
    fn a_broken_file_or_an_unknown_key_changes_nothing() {
        assert!(matches!(saved(Some("[defaults\n"), "defaults.debater", "d"), Err(AssetError::Broken { line: 1, .. })));
        let error = saved(None, "defaults.debatr", "d").unwrap_err().to_string();
        assert!(error.contains("did you mean \"debater\"?"), "{error}");
    }

    #[test]
    fn an_endpoint_has_a_table_of_its_own_whatever_its_name() {
        let text = saved(None, "endpoints.work.preset", "openai").unwrap();
        assert_eq!(text, "[endpoints.work]\npreset = \"openai\"\n");
        let more = saved(Some(&text), "endpoints.work.max_concurrent", 8).unwrap();
        assert_eq!(more, "[endpoints.work]\nmax_concurrent = 8\npreset = \"openai\"\n");
        let dotted = saved(Some(&text), "endpoints.my.host.preset", "ollama").unwrap();
        assert!(dotted.ends_with("\n[endpoints.\"my.host\"]\npreset = \"ollama\"\n"), "{dotted}");
        let error = saved(None, "endpoints.work.max_concurrent", 8).unwrap_err().to_string();
        assert_eq!(error, "endpoints.work.max_concurrent = 8: the key \"preset\" is missing");
    }

    #[test]
    fn web_search_has_a_table_within_that_of_evidence() {
        let text = saved(Some("[evidence]\nlibrary = false\n"), "evidence.web.service", "wikipedia").unwrap();
        assert_eq!(text, "[evidence]\nlibrary = false\n\n[evidence.web]\nservice = \"wikipedia\"\n");
        let more = saved(Some(&text), "evidence.web.pages", 2).unwrap();
        assert!(more.ends_with("[evidence.web]\npages = 2\nservice = \"wikipedia\"\n"), "{more}");
    }

    #[test]
    fn a_value_that_cannot_be_changes_nothing() {
        let old = "# mine\n[ceilings]\ndollars = 2.0\n";
        let error = saved(Some(old), "ceilings.dollars", -1.0).unwrap_err().to_string();
        assert_eq!(error, "ceilings.dollars = -1.0: [ceilings]: dollars must be 0 or more");
        let error = saved(Some(old), "screen.mouse", "no").unwrap_err().to_string();
        assert_eq!(error, "screen.mouse = \"no\": expected true or false, found the text \"no\"");
    }

    #[test]
    fn a_draft_takes_the_place_of_the_settings_only_if_it_is_sound() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let draft = home.path().join("draft.toml");
        std::fs::write(&paths.settings, "[screen]\nmouse = true\n").unwrap();
        std::fs::write(&draft, "[screen]\nmouse = maybe\n").unwrap();
        let error = replace_settings(&paths, &draft).unwrap_err().to_string();
        assert!(error.contains("draft.toml, line 2, column 9"), "{error}");
        assert_eq!(std::fs::read_to_string(&paths.settings).unwrap(), "[screen]\nmouse = true\n");
        std::fs::write(&draft, "[screen]\nmouse = false # again\n").unwrap();
        replace_settings(&paths, &draft).unwrap();
        assert_eq!(std::fs::read_to_string(&paths.settings).unwrap(), "[screen]\nmouse = false # again\n");
    }
}
