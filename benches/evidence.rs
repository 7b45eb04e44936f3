//! How well and how fast the evidence library finds passages.
//!
//! `cargo bench --bench evidence -- DATA [--rerank MODEL] [--home DIR] [PASSAGES...]`
//!
//! DATA is a folder with `passages.jsonl` ({id, title, text}) and `labels.jsonl` ({motion_id, claim, passage_ids}). First each
//! claim is asked for the passages that hold its evidence, over all passages, by words alone, with the lift of works, and reranked by an
//! encoder; motions are split in two halves, since the weight of the encoder was chosen on the first. Then libraries of so many passages are made by
//! shuffling all words across the real passages, and the claims are asked as short queries and as sentences. In the folder of
//! `--home` the library of the real passages stays for the next time, with the vectors that were made of it.

#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rhetor::assets::{Library, Paths};
use rhetor::engine::assemble::assemble;
use rhetor::engine::evidence::{LibraryBase, Progress, Tell};
use rhetor::engine::handle::EngineHandle;
use rhetor::evidence::bm25;
use rhetor::evidence::reading::Fields;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// Rows of one file of a made library.
const ROWS: usize = 40_000;
/// Queries of each kind that are timed.
const TIMED: usize = 1_000;
/// Each query's time is its shortest of so many, so that quantiles are over queries and not over what else the machine does.
const ROUNDS: usize = 5;
/// How deep the first passage that holds the evidence is looked for.
const DEPTH: usize = 50;

struct Claim {
    text: String,
    /// Whether its motion is in the half on which the weight was chosen.
    first_half: bool,
    passages: BTreeSet<String>,
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench").peekable();
    let Some(data) = arguments.next().map(PathBuf::from).filter(|data| data.join("passages.jsonl").is_file()) else {
        println!("skipped: the first argument must be a folder with passages.jsonl and labels.jsonl");
        return;
    };
    let (mut model, mut home) = (None, None);
    let mut sizes: Vec<usize> = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rerank" => model = arguments.next(),
            "--home" => home = arguments.next().map(PathBuf::from),
            size => sizes.push(size.parse().expect("a number of passages")),
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let claims = claims(&data);
    let own = tempfile::tempdir().unwrap();
    let home = home.as_deref().unwrap_or(own.path());
    runtime.block_on(retrieval(&data, home, &claims, model.as_deref()));
    let passages = rows(&data.join("passages.jsonl"));
    if !sizes.is_empty() {
        println!(
            "\n| passages | added in s | index anew in s | MB of index | up to 6 words p50 ms | p99 ms | a sentence p50 ms | p99 ms |"
        );
        println!("|---|---|---|---|---|---|---|---|");
    }
    for size in sizes {
        runtime.block_on(speed(&passages, &claims, size));
    }
}

