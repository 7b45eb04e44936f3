//! Prompt templates: found by name, rendered with everything they name, or not at all.
//!
//! A template is Markdown with minijinja in it. Its name is its path in `prompts/` without the ending: `agent/writer.user`.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, OnceLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use crate::assets::error::AssetError;
use crate::assets::parse::broken;
use crate::assets::source::{AssetText, Source};
use crate::domain::hash::ContentHash;
use crate::text::hash::named_hash;
use crate::text::nearest::suggestion;

const FOLDER: &str = "prompts";
const ENDING: &str = "md";

/// All templates. They are read at the first use, together, so that the hash is the hash of what is rendered.
#[derive(Debug)]
pub struct Prompts {
    source: Source,
    loaded: OnceLock<Result<Loaded, AssetError>>,
}

#[derive(Debug)]
struct Loaded {
    texts: Arc<BTreeMap<String, AssetText>>,
    /// Compiles a template when it is first asked for.
    environment: Environment<'static>,
}

impl Prompts {
    #[must_use]
    pub fn new(source: Source) -> Prompts {
        Prompts { source, loaded: OnceLock::new() }
    }

    /// Renders a template. Every name in it must be in the context: a missing one is an error, not an empty place.
    ///
    /// # Errors
    /// There is no such template, it is broken, or it names what the context does not have.
    pub fn render(&self, name: &str, context: impl Serialize) -> Result<String, AssetError> {
        let loaded = self.loaded()?;
        let context = Value::from(Serde(context));
        let rendered = loaded.environment.get_template(name).and_then(|template| template.render(context));
        rendered.map_err(|error| loaded.explain(name, &error))
    }

    /// The hash of all templates: the same prompts, the same hash.
    ///
    /// # Errors
    /// A template cannot be read.
    pub fn hash(&self) -> Result<ContentHash, AssetError> {
        let texts = &self.loaded()?.texts;
        Ok(named_hash(texts.iter().map(|(name, asset)| (name.as_str(), asset.text.as_ref()))))
    }

    /// The hash of the templates in one folder, for instance `judge/`.
    ///
    /// # Errors
    /// A template cannot be read.
    pub fn hash_of(&self, folder: &str) -> Result<ContentHash, AssetError> {
        let texts = self.loaded()?.texts.iter().filter(|(name, _)| name.starts_with(folder));
        Ok(named_hash(texts.map(|(name, asset)| (name.as_str(), asset.text.as_ref()))))
    }

    /// The names of all templates.
    ///
    /// # Errors
    /// A template cannot be read.
    pub fn names(&self) -> Result<Vec<&str>, AssetError> {
        Ok(self.loaded()?.texts.keys().map(String::as_str).collect())
    }

    /// Every template that does not compile.
    #[must_use]
    pub fn problems(&self) -> Vec<AssetError> {
        let loaded = match self.loaded() {
            Ok(loaded) => loaded,
            Err(error) => return vec![error],
        };
        let compiled = loaded.texts.keys().map(|name| (name, loaded.environment.get_template(name)));
        compiled.filter_map(|(name, template)| template.err().map(|error| loaded.explain(name, &error))).collect()
    }

    fn loaded(&self) -> Result<&Loaded, AssetError> {
        self.loaded.get_or_init(|| Loaded::read(&self.source)).as_ref().map_err(AssetError::clone)
    }
}

impl Loaded {
    fn read(source: &Source) -> Result<Loaded, AssetError> {
        let mut texts = BTreeMap::new();
        for path in source.list(FOLDER, ENDING)? {
            let name = path.trim_start_matches("prompts/").trim_end_matches(".md").to_owned();
            texts.insert(name, source.text(&path)?);
        }
        let texts = Arc::new(texts);
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        let unusable =
            |error: minijinja::Error| AssetError::Invalid { file: FOLDER.to_owned(), reason: error.to_string() };
        environment.set_syntax(syntax.map_err(unusable)?);
        let found = Arc::clone(&texts);
        environment.set_loader(move |name| Ok(found.get(name).map(|asset| asset.text.to_string())));
        Ok(Loaded { texts, environment })
    }

