//! Battles in and out, and what is said about lines that are none.

use proptest::prelude::*;

use super::*;
use crate::rating::agreement::spearman;
use crate::rating::bradley_terry::{Options, fit};
use crate::rating::counts::Counts;

fn refusals(import: &Import) -> Vec<String> {
    import.refused.iter().map(Refusal::to_string).collect()
}

#[test]
fn more_figures_of_style_than_fit_are_refused() {
    let line = |figures: usize| {
        let figures: Vec<String> = (0..figures).map(|figure| format!("\"f{figure}\": 1")).collect();
        format!(
            "{{\"model_a\": \"a\", \"model_b\": \"b\", \"winner\": \"tie\", \"style\": {{{}}}}}\n",
            figures.join(", ")
        )
    };
    let import = read_json_lines((line(MOST_FIGURES) + &line(MOST_FIGURES + 1)).as_bytes(), 1);
    assert_eq!((import.results.battles().len(), import.refused.len()), (1, 1));
    assert_eq!(import.refused[0].error, LineError::ManyFigures);
}

#[test]
fn every_line_that_is_no_battle_gets_one_sentence_with_its_number() {
    let text = [
        r#"{"model_a":"x","model_b":"y","winner":"model_a","turn":1}"#,
        r#"{"model_a":"x","model_b":"y","winner":"model_c"}"#,
        r#"{"model_a":"x","model_b":"x","winner":"tie"}"#,
        "",
        r#"{"model_a":"x","model_b":"y","winner":"tie","weight":NaN}"#,
        r#"{"model_a":"x","model_b":"y","winner":"tie","weight":-1}"#,
        r#"{"model_a":" ","model_b":"y","winner":"tie"}"#,
        r#"{"model_a":"x","winner":"tie"}"#,
        r#"{"model_a":"x","model_b":"y","winner":"tie (bothbad)","motion":"m"}"#,
        "nonsense",
    ]
    .join("\r\n");
    for threads in [1, 3] {
        let import = read_json_lines(text.as_bytes(), threads);
        assert_eq!(
            refusals(&import),
            [
                "Line 2 is no battle: the winner is `model_c`; give model_a, model_b, tie or tie (bothbad).",
                "Line 3 is no battle: x meets itself, which says nothing about who is stronger; leave the battle out.",
                "Line 5 is no battle: it is not JSON: expected value at column 54.",
                "Line 6 is no battle: the weight is -1; give a finite number above 0.",
                "Line 7 is no battle: model_a has no name in it.",
                "Line 8 is no battle: missing field `model_b`.",
                "Line 10 is no battle: it is not JSON: expected ident at column 2.",
            ]
        );
        assert_eq!(import.results.battles().len(), 2);
        assert_eq!(import.results.players().all(), ["x", "y"]);
        assert_eq!(import.results.clusters().all(), ["m"]);
    }
}

#[test]
fn a_line_without_an_end_is_told_by_its_length_and_not_shown() {
    let mut text = br#"{"model_a":"x","model_b":""#.to_vec();
    text.resize(10 << 20, b'y');
    let import = read_json_lines(&text, 2);
    assert_eq!(refusals(&import), ["Line 1 is no battle: it has 10485760 bytes; the most is 65536."]);
    let mut text = b"model_a,model_b,winner\nx,".to_vec();
    text.resize(1 << 20, b'y');
    assert_eq!(refusals(&read_csv(&text).unwrap()), ["Line 2 is no battle: it has 1048553 bytes; the most is 65536."]);
}

#[test]
fn bytes_that_are_no_text_are_refused_by_line() {
    let import = read_json_lines(b"\xff\xfe\n{\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"b\"}\n", 1);
    assert_eq!(refusals(&import), ["Line 1 is no battle: it is not UTF-8; save the file as UTF-8."]);
    assert_eq!(import.results.battles().len(), 1);
}

#[test]
fn csv_says_the_same_and_counts_lines_inside_quotation_marks() {
    let text = "winner,model_a,weight,model_b,motion\nmodel_b,\"a, the\nfirst\",2.5,b,m\ntie,a,NaN,b,\ntie,a,b\nmodel_a,\"a,1,b,m\ntie,a,,b,n\n";
    let import = read_csv(text.as_bytes()).unwrap();
    assert_eq!(
        refusals(&import),
        [
            "Line 4 is no battle: the weight is NaN; give a finite number above 0.",
            "Line 5 is no battle: it has 3 columns and the first line has 5.",
            "Line 6 is no battle: a quotation mark is not closed.",
        ]
    );
    let battles = import.results.battles();
    assert_eq!((battles.len(), battles[0].weight, battles[0].winner), (2, 2.5, Winner::Second));
    assert_eq!(import.results.players().all(), ["a, the\nfirst", "b", "a"]);
    let error = read_csv(b"model_a,winner\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Line 1 is no battle: there is no column model_b in it; the first line must name model_a, model_b and winner."
    );
}

#[test]
fn a_figure_of_style_that_is_missing_puts_nobody_ahead_and_a_wrong_one_is_refused() {
    let text = "model_a,model_b,winner,style.length\nx,y,tie,0.25\nx,y,tie,\nx,y,tie,inf\n";
    let import = read_csv(text.as_bytes()).unwrap();
    assert_eq!(refusals(&import), ["Line 4 is no battle: the figure of style length is `inf`; give a finite number."]);
    assert_eq!(
        (import.results.columns(), import.results.style()),
        (["length".to_owned()].as_slice(), [0.25, 0.0].as_slice())
    );
    let lines = r#"{"model_a":"x","model_b":"y","winner":"tie"}
{"model_a":"x","model_b":"y","winner":"tie","style":{"length":-0.5}}"#;
    assert_eq!(read_json_lines(lines.as_bytes(), 2).results.style(), [0.0, -0.5]);
}

