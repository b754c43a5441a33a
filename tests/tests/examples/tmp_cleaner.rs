//! The example `tmp-cleaner`, with and without telemetry about the ends of invocations, and under
//! AWS's emulator.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, EmulatorBuilder, TelemetrySupport};
use lambda_ext_tests::built;
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::rie::Rie;

use super::invocation;

const NAME: &str = "tmp-cleaner";
const HOUR: Duration = Duration::from_secs(3600);

/// The function's files: one that was written two hours ago, and one that was written just now.
struct Files {
    directory: PathBuf,
    old: PathBuf,
    young: PathBuf,
}

impl Files {
    fn new(test: &str) -> Self {
        let directory = built::target_dir().join(NAME).join(test);
        // An earlier run may have left one.
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(directory.join("below")).unwrap();
        let files = Self {
            old: directory.join("below/old"),
            young: directory.join("young"),
            directory,
        };
        fs::write(&files.young, "x").unwrap();
        files.leave_old();
        files
    }

    fn leave_old(&self) {
        fs::write(&self.old, [b'x'; 8192]).unwrap();
        let file = File::options().write(true).open(&self.old).unwrap();
        file.set_modified(SystemTime::now() - 2 * HOUR).unwrap();
    }

    fn emulator(&self) -> EmulatorBuilder {
        Emulator::builder()
            .executable(built::example(NAME))
            .env("TMP_DIR", &self.directory)
            .env("TMP_MAX_AGE", HOUR.as_secs().to_string())
    }

    #[track_caller]
    fn are_there(&self, old: bool) {
        assert_eq!((self.old.exists(), self.young.exists()), (old, true));
    }
}

#[tokio::test]
async fn old_files_are_deleted_after_an_invocation() {
    let files = Files::new("ends");
    let emulator = files.emulator().start().await.unwrap();
    bounded(async {
        for _ in 0..2 {
            files.leave_old();
            emulator.invoke(invocation()).await.unwrap();
            files.are_there(false);
        }
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let record = emulator.record();
        record.assert_clean();
        let said: Vec<&str> = record.output(NAME).collect();
        assert_eq!(said, ["tmp-cleaner: 1 files, 8192 bytes freed"; 2]);
    })
    .await;
}

#[tokio::test]
async fn old_files_without_telemetry_are_deleted_at_next_invocation() {
    let files = Files::new("no_ends");
    let emulator = files.emulator().telemetry(TelemetrySupport::NotSupported);
    let emulator = emulator.start().await.unwrap();
    bounded(async {
        emulator.invoke(invocation()).await.unwrap();
        files.are_there(true);
        emulator.invoke(invocation()).await.unwrap();
        files.are_there(false);
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        emulator.record().assert_clean();
    })
    .await;
}

#[tokio::test]
async fn missing_limit_is_logged_and_deletes_nothing() {
    let files = Files::new("no_limit");
    let emulator = files
        .emulator()
        .env("TMP_MAX_AGE", "")
        .start()
        .await
        .unwrap();
    bounded(async {
        emulator.invoke(invocation()).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        files.are_there(true);
        let record = emulator.record();
        record.assert_clean();
        let said = record.output(NAME).next().unwrap_or_default();
        let why = "neither TMP_MAX_AGE nor TMP_MAX_BYTES is set: nothing is deleted";
        assert!(said.contains(why), "{record}");
    })
    .await;
}

#[test]
fn rie_second_invocation_deletes_old_files() {
    let files = Files::new("rie");
    let rie = Rie::new()
        .extension(built::example(NAME))
        .invokes(2)
        .env("TMP_DIR", files.directory.to_str().unwrap())
        .env("TMP_MAX_AGE", HOUR.as_secs().to_string());
    let Some(report) = rie.run() else { return };
    report.equal("statuses", &report.statuses(), &[200, 200]);
    report.equal("exit codes", &report.exits, &[0]);
    let said = "tmp-cleaner: 1 files, 8192 bytes freed\n";
    report.equal("standard output", report.stdout.as_str(), said);
    files.are_there(false);
}
