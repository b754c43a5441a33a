//! The documents agree with the code: they name tests and requests that exist, and quote code as it
//! is.

use std::fs;
use std::path::Path;

use lambda_ext_tests::conformance::{Mode, Scenario, matches};

fn read(list: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(list)).unwrap()
}

/// The texts in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The numbered rows of a list, without the number.
fn numbered(list: &str) -> impl Iterator<Item = (usize, &str)> {
    list.lines().filter_map(|row| {
        let (number, rest) = row.strip_prefix("| ")?.split_once(" | ")?;
        Some((number.parse().ok()?, rest))
    })
}

#[test]
fn every_named_test_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for list in ["CONFORMANCE.md", "EMULATOR.md"] {
        let list = read(list);
        let named: Vec<_> = quoted(&list)
            .filter_map(|word| word.split_once("::"))
            .filter(|(file, _)| file.starts_with(|first: char| first.is_ascii_lowercase()))
            .collect();
        assert!(named.len() > 60, "{}", named.len());
        for (file, test) in named {
            let places = ["tests", "../lambda-ext/src"].map(|folder| root.join(folder).join(file));
            let mut sources = places
                .iter()
                .flat_map(|place| {
                    [
                        place.with_extension("rs"),
                        place.join("mod.rs"),
                        place.join("main.rs"),
                    ]
                })
                .filter_map(|path| fs::read_to_string(path).ok());
            let test = format!("fn {test}(");
            let found = sources.any(|source| source.contains(&test));
            assert!(found, "{file}::{test}");
        }
    }
}

#[test]
fn every_named_path_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = [
        "../ARCHITECTURE.md",
        "../CONTRIBUTING.md",
        "../SECURITY.md",
        "../.cargo/config.toml",
    ];
    let lists = ["CONFORMANCE.md", "EMULATOR.md", "DIFFERENCES.md"];
    let mut named = 0;
    for document in repository.into_iter().chain(lists) {
        let text = read(document);
        // `ui` is a directory of this package.
        let paths = quoted(&text)
            .filter(|word| !word.contains(' '))
            .filter_map(|word| {
                word.strip_prefix("tests/")
                    .or(word.starts_with("ui/").then_some(word))
            })
            .map(str::to_owned);
        let binaries = text.split("--test ").skip(1).map(|rest| {
            let name = rest.split([' ', '`', '\n']).next().unwrap_or_default();
            format!("tests/{name}/main.rs")
        });
        // `NAME` stands for each of them.
        let named_here = paths.chain(binaries).filter(|path| !path.contains("NAME"));
        for path in named_here {
            named += 1;
            assert!(root.join(&path).exists(), "{document}: tests/{path}");
        }
    }
    assert!(named > 40, "{named}");
}

#[test]
fn client_list_is_complete() {
    let list = read("CONFORMANCE.md");
    let numbers = numbered(&list).map(|(number, _)| number);
    assert_eq!(numbers.collect::<Vec<_>>(), (1..=64).collect::<Vec<_>>());
}

#[test]
fn emulator_list_is_complete_and_each_line_has_a_test() {
    let list = read("EMULATOR.md");
    let numbers = numbered(&list).map(|(number, _)| number);
    assert_eq!(numbers.collect::<Vec<_>>(), (1..=64).collect::<Vec<_>>());
    for (number, row) in numbered(&list) {
        let [_, tests, _, ""] = row.split(" |").collect::<Vec<_>>()[..] else {
            panic!("{number} has other columns: {row}");
        };
        assert!(quoted(tests).any(|word| word.contains("::")), "{number}");
    }
}

#[test]
fn every_named_request_exists() {
    let requests: Vec<_> = [Mode::Standard, Mode::Managed]
        .into_iter()
        .flat_map(Scenario::all)
        .flat_map(|scenario| {
            let named = scenario.requests().map(|(step, _)| step);
            let named = named.map(|step| format!("{}/{step}", scenario.name));
            named.collect::<Vec<_>>()
        })
        .collect();
    let list = read("EMULATOR.md");
    let mut named = 0;
    for (number, row) in numbered(&list) {
        let column = row.split(" |").nth(2).unwrap_or_default();
        for pattern in quoted(column) {
            named += 1;
            // A request of both modes exists in both.
            let modes = match pattern.strip_prefix("*/") {
                Some(rest) => vec![format!("standard/{rest}"), format!("managed/{rest}")],
                None => vec![pattern.to_owned()],
            };
            for pattern in modes {
                let exists = requests.iter().any(|request| matches(&pattern, request));
                assert!(exists, "{number}: {pattern}");
            }
        }
    }
    assert!(named > 60, "{named}");
}

/// Code without what rustfmt may change.
fn unformatted(code: &str) -> String {
    let code: String = code.split_whitespace().collect();
    code.replace(",}", "}").replace(",)", ")")
}

#[test]
fn readme_code_is_in_the_example() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(repository.join("README.md")).unwrap();
    let example = fs::read_to_string(repository.join("examples/hello/src/main.rs")).unwrap();
    let example = unformatted(&example);
    let blocks = readme.split("```r").skip(1);
    let blocks: Vec<_> = blocks.filter(|block| block.contains("Audit")).collect();
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
