//! What the papers say of the code is so.

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

/// Code without what rustfmt may change.
fn unformatted(code: &str) -> String {
    let code: String = code.split_whitespace().collect();
    code.replace(",}", "}").replace(",)", ")")
}

#[test]
fn the_code_of_the_readme_is_the_example() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(repository.join("README.md")).unwrap();
    let example = fs::read_to_string(repository.join("examples/hello/src/main.rs")).unwrap();
    let example = unformatted(&example);
    let blocks: Vec<_> = readme.split("```r").skip(1).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let code = block
            .split_once('\n')
            .unwrap()
            .1
            .split("```")
            .next()
            .unwrap();
        assert!(example.contains(&unformatted(code)), "{code}");
    }
}
