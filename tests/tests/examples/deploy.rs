//! Deployment: the examples as cargo-lambda builds them, and layers as `layer.py` packs them.
//!
//! Needs `pip`, which downloads cargo-lambda.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lambda_ext_tests::layer::{by_cargo_lambda, packed, unpacked};
use lambda_ext_tests::rie::Rie;

/// The only file of a layer, which is where Lambda looks for an extension, and may be executed.
#[track_caller]
fn the_extension(name: &str, layer: &Path) -> PathBuf {
    let files = unpacked(layer);
    let [(path, mode)] = &files[..] else {
        panic!("not one file: {files:?}");
    };
    assert!(
        path.ends_with(format!("extensions/{name}")),
        "{}",
        path.display()
    );
    assert_eq!(mode & 0o755, 0o755, "{mode:o}");
    path.clone()
}

#[test]
fn cargo_lambda_builds_unchanged_examples() {
    let examples = ["hello", "log-shipper", "cost-meter"];
    let Some(layers) = by_cargo_lambda(&examples) else {
        return;
    };
    for name in examples {
        let extension = the_extension(name, &layers.join(format!("{name}.zip")));

        // This function is linked only if panics unwind.
        let content = fs::read(&extension).unwrap();
        let unwinds = b"_Unwind_RaiseException";
        let found = content.windows(unwinds.len()).any(|part| part == unwinds);
        assert!(found, "panics of {name} abort");

        let Some(report) = Rie::new().extension(extension).invokes(2).run() else {
            return;
        };
        report.equal("statuses", &report.statuses(), &[200, 200]);
        report.equal("exit codes", &report.exits, &[0]);
    }
}

/// A directory of the test's own, with a file in it that nobody may execute, as on a disk of Windows.
fn of_windows(test: &str, content: &str) -> (PathBuf, PathBuf) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // An earlier run may have left it.
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let extension = directory.join("an-extension");
    fs::write(&extension, content).unwrap();
    fs::set_permissions(&extension, fs::Permissions::from_mode(0o600)).unwrap();
    (directory, extension)
}

#[test]
fn packed_file_is_executable() {
    let (directory, extension) = of_windows("packs", "#!/bin/sh\n");
    let layer = directory.join("of/a/layer.zip");
    let output = packed(&layer, &extension);
    assert!(output.status.success(), "{output:?}");

    let unpacked = the_extension("an-extension", &layer);
    assert_eq!(fs::read(unpacked).unwrap(), fs::read(extension).unwrap());
}

#[test]
fn equal_files_are_packed_to_equal_bytes() {
    let (directory, extension) = of_windows("equal", "#!/bin/sh\n");
    let layers = ["one.zip", "two.zip"].map(|layer| {
        let layer = directory.join(layer);
        // As after another build.
        let file = fs::File::options().write(true).open(&extension).unwrap();
        let before = file.metadata().unwrap().modified().unwrap();
        let after = before + Duration::from_secs(3600);
        file.set_modified(after).unwrap();
        assert!(packed(&layer, &extension).status.success());
        fs::read(layer).unwrap()
    });
    assert_eq!(layers[0], layers[1]);
}

#[test]
fn file_that_lambda_cannot_run_is_refused() {
    let (directory, extension) = of_windows("refuses", "MZ");
    let layer = directory.join("layer.zip");
    let output = packed(&layer, &extension);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("is neither a program for Linux nor a script"),
        "{stderr}"
    );
    assert!(!layer.exists());
}
