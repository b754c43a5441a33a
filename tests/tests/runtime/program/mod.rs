//! The generated `main` as a process: what it prints, and how it exits.

mod fail_open;

use std::process::Stdio;
use std::time::Duration;

use lambda_ext::emulator::Emulator;
use lambda_ext::emulator::record::StepKind;
use lambda_ext_tests::emulated::happened;
use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::program::{self, Ended, Program};
use tokio::process::Command;

/// Runs the extension that fails in `method` in the way that `by` says; see its source.
async fn run(
    method: &str,
    by: &str,
    more: &[(&str, &str)],
    platform: impl AsyncFnOnce(&mut Fake, &Program),
) -> Ended {
    let fails = [("FAIL_IN", method), ("FAIL_BY", by)];
    let failing = env!("CARGO_BIN_EXE_failing");
    program::run(failing, &[&fails, more].concat(), platform).await
}

/// Without an address there is nobody to talk to.
async fn alone(environment: &[(&str, &str)]) -> Ended {
    let program = Program::start(env!("CARGO_BIN_EXE_failing"), environment.iter().copied());
    program.ended().await
}

#[tokio::test]
async fn shutdown_exits_with_0_and_prints_nothing() {
    let ended = run("", "", &[], async |fake, _| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        ended.stdout,
        "init: orders\ninvoke: 1\nshutdown: Spindown\n"
    );
    assert_eq!(ended.stderr, "");
}

