//! The generated `main` as a process: its settings, its lines on stderr, and its exit code.

mod endings;
mod fail_open;

use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::program::{self, Ended, Program};

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

/// Without an address there is no platform to call.
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
