//! CONFORMANCE.md names tests that exist.

use std::fs;
use std::path::Path;

#[test]
fn every_test_that_the_list_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("CONFORMANCE.md")).unwrap();
    let named: Vec<_> = list
        .split('`')
        .filter_map(|word| word.split_once("::"))
        .collect();
    assert!(named.len() > 60, "{}", named.len());
    for (file, test) in named {
        let source = fs::read_to_string(root.join(format!("tests/{file}.rs"))).unwrap_or_default();
        assert!(source.contains(&format!("fn {test}(")), "{file}::{test}");
    }
}
