//! The house keeps its shape: layers, small files, one place to print, one place for colours, no unsafe code outside
//! the kernels. `ARCHITECTURE.md` shows the house; this test makes it true.
//!
//! [`check`] looks at one file. It is itself tested on small files that must fail.

#![allow(clippy::unwrap_used, reason = "a folder that cannot be read fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Rows from the bottom up. A module may name its own folder and lower rows, nothing beside it and nothing above.
const ROWS: [&[&str]; 6] = [
    &["domain"],
    &["rating", "text", "clock"],
    &["assets", "model", "evidence", "store"],
    &["agent", "audit", "judge", "tournament"],
    &["engine"],
    &["cli", "tui"],
];

/// What the domain may name from outside: no async, no I/O.
const DOMAIN_CRATES: [&str; 8] = ["std", "core", "alloc", "serde", "thiserror", "crate", "self", "super"];

const MOST_LINES: usize = 500;
const VAGUE_NAMES: [&str; 7] = ["utils", "util", "helpers", "helper", "manager", "common", "misc"];
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

const PRINTER: &str = "src/cli/output.rs";
const THEME: &str = "src/tui/theme.rs";
const UNSAFE_PLACES: [&str; 1] = ["src/model/local/kernels/"];
/// The two roots tie all layers together.
const ROOTS: [&str; 2] = ["src/main.rs", "src/lib.rs"];

