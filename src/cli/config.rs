//! `rhetor config`: what is set and where it comes from, one key read or written, and the file in the user's editor. Needs no
//! engine, so that broken settings can be mended with it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use clap::Subcommand;

use crate::assets::in_force::setting_of;
use crate::assets::source::Source;
use crate::assets::{AssetError, Library, Paths, Setting, replace_settings, save_setting, settings_in_force};
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::error::EngineError;

/// The settings' file among the built-in ones.
const BUILT_IN: &str = "config.toml";

/// What was edited and could not be taken, beside the settings.
const DRAFT: &str = "config.draft.toml";

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the path of your settings; the file need not be there.
    Path,
    /// Print the value of one key, for instance screen.theme.
    Get { key: String },
    /// Set one key; comments and order of the file stay.
    Set { key: String, value: String },
    /// Open the settings in $VISUAL or $EDITOR; they count only if they are sound.
    Edit,
}

/// Runs one of the commands; without one it prints every setting in force.
///
/// # Errors
/// An unknown key, a value that cannot be, broken settings, no editor, a file that cannot be written.
pub fn config(
    home: Option<PathBuf>,
    command: Option<&ConfigCommand>,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let paths = Paths::discover(home)?;
    let in_force = || settings_in_force(&Source::new(&paths.config), |name| env::var(name).ok());
    match command {
        None => list(&in_force()?, output),
        Some(ConfigCommand::Path) => {
            let path = paths.settings.display().to_string();
            if output.json { output.document(&path) } else { output.line(&path) }
        }
        Some(ConfigCommand::Get { key }) => return Ok(get(&setting_of(in_force()?, key)?, output)),
        Some(ConfigCommand::Set { key, value }) => {
            set(&paths, key, value)?;
            let setting = setting_of(in_force()?, key)?;
            if output.json { output.document(&setting) } else { output.line(&row(&setting, 0)) }
        }
        Some(ConfigCommand::Edit) => edit(&paths, output)?,
    }
    Ok(ExitStatus::Done)
}

fn list(settings: &[Setting], output: &mut Output) {
    if output.json {
        output.document(&settings);
        return;
    }
    let widest = settings.iter().map(|setting| setting.key.chars().count()).max().unwrap_or_default();
    settings.iter().for_each(|setting| output.line(&row(setting, widest)));
}

fn row(setting: &Setting, widest: usize) -> String {
    match &setting.value {
        Some(value) => format!("{:<widest$} = {value}   ({})", setting.key, setting.from),
        None => format!("{:<widest$}   ({})", setting.key, setting.from),
    }
}

/// Prints a value as a script wants it: without quotation marks.
fn get(setting: &Setting, output: &mut Output) -> ExitStatus {
    if output.json {
        output.document(setting);
        return ExitStatus::Done;
    }
    match &setting.value {
        Some(toml::Value::String(text)) => output.line(text),
        Some(value) => output.line(&value.to_string()),
        None => {
            output.note(&format!("{} is not set", setting.key));
            return ExitStatus::Failed;
        }
    }
    ExitStatus::Done
}

/// Writes a value. What reads as a number or as true and false is one where the key wants one, and text elsewhere.
fn set(paths: &Paths, key: &str, given: &str) -> Result<(), AssetError> {
    is_there(&Library::load(paths)?, key, given)?;
    let read = toml::from_str::<toml::Table>(&format!("value = {given}")).ok().filter(|table| table.len() == 1);
    let text = || save_setting(paths, key, given);
    match read.and_then(|mut table| table.remove("value")) {
        None => text(),
        Some(value) => match save_setting(paths, key, value) {
            Err(error @ AssetError::Invalid { .. }) => text().map_err(|_| error),
            saved => saved,
        },
    }
}

/// Whether what a value names is there. Models are looked for only when they are used, since endpoints come and go.
fn is_there(library: &Library, key: &str, value: &str) -> Result<(), AssetError> {
    let recipe = |named: &str| library.recipe(named.split('@').next().unwrap_or_default()).map(drop);
    match key {
        "defaults.format" => library.format(value).map(drop),
        "screen.theme" => library.theme(value).map(drop),
        "defaults.judge" => recipe(value),
        "defaults.momentum" if !value.is_empty() => recipe(value),
        _ => Ok(()),
    }
}

