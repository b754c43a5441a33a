//! The end of a program: signals, methods and destructors that hang, and an stderr without a reader.

use std::process::Stdio;
use std::time::Duration;

use lambda_ext::emulator::Emulator;
use lambda_ext::emulator::record::StepKind;
use lambda_ext_tests::emulated::happened;
use lambda_ext_tests::fake::{self, Fake, bounded};
use tokio::process::Command;

use super::run;

#[tokio::test]
async fn signal_drops_next_runs_shutdown_and_exits_with_0() {
    for (signal, name) in [("TERM", "SIGTERM"), ("INT", "SIGINT")] {
        let ended = run("", "", &[], async |fake, program| {
            fake.request().await.registered();
            let parked = fake.expect(fake::NEXT).await;
            program.signal(signal).await;
            parked.hung_up().await;
        })
        .await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(
            ended.stdout,
            format!("init: orders\nshutdown: Other({name:?})\n")
        );
        assert_eq!(ended.stderr, "");
    }
}

#[tokio::test]
async fn signal_cancels_a_hanging_invoke_and_runs_shutdown() {
    let ended = run("invoke", "await", &[], async |fake, program| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        program.signal("TERM").await;
    })
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stdout.ends_with("shutdown: Other(\"SIGTERM\")\n"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn signal_cancels_a_hanging_init_and_is_logged() {
    for (method, line) in [
        ("init", "failing: `init` was cancelled by SIGTERM\n"),
        ("prepare", "failing: `prepare` was cancelled by SIGTERM\n"),
    ] {
        let file = std::env::temp_dir().join(format!("lambda-ext-{}-{method}", std::process::id()));
        let prepared = [("PREPARE_FILE", file.to_str().unwrap())];
        let ended = run(method, "await", &prepared, async |fake, program| {
            if method == "init" {
                fake.request().await.registered();
            }
            while !file.exists() {
                tokio::task::yield_now().await;
            }
            program.signal("TERM").await;
        })
        .await;
        std::fs::remove_file(file).unwrap();
        assert_eq!((ended.code, &*ended.stderr), (Some(0), line));
    }
}

#[tokio::test]
async fn hanging_init_is_waited_for_and_logged() {
    let hangs = async |method: &str| {
        let emulator = Emulator::builder()
            .executable(env!("CARGO_BIN_EXE_failing"))
            .env("FAIL_IN", method)
            .env("FAIL_BY", "await")
            .start()
            .await
            .unwrap();
        let begins = format!("failing: `{method}` is still running after ");
        let ends = " ms: Lambda allows 10 s for all of init";
        let said = happened(&emulator, |what| match what {
            StepKind::Output { line, .. } => line.starts_with(&begins) && line.ends_with(ends),
            _ => false,
        });
        tokio::select! {
            () = said => {}
            outcome = emulator.init() => panic!("{outcome:?}"),
        }
    };
    bounded(async { tokio::join!(hangs("prepare"), hangs("init")) }).await;
}

#[tokio::test]
async fn hanging_shutdown_is_cancelled_before_the_deadline_and_logged() {
    let ended = run("shutdown", "await", &[], async |fake, _| {
        fake.request().await.registered();
        let left = Duration::from_millis(400);
        fake.expect(fake::NEXT).await.shutdown_in(left);
    })
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let line = ended
        .stderr
        .strip_prefix("failing: `shutdown` was cancelled after ")
        .unwrap();
    assert!(
        line.ends_with(" ms: the extension must exit before the deadline\n"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn blocking_shutdown_is_ended_before_the_deadline_and_logged() {
    let ended = run("shutdown", "block", &[], async |fake, _| {
        fake.request().await.registered();
        let left = Duration::from_millis(400);
        fake.expect(fake::NEXT).await.shutdown_in(left);
    })
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let line = ended
        .stderr
        .strip_prefix("failing: `shutdown` blocks its thread: exiting ")
        .unwrap();
    assert!(line.ends_with(" ms after SHUTDOWN\n"), "{ended:?}");
}

#[tokio::test]
async fn failed_shutdown_with_unanswered_report_is_logged() {
    let mut unanswered = None;
    let ended = run("shutdown", "error", &[], async |fake, _| {
        fake.request().await.registered();
        let left = Duration::from_millis(300);
        fake.expect(fake::NEXT).await.shutdown_in(left);
        unanswered = Some(fake.expect(fake::EXIT_ERROR).await);
    })
    .await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "failing: `shutdown` failed: the disk is full\n"
    );
}

#[tokio::test]
async fn failure_is_logged_before_a_blocking_destructor_is_ended() {
    for (method, path) in [("init", fake::INIT_ERROR), ("invoke", fake::EXIT_ERROR)] {
        let ended = run(
            method,
            "error",
            &[("FAIL_DROP", "block")],
            async |fake, _| {
                fake.request().await.registered();
                if method == "invoke" {
                    fake.expect(fake::NEXT).await.invoke("1");
                }
                fake.expect(path).await.accepted();
            },
        )
        .await;
        assert_eq!(ended.code, Some(1));
        let line = format!("failing: `{method}` failed: the disk is full\n");
        assert_eq!(ended.stderr, line);
    }
}

#[tokio::test]
async fn blocking_destructor_is_ended_wherever_it_runs() {
    let blocks = [("FAIL_DROP", "block")];
    let refused = run("", "", &blocks, async |fake, _| {
        fake.request().await.reply(403, "", "");
    })
    .await;
    let line = "failing: register: the platform answered 403\n";
    assert_eq!((refused.code, &*refused.stderr), (Some(1), line));
    let interrupted = run("init", "await", &blocks, async |fake, program| {
        let register = fake.request().await;
        program.signal("TERM").await;
        register.registered();
    })
    .await;
    let line = "failing: `init` was cancelled by SIGTERM\n";
    assert_eq!((interrupted.code, &*interrupted.stderr), (Some(1), line));
}

#[tokio::test]
async fn panicking_destructor_exits_with_1() {
    let ended = run("", "", &[("FAIL_DROP", "panic")], async |fake, _| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(
        ended.stderr.matches("the disk is on fire").count(),
        1,
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn line_on_stderr_is_no_longer_than_a_log_accepts() {
    let ended = run("", "", &[], async |fake, _| {
        let body = format!(r#"{{"eventType":"{}"}}"#, "X".repeat(500_000));
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.reply(200, "", &body);
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr.len(), (64 << 10) + "\n".len());
}

#[tokio::test]
async fn failed_process_ends_although_stderr_is_not_read() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut child = Command::new(env!("CARGO_BIN_EXE_failing"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", fake.runtime_api())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // A line that is longer than what a pipe holds.
        let body = format!(r#"{{"errorMessage":"{}"}}"#, "X".repeat(500_000));
        fake.request().await.reply(403, "", &body);
        assert_eq!(child.wait().await.unwrap().code(), Some(1));
    })
    .await;
}

#[tokio::test]
async fn hanging_shutdown_after_a_signal_is_cancelled() {
    let ended = run("shutdown", "await", &[], async |fake, program| {
        fake.request().await.registered();
        let parked = fake.expect(fake::NEXT).await;
        program.signal("TERM").await;
        parked.hung_up().await;
    })
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .starts_with("failing: `shutdown` was cancelled after "),
        "{ended:?}"
    );
}
