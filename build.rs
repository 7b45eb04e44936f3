//! Embedded folders are read when the crate is compiled; a file that is new in them must compile it again.

#![allow(clippy::print_stdout, reason = "cargo reads a build script's standard output")]

fn main() {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=motions");
}