    fn explain(&self, asked: &str, error: &minijinja::Error) -> AssetError {
        if error.kind() == ErrorKind::TemplateNotFound && !self.texts.contains_key(asked) {
            let nearest = suggestion(asked, self.texts.keys().map(String::as_str));
            return AssetError::Unknown { kind: "prompt", name: asked.to_owned(), nearest };
        }
        // The innermost error knows the included template in which things went wrong.
        let mut cause = error;
        while let Some(inner) = cause.source().and_then(|inner| inner.downcast_ref::<minijinja::Error>()) {
            cause = inner;
        }
        let Some(asset) = self.texts.get(cause.name().unwrap_or(asked)) else {
            return AssetError::Invalid { file: asked.to_owned(), reason: cause.to_string() };
        };
        let place = cause.range().filter(|range| asset.text.get(range.clone()).is_some());
        let named = place.clone().and_then(|range| asset.text.get(range)).unwrap_or_default();
        let reason = match (cause.kind(), cause.detail()) {
            (ErrorKind::UndefinedError, _) => format!("\"{named}\" is not among the things this prompt is given"),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        match (place, cause.line()) {
            (Some(range), _) => broken(asset, range, reason),
            (None, Some(line)) => AssetError::Broken { file: asset.origin.to_string(), line, column: 1, reason },
            (None, None) => AssetError::Invalid { file: asset.origin.to_string(), reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prompts_with(files: &[(&str, &str)]) -> (tempfile::TempDir, Prompts) {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = home.path().join(FOLDER).join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let prompts = Prompts::new(Source::new(home.path()));
        (home, prompts)
    }

    #[test]
    fn a_template_takes_its_context_and_blocks_leave_no_empty_lines() {
        let (_home, prompts) = prompts_with(&[
            ("t/a.user.md", "One {{ x }}\n{% if y %}\n  {% include \"t/b\" %}\n{% endif %}\nend\n"),
            ("t/b.md", "<{{ y }}>\n"),
        ]);
        let text = prompts.render("t/a.user", json!({ "x": "a & b", "y": 2 })).unwrap();
        assert_eq!(text, "One a & b\n<2>end");
    }

    #[test]
    fn a_name_that_the_context_lacks_is_an_error_at_its_place() {
        let (_home, prompts) =
            prompts_with(&[("t/a.md", "One\ntwo {{ motion }}\n"), ("t/b.md", "{% include \"t/a\" %}")]);
        for name in ["t/a", "t/b"] {
            let error = prompts.render(name, json!({})).unwrap_err().to_string();
            assert!(error.contains("t/a.md, line 2, column 8: \"motion\" is not among"), "{error}");
        }
    }

    #[test]
    fn a_broken_template_is_an_error_for_itself_only() {
        let (_home, prompts) = prompts_with(&[("t/bad.md", "x\n{% if %}\n"), ("t/good.md", "fine")]);
        assert_eq!(prompts.render("t/good", json!({})).unwrap(), "fine");
        assert!(matches!(prompts.render("t/bad", json!({})), Err(AssetError::Broken { line: 2, .. })));
        assert_eq!(prompts.problems().len(), 1);
    }

    #[test]
    fn an_unknown_template_names_its_neighbours() {
        let (_home, prompts) = prompts_with(&[("t/opening.md", "")]);
        let error = prompts.render("t/openning", json!({})).unwrap_err().to_string();
        assert_eq!(error, "there is no prompt named \"t/openning\"; did you mean \"t/opening\"?");
    }

    #[test]
    fn the_hash_changes_with_any_template() {
        let hash = |files| prompts_with(files).1.hash().unwrap();
        assert_eq!(hash(&[("t/a.md", "x")]), hash(&[("t/a.md", "x")]));
        assert_ne!(hash(&[("t/a.md", "x")]), hash(&[("t/a.md", "y")]));
        assert_ne!(hash(&[("t/a.md", "x")]), hash(&[]));
    }
}
