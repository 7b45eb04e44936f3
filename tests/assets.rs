//! The library on real input: ten thousand motions of real tournaments, where they lie beside the project.

use std::path::Path;

use rhetor::assets::{Library, Paths};

#[test]
fn real_tournament_motions_are_imported_once() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/motions/hello_motions.jsonl");
    if !file.exists() {
        println!("skipped: {} is not there", file.display());
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let library = Library::load(&Paths::under(home.path())).unwrap();
    let own = library.motions().all().len();
    let first = library.import_motions(&file, None).unwrap();
    assert!(first.added > 10_000, "{first:?}");
    assert!(first.rejected.iter().all(|row| row.line > 0 && !row.reason.is_empty()));
    // What was written reads back: every motion is sound, and none is a second time.
    assert_eq!(library.motions().all().len(), own + first.added);
    assert_eq!(library.motions().problems(), []);
    let second = library.import_motions(&file, None).unwrap();
    assert_eq!((second.added, second.rejected.len()), (0, first.rejected.len()));
    assert_eq!(library.motions().all().len(), own + first.added);
}
