//! Logging: levels, formats, and an end to the feedback of log lines that come back as telemetry.
//!
//! The extensions are in `tests/fixtures/logging`.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::Record;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext::telemetry::TelemetryEvent;
use lambda_ext_tests::built::logging_crate;
use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::program;
use serde_json::{Value, json};

const LOGGER: &str = include_str!("../../fixtures/logging/logger.rs");
const LOOPING: &str = include_str!("../../fixtures/logging/looping.rs");

/// The extension that logs.
fn logger() -> &'static str {
    static BUILT: OnceLock<String> = OnceLock::new();
    BUILT.get_or_init(|| utf8(&logging_crate("logger", LOGGER)))
}

/// Runs it, for one invocation and, if that does not fail, to its end. Returns what it wrote on stderr.
async fn logged(environment: &[(&str, &str)]) -> String {
    let fails = environment.iter().any(|(name, _)| *name == "FAILS");
    let ended = program::run(logger(), environment, async |fake, _| {
        fake.request().await.registered();
        invoked(fake).await;
        if fails {
            fake.expect(fake::EXIT_ERROR).await.accepted();
        } else {
            fake.expect(fake::NEXT).await.shutdown();
        }
    })
    .await;
    assert_eq!(ended.code, Some(i32::from(fails)), "{ended:?}");
    assert_eq!(ended.stdout, "");
    ended.stderr
}

/// Answers a `next` with an INVOKE that is traced.
async fn invoked(fake: &mut Fake) {
    let event = json!({
        "eventType": "INVOKE",
        "deadlineMs": 1,
        "requestId": "8d2f",
        "tracing": { "type": "X-Amzn-Trace-Id", "value": "Root=1-5" },
    });
    let next = fake.expect(fake::NEXT).await;
    next.reply(200, "", &event.to_string());
}