#[test]
fn every_file_keeps_to_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files);
    assert!(files.len() > 10, "only {} files found under {}", files.len(), root.display());
    let broken: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let path = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            check(&path, &fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What is wrong with one file, each as `path: sentence`. Paths are relative to the repository, with `/`.
fn check(path: &str, source: &str) -> Vec<String> {
    let mut broken = Vec::new();
    check_name(path, &mut broken);
    check_text(source, &mut broken);
    match syn::parse_file(source) {
        Ok(file) => {
            let mut reader = Reader::new(path);
            reader.visit_file(&file);
            broken.extend(reader.broken);
        }
        Err(error) => broken.push(format!("does not parse: {error}")),
    }
    broken.into_iter().map(|what| format!("{path}: {what}")).collect()
}

fn check_name(path: &str, broken: &mut Vec<String>) {
    for part in path.trim_end_matches(".rs").split('/').filter(|part| VAGUE_NAMES.contains(part)) {
        broken.push(format!("`{part}` says nothing; name the noun or the verb that lives there"));
    }
}

fn check_text(source: &str, broken: &mut Vec<String>) {
    if !source.trim_start().starts_with("//!") {
        broken.push("begins without a `//!` head that says what lives here".to_owned());
    }
    let lines = code_lines(source);
    if lines > MOST_LINES {
        broken.push(format!("has {lines} lines of code; {MOST_LINES} is the most, split it"));
    }
}

/// Lines that are neither blank nor only comment.
fn code_lines(source: &str) -> usize {
    let mut in_comment = false;
    let is_code = |line: &&str| {
        let line = line.trim();
        if in_comment {
            in_comment = !line.contains("*/");
            return false;
        }
        in_comment = line.starts_with("/*") && !line.contains("*/");
        !(line.is_empty() || line.starts_with("//") || line.starts_with("/*"))
    };
    source.lines().filter(is_code).count()
}

/// Reads the syntax of one file and notes what it names.
struct Reader<'a> {
    path: &'a str,
    /// The module that is being read, from the crate's root; inline modules push to it.
    module: Vec<String>,
    /// How many modules for tests the reader is inside.
    tests: usize,
    broken: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(path: &'a str) -> Reader<'a> {
        let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
        let inside = inside.strip_suffix("/mod").unwrap_or(inside);
        let module = if ROOTS.contains(&path) { Vec::new() } else { inside.split('/').map(str::to_owned).collect() };
        let tests = usize::from(module.last().is_some_and(|name| name == "tests"));
        Reader { path, module, tests, broken: Vec::new() }
    }

    fn say(&mut self, what: String) {
        if !self.broken.contains(&what) {
            self.broken.push(what);
        }
    }

    /// Looks at one path, as `a::b::c`. `imported` tells a `use` from a path inside code.
    fn read_path(&mut self, segments: &[String], imported: bool) {
        let spelled = segments.join("::");
        let mut names = segments.iter().map(String::as_str);
        if names.any(|name| name == "Color") && names.next().is_some() && self.path != THEME {
            self.say(format!("names the colour `{spelled}`; colours live in {THEME}"));
        }
        let first = segments.first().map_or("", String::as_str);
        let in_domain = self.module.first().is_some_and(|layer| layer == "domain") && self.tests == 0;
        if imported && in_domain && !DOMAIN_CRATES.contains(&first) {
            self.say(format!("takes `{spelled}` into the domain, which knows std and serde only"));
        }
        if ROOTS.contains(&self.path) || segments.len() < 2 {
            return;
        }
        match first {
            "crate" => self.read_layer(&segments[1], &spelled),
            "super" => {
                if self.tests == 0 {
                    self.say(format!("says `{spelled}`; outside tests spell the whole path from `crate`"));
                }
                let up = segments.iter().take_while(|segment| *segment == "super").count();
                let kept = self.module.len().saturating_sub(up);
                if let Some(layer) = self.module[..kept].first().or(segments.get(up)).cloned() {
                    self.read_layer(&layer, &spelled);
                }
            }
            _ => {}
        }
    }

    fn read_layer(&mut self, target: &str, spelled: &str) {
        let row = |layer: &str| ROWS.iter().position(|row| row.contains(&layer));
        let own = self.module.first().cloned().unwrap_or_default();
        match (row(&own), row(target)) {
            (None, _) => self.say(format!("lives in `{own}`, which is no layer of the house")),
            (_, None) => self.say(format!("names `{spelled}`, and `{target}` is no layer of the house")),
            _ if own == target => {}
            (Some(from), Some(to)) if to > from => self.say(format!("looks up from {own} to {target}: `{spelled}`")),
            (Some(from), Some(to)) if to == from => {
                self.say(format!("looks sideways from {own} to {target}: `{spelled}`"))
            }
            _ => {}
        }
    }

    fn read_use(&mut self, before: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.read_use(before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.read_use(before, tree)),
            syn::UseTree::Name(name) => self.read_use_end(before, name.ident.to_string()),
            syn::UseTree::Rename(rename) => self.read_use_end(before, rename.ident.to_string()),
            syn::UseTree::Glob(_) => self.read_use_end(before, "*".to_owned()),
        }
    }

    fn read_use_end(&mut self, before: &[String], end: String) {
        let mut segments = before.to_vec();
        segments.push(end);
        self.read_path(&segments, true);
    }

    fn found_unsafe(&mut self, is_unsafe: bool) {
        if is_unsafe && !UNSAFE_PLACES.iter().any(|place| self.path.starts_with(place)) {
            self.say(format!("holds unsafe code; it may stand in {} only", UNSAFE_PLACES.join(" and ")));
        }
    }

    fn found_macro(&mut self, name: &str) {
        if PRINTING.contains(&name) && self.path != PRINTER && self.tests == 0 {
            self.say(format!("prints with `{name}!`; only {PRINTER} prints"));
        }
    }

    /// Reads what a macro was given. Its tokens follow no grammar, so they are read as words.
    fn read_tokens(&mut self, tokens: &str) {
        let words = words_of(tokens);
        let mut at = 0;
        while at < words.len() {
            let mut segments = vec![words[at].clone()];
            let start = at;
            while words.get(at + 1).is_some_and(|word| word == "::") && at + 2 < words.len() {
                segments.push(words[at + 2].clone());
                at += 2;
            }
            let is_macro = words.get(at + 1).is_some_and(|word| word == "!");
            match segments.last() {
                Some(name) if is_macro => self.found_macro(name),
                _ => self.found_unsafe(words[start] == "unsafe"),
            }
            if segments.len() > 1 {
                self.read_path(&segments, false);
            }
            at += 1;
        }
    }
}

