//! The one door to every data file. Loading reads the settings only; everything else is read when it is first asked for,
//! so that the screen opens at once and a broken file stops nothing but what needs it.

use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};

use crate::assets::config::Config;
use crate::assets::error::AssetError;
use crate::assets::keymap::Keymap;
use crate::assets::motion_import::{self, Imported};
use crate::assets::motion_pack;
use crate::assets::motions::Motions;
use crate::assets::paths::Paths;
use crate::assets::prompts::Prompts;
use crate::assets::shelf::Shelf;
use crate::assets::source::{AssetText, Source};
use crate::assets::theme::Theme;
use crate::assets::wording::is_sentence;
use crate::domain::certificate::Certificate;
use crate::domain::format::Format;
use crate::domain::hash::ContentHash;
use crate::domain::motion::{Category, Motion};
use crate::domain::recipe::Recipe;
use crate::domain::team::Team;

/// The built-in files under the user's.
#[derive(Debug)]
pub struct Library {
    paths: Paths,
    source: Source,
    config: Config,
    keymap: OnceLock<Result<Keymap, AssetError>>,
    formats: Shelf<Format>,
    teams: Shelf<Team>,
    recipes: Shelf<Recipe>,
    certificates: Shelf<Certificate>,
    themes: Shelf<Theme>,
    /// Empty until asked for, and again after a motion was added.
    motions: RwLock<Option<Arc<Motions>>>,
    prompts: Prompts,
}

impl Library {
    /// Reads the settings and finds the rest.
    ///
    /// # Errors
    /// The user's `config.toml` is broken.
    pub fn load(paths: &Paths) -> Result<Library, AssetError> {
        let source = Source::new(&paths.config);
        Ok(Library {
            paths: paths.clone(),
            config: Config::load(&source)?,
            keymap: OnceLock::new(),
            formats: Shelf::default(),
            teams: Shelf::default(),
            recipes: Shelf::default(),
            certificates: Shelf::default(),
            themes: Shelf::default(),
            motions: RwLock::new(None),
            prompts: Prompts::new(source.clone()),
            source,
        })
    }

    #[must_use]
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    #[must_use]
    pub fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// The keys of the screen.
    ///
    /// # Errors
    /// The user's `keymap.toml` is broken.
    pub fn keymap(&self) -> Result<&Keymap, AssetError> {
        self.keymap.get_or_init(|| Keymap::load(&self.source)).as_ref().map_err(AssetError::clone)
    }

    /// A format by name.
    ///
    /// # Errors
    /// There is none of this name, or its file is broken.
    pub fn format(&self, name: &str) -> Result<&Format, AssetError> {
        self.formats.get(&self.source, name)
    }

    /// Every good format, by name. [`Library::problems`] tells of the others.
    #[must_use]
    pub fn formats(&self) -> Vec<&Format> {
        self.formats.all(&self.source)
    }

    /// A team by name.
    ///
    /// # Errors
    /// There is none of this name, or its file is broken.
    pub fn team(&self, name: &str) -> Result<&Team, AssetError> {
        self.teams.get(&self.source, name)
    }

    /// Every good team, by name.
    #[must_use]
    pub fn teams(&self) -> Vec<&Team> {
        self.teams.all(&self.source)
    }

    /// A judge's recipe by name.
    ///
    /// # Errors
    /// There is none of this name, or its file is broken.
    pub fn recipe(&self, name: &str) -> Result<&Recipe, AssetError> {
        self.recipes.get(&self.source, name)
    }

    /// Every good recipe, by name.
    #[must_use]
    pub fn recipes(&self) -> Vec<&Recipe> {
        self.recipes.all(&self.source)
    }

    /// Every good certificate, by name.
    #[must_use]
    pub fn certificates(&self) -> Vec<&Certificate> {
        self.certificates.all(&self.source)
    }

    /// The certificate of a recipe at a model, by their hashes; `None` if this judge was never audited.
    #[must_use]
    pub fn certificate(&self, recipe: &ContentHash, model: &ContentHash) -> Option<&Certificate> {
        self.certificates().into_iter().find(|certificate| certificate.speaks_for(recipe, model))
    }

    /// A theme by name.
    ///
    /// # Errors
    /// There is none of this name, or its file is broken.
    pub fn theme(&self, name: &str) -> Result<&Theme, AssetError> {
        self.themes.get(&self.source, name)
    }

    /// Every good theme, by name.
    #[must_use]
    pub fn themes(&self) -> Vec<&Theme> {
        self.themes.all(&self.source)
    }

