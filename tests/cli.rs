//! The program from outside: every command without a model, and what it says to wrong use and broken files.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;
use snapbox::assert_data_eq;
use snapbox::str;

use crate::support::program::{Home, Run};

/// A file that is there only where the project's shared data are.
fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    path.is_file().then_some(path)
}

const LADDER_HEAD: &str = "place,player,bradley_terry,low,high,error,best_rank,worst_rank,elo,games,wins,ties,losses,\
standing,group\n";

/// Wrong use and failures are one line on standard error and nothing on standard output.
fn one_sentence(run: &Run, code: i32, parts: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    assert_eq!(run.out, "", "{run:?}");
    assert_eq!(run.err.trim_end().lines().count(), 1, "{run:?}");
    assert!(run.err.starts_with("rhetor: "), "{run:?}");
    for part in parts {
        assert!(run.err.contains(part), "no {part:?} in {run:?}");
    }
}

#[test]
fn without_a_terminal_the_program_says_how_to_debate_here() {
    let run = Home::new().run(&[]);
    assert_eq!(run.code, 2);
    assert_data_eq!(
        run.out,
        str![[r#"
rhetor opens its screen in a terminal, and this is none. To run a debate here:

    rhetor debate --motion single-use-plastics

`rhetor motions list` shows the motions, `rhetor models list` the models, `rhetor --help` everything else.

"#]]
    );
}

#[test]
fn the_help_documents_the_exit_codes() {
    let run = Home::new().run(&["--help"]);
    assert_eq!(run.code, 0);
    assert!(run.out.contains("Exit codes: 0 done, 1 failed, 2 wrong use, 3 stopped by a budget, 130 interrupted."));
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = Home::new().run(&["completions", shell]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.out.contains("rhetor") && run.out.contains("motions"), "{shell}");
    }
}

#[test]
fn motions_are_listed_by_category_and_tag_as_text_and_as_json() {
    let home = Home::new();
    let all = home.run(&["motions", "list"]);
    assert!(all.out.lines().count() >= 60);
    let facts = home.run(&["motions", "list", "--category", "fact", "--json"]).json();
    assert!(facts.as_array().unwrap().len() >= 15);
    assert!(facts.as_array().unwrap().iter().all(|motion| motion["category"] == "fact"));
    let tag = facts[0]["tags"][0].as_str().unwrap();
    assert!(home.run(&["motions", "list", "--tag", tag]).out.contains(facts[0]["id"].as_str().unwrap()));
    let row = home.run(&["motions", "list", "--category", "policy"]).out;
    let row = row.lines().find(|row| row.starts_with("single-use-plastics")).unwrap();
    assert_data_eq!(row, str!["single-use-plastics[..]  policy    This House would ban single-use plastics"]);
}

#[test]
fn a_motion_is_shown_with_its_context_and_burdens() {
    let run = Home::new().run(&["motions", "show", "single-use-plastics"]);
    assert_eq!(run.code, 0);
    assert_data_eq!(
        run.out,
        str![[r#"
This House would ban single-use plastics
policy · [..]

Context: [..]
...
Proposition: [..]
...
Opposition: [..]
...
"#]]
    );
}

#[test]
fn an_added_motion_is_listed_and_a_second_one_like_it_is_refused() {
    let home = Home::new();
    let add = ["motions", "add", "This House would test on Mondays", "--category", "policy", "--id", "mondays"];
    assert_eq!(home.run(&add).out, "Added mondays.\n");
    assert_eq!(home.run(&["motions", "show", "mondays", "--json"]).json()["text"], "This House would test on Mondays");
    one_sentence(&home.run(&add), 1, &["mondays", "choose another id"]);
    assert_eq!(home.run(&["motions", "list", "--json"]).json().as_array().unwrap().len(), 121);
}

#[test]
fn motions_are_imported_and_bad_lines_are_named() {
    let home = Home::new();
    let file = home.write(
        "some.jsonl",
        "{\"text\": \"This House would walk\"}\nnot json\n{\"text\": \"This House would walk\"}\n",
    );
    let run = home.run(&["motions", "import", &file, "--category", "value"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.starts_with("Added 1 motions, skipped 1 duplicates.\n  line 2: "), "{run:?}");
    assert!(home.run(&["motions", "list", "--category", "value"]).out.contains("This House would walk"));
    let again = home.run(&["motions", "import", &file, "--category", "value", "--json"]).json();
    assert_eq!((&again["added"], &again["skipped_duplicates"]), (&Value::from(0), &Value::from(2)));
    one_sentence(&home.run(&["motions", "import", "none.jsonl"]), 1, &["none.jsonl", "there is no such file"]);
}

#[test]
fn the_ten_thousand_motions_are_imported() {
    let Some(file) = shared("data/motions/hello_motions.jsonl") else {
        eprintln!("skipped: ../shared/data/motions/hello_motions.jsonl is not here");
        return;
    };
    let home = Home::new();
    let imported = home.run(&["motions", "import", file.to_str().unwrap(), "--json"]).json();
    assert!(imported["added"].as_u64().unwrap() > 5000, "{imported}");
    assert!(home.run(&["motions", "list"]).out.lines().count() > 5000);
}

#[test]
fn what_is_empty_says_what_to_do_and_makes_no_database() {
    let home = Home::new();
    let history = home.run(&["history"]);
    assert_eq!(history.out, "No debates yet. `rhetor debate --motion single-use-plastics` runs one.\n");
    assert_eq!(home.run(&["history", "--search", "zebra"]).out, "No debate holds \"zebra\".\n");
    assert!(home.run(&["ladder"]).out.starts_with("No rated debates yet."));
    assert_eq!(home.run(&["ladder", "--csv"]).out, LADDER_HEAD);
    assert_eq!(home.run(&["ladder", "--json"]).json(), Value::Array(Vec::new()));
    assert_eq!(home.run(&["history", "--json"]).json(), Value::Array(Vec::new()));
    one_sentence(&home.run(&["show"]), 2, &["there is no debate yet", "rhetor debate"]);
    one_sentence(&home.run(&["resume"]), 2, &["no unfinished debate"]);
    one_sentence(&home.run(&["export"]), 2, &["there is no debate yet"]);
    one_sentence(&home.run(&["show", "abc"]), 2, &["\"abc\"", "rhetor history"]);
    one_sentence(&home.run(&["backup", &home.path("copy.db")]), 1, &["nothing to back up"]);
    one_sentence(&home.run(&["prune", "--before", "yesterday"]), 2, &["yesterday", "2026-01-31"]);
    assert!(!Path::new(&home.path("rhetor.db")).exists());
}

#[test]
fn models_of_the_catalogue_are_listed_with_their_size() {
    let home = Home::new();
    let run = home.run(&["models", "list"]);
    let row = run.out.lines().find(|row| row.starts_with("smollm2-135m")).unwrap();
    assert_data_eq!(row, str!["smollm2-135m[..]to pull[..]98 MB[..]"]);
    let listed = home.run(&["models", "list", "--json"]).json();
    assert!(listed.as_array().unwrap().iter().any(|model| model["name"] == "smollm2-135m"));
    one_sentence(&home.run(&["models", "pull", "smollm2"]), 2, &["smollm2-135m", "rhetor models list"]);
}

#[test]
fn a_broken_model_file_is_listed_with_what_is_wrong_and_cannot_be_measured() {
    let home = Home::new();
    home.write("models/owl.gguf", "no model");
    let run = home.run(&["models", "list"]);
    assert_eq!(run.code, 0, "{run:?}");
    let row = run.out.lines().find(|row| row.starts_with("owl ")).unwrap();
    assert_data_eq!(row, str!["owl[..]here[..]0 MB[..]owl.gguf is not a GGUF file"]);
    let listed = home.run(&["models", "list", "--json"]).json();
    let owl = listed.as_array().unwrap().iter().find(|model| model["name"] == "owl").unwrap();
    assert!(owl["problem"].is_string() && owl["context"].is_null() && owl["speed"].is_null(), "{owl}");
    one_sentence(&home.run(&["models", "bench", "owl"]), 1, &["is not a GGUF file"]);
}

#[test]
fn a_comparison_without_a_model_or_a_server_says_so() {
    let home = Home::new();
    let compare = |name: &str, server: &str| home.run(&["models", "compare", name, "--server", server]);
    one_sentence(&compare("owl", "http://127.0.0.1:1"), 2, &["owl", "rhetor models list"]);
    one_sentence(&compare("smollm2-135m", "http://127.0.0.1:1"), 1, &["not on this machine"]);
    one_sentence(&compare("smollm2-135m", "8080"), 1, &["\"8080\" is no address of a server"]);
    let few = home.run(&["models", "compare", "owl", "--server", "http://127.0.0.1:1", "--positions", "10"]);
    assert!(few.code == 2 && few.err.contains("200"), "{few:?}");
    assert_eq!(home.run(&["models", "bench", "owl", "--panel"]).code, 2, "a panel judges");
}

#[test]
fn the_doctor_of_an_empty_home_advises_a_model() {
    let home = Home::new();
    let run = home.run(&["doctor"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("120 motions, 6 formats, 5 teams, 10 judges are valid"), "{run:?}");
    assert!(run.out.contains("rhetor models pull smollm2-135m"), "{run:?}");
    let findings = home.run(&["doctor", "--json"]).json();
    assert!(findings.as_array().unwrap().iter().any(|finding| finding["health"] == "advice"));
}

#[test]
fn without_a_model_a_debate_says_how_to_get_one() {
    let run = Home::new().run(&["debate", "--motion", "single-use-plastics"]);
    one_sentence(&run, 1, &["no model is configured", "rhetor models pull smollm2-135m", "--pro"]);
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_before_anything_is_opened() {
    let home = Home::new();
    let wrong: [(&[&str], &str); 8] = [
        (&["--motion", "single-use-plastic"], "single-use-plastics"),
        (&["--motion", "single-use-plastics", "--format", "agent4debat"], "agent4debate"),
        (&["--motion", "single-use-plastics", "--pro", "quartett"], "quartet"),
        (&["--motion", "single-use-plastics", "--pro", "quartett@smollm2-135m"], "quartet"),
        (&["--motion", "single-use-plastics", "--pro", "solo@smollm2-135"], "smollm2-135m"),
        (&["--motion", "single-use-plastics", "--judge", "debatrx"], "debatrix"),
        (&["--motion", "single-use-plastics", "--judge", "label-probabilty@smollm2-135m"], "label-probability"),
        (&["--motion", "   "], "rhetor motions list"),
    ];
    for (arguments, nearest) in wrong {
        one_sentence(&home.run(&[&["debate"], arguments].concat()), 2, &[nearest]);
    }
    one_sentence(&home.run(&["motions", "show", "single-use-plastic"]), 2, &["single-use-plastics"]);
    assert!(!Path::new(&home.path("rhetor.db")).exists(), "nothing was written");
}

#[test]
fn a_model_that_is_not_here_or_no_model_is_one_sentence() {
    let home = Home::new();
    let debate = |model: &str| home.run(&["debate", "--motion", "single-use-plastics", "--pro", model]);
    one_sentence(&debate("smollm2-135m"), 1, &["not on this machine", "rhetor models pull smollm2-135m"]);
    one_sentence(&debate("/none.gguf"), 1, &["/none.gguf", "there is no such file"]);
    let file = home.write("page.gguf", "<!doctype html>");
    one_sentence(&debate(&file), 1, &["page.gguf is not a GGUF file"]);
    let run = home.run(&["debate", "--motion", "single-use-plastics", "--evidence", "/none"]);
    one_sentence(&run, 1, &["there is no folder /none", "--evidence"]);
}

#[test]
fn a_broken_file_is_named_with_its_line_and_what_was_expected() {
    let cases: [(&str, &str, &[&str], &[&str]); 9] = [
        ("config.toml", "[defaults]\ndebater = 7\n", &["history"], &["config.toml, line 2", "expected a text"]),
        ("config.toml", "\n[defaults\n", &["history"], &["config.toml, line 2", "expected \"]\""]),
        ("config.toml", "[defaults]\ndebatr = \"x\"\n", &["history"], &["line 2", "did you mean \"debater\"?"]),
        ("config.toml", "[endpoints.work]\npreset = \"opnai\"\n", &["history"], &["config.toml", "\"openai\"?"]),
        (
            "formats/mine.toml",
            "name = \"mine\"\nabout = \"x\"\n\n[[stages]]\nkind = \"constructve\"\n",
            &["debate", "--motion", "single-use-plastics", "--format", "mine"],
            &["formats/mine.toml, line 5", "\"constructive\"?"],
        ),
        (
            "teams/mine.toml",
            "name = \"mine\"\nrevisions = \"many\"\n",
            &["debate", "--motion", "single-use-plastics", "--pro", "mine"],
            &["teams/mine.toml, line 2", "expected a whole number"],
        ),
        (
            "judges/mine.toml",
            "name = ",
            &["debate", "--motion", "single-use-plastics", "--judge", "mine"],
            &["judges/mine.toml, line 1"],
        ),
        ("models.toml", "nope", &["models", "list"], &["models.toml, line 1", "expected"]),
        ("credentials.toml", "openai sk-canary", &["models", "list"], &["credentials.toml"]),
    ];
    for (file, text, arguments, parts) in cases {
        let home = Home::new();
        home.write(file, text);
        let run = home.run(arguments);
        let code = if text.contains("opnai") { 2 } else { 1 };
        one_sentence(&run, code, parts);
        assert!(!run.err.contains("sk-canary"), "{run:?}");
        let doctor = home.run(&["doctor"]);
        assert_ne!(doctor.code, 0, "{doctor:?}");
    }
}

#[test]
fn a_broken_motion_pack_takes_nothing_else_with_it() {
    let home = Home::new();
    home.write("motions/own.toml", "[[motion]]\nid = \"a\"\n");
    let run = home.run(&["motions", "list"]);
    assert_eq!((run.code, run.out.lines().count()), (0, 120), "{run:?}");
    assert!(run.err.contains("motions/own.toml, line 1") && run.err.contains("\"text\" is missing"), "{run:?}");
}

#[test]
fn a_file_that_is_no_database_of_ours_is_refused_and_left_alone() {
    let home = Home::new();
    let file = home.write("rhetor.db", &"this is no database. ".repeat(50));
    let before = fs::read(&file).unwrap();
    for command in ["history", "ladder", "show", "resume", "doctor"] {
        one_sentence(&home.run(&[command]), 1, &["rhetor.db is not a database", "RHETOR_HOME"]);
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::read_dir(home.folder()).unwrap().count(), 1, "nothing was put beside it");

    let other = Home::new();
    Connection::open(other.path("rhetor.db")).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    one_sentence(&other.run(&["history"]), 1, &["database of another program"]);

    let newer = Home::new();
    let future = "PRAGMA application_id = 0x72687472; PRAGMA user_version = 99; CREATE TABLE debates (id TEXT)";
    Connection::open(newer.path("rhetor.db")).unwrap().execute_batch(future).unwrap();
    one_sentence(&newer.run(&["history"]), 1, &["written by a newer rhetor (version 99", "update rhetor"]);

    let folder = Home::new();
    fs::create_dir(folder.path("rhetor.db")).unwrap();
    one_sentence(&folder.run(&["history"]), 1, &["rhetor.db cannot be opened"]);
}

#[test]
fn embedding_refuses_what_it_cannot_do_in_a_sentence() {
    let home = Home::new();
    let embed = |arguments: &[&str]| home.run(&[&["models", "embed"], arguments].concat());
    one_sentence(&embed(&["smollm2", "text"]), 2, &["no model named \"smollm2\"", "smollm2-135m"]);
    one_sentence(&embed(&["smollm2-135m", "text"]), 1, &["not on this machine", "rhetor models pull smollm2-135m"]);
    one_sentence(&embed(&["/no/such/model", "text"]), 1, &["/no/such/model", "there is no such file"]);
    one_sentence(&embed(&["openai/gpt-4o", "text"]), 1, &["openai/gpt-4o gives no vectors", "rhetor models list"]);
    one_sentence(&embed(&["x.gguf", "--similar", "text"]), 2, &["give two or more"]);
    one_sentence(&embed(&["x.gguf", "-"]), 2, &["standard input has no texts"]);
    let folder = home.write("mine/config.json", r#"{"model_type": "mamba"}"#);
    let folder = Path::new(&folder).parent().unwrap().display().to_string();
    one_sentence(&embed(&[&folder, "text"]), 1, &["neither model.safetensors nor model.safetensors.index.json"]);
}

const DEBATE: &str = "# We should plant trees\n\n## Pro\n\nTrees cool a street by several degrees.\n\n## Con\n\n\
    A young tree needs twenty years to grow.\n";

#[test]
fn a_session_over_nothing_that_can_be_judged_is_one_sentence() {
    let home = Home::new();
    let run = |what: &str| home.run(&["judge", "run", what, "--with", "label-probability@smollm2-135m"]);
    one_sentence(&run("none.md"), 2, &["\"none.md\" is neither a file or folder", "rhetor history"]);
    one_sentence(&run("last"), 2, &["there is no debate yet"]);
    let silent = home.write("in/silent.md", "# We should plant trees\n\n## Pro\n\nYes.\n");
    one_sentence(&run(&silent), 2, &["silent.md: only the proposition speaks"]);
    one_sentence(&run(&home.path("in")), 2, &["silent.md: only the proposition speaks"]);
    one_sentence(&run(&home.write("in/a.jsonl", "{}\n")), 2, &["a.jsonl, line 1", "\"motion\""]);
    one_sentence(&run(&home.path("in")), 2, &["nothing could be read, with 2 faults", "a.jsonl, line 1"]);
    one_sentence(&run(&home.write("notes.txt", "x")), 2, &["notes.txt: its ending is none of .json"]);
    one_sentence(&run(&home.write("bomb.yml", "a: &a [x]\nb: [*a, *a]\n")), 2, &["bomb.yml, line 2", "aliases"]);
}

#[test]
fn a_session_with_a_wrong_judge_or_file_is_refused_before_anything_is_opened() {
    let home = Home::new();
    let debate = home.write("trees.md", DEBATE);
    let run = |more: &[&str]| home.run(&[&["judge", "run", &debate], more].concat());
    one_sentence(&run(&["--with", "debatrx@owl"]), 2, &["debatrix"]);
    one_sentence(&run(&["--with", "debatrix@smollm2-135"]), 2, &["smollm2-135m"]);
    one_sentence(&run(&["--with", "debatrix@smollm2-135m"]), 1, &["not on this machine"]);
    one_sentence(&run(&["--output", "x.txt"]), 2, &["x.txt does not end in .csv, .json or .md"]);
    assert_eq!(home.run(&["judge", "run"]).code, 2);
    assert!(!Path::new(&home.path("rhetor.db")).exists(), "nothing was written");
}

#[test]
fn a_persons_ballot_is_kept_listed_and_explained() {
    let home = Home::new();
    let debate = home.write("trees.md", DEBATE);
    assert!(home.run(&["judge", "list"]).out.starts_with("No judgements yet."));
    one_sentence(&home.run(&["judge", "explain"]), 2, &["rhetor judge list"]);
    let note = "\"needs twenty years\" is true, and \"trees are made of gold\" was never said.";
    let vote = ["judge", "vote", &debate, "--winner", "opposition", "--confidence", "80", "--name", "ann"];
    let kept = home.run(&[&vote[..], &["--score", "argument=4:6", "--note", note]].concat());
    assert!(kept.code == 0 && kept.out.starts_with("Kept the ballot of human@ann"), "{kept:?}");
    let listed = home.run(&["judge", "list", "--json"]).json();
    assert_eq!((&listed[0]["judge"], &listed[0]["winner"]), (&Value::from("human@ann"), &Value::from("opposition")));
    assert!(home.run(&["judge", "list"]).out.contains("opposition  20 %  human@ann"));
    let explained = home.run(&["judge", "explain", listed[0]["id"].as_str().unwrap()]);
    assert!(explained.out.lines().all(|line| line.chars().count() <= 80), "{}", explained.out);
    let told = explained.out.replace(&debate, "trees.md");
    for part in [
        "We should plant trees",
        "   1  proposition  constructive      7 words",
        "The opposition wins; the probability of the proposition is 20.0 %.",
        "  argument     weight 1    proposition  40.0 %  proposition 4.0, opposition 6.0",
        "    ✓ verified, speech 2: A young tree «needs twenty years» to grow.",
        "    ✗ absent: \"trees are made of gold\" stands in no speech",
    ] {
        assert!(told.contains(part), "no {part:?} in\n{told}");
    }
    one_sentence(&home.run(&["judge", "explain", "0000"]), 2, &["0000", "rhetor judge list"]);
    one_sentence(&home.run(&["judge", "explain", "last#1"]), 2, &["there is no debate yet"]);
}

#[test]
fn a_ballot_that_is_not_sound_is_refused() {
    let home = Home::new();
    let debate = home.write("trees.md", DEBATE);
    let vote = |more: &[&str]| home.run(&[&["judge", "vote", &debate, "--winner", "tie"], more].concat());
    one_sentence(&vote(&["--name", "a b"]), 2, &["\"a b\" is no name", "--name"]);
    one_sentence(&vote(&["--name", "ann", "--score", "argument=11:5"]), 2, &["argument must be from 1 to 10"]);
    assert!(vote(&["--name", "ann", "--score", "argument=7"]).err.contains("write it like argument=7:5"));
    assert_eq!(vote(&["--name", "ann", "--confidence", "40"]).code, 2);
    let row = "{\"topic\": \"T\", \"a\": \"One.\", \"b\": \"Two.\"}\n";
    let rows = home.write("rows.jsonl", &row.repeat(2));
    let run = home.run(&["judge", "vote", &rows, "--winner", "tie", "--name", "ann"]);
    one_sentence(&run, 2, &["holds 2 transcripts", "rows.jsonl:1"]);
    let one = home.run(&["judge", "vote", &format!("{rows}:2"), "--winner", "tie", "--name", "ann"]);
    assert_eq!(one.code, 0, "{one:?}");
}