/// Splits tokens into names, `::`, and single signs, without what stands in string literals.
fn words_of(tokens: &str) -> Vec<String> {
    let characters: Vec<char> = tokens.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let character = characters[at];
        let start = at;
        at += 1;
        if character == '"' {
            while at < characters.len() && characters[at] != '"' {
                at += if characters[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if character.is_alphanumeric() || character == '_' {
            while characters.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                at += 1;
            }
            words.push(characters[start..at].iter().collect());
        } else if character == ':' && characters.get(at) == Some(&':') {
            at += 1;
            words.push("::".to_owned());
        } else if !character.is_whitespace() {
            words.push(character.to_string());
        }
    }
    words
}

fn is_for_tests(item: &syn::ItemMod) -> bool {
    item.attrs.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains("test"))
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.read_use(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.read_path(&segments, false);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        if let Some(name) = item.path.segments.last() {
            self.found_macro(&name.ident.to_string());
        }
        self.read_tokens(&item.tokens.to_string());
        visit::visit_macro(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let tests = usize::from(is_for_tests(item));
        self.tests += tests;
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
        self.tests -= tests;
    }

    fn visit_expr_unsafe(&mut self, item: &'ast syn::ExprUnsafe) {
        self.found_unsafe(true);
        visit::visit_expr_unsafe(self, item);
    }

    fn visit_signature(&mut self, item: &'ast syn::Signature) {
        self.found_unsafe(matches!(item.safety, syn::Safety::Unsafe(_)));
        visit::visit_signature(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.found_unsafe(item.unsafety.is_some());
        visit::visit_item_impl(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.found_unsafe(item.unsafety.is_some());
        visit::visit_item_trait(self, item);
    }

    fn visit_item_foreign_mod(&mut self, item: &'ast syn::ItemForeignMod) {
        self.found_unsafe(true);
        visit::visit_item_foreign_mod(self, item);
    }
}

/// The complaints about a file with this body and a proper head.
fn complaints(path: &str, body: &str) -> Vec<String> {
    check(path, &format!("//! Head.\n{body}\n"))
}

#[track_caller]
fn refuses(path: &str, body: &str, why: &str) {
    let found = complaints(path, body);
    assert!(
        found.len() == 1 && found[0].contains(why),
        "{path} with `{body}` should be refused for `{why}`: {found:?}"
    );
}

#[track_caller]
fn accepts(path: &str, body: &str) {
    assert_eq!(complaints(path, body), Vec::<String>::new(), "{path} with `{body}`");
}

#[test]
fn an_import_upward_is_refused_however_it_is_spelled() {
    let path = "src/store/log.rs";
    for body in [
        "use crate::engine::run;",
        "use crate::{domain::event::Event, engine::{self, run}};",
        "use crate::engine as motor;",
        "use crate::engine::*;",
        "fn f() { crate::engine::run(); }",
        "fn f(x: &crate::engine::Engine) {}",
        "impl crate::engine::Run for () {}",
        "fn f() { format!(\"{}\", crate::engine::run()); }",
        "fn f() { select! { _ = crate::engine::run() => {} } }",
        "mod tests { fn f() { crate::engine::run(); } }",
        "#[cfg(test)] mod tests { use super::super::super::engine::run; }",
        "fn f() { let x: Vec<crate::engine::Run> = Vec::new(); }",
        "pub use crate::engine::run;",
        "macro_rules! m { () => { $crate::engine::run() } }",
    ] {
        let found = complaints(path, body);
        assert!(found.iter().any(|what| what.contains("looks up from store to engine")), "{body}: {found:?}");
    }
}

#[test]
fn an_import_sideways_is_refused_and_one_downward_is_not() {
    refuses("src/tui/app.rs", "use crate::cli::output;", "looks sideways from tui to cli");
    refuses("src/text/words.rs", "use crate::clock::now;", "looks sideways from text to clock");
    refuses("src/judge/plan.rs", "use crate::agent::Pipeline;", "looks sideways from judge to agent");
    accepts("src/tui/app.rs", "use crate::engine::Engine; use crate::domain::event::Event; use crate::tui::theme;");
    accepts("src/evidence/folder.rs", "use crate::text::words; fn f() { \"crate::engine::run\"; }");
    accepts("src/store/log.rs", "fn f() { format!(\"crate::engine::run\"); }");
}

#[test]
fn a_folder_outside_the_house_is_refused() {
    refuses("src/store/log.rs", "use crate::network::get;", "`network` is no layer");
    refuses("src/network/get.rs", "use crate::domain::event::Event;", "`network`, which is no layer");
}

#[test]
fn super_is_for_tests_only() {
    refuses("src/store/log.rs", "use super::write;", "spell the whole path");
    accepts("src/store/log/tests.rs", "use super::*; fn f() { println!(\"x\"); }");
    accepts("src/store/log.rs", "pub(super) fn f() {} #[cfg(test)] mod tests { use super::*; }");
}

#[test]
fn the_roots_may_name_every_layer() {
    accepts("src/main.rs", "use rhetor::cli; fn main() { crate::engine::run(); }");
    accepts("src/lib.rs", "pub mod domain; pub mod engine;");
}

#[test]
fn the_domain_knows_std_and_serde_only() {
    refuses("src/domain/event.rs", "use tokio::sync::mpsc;", "into the domain");
    accepts("src/domain/event.rs", "use std::fmt; use serde::Serialize; use thiserror::Error;");
    accepts("src/domain/event.rs", "#[cfg(test)] mod tests { use proptest::prelude::*; }");
    accepts("src/store/log.rs", "use tokio::sync::mpsc;");
}

#[test]
fn printing_is_refused_outside_the_printer() {
    for body in [
        "fn f() { println!(\"x\"); }",
        "fn f() { std::eprint!(\"x\"); }",
        "fn f() { select! { _ = a => println!(\"x\") } }",
    ] {
        refuses("src/cli/run.rs", body, "only src/cli/output.rs prints");
        accepts("src/cli/output.rs", body);
    }
    accepts("src/cli/run.rs", "#[cfg(test)] mod tests { fn f() { println!(\"x\"); } }");
    accepts("src/cli/run.rs", "fn f() { writeln!(out, \"println!\"); }");
}

#[test]
fn a_colour_is_refused_outside_the_theme() {
    for body in ["fn f() { Color::Red; }", "use ratatui::style::Color::Red;", "fn f() { vec![Color::Red]; }"] {
        refuses("src/tui/arena.rs", body, "names the colour");
        accepts("src/tui/theme.rs", body);
    }
    accepts("src/tui/arena.rs", "use ratatui::style::Color; fn f(color: Color) {}");
}

#[test]
fn unsafe_code_is_refused_outside_its_places() {
    for body in [
        "fn f() { unsafe { g() } }",
        "unsafe fn f() {}",
        "unsafe impl Send for X {}",
        "unsafe extern \"C\" { fn f(); }",
    ] {
        refuses("src/model/local/load.rs", body, "holds unsafe code");
        accepts("src/model/local/kernels/q4.rs", body);
    }
}

#[test]
fn a_long_file_is_refused_and_comments_do_not_count() {
    refuses("src/store/log.rs", &"const _: u8 = 1;\n".repeat(501), "has 501 lines of code");
    accepts("src/store/log.rs", &"const _: u8 = 1;\n\n// why\n/* a\nb */\n".repeat(500));
}

#[test]
fn vague_names_and_missing_heads_are_refused() {
    refuses("src/store/utils.rs", "", "`utils` says nothing");
    refuses("src/store/common/log.rs", "", "`common` says nothing");
    let found = check("src/store/log.rs", "use std::fmt;\n");
    assert!(found.len() == 1 && found[0].contains("`//!` head"), "{found:?}");
    assert!(check("src/store/log.rs", "//! Head.\nfn f( {").iter().any(|what| what.contains("does not parse")));
}