    /// All motions, the built-in ones first. What was added since the last call is among them.
    #[must_use]
    pub fn motions(&self) -> Arc<Motions> {
        if let Some(motions) = self.motions.read().ok().and_then(|motions| motions.clone()) {
            return motions;
        }
        // The lock is held while the packs are read, so that a motion added meanwhile is not forgotten again.
        match self.motions.write() {
            Ok(mut slot) => Arc::clone(slot.get_or_insert_with(|| Arc::new(Motions::load(&self.source)))),
            Err(_) => Arc::new(Motions::load(&self.source)),
        }
    }

    /// A motion by its id.
    ///
    /// # Errors
    /// There is none with this id; if a pack is broken, the sentence says so, too.
    pub fn motion(&self, id: &str) -> Result<Motion, AssetError> {
        self.motions().get(id).cloned()
    }

    /// A motion by its id, or a new one from a sentence: what contains a blank is a sentence.
    ///
    /// # Errors
    /// There is none with this id, or the sentence cannot be a motion.
    pub fn motion_or_text(&self, given: &str) -> Result<Motion, AssetError> {
        if is_sentence(given) && !self.motions().has_id(given.trim()) {
            motion_pack::stated(given, None, &self.motions())
        } else {
            self.motion(given.trim())
        }
    }

    /// Appends a motion to the user's own pack and returns it with its id. An empty id is made from the text.
    ///
    /// # Errors
    /// The motion cannot be one, its id or text is taken, or the pack cannot be written.
    pub fn add_motion(&self, motion: Motion) -> Result<Motion, AssetError> {
        let added = motion_pack::add(&self.paths.motions, motion, &self.motions());
        self.forget_motions();
        added
    }

    /// Takes the motions of a file into a pack of the user's. `category` stands for the guess where a row has none.
    ///
    /// # Errors
    /// The file cannot be read, or the pack cannot be written. Rows that cannot be motions are in the answer.
    pub fn import_motions(&self, file: &Path, category: Option<Category>) -> Result<Imported, AssetError> {
        let imported = motion_import::import(&self.paths.motions, file, category, &self.motions());
        self.forget_motions();
        imported
    }

    fn forget_motions(&self) {
        if let Ok(mut slot) = self.motions.write() {
            *slot = None;
        }
    }

    /// The text of a data file that another layer reads: the user's, else the built-in one.
    ///
    /// # Errors
    /// There is no such file, or the user's cannot be read.
    pub fn text(&self, path: &str) -> Result<AssetText, AssetError> {
        self.source.text(path)
    }

    /// Both texts of a data file that is merged: the built-in one, then the user's if there is one.
    ///
    /// # Errors
    /// The user's file cannot be read.
    pub fn layers(&self, path: &str) -> Result<Vec<AssetText>, AssetError> {
        self.source.layers(path)
    }

