//! The program `rhetor`.

fn main() {}
