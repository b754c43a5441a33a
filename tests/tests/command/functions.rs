//! `lambda-ext emulate` on functions, and on the internal extensions inside them.

use super::{Scratch, document, fixture, refusals::refused, rules, run};

#[test]
fn workspace_function_runs_as_runtime_and_its_extension_is_judged() {
    for arguments in [&["internal"][..], &["--runtime", "internal"]] {
        let (document, code) = document(arguments);
        assert_eq!(document["verdict"], "passed", "{document:#}");
        assert_eq!(code, Some(0));
        assert_eq!(rules(&document), (vec![], vec![]), "{document:#}");
        let extensions = document["extensions"].as_array().expect("a list");
        let names: Vec<_> = extensions.iter().map(|one| &one["name"]).collect();
        assert_eq!(names, ["metrics"]);
        for key in ["launch_to_register_ms", "launch_to_first_next_ms"] {
            assert!(extensions[0][key].is_number(), "{key} in {document:#}");
        }
        let overhead = &extensions[0]["overhead_ms"]["median"];
        assert!(overhead.is_number(), "{document:#}");
    }
}

#[test]
fn external_extensions_are_listed_before_internal_ones() {
    let (document, code) = document(&["internal", &fixture("behaves.py")]);
    assert_eq!(code, Some(0), "{document:#}");
    let extensions = document["extensions"].as_array().expect("a list");
    let names: Vec<_> = extensions.iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["behaves.py", "metrics"]);
}

#[test]
fn second_runtime_or_nothing_to_run_is_refused() {
    let runtime = fixture("runtime.py");
    let told = "error: `internal` depends on `lambda_runtime`, and there is a runtime already";
    refused(&run(&["internal", "--runtime", &runtime]), told);
    let file = Scratch::new("toml", "[[step]]\ninvoke = 1\n");
    let told = "error: there is nothing to run: name an extension, or a runtime with one in it";
    refused(&run(&["--scenario", file.path()]), told);
    refused(&run(&[]), "required arguments were not provided");
}