fn utf8(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn objects(lines: &str) -> Vec<Value> {
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    lines.lines().map(read).collect()
}

#[tokio::test]
async fn text_is_info_and_above_without_time_within_its_invocation() {
    let expected = " INFO invoke{requestId=\"8d2f\" xrayTraceId=\"Root=1-5\"}: logger: flushed records=3\n \
                    WARN logger: the end\n";
    assert_eq!(logged(&[]).await, expected);
    assert_eq!(logged(&[("AWS_LAMBDA_LOG_FORMAT", "Text")]).await, expected);
}

#[tokio::test]
async fn json_is_an_object_per_line_as_lambda_asks() {
    let lines = objects(&logged(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await);
    let told = |line: &Value| {
        let fields = ["level", "target"].map(|name| line[name].as_str().unwrap().to_owned());
        (
            fields.join(" "),
            line["fields"].clone(),
            line["span"].clone(),
        )
    };
    let span = json!({ "name": "invoke", "requestId": "8d2f", "xrayTraceId": "Root=1-5" });
    assert_eq!(
        lines.iter().map(told).collect::<Vec<_>>(),
        [
            (
                "INFO logger".to_owned(),
                json!({ "message": "flushed", "records": 3 }),
                span,
            ),
            (
                "WARN logger".to_owned(),
                json!({ "message": "the end" }),
                Value::Null,
            ),
        ]
    );
    for line in lines {
        // Read as the times of telemetry are, which are RFC 3339.
        let event = json!({ "time": line["timestamp"], "type": "extension", "record": "" });
        let event = event.to_string();
        let time = TelemetryEvent::from(&*event).time.system_time();
        assert!(time.is_some(), "{line}");
    }
}

#[tokio::test]
async fn level_is_lambdas_and_else_rusts() {
    for (environment, expected) in [
        (&[("AWS_LAMBDA_LOG_LEVEL", "WARN")][..], &["WARN"][..]),
        (&[("AWS_LAMBDA_LOG_LEVEL", "FATAL")], &[]),
        (
            &[("AWS_LAMBDA_LOG_LEVEL", "warn"), ("RUST_LOG", "trace")],
            &["WARN"],
        ),
        (&[("RUST_LOG", "logger=warn")], &["WARN"]),
        (&[("RUST_LOG", "logger")], &["INFO", "WARN"]),
    ] {
        let lines = logged(environment).await;
        let level = |line: &str| line.split_whitespace().next().unwrap().to_owned();
        let levels: Vec<_> = lines.lines().map(level).collect();
        assert_eq!(levels, expected, "{environment:?}\n{lines}");
    }
}

#[tokio::test]
async fn invalid_level_is_logged_and_ignored() {
    let lines = logged(&[("AWS_LAMBDA_LOG_LEVEL", "loud")]).await;
    let (first, rest) = lines.split_once('\n').unwrap();
    assert_eq!(
        first,
        " WARN lambda_ext: AWS_LAMBDA_LOG_LEVEL is \"loud\", expected `TRACE`, `DEBUG`, `INFO`, \
         `WARN`, `ERROR` or `FATAL`: `INFO` is taken extension=\"logger\""
    );
    assert_eq!(rest, logged(&[]).await);
}

#[tokio::test]
async fn framework_events_are_logged_if_enabled() {
    let environment = [
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("RUST_LOG", "lambda_ext=trace"),
    ];
    let lines = objects(&logged(&environment).await);
    let told = |line: &Value| {
        assert_eq!(line["target"], "lambda_ext");
        let message = line["fields"]["message"].as_str().unwrap();
        format!("{} {message}", line["level"].as_str().unwrap())
    };
    assert_eq!(
        lines.iter().map(told).collect::<Vec<_>>(),
        [
            "DEBUG registered",
            "DEBUG `init` returned",
            "DEBUG initialised",
            "TRACE requesting the next event",
            "DEBUG INVOKE",
            "DEBUG `invoke` returned",
            "TRACE requesting the next event",
            "DEBUG SHUTDOWN",
            "DEBUG `shutdown` returned",
            "DEBUG exits",
        ]
    );
    let registered = &lines[0]["fields"];
    assert_eq!(registered["function"], "orders");
    assert_eq!(registered["events"], "[Invoke, Shutdown]");
    assert_eq!(lines[4]["fields"]["requestId"], "8d2f");
    assert_eq!(lines[7]["fields"]["reason"], "spindown");
    for line in &lines[..9] {
        assert_eq!(line["fields"]["extension"], "logger");
    }
}

#[tokio::test]
async fn fatal_error_is_logged_in_the_same_format() {
    let fails = ("FAILS", "the disk\nis full");
    let lines = logged(&[fails, ("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
    let last = objects(&lines).pop().unwrap();
    assert_eq!(
        (&last["level"], &last["target"]),
        (&json!("ERROR"), &json!("lambda_ext"))
    );
    assert_eq!(
        last["fields"],
        json!({ "message": r"`invoke` failed: the disk\nis full", "extension": "logger" })
    );
    // A filter that names the author's crate does not hide it, nor what invocation a line is of.
    assert_eq!(
        logged(&[fails, ("RUST_LOG", "logger=info")]).await,
        " INFO invoke{requestId=\"8d2f\" xrayTraceId=\"Root=1-5\"}: logger: flushed records=3\n\
         ERROR lambda_ext: `invoke` failed: the disk\\nis full extension=\"logger\"\n"
    );
}

#[tokio::test]
async fn fatal_error_without_subscriber_is_a_line_on_stderr() {
    let line = "logger: `invoke` failed: the disk is full\n";
    let fails = ("FAILS", "the disk is full");
    assert_eq!(logged(&[fails, ("SILENT", "1")]).await, line);
    let own = logged(&[fails, ("OWN", "1")]).await;
    assert_eq!(own, format!("own: INFO\n{line}"));
}

#[tokio::test]
async fn warning_without_subscriber_is_a_line_on_stderr() {
    let text = "Managed Instances send no INVOKE to extensions: registering for SHUTDOWN only";
    let managed = ("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances");
    for (how, expected) in [
        (
            ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
            format!(" WARN lambda_ext: {text} extension=\"logger\"\n WARN logger: the end\n"),
        ),
        (("AWS_LAMBDA_LOG_LEVEL", "ERROR"), String::new()),
        // A subscriber that takes none of these.
        (("OWN", "1"), "own: WARN\n".to_owned()),
        (("SILENT", "1"), format!("logger: {text}\n")),
    ] {
        let ended = program::run(logger(), &[managed, how], async |fake, _| {
            fake.request().await.registered();
            fake.expect(fake::NEXT).await.shutdown();
        })
        .await;
        assert_eq!((ended.code, ended.stderr), (Some(0), expected), "{how:?}");
    }
}

/// Runs the extension that logs about what it logs, with so many invocations.
async fn looped(invocations: usize, filter: &str) -> Record {
    static BUILT: OnceLock<String> = OnceLock::new();
    let program = BUILT.get_or_init(|| utf8(&logging_crate("looping", LOOPING)));
    bounded(async {
        let builder = Emulator::builder().executable(program);
        let emulator = builder.env("RUST_LOG", filter).start().await.unwrap();
        for _ in 0..invocations {
            // Long enough for what is logged to come back many times.
            let invocation = Invocation::default().duration(Duration::from_millis(200));
            emulator.invoke(invocation).await.unwrap();
        }
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        emulator.record()
    })
    .await
}

#[tokio::test]
async fn log_feedback_stops_and_is_counted() {
    // The framework's own events are on; none of them is about batches.
    let record = looped(10, "looping=info,lambda_ext=trace").await;
    let lines: Vec<_> = record.output("looping").collect();
    let count = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(count(": an invocation"), 10, "{lines:#?}");
    assert_eq!(count(": a record"), 1, "{lines:#?}");
    let number = |line: &&&str| {
        line.split(": ")
            .last()?
            .split(' ')
            .next()?
            .parse::<u64>()
            .ok()
    };
    let numbers = |what: &str| {
        let told = lines.iter().filter(|line| line.contains(what));
        told.filter_map(|line| number(&line)).collect::<Vec<_>>()
    };
    // Told at the first, and at the end.
    let unwritten = numbers("suppressed lines of `telemetry`");
    assert_eq!(unwritten.len(), 2, "{lines:#?}");
    assert_eq!(numbers("records: "), [1 + unwritten.iter().sum::<u64>()]);
    for about_batches in ["`telemetry` returned", "delivering telemetry"] {
        assert_eq!(count(about_batches), 0, "{lines:#?}");
    }
    assert_eq!(record.exits("looping"), [Some(0)]);
}
