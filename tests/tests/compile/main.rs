//! The attribute's compile errors in `tests/ui`, and the documents that quote code or name tests.
//!
//! `cargo test -p lambda-ext-tests --test compile misuse -- trybuild=PART` runs the files with PART
//! in their path. With `TRYBUILD=overwrite` it rewrites the expected messages: review them like prose.

mod documents;

use std::{
    env,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Each file has one misuse, except `item/twelve_at_once.rs`, which has twelve.
#[test]
fn every_misuse_is_explained() {
    trybuild::TestCases::new().compile_fail("ui/fail/*/*.rs");
}

/// `cargo check` does not find these, only the generation of code. `trybuild` builds if a case passes.
#[test]
fn misuse_that_only_a_build_finds_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/internal.rs");
    cases.compile_fail("ui/built/*.rs");
}

/// Each file is a program with the generated `main`, and `trybuild` would run it without a platform.
/// So the files are the programs of a package that this test writes.
/// Clippy checks it with every lint denied that an author may deny, as program and as test.
#[test]
fn every_valid_shape_compiles_without_a_warning() -> io::Result<()> {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shapes");
    fs::create_dir_all(&workspace)?;
    fs::write(
        workspace.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"pass\", \"renamed\"]\n",
    )?;
    // With the versions of the other tests, and without a network.
    fs::copy(
        repository().join("Cargo.lock"),
        workspace.join("Cargo.lock"),
    )?;
    write_package(&workspace, "pass", "lambda-ext")?;
    write_package(&workspace, "renamed", "lext")?;

    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "clippy",
            "--quiet",
            "--keep-going",
            "--workspace",
            "--all-targets",
        ])
        .arg("--target-dir")
        .arg(workspace.join("target"))
        .current_dir(&workspace)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    Ok(())
}

/// Writes a package whose programs are the files of `ui/{folder}`. It names the crate `name`.
fn write_package(workspace: &Path, folder: &str, name: &str) -> io::Result<()> {
    let sources = repository().join("tests/ui").join(folder);
    let runtime = repository().join("lambda-ext");
    let mut parts = vec![format!(
        "[package]\nname = \"{folder}\"\nedition = \"2024\"\n\n\
         [dependencies]\n{name} = {{ package = \"lambda-ext\", path = '{}' }}\n\n{LINTS}",
        runtime.display(),
    )];
    for entry in fs::read_dir(sources)? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("rs")) {
            let stem = path.file_stem().unwrap_or_default();
            let (name, path) = (Path::new(stem).display(), path.display());
            parts.push(format!("\n[[bin]]\nname = '{name}'\npath = '{path}'\n"));
        }
    }
    fs::create_dir_all(workspace.join(folder))?;
    fs::write(workspace.join(folder).join("Cargo.toml"), parts.concat())
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The lints that generated code must pass. It lacks the clippy `restriction`s that forbid what every
/// program needs.
const LINTS: &str = r#"
[lints.rust]
warnings = "deny"
future_incompatible = { level = "deny", priority = -1 }
keyword_idents = { level = "deny", priority = -1 }
let_underscore = { level = "deny", priority = -1 }
nonstandard_style = { level = "deny", priority = -1 }
rust_2018_idioms = { level = "deny", priority = -1 }
unused = { level = "deny", priority = -1 }
absolute_paths_not_starting_with_crate = "deny"
elided_lifetimes_in_paths = "deny"
explicit_outlives_requirements = "deny"
meta_variable_misuse = "deny"
missing_docs = "deny"
non_ascii_idents = "deny"
redundant_lifetimes = "deny"
single_use_lifetimes = "deny"
trivial_casts = "deny"
trivial_numeric_casts = "deny"
unit_bindings = "deny"
unreachable_pub = "deny"
unsafe_code = "forbid"
unused_import_braces = "deny"
unused_lifetimes = "deny"
unused_qualifications = "deny"
unused_results = "deny"
variant_size_differences = "deny"

[lints.clippy]
all = { level = "deny", priority = -1 }
pedantic = { level = "deny", priority = -1 }
nursery = { level = "deny", priority = -1 }
# The opposite of `unreachable_pub`.
redundant_pub_crate = "allow"
absolute_paths = "deny"
allow_attributes = "deny"
allow_attributes_without_reason = "deny"
default_numeric_fallback = "deny"
exhaustive_structs = "deny"
expect_used = "deny"
indexing_slicing = "deny"
let_underscore_must_use = "deny"
let_underscore_untyped = "deny"
panic = "deny"
pattern_type_mismatch = "deny"
renamed_function_params = "deny"
shadow_reuse = "deny"
shadow_same = "deny"
shadow_unrelated = "deny"
unwrap_used = "deny"
wildcard_enum_match_arm = "deny"
"#;