/// Lets the user edit a draft, and takes it if it is sound. A draft that was refused is gone on with.
fn edit(paths: &Paths, output: &mut Output) -> Result<(), EngineError> {
    let failed = |what: &str, error: &std::io::Error| EngineError::Failed(format!("{what}: {error}"));
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| env::var(name).ok().filter(|text| !text.trim().is_empty()));
    let Some(editor) = editor else {
        return Err(EngineError::Request(
            "neither VISUAL nor EDITOR names an editor; set one, for instance EDITOR=nano".to_owned(),
        ));
    };
    let draft = paths.config.join(DRAFT);
    let unwritable = |error| failed(&format!("{} cannot be written", draft.display()), &error);
    let before = match fs::read_to_string(&paths.settings) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => template(&Source::new(&paths.config))?,
        Err(error) => return Err(AssetError::unreadable(&paths.settings, &error).into()),
    };
    if draft.exists() {
        output.note(&format!("going on with {}, which could not be taken", draft.display()));
    } else {
        fs::create_dir_all(&paths.config).and_then(|()| fs::write(&draft, &before)).map_err(unwritable)?;
    }
    let mut words = editor.split_whitespace();
    let status = Command::new(words.next().unwrap_or_default()).args(words).arg(&draft).status();
    let unchanged = same(&draft, &before);
    match status {
        Ok(status) if status.success() && !unchanged => {}
        ended => {
            if unchanged {
                fs::remove_file(&draft).map_err(unwritable)?;
            }
            return match ended {
                Ok(status) if status.success() => {
                    output.note("nothing was changed");
                    Ok(())
                }
                Ok(status) => Err(EngineError::Failed(format!("{editor} ended with {status}; nothing was changed"))),
                Err(error) => Err(failed(&format!("{editor} does not start"), &error)),
            };
        }
    }
    if let Err(error) = replace_settings(paths, &draft) {
        let keeps = "your settings are as they were, and `rhetor config edit` goes on with what you wrote";
        return Err(EngineError::Failed(format!("{error}; {keeps}")));
    }
    fs::remove_file(&draft).map_err(unwritable)?;
    output.note(&format!("wrote {}", paths.settings.display()));
    Ok(())
}

fn same(draft: &Path, before: &str) -> bool {
    fs::read_to_string(draft).is_ok_and(|text| text == before)
}

/// What a first edit begins with: the built-in file with every key commented out.
fn template(source: &Source) -> Result<String, AssetError> {
    let built_in = source.text(BUILT_IN)?.text;
    let line = |line: &str| match line.chars().next() {
        Some(first) if first.is_ascii_lowercase() => format!("# {line}\n"),
        _ => format!("{line}\n"),
    };
    Ok(built_in.lines().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Config;

    #[test]
    fn a_first_edit_begins_with_settings_that_set_nothing() {
        let home = tempfile::tempdir().unwrap();
        let source = Source::new(home.path());
        let text = template(&source).unwrap();
        assert!(text.contains("# format = \"agent4debate\"\n"), "{text}");
        fs::write(home.path().join(BUILT_IN), &text).unwrap();
        let settings = settings_in_force(&source, |_| None).unwrap();
        assert!(
            settings.iter().all(|setting| !matches!(setting.from, crate::assets::Provenance::File(_))),
            "{settings:?}"
        );
        Config::load(&source).unwrap();
    }

    #[test]
    fn a_value_becomes_what_its_key_wants() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        set(&paths, "screen.mouse", "true").unwrap();
        set(&paths, "defaults.debater", "3").unwrap();
        set(&paths, "ceilings.dollars", "2").unwrap();
        let config = Config::load(&Source::new(home.path())).unwrap();
        assert_eq!((config.screen.mouse, config.defaults.debater.as_deref()), (true, Some("3")));
        assert_eq!(config.ceilings.dollars, Some(2.0));
        let wrong = |key: &str, value: &str| set(&paths, key, value).unwrap_err().to_string();
        assert!(
            wrong("ceilings.tokens", "-3").contains("a whole number, 0 or more"),
            "{}",
            wrong("ceilings.tokens", "-3")
        );
        assert!(wrong("screen.mouse", "no").contains("true or false"));
        assert!(wrong("screen.teme", "dark").contains("did you mean \"theme\"?"));
        assert!(wrong("defaults.format", "dual").contains("\"duel\""));
    }
}