fn results() -> impl Strategy<Value = Results> {
    let winner = prop_oneof![Just(Winner::First), Just(Winner::Tie), Just(Winner::Second)];
    let sides = prop_oneof![Just(Proposition::Unknown), Just(Proposition::First), Just(Proposition::Second)];
    let cluster = prop_oneof![Just(None), (0u8..3).prop_map(|cluster| Some(format!("motion \"{cluster}\"")))];
    let name = proptest::sample::select(vec!["a", "b,b", "c\"c", "ü ☃", "line\nend"]);
    let battle = (name.clone(), name, winner, sides, cluster, 1u8..5, -1f64..1.0, proptest::bool::ANY);
    proptest::collection::vec(battle, 0..30).prop_map(|battles| {
        let styled = battles.first().is_some_and(|battle| battle.7);
        let mut results = Results::new(Names::default(), if styled { &["citations", "length, in words"] } else { &[] });
        for (one, other, winner, proposition, cluster, weight, figure, _) in battles {
            if one == other {
                continue;
            }
            let (first, second) = (results.player(one), results.player(other));
            let cluster = cluster.map_or(ALONE, |cluster| results.cluster(&cluster));
            let weight = f64::from(weight) / 4.0;
            let style = [figure, -figure / 3.0];
            let style = &style[..results.columns().len()];
            results.push(Battle { first, second, cluster, winner, proposition, weight }, style).unwrap();
        }
        // Columns of no battle would not be written.
        if results.battles().is_empty() { Results::default() } else { results }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_the_same(results in results(), threads in 1usize..4) {
        for import in [read_json_lines(json_lines(&results).as_bytes(), threads), read_csv(csv(&results).as_bytes()).unwrap()] {
            prop_assert_eq!(refusals(&import), Vec::<String>::new());
            prop_assert_eq!(import.results.battles(), results.battles());
            prop_assert_eq!(import.results.columns(), results.columns());
            prop_assert_eq!(import.results.style(), results.style());
            prop_assert_eq!(import.results.players().all(), results.players().all());
            prop_assert_eq!(import.results.clusters().all(), results.clusters().all());
        }
    }

    #[test]
    fn no_bytes_make_it_panic_and_every_line_is_accounted_for(lines in proptest::collection::vec("[^\n]{0,30}", 0..20)) {
        let text = lines.join("\n");
        let import = read_json_lines(text.as_bytes(), 2);
        // A byte order mark at the beginning says how the text is spelled and belongs to no line.
        let lines = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let filled = lines.split('\n').filter(|line| !line.trim_matches(|c: char| c.is_ascii_whitespace()).is_empty()).count();
        prop_assert_eq!(import.results.battles().len() + import.refused.len(), filled);
        let _ = read_csv(text.as_bytes());
    }
}

#[test]
fn a_byte_order_mark_belongs_to_no_line() {
    let line = r#"{"model_a": "a", "model_b": "b", "winner": "tie"}"#;
    for (text, battles, refused) in
        [("\u{feff}".to_owned(), 0, 0), (format!("\u{feff}{line}"), 1, 0), (format!("{line}\n\u{feff}"), 1, 1)]
    {
        let import = read_json_lines(text.as_bytes(), 1);
        assert_eq!((import.results.battles().len(), import.refused.len()), (battles, refused), "{text:?}");
    }
}

#[test]
fn people_s_battles_of_59_models_give_the_published_order() {
    let (Some(battles), Some(published)) =
        (shared_battles("llmfao_battles.jsonl"), shared_battles("llmfao_published_ranking.jsonl"))
    else {
        return;
    };
    let import = read_json_lines(&battles, 2);
    assert_eq!((import.refused.len(), import.results.battles().len(), import.results.players().len()), (0, 8_931, 59));
    let fit = fit(&Counts::of(&import.results), &Options::default()).unwrap();
    let published = String::from_utf8(published).unwrap();
    let mut pairs = Vec::new();
    for line in published.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        if line["algorithm"] == "bradley_terry" {
            let player = import.results.players().find(line["model"].as_str().unwrap()).unwrap();
            pairs.push((fit.rating(player).unwrap(), line["score"].as_f64().unwrap()));
        }
    }
    assert_eq!(pairs.len(), 59);
    let correlation = spearman(&pairs).unwrap();
    println!("Spearman with the published order: {correlation}");
    assert!((correlation - 1.0).abs() < 1e-12, "{correlation}");
}

/// A file of published battles, which are not part of this repository, or `None` and a printed reason.
pub(in crate::rating) fn shared_battles(file: &str) -> Option<Vec<u8>> {
    let beside = || format!("{}/../shared", env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var("RHETOR_SHARED").unwrap_or_else(|_| beside());
    let path = std::path::Path::new(&folder).join("data/ladder").join(file);
    let read = std::fs::read(&path);
    if let Err(error) = &read {
        println!("skipped: {} cannot be read ({error}); set RHETOR_SHARED", path.display());
    }
    read.ok()
}
