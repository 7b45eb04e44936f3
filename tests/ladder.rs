//! `rhetor ladder` from outside: the store's ladder, ladders of files, and files that are none.

use std::fs::File;
use std::path::Path;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::support::program::{Home, Run};
use crate::support::results::fill;

async fn filled() -> Home {
    let home = Home::new();
    fill(Path::new(&home.path("rhetor.db"))).await;
    home
}

fn refused(run: &Run, parts: &[&str]) {
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
    assert_eq!(run.err.trim_end().lines().count(), 1, "{run:?}");
    for part in parts {
        assert!(run.err.contains(part), "no {part:?} in {run:?}");
    }
}

const GOOD: &str = r#"{"model_a": "owl", "model_b": "fox", "winner": "model_a"}"#;

#[tokio::test]
async fn the_ladder_fits_eighty_columns_with_intervals_ranks_and_cautions() {
    let home = filled().await;
    let run = home.run(&["ladder"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert!(run.out.lines().all(|line| line.width() <= 80), "{}", run.out);
    assert!(run.out.lines().next().is_some_and(|head| head.contains("95 %") && head.contains("ranks")), "{}", run.out);
    for part in [
        "duo@gemma3-1b",
        " or more",
        "12 clusters of 51 games",
        "Speaking for the motion is worth",
        "! duo@gemma3-1b has no upper",
    ] {
        assert!(run.out.contains(part), "no {part:?} in\n{}", run.out);
    }
}

#[tokio::test]
async fn the_json_of_a_ladder_is_a_list_with_its_documented_keys() {
    let home = filled().await;
    let ladder = home.run(&["ladder", "--json"]).json();
    let rows = ladder.as_array().unwrap();
    assert_eq!(rows.len(), 5);
    for row in rows {
        for key in ["player", "elo", "bradley_terry", "low", "high", "games", "best_rank", "worst_rank"] {
            assert!(row.get(key).is_some(), "{key}: {row}");
        }
    }
    assert_eq!(rows[0]["high"], Value::Null);
    let whole = home.run(&["ladder", "explain", "--json"]).json();
    assert_eq!(whole["players"], ladder);
    for key in ["side", "cautions", "sentences", "meetings", "cycles", "clusters"] {
        assert!(whole.get(key).is_some(), "{key}");
    }
}

#[tokio::test]
async fn an_anchor_fixes_the_scale_and_an_unknown_one_is_refused() {
    let home = filled().await;
    let ladder = home.run(&["ladder", "--json", "--anchor", "solo@qwen2.5-1.5b=1500"]).json();
    let row = ladder.as_array().unwrap().iter().find(|row| row["player"] == "solo@qwen2.5-1.5b").unwrap();
    assert!((row["bradley_terry"].as_f64().unwrap() - 1500.0).abs() < 1e-6, "{row}");
    refused(&home.run(&["ladder", "--anchor", "owl=1500"]), &["no player \"owl\"", "duo@gemma3-1b"]);
    assert_eq!(home.run(&["ladder", "--anchor", "owl"]).code, 2);
    assert_eq!(home.run(&["ladder", "--prior", "NaN"]).code, 2);
    let davidson = home.run(&["ladder", "explain", "--ties", "davidson", "--json"]).json();
    assert!(davidson["tie"].as_f64().is_some_and(|tie| tie > 0.0), "{}", davidson["tie"]);
}

#[tokio::test]
async fn ladders_are_split_by_judge_people_side_and_version() {
    let home = filled().await;
    let judges = home.run(&["ladder", "--by", "judge", "--json"]).json();
    let names: Vec<&str> = judges["ladders"].as_array().unwrap().iter().filter_map(|l| l["value"].as_str()).collect();
    assert_eq!(names, ["debatrix@owl", "label-probability@owl"]);
    let people = home.run(&["ladder", "--by", "people"]).out;
    for part in ["people: people", "people: human@ann", "people and the bench agree in", "of 10 debates (kappa"] {
        assert!(people.contains(part), "no {part:?} in\n{people}");
    }
    let sides = home.run(&["ladder", "--by", "side"]).out;
    assert!(sides.contains(" for ") && sides.contains(" against "), "{sides}");
    let versions = home.run(&["ladder", "--by", "version", "--csv"]).out;
    assert!(
        versions.starts_with("version,place,player,") && versions.contains("\"duo@gemma3-1b 01234567\""),
        "{versions}"
    );
    assert!(home.run(&["ladder", "--by", "dimension"]).out.starts_with("No ballot of a stored debate has dimensions"));
    assert_eq!(home.run(&["ladder", "--by", "category", "--from", "x.csv"]).code, 2);
}

#[tokio::test]
async fn a_place_is_explained_with_every_opponent() {
    let home = filled().await;
    let run = home.run(&["ladder", "explain", "solo@qwen2.5-1.5b"]);
    assert!(run.out.lines().all(|line| line.width() <= 80), "{}", run.out);
    for part in ["place 4 of 5", "bound it from below", "expected", "One more win moves it most against", "Elo "] {
        assert!(run.out.contains(part), "no {part:?} in\n{}", run.out);
    }
    let json = home.run(&["ladder", "explain", "duo@gemma3-1b", "--json"]).json();
    assert_eq!((&json["place"], json["history"].as_array().unwrap().len()), (&Value::from(1), 3));
    refused(&home.run(&["ladder", "explain", "owl"]), &["no player \"owl\" is on this ladder"]);
}

#[tokio::test]
async fn exported_results_make_the_same_ladder_and_the_same_file_again() {
    let home = filled().await;
    let ladder = home.run(&["ladder", "--json"]).out;
    let even = home.run(&["ladder", "--style", "--json"]).out;
    for kind in ["jsonl", "csv"] {
        let file = home.path(&format!("battles.{kind}"));
        let run = home.run(&["ladder", "export", "--to", kind, "--output", &file]);
        assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
        assert_eq!(home.run(&["ladder", "export", "--to", kind]).out, std::fs::read_to_string(&file).unwrap());
        let elsewhere = Home::new();
        assert_eq!(elsewhere.run(&["ladder", "--from", &file, "--json"]).out, ladder, "{kind}");
        assert_eq!(elsewhere.run(&["ladder", "--from", &file, "--style", "--json"]).out, even, "{kind}");
        assert!(!Path::new(&elsewhere.path("rhetor.db")).exists(), "nothing was stored");
    }
}

#[tokio::test]
async fn a_ladder_that_holds_style_even_says_what_length_is_worth() {
    let home = filled().await;
    let run = home.run(&["ladder", "--style"]);
    assert!(run.out.contains("Style held even: being ahead in length is worth"), "{}", run.out);
    assert!(!run.out.contains("in citations"), "both sides always cite as often: {}", run.out);
    assert_ne!(run.out.lines().nth(1), home.run(&["ladder"]).out.lines().nth(1));
}

#[test]
fn a_file_with_bad_lines_is_refused_with_the_first_of_them() {
    let home = Home::new();
    let bad = [
        (r#"{"model_a": "owl", "model_b": "fox", "winner": "judge"}"#, "the winner is `judge`"),
        (r#"{"model_a": "owl", "model_b": "owl", "winner": "tie"}"#, "owl meets itself"),
        (r#"{"model_a": "owl", "model_b": "fox", "winner": "tie", "weight": NaN}"#, "Line 2"),
        (r#"{"model_a": "owl", "model_b": "fox", "winner": "tie", "weight": -1}"#, "the weight is"),
        ("owl beats fox", "Line 2 is no battle"),
    ];
    for (line, reason) in bad {
        let file = home.write("bad.jsonl", &format!("{GOOD}\n{line}\n{GOOD}\n"));
        refused(&home.run(&["ladder", "--from", &file]), &["bad.jsonl", "Line 2 is no battle", reason]);
        refused(&home.run(&["ladder", "explain", "owl", "--from", &file, "--json"]), &[reason]);
    }
    let csv = home.write("bad.csv", "model_a,model_b,winner,weight\nowl,fox,model_a,NaN\nowl,fox,model_a,inf\n");
    refused(&home.run(&["ladder", "--from", &csv]), &["Line 2 is no battle: the weight is", "Line 3 is no battle"]);
    refused(&home.run(&["ladder", "--from", &home.write("x.txt", GOOD)]), &["neither in .jsonl nor in .csv"]);
    refused(&home.run(&["ladder", "--from", &home.path("none.csv")]), &["none.csv cannot be read"]);
    refused(&home.run(&["ladder", "--from", &home.write("empty.jsonl", "\n")]), &["holds no battle"]);
}

#[test]
fn a_line_of_a_hundred_megabytes_is_refused() {
    let home = Home::new();
    let file = home.write("long.jsonl", "");
    File::options().write(true).open(&file).unwrap().set_len(100_000_000).unwrap();
    refused(&home.run(&["ladder", "--from", &file]), &["Line 1 is no battle: it has 100000000 bytes"]);
}