#[tokio::test]
async fn program_registers_under_its_file_name() {
    let ended = run("", "", &[], async |fake, _| {
        let register = fake.request().await;
        let name = format!("failing{}", std::env::consts::EXE_SUFFIX);
        assert_eq!(register.header("lambda-extension-name"), name);
        register.registered();
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn missing_variable_is_one_line_with_the_remedy() {
    let ended = alone(&[]).await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stdout, "");
    assert_eq!(
        ended.stderr,
        "failing: AWS_LAMBDA_RUNTIME_API is not set: Lambda sets it to the address of its API, \
         and this program is meant to be started by Lambda, from /opt/extensions; to try it here, \
         run it under the emulator: `lambda-ext emulate PATH`\n"
    );
}

#[tokio::test]
async fn invalid_address_is_one_line_that_shows_it() {
    for value in ["", "https://127.0.0.1:9001"] {
        let ended = alone(&[("AWS_LAMBDA_RUNTIME_API", value)]).await;
        assert_eq!(ended.code, Some(1));
        assert_eq!(
            ended.stderr,
            format!(
                "failing: AWS_LAMBDA_RUNTIME_API is {value:?}, which is no address: expected \
                 `host:port` or a URL that starts with `http://`\n"
            )
        );
    }
}

#[tokio::test]
async fn address_without_listener_is_one_line_that_names_it() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let ended = alone(&[("AWS_LAMBDA_RUNTIME_API", &address)]).await;
    assert_eq!(ended.code, Some(1));
    let expected =
        format!("failing: register: the call to http://{address}/ failed: Connection refused");
    assert!(ended.stderr.starts_with(&expected), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[tokio::test]
async fn proxy_in_the_environment_is_not_used() {
    let nowhere = "http://127.0.0.1:1";
    let proxies = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|key| (key, nowhere));
    let ended = run("", "", &proxies, async |fake, _| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
}

#[tokio::test]
async fn refused_registration_is_one_line_with_the_platforms_message() {
    let ended = run("", "", &[], async |fake, _| {
        let body = r#"{"errorType":"Extension.TooManyExtensions","errorMessage":"Extension limit (10) reached"}"#;
        fake.request().await.reply(403, "", body);
    })
    .await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.stderr,
        "failing: register: the platform answered 403: Extension.TooManyExtensions: \
         Extension limit (10) reached\n"
    );
}

#[tokio::test]
async fn handler_error_is_on_stderr_once_and_exit_code_is_not_0() {
    for (method, path) in [
        ("prepare", fake::INIT_ERROR),
        ("init", fake::INIT_ERROR),
        ("invoke", fake::EXIT_ERROR),
        ("shutdown", fake::EXIT_ERROR),
    ] {
        let ended = run(method, "two lines", &[], async |fake, _| {
            fake.request().await.registered();
            match method {
                "invoke" => fake.expect(fake::NEXT).await.invoke("1"),
                "shutdown" => fake.expect(fake::NEXT).await.shutdown(),
                _ => {}
            }
            let report = fake.expect(path).await;
            assert_eq!(
                report.json()["errorMessage"],
                "the disk is full 🦀\nof logs"
            );
            report.accepted();
        })
        .await;
        assert_eq!(ended.code, Some(1));
        let line = format!("failing: `{method}` failed: the disk is full 🦀\\nof logs\n");
        assert_eq!(ended.stderr, line);
    }
}

#[tokio::test]
async fn unreportable_failure_exits_with_nonzero_code() {
    let ended = run("init", "error", &[], async |fake, _| {
        fake.request().await.registered();
        // Swallowed on the kept connection, and on the new one too.
        drop(fake.expect(fake::INIT_ERROR).await);
        drop(fake.expect(fake::INIT_ERROR).await);
    })
    .await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, "failing: `init` failed: the disk is full\n");
}

#[tokio::test]
async fn panic_is_reported_and_on_stderr_once() {
    let ended = run("invoke", "panic", &[], async |fake, _| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        let report = fake.expect(fake::EXIT_ERROR).await;
        let report_body = report.json();
        let message = report_body["errorMessage"].as_str().unwrap();
        let place = message
            .strip_prefix("`invoke` panicked at ")
            .and_then(|rest| rest.strip_suffix(": the disk is on fire"));
        assert!(
            place.is_some_and(|place| place.contains("failing.rs:")),
            "{message}"
        );
        report.accepted();
    })
    .await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.stderr.matches("the disk is on fire").count(),
        1,
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.ends_with("failing: `invoke` panicked\n"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn lost_platform_ends_the_program_with_one_line() {
    let ended = run("", "", &[], async |fake, _| {
        fake.request().await.registered();
        drop(fake.expect(fake::NEXT).await);
        drop(fake.expect(fake::NEXT).await);
        drop(fake.expect(fake::EXIT_ERROR).await);
    })
    .await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .starts_with("failing: next: the call to http://127.0.0.1:"),
        "{ended:?}"
    );
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
}

#[tokio::test]
async fn unknown_event_is_one_line_and_skipped() {
    let ended = run("", "", &[], async |fake, _| {
        fake.request().await.registered();
        fake.expect(fake::NEXT)
            .await
            .reply(200, "", r#"{"eventType":"TH\u001bAW"}"#);
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!(ended.code, Some(0));
    let line = "failing: next: unknown event type \"TH\\u{1b}AW\", skipped\n";
    assert_eq!(ended.stderr, line);
}

#[tokio::test]
async fn managed_instance_does_not_register_for_invoke() {
    let managed = [("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances")];
    let ended = run("", "", &managed, async |fake, _| {
        let register = fake.request().await;
        assert_eq!(register.body, r#"{"events":["SHUTDOWN"]}"#);
        register.registered();
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!(ended.code, Some(0));
    assert_eq!(
        ended.stderr,
        "failing: Managed Instances send no INVOKE to extensions: registering for SHUTDOWN only\n"
    );
}

#[tokio::test]
async fn maximum_concurrency_alone_is_no_managed_instance() {
    let variables = [
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_MAX_CONCURRENCY", "1"),
    ];
    let ended = run("", "", &variables, async |fake, _| {
        let register = fake.request().await;
        assert_eq!(register.body, r#"{"events":["INVOKE","SHUTDOWN"]}"#);
        register.registered();
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
}

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

#[tokio::test]
async fn task_failure_on_another_thread_is_reported() {
    let threads = env!("CARGO_BIN_EXE_threads");
    let ended = program::run(threads, &[("FAILS", "1")], async |fake, _| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        let report = fake.expect(fake::EXIT_ERROR).await;
        assert_eq!(report.json()["errorMessage"], "the disk is full");
        assert_eq!(report.json()["errorType"], "Extension.TaskFailed");
        report.accepted();
    })
    .await;
    assert_eq!((ended.code, &*ended.stdout), (Some(1), "done\n"));
    let place = "threads: the task spawned at tests/src/bin/threads.rs:";
    assert!(ended.stderr.starts_with(place), "{ended:?}");
    assert!(
        ended.stderr.ends_with(" failed: the disk is full\n"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn worker_threads_run_beside_the_loop() {
    bounded(async {
        let mut fake = Fake::start().await;
        let address = [("AWS_LAMBDA_RUNTIME_API", fake.runtime_api())];
        let program = Program::start(env!("CARGO_BIN_EXE_threads"), address);
        let register = fake.request().await;
        assert_eq!(register.body, r#"{"events":["INVOKE"]}"#);
        register.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        let parked = fake.expect(fake::NEXT).await;
        program.signal("TERM").await;
        parked.hung_up().await;
        let ended = program.ended().await;
        assert_eq!(
            (ended.code, &*ended.stdout, &*ended.stderr),
            (Some(0), "done\n", "")
        );
    })
    .await;
}
