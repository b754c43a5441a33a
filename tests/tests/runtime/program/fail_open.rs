//! The generated `main` of an extension with `fail_open`, and of one that an operator has disabled.

use std::time::Duration;

use lambda_ext_tests::fake::{self, Fake};
use lambda_ext_tests::program::{Ended, Program, run};

/// The extension that fails in `method` by `by`, in two invocations.
async fn open(method: &str, by: &str) -> Ended {
    let environment = [("FAIL_IN", method), ("FAIL_BY", by)];
    run(env!("CARGO_BIN_EXE_open"), &environment, async |fake, _| {
        fake.expect(fake::REGISTER).await.registered();
        fake.expect(fake::TELEMETRY).await.reply(202, "", "{}");
        for request_id in ["1", "2"] {
            fake.expect(fake::NEXT).await.invoke(request_id);
        }
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await
}

/// The lines on stderr that are about failures: that there is no telemetry here is another.
fn lines(ended: &Ended) -> Vec<&str> {
    let lines = ended.stderr.lines();
    lines.filter(|line| !line.contains("telemetry")).collect()
}

#[tokio::test]
async fn error_is_logged_once_a_minute_and_handler_continues() {
    let ended = open("invoke", "error").await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        ended.stdout,
        "prepare 1\ninit 1\ninvoke 1\ninvoke 2\nshutdown 1\n"
    );
    assert_eq!(
        lines(&ended),
        [
            "open: `invoke` failed: the disk is full (`fail_open`: continuing)",
            "open: suppressed lines about failures of `invoke`: 1",
        ]
    );
}

#[tokio::test]
async fn panic_is_logged_with_its_location_and_handler_is_retired() {
    let ended = open("invoke", "panic").await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "prepare 1\ninit 1\ninvoke 1\n");
    let said = lines(&ended);
    let [panicked, retired] = said[said.len() - 2..] else {
        panic!("{ended:?}");
    };
    let place = panicked.strip_prefix("open: `invoke` panicked at tests/src/bin/open.rs:");
    assert!(
        place.is_some_and(|rest| rest.ends_with(": the disk is on fire (`fail_open`)")),
        "{ended:?}"
    );
    assert_eq!(
        retired,
        "open: continuing without its handler: idle until SHUTDOWN"
    );
}

#[tokio::test]
async fn failed_shutdown_is_logged_and_exits_with_0() {
    for by in ["error", "panic"] {
        let ended = open("shutdown", by).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(
            ended.stderr.contains("open: `shutdown` "),
            "{by}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn failed_start_is_logged_and_waits_for_shutdown() {
    for by in ["error", "panic", "await"] {
        let environment = [("FAIL_IN", "prepare"), ("FAIL_BY", by)];
        let ended = run(env!("CARGO_BIN_EXE_open"), &environment, async |fake, _| {
            let register = fake.expect(fake::REGISTER).await;
            assert_eq!(register.json()["events"].to_string(), r#"["SHUTDOWN"]"#);
            register.registered();
            fake.expect(fake::NEXT).await.shutdown();
        })
        .await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.stdout, "prepare 1\n", "{by}");
        assert!(
            ended
                .stderr
                .ends_with("open: continuing without its handler: idle until SHUTDOWN\n"),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn hanging_invoke_is_cancelled_before_the_deadline_and_logged() {
    let environment = [("FAIL_IN", "invoke"), ("FAIL_BY", "await")];
    for path in [env!("CARGO_BIN_EXE_open"), env!("CARGO_BIN_EXE_failing")] {
        let ended = run(path, &environment, async |fake, _| {
            fake.expect(fake::REGISTER).await.registered();
            let mut next = fake.request().await;
            if next.path == fake::TELEMETRY {
                next.reply(202, "", "{}");
                next = fake.request().await;
            }
            next.invoke_for("1", Duration::from_millis(400));
            fake.expect(fake::NEXT).await.shutdown();
        })
        .await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let said = lines(&ended);
        assert_eq!(said.len(), 1, "{ended:?}");
        let after = said[0]
            .split_once(": `invoke` was cancelled after ")
            .unwrap()
            .1;
        assert!(after.ends_with(" ms: its deadline is near"), "{ended:?}");
    }
}

/// The extension that would fail at once, with what switches it off, or does not.
async fn switched(value: &str, platform: impl AsyncFnOnce(&mut Fake, &Program)) -> Ended {
    let environment = [
        ("FAIL_IN", "prepare"),
        ("FAIL_BY", "error"),
        ("LAMBDA_EXT_DISABLED", value),
    ];
    run(env!("CARGO_BIN_EXE_failing"), &environment, platform).await
}

#[tokio::test]
async fn disabled_extension_registers_for_nothing_and_stays_idle() {
    for value in ["true", "other, failing"] {
        let ended = switched(value, async |fake, program| {
            let register = fake.expect(fake::REGISTER).await;
            assert_eq!(register.json()["events"].to_string(), "[]");
            register.registered();
            // It is what ends init.
            let parked = fake.expect(fake::NEXT).await;
            program.signal("TERM").await;
            parked.hung_up().await;
        })
        .await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.stdout, "");
        assert_eq!(ended.stderr, "failing: disabled by LAMBDA_EXT_DISABLED\n");
    }
}

#[tokio::test]
async fn disabling_another_extension_changes_nothing() {
    for value in ["false", "other"] {
        let ended = switched(value, async |fake, _| {
            fake.expect(fake::REGISTER).await.registered();
            fake.expect(fake::INIT_ERROR).await.accepted();
        })
        .await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
    }
}

#[tokio::test]
async fn panic_outside_of_methods_is_contained() {
    for panics in ["payload", "cut", "display", "error"] {
        let environment = [("PANICS", panics)];
        let contained = env!("CARGO_BIN_EXE_contained");
        let ended = run(contained, &environment, async |fake, _| {
            fake.expect(fake::REGISTER).await.registered();
            for request_id in ["1", "2"] {
                let next = fake.expect(fake::NEXT).await;
                next.invoke_for(request_id, Duration::from_millis(400));
            }
            fake.expect(fake::NEXT).await.shutdown();
        })
        .await;
        assert_eq!(ended.code, Some(0), "{panics}: {ended:?}");
        let said = ended.stderr.contains("contained: `invoke` ");
        assert!(said, "{panics}: {ended:?}");
    }
}