fn rows(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Each claim of a motion once, with all passages that hold some evidence for it. Claims without any are left out.
fn claims(data: &Path) -> Vec<Claim> {
    let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    for row in rows(&data.join("labels.jsonl")) {
        let ids = row["passage_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
        found.entry((text(&row, "motion_id"), text(&row, "claim"))).or_default().extend(ids);
    }
    let motions: BTreeSet<String> = found.keys().map(|(motion, _)| motion.clone()).collect();
    let mut motions: Vec<String> = motions.into_iter().collect();
    motions.shuffle(&mut ChaCha12Rng::seed_from_u64(1));
    let half: BTreeSet<&String> = motions.iter().take(motions.len() / 2).collect();
    let claim = |((motion, text), passages)| Claim { text, first_half: half.contains(&motion), passages };
    found.into_iter().map(claim).filter(|claim| !claim.passages.is_empty()).collect()
}

fn engine(home: &Path) -> EngineHandle {
    let paths = Paths::under(home);
    let library = Library::load(&paths).unwrap();
    assemble(paths, library).unwrap()
}

fn silent() -> Tell {
    Arc::new(|_| {})
}

async fn add(engine: &EngineHandle, paths: Vec<PathBuf>, fields: Fields) {
    let library = engine.queries().evidence();
    let added = library.add(paths, fields, |_: Progress| {}, &silent(), &CancellationToken::new()).await.unwrap();
    assert!(added.refused.is_empty(), "{:?}", added.refused);
}

async fn retrieval(data: &Path, home: &Path, claims: &[Claim], model: Option<&str>) {
    let engine = engine(home);
    let fields = Fields { id: Some("id".to_owned()), ..Fields::default() };
    add(&engine, vec![data.join("passages.jsonl")], fields).await;
    let library = engine.queries().evidence();
    println!("{} passages, {} claims\n", library.passages().unwrap(), claims.len());
    println!("| claims | by | n | R@1 | R@10 | R@50 | MRR |\n|---|---|---|---|---|---|---|");
    report("words alone (Okapi BM25)", claims, &by_words(data, claims));
    let found = library.open(None, silent()).await.unwrap();
    report("words and works", claims, &ranks(&found, claims).await);
    if let Some(name) = model {
        let model = engine.queries().registry().open(name).await.unwrap();
        let reranked = library.open(Some(model), silent()).await.unwrap();
        let began = Instant::now();
        report("words, works and sense", claims, &ranks(&reranked, claims).await);
        println!("\nreranking all claims, each passage embedded once: {:.0} s", began.elapsed().as_secs_f64());
        let mut times = Vec::new();
        for claim in claims.iter().take(TIMED) {
            let began = Instant::now();
            reranked.find(&claim.text, 10).await.unwrap();
            times.push(began.elapsed());
        }
        println!(
            "a claim whose candidates are embedded: p50 {:.1} ms, p99 {:.1} ms",
            quantile(&mut times, 0.5),
            quantile(&mut times, 0.99)
        );
    }
}

/// For each claim the place of the first passage that holds its evidence, by the published formula and nothing else.
fn by_words(data: &Path, claims: &[Claim]) -> Vec<Option<usize>> {
    let passages = rows(&data.join("passages.jsonl"));
    let text = |passage: &Value, key: &str| passage[key].as_str().unwrap().to_owned();
    let mut index = bm25::Index::default();
    passages.iter().for_each(|passage| index.add(&format!("{} {}", text(passage, "title"), text(passage, "text"))));
    let holds = |claim: &Claim, place: usize| claim.passages.contains(&text(&passages[place], "id"));
    let rank = |claim: &Claim| index.search(&claim.text, DEPTH).iter().position(|(place, _)| holds(claim, *place));
    claims.iter().map(rank).collect()
}

/// The same in the library.
async fn ranks(base: &LibraryBase, claims: &[Claim]) -> Vec<Option<usize>> {
    let mut ranks = Vec::with_capacity(claims.len());
    for claim in claims {
        let found = base.find(&claim.text, DEPTH).await.unwrap();
        ranks.push(found.iter().position(|passage| claim.passages.contains(&passage.source)));
    }
    ranks
}

fn report(by: &str, claims: &[Claim], ranks: &[Option<usize>]) {
    for (name, wanted) in [("first half", Some(true)), ("second half", Some(false)), ("all", None)] {
        let of = |(claim, _): &(&Claim, &Option<usize>)| wanted.is_none_or(|wanted| wanted == claim.first_half);
        let ranks: Vec<Option<usize>> = claims.iter().zip(ranks).filter(of).map(|(_, rank)| *rank).collect();
        let n = ranks.len() as f64;
        let within = |depth: usize| ranks.iter().flatten().filter(|rank| **rank < depth).count() as f64 / n;
        let mrr = ranks.iter().flatten().map(|rank| 1.0 / (*rank as f64 + 1.0)).sum::<f64>() / n;
        println!("| {name} | {by} | {n} | {:.3} | {:.3} | {:.3} | {mrr:.3} |", within(1), within(10), within(50));
    }
}

async fn speed(passages: &[Value], claims: &[Claim], size: usize) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("sources");
    fs::create_dir_all(&folder).unwrap();
    shuffled(passages, size, &folder);
    let engine = engine(home.path());
    let began = Instant::now();
    add(&engine, vec![folder], Fields::default()).await;
    let added = began.elapsed();
    let index = home.path().join("evidence.index");
    fs::remove_dir_all(&index).unwrap();
    let library = engine.queries().evidence();
    let began = Instant::now();
    let base = library.open(None, silent()).await.unwrap();
    let anew = began.elapsed();
    let bytes: u64 = fs::read_dir(&index).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let mut few = Vec::new();
    let mut sentences = Vec::new();
    for _ in 0..TIMED {
        let claim = claims.choose(&mut rng).unwrap();
        let mut content: Vec<&str> = claim.text.split_whitespace().filter(|word| word.len() > 3).collect();
        content.shuffle(&mut rng);
        content.truncate(rng.random_range(1..=6));
        few.push(content.join(" "));
        sentences.push(claim.text.clone());
    }
    let (few, sentences) = (times(&base, &few).await, times(&base, &sentences).await);
    println!(
        "| {} | {:.1} | {:.1} | {} | {:.2} | {:.2} | {:.2} | {:.2} |",
        library.passages().unwrap(),
        added.as_secs_f64(),
        anew.as_secs_f64(),
        bytes / 1_000_000,
        few.0,
        few.1,
        sentences.0,
        sentences.1
    );
}

/// Warm median and 99th percentile in milliseconds.
async fn times(base: &LibraryBase, queries: &[String]) -> (f64, f64) {
    let mut times = vec![Duration::MAX; queries.len()];
    for _ in 0..ROUNDS {
        for (query, time) in queries.iter().zip(&mut times) {
            let began = Instant::now();
            base.find(query, 10).await.unwrap();
            *time = (*time).min(began.elapsed());
        }
    }
    (quantile(&mut times, 0.5), quantile(&mut times, 0.99))
}

fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let at = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
    times[at].as_secs_f64() * 1e3
}

/// Passages of real lengths and titles whose words are all real words, drawn without putting back until all were used.
fn shuffled(passages: &[Value], size: usize, folder: &Path) {
    let mut rng = ChaCha12Rng::seed_from_u64(3);
    let texts: Vec<&str> = passages.iter().map(|passage| passage["text"].as_str().unwrap()).collect();
    let mut words: Vec<&str> = texts.iter().flat_map(|text| text.split_whitespace()).collect();
    let mut next = words.len();
    let mut made = 0;
    while made < size {
        let mut file = String::new();
        for _ in 0..ROWS.min(size - made) {
            let original = made % texts.len();
            let length = texts[original].split_whitespace().count();
            if next + length > words.len() {
                words.shuffle(&mut rng);
                next = 0;
            }
            let text = words[next..next + length].join(" ");
            next += length;
            // No two passages may be the same.
            let title = format!("{} {made}", passages[original]["title"].as_str().unwrap());
            file.push_str(&serde_json::json!({ "title": title, "text": text }).to_string());
            file.push('\n');
            made += 1;
        }
        fs::write(folder.join(format!("{made:08}.jsonl")), file).unwrap();
    }
}