    /// Everything that is wrong with any file, each as a sentence. Reads every file.
    #[must_use]
    pub fn problems(&self) -> Vec<AssetError> {
        let mut problems: Vec<AssetError> = self.keymap().err().into_iter().collect();
        problems.extend(self.formats.problems(&self.source));
        problems.extend(self.teams.problems(&self.source));
        problems.extend(self.recipes.problems(&self.source));
        problems.extend(self.certificates.problems(&self.source));
        problems.extend(self.themes.problems(&self.source));
        problems.extend(self.motions().problems().iter().cloned());
        problems.extend(self.prompts.problems());
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::format::Sees;
    use crate::domain::seat::Side;
    use crate::domain::team::Role;

    fn library_with(files: &[(&str, &str)]) -> (tempfile::TempDir, Library) {
        let home = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = home.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let library = Library::load(&Paths::under(home.path())).unwrap();
        (home, library)
    }

    #[test]
    fn every_built_in_file_is_good() {
        let (_home, library) = library_with(&[]);
        assert_eq!(library.problems(), []);
        let names: Vec<&str> = library.themes().iter().map(|theme| theme.name.as_str()).collect();
        assert_eq!(names, ["contrast", "dark", "light", "mono"]);
    }

    #[test]
    fn the_defaults_name_things_that_exist() {
        let (_home, library) = library_with(&[]);
        let defaults = &library.config().defaults;
        library.format(&defaults.format).unwrap();
        library.team(&defaults.proposition).unwrap();
        library.team(&defaults.opposition).unwrap();
        library.theme(&library.config().screen.theme).unwrap();
    }

    #[test]
    fn agent4debate_has_six_speeches_and_its_summaries_are_flipped() {
        let (_home, library) = library_with(&[]);
        let format = library.format("agent4debate").unwrap();
        let sides: Vec<Side> = format.slots().iter().map(|slot| slot.side).collect();
        let (p, o) = (Side::Proposition, Side::Opposition);
        assert_eq!(sides, [p, o, p, o, o, p]);
        assert!(format.stages[0].parallel && format.stages[0].sees == Sees::Own);
        assert!(format.stages[1..].iter().all(|stage| !stage.parallel && stage.sees == Sees::All));
    }

    #[test]
    fn the_exhibition_is_four_roles_against_one() {
        let (_home, library) = library_with(&[]);
        assert!(Role::ALL.iter().all(|role| library.team("quartet").unwrap().has(*role)));
        let solo: Vec<&Role> = library.team("solo").unwrap().roles.keys().collect();
        assert_eq!(solo, [&Role::Writer]);
    }

    #[test]
    fn an_unknown_name_names_the_nearest() {
        let (_home, library) = library_with(&[]);
        let told = |error: AssetError| error.to_string();
        assert_eq!(
            told(library.format("deul").unwrap_err()),
            "there is no format named \"deul\"; did you mean \"duel\"?"
        );
        assert_eq!(
            told(library.team("quartett").unwrap_err()),
            "there is no team named \"quartett\"; did you mean \"quartet\"?"
        );
        assert_eq!(
            told(library.theme("solarized").unwrap_err()),
            "there is no theme named \"solarized\"; known are contrast, dark, light, mono"
        );
        assert!(told(library.recipe("no such").unwrap_err()).starts_with("there is no judge recipe named \"no such\""));
    }

    #[test]
    fn a_user_file_replaces_or_adds() {
        let duel = "name = \"duel\"\n[[stages]]\nkind = \"constructive\"\nwords = 9\norder = [\"proposition\", \"opposition\"]\nsees = \"all\"\n";
        let (_home, library) =
            library_with(&[("formats/duel.toml", duel), ("formats/mine.toml", &duel.replace("\"duel\"", "\"mine\""))]);
        assert_eq!(library.format("duel").unwrap().stages[0].words, 9);
        let names: Vec<&str> = library.formats().iter().map(|format| format.name.as_str()).collect();
        assert_eq!(
            names,
            ["agent4debate", "british-parliamentary", "duel", "karl-popper", "lincoln-douglas", "mine", "oxford"]
        );
    }

    #[test]
    fn a_broken_file_spoils_its_own_name_only() {
        let (home, library) = library_with(&[
            ("formats/duel.toml", "name = \"duel\"\nstages = 3\n"),
            ("teams/mine.toml", "name = \"other\"\n[roles.writer]\n"),
            ("keymap.toml", "[arena]\npause = 1\n"),
            ("motions/own.toml", "[[motion]\n"),
        ]);
        let at = |path: &str| home.path().join(path).display().to_string();
        assert_eq!(
            library.format("duel").unwrap_err().to_string(),
            format!("{}, line 2, column 10: expected a list in brackets, found the number 3", at("formats/duel.toml"))
        );
        assert_eq!(
            library.team("mine").unwrap_err().to_string(),
            format!(
                "{}: the team is called \"other\" but its file \"mine\"; make them the same",
                at("teams/mine.toml")
            )
        );
        assert!(library.format("agent4debate").is_ok() && library.team("solo").is_ok() && library.keymap().is_err());
        assert!(library.formats().iter().all(|format| format.name != "duel"));
        assert_eq!(library.problems().len(), 4);
    }

    #[test]
    fn broken_settings_stop_the_start() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), "[defaults]\nformat = duel\n").unwrap();
        let error = Library::load(&Paths::under(home.path())).unwrap_err().to_string();
        assert!(error.contains("config.toml, line 2, column 10: this is not TOML"), "{error}");
    }

    #[test]
    fn a_motion_is_found_by_id_or_made_of_a_sentence_or_added() {
        let (_home, library) = library_with(&[]);
        let id = library.motions().all()[0].id.clone();
        assert_eq!(library.motion_or_text(&id).unwrap().id, id);
        assert!(matches!(library.motion_or_text("nonsense"), Err(AssetError::Unknown { kind: "motion", .. })));
        let stated = library.motion_or_text("This House would tax sugar").unwrap();
        assert!(library.motion(&stated.id).is_err());
        library.add_motion(stated.clone()).unwrap();
        assert_eq!(library.motion(&stated.id).unwrap(), stated);
    }

    #[test]
    fn files_of_other_layers_come_as_text_with_their_origin() {
        let (home, library) = library_with(&[("models.toml", "mine")]);
        assert_eq!(
            library.text("models.toml").unwrap().origin.to_string(),
            home.path().join("models.toml").display().to_string()
        );
        assert_eq!(library.layers("models.toml").unwrap().last().unwrap().text, "mine");
    }
}
