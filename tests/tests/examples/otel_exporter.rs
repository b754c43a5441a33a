//! The example `otel-exporter`, with a real collector (Rotel), and under both emulators.
//!
//! Needs `libpython3.11`, which Rotel is linked with.

use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, EmulatorBuilder, Initialization, Invocation, Outcome};
use lambda_ext_tests::built;
use lambda_ext_tests::fake::Fake;
use lambda_ext_tests::rie::Rie;
use lambda_ext_tests::rotel::{self, Rotel, Span};

use super::{ends_well, with_example};

const NAME: &str = "otel-exporter";

/// The header as Lambda writes it for a function without X-Ray.
const HEADER: &str = "Root=1-68c1a2f0-0a1b2c3d4e5f60718293a4b5;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a87bd80c:0";
const TRACE: &str = "68c1a2f00a1b2c3d4e5f60718293a4b5";
const CALLER: &str = "53995c3f42cd8ad8";

/// The parts of an invocation, as they are sent with it.
const PARTS: [&str; 3] = ["responseLatency", "responseDuration", "runtimeOverhead"];

/// The exporter with a long timeout, because spans that time out may arrive twice.
fn exporting_to(endpoint: impl Into<String>) -> EmulatorBuilder {
    Emulator::builder()
        .executable(built::example(NAME))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.into())
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")
}

fn invocation(request_id: &str) -> Invocation {
    super::invocation().request_id(request_id)
}

async fn invoke(emulator: &Emulator, request_ids: &[&str]) {
    for request_id in request_ids {
        let invoked = emulator.invoke(invocation(request_id)).await.unwrap();
        assert_eq!(invoked.outcome, Outcome::Success);
    }
}

fn said(emulator: &Emulator) -> Vec<String> {
    let record = emulator.record();
    record.output(NAME).map(str::to_owned).collect()
}

/// The values of a span's fields and attributes of these names.
fn of(span: &Span, names: &[&str]) -> Vec<String> {
    let value = |name: &&str| {
        let attribute = span.attributes.get(*name);
        span.fields
            .get(*name)
            .or(attribute)
            .cloned()
            .unwrap_or_default()
    };
    names.iter().map(value).collect()
}

fn field(span: &Span, name: &str) -> String {
    of(span, &[name]).concat()
}

/// The spans of invocations.
fn served(spans: &[Span]) -> Vec<&Span> {
    let is_served = |span: &&Span| field(span, "Kind") == "SPAN_KIND_SERVER";
    spans.iter().filter(is_served).collect()
}

/// The names of what is in a span.
fn within(spans: &[Span], span: &Span) -> Vec<String> {
    let id = field(span, "ID");
    let within = spans.iter().filter(|it| field(it, "Parent ID") == id);
    within.map(|it| field(it, "Name")).collect()
}

/// The start and the end, in nanoseconds.
fn times(span: &Span) -> (u64, u64) {
    let [start, end] = ["Start time", "End time"].map(|name| field(span, name).parse().unwrap());
    (start, end)
}

#[tokio::test]
async fn collector_decodes_a_whole_invocation() {
    let Some(mut collector) = Rotel::start("the_whole").await else {
        return;
    };
    with_example(NAME, async {
        let emulator = exporting_to(collector.endpoint())
            .env(
                "OTEL_RESOURCE_ATTRIBUTES",
                "deployment.environment.name=test,service.name=x",
            )
            .env("OTEL_SERVICE_NAME", "orders-service")
            .start()
            .await
            .unwrap();
        let took = Duration::from_millis(20);
        let called = invocation("called").trace_header(HEADER).duration(took);
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:my-function";
        let called = called.function_arn(format!("{arn}:live"));
        emulator.invoke(called).await.unwrap();
        emulator
            .invoke(invocation("alone").duration(took))
            .await
            .unwrap();
        ends_well(&emulator, NAME).await;
        let spans = collector.spans().await;
        println!("{spans:#?}");

        let served = served(&spans);
        let names = [
            "faas.invocation_id",
            "Trace ID",
            "Parent ID",
            "faas.coldstart",
        ];
        let alone = field(served[1], "Trace ID");
        let expected = [
            ["Str(called)", TRACE, CALLER, "Bool(true)"],
            ["Str(alone)", &alone, "", "Bool(false)"],
        ];
        assert_eq!(
            served.iter().map(|it| of(it, &names)).collect::<Vec<_>>(),
            expected
        );
        assert_ne!(alone, TRACE);
        for span in &served {
            let (start, end) = times(span);
            assert!(u128::from(end - start) >= took.as_nanos(), "{span:?}");
            assert_eq!(
                of(span, &["Name", "Status code"]),
                ["my-function", "STATUS_CODE_UNSET"]
            );
        }
        let names = ["aws.lambda.invoked_arn", "cloud.resource_id"];
        let arns = [format!("Str({arn}:live)"), format!("Str({arn}:$LATEST)")];
        assert_eq!(of(served[0], &names), arns);

        let parts = [&["init"][..], &PARTS, &["extensionOverhead"]].concat();
        assert_eq!(within(&spans, served[0]), parts);
        assert_eq!(within(&spans, served[1]), parts[1..]);
        assert_eq!(spans.len(), 2 + parts.len() + parts.len() - 1);
        let [init, overhead] = ["init", "extensionOverhead"]
            .map(|name| spans.iter().find(|it| field(it, "Name") == name).unwrap());
        assert_eq!(field(init, "Trace ID"), TRACE);
        assert!(times(init).0 < times(served[0]).0, "{spans:#?}");
        assert_eq!(field(overhead, "aws.lambda.max_memory_used_mb"), "Int(64)");
        assert!(!field(overhead, "aws.lambda.billed_duration_ms").is_empty());
        for (name, value) in [
            ("service.name", "Str(orders-service)"),
            ("deployment.environment.name", "Str(test)"),
            ("cloud.provider", "Str(aws)"),
            ("faas.name", "Str(my-function)"),
            ("faas.version", "Str($LATEST)"),
            ("faas.max_memory", "Int(134217728)"),
        ] {
            assert_eq!(spans[0].resource[name], value);
        }
        assert!(said(&emulator).is_empty());
    })
    .await;
}

#[tokio::test]
async fn failed_invocation_is_an_error_span() {
    let Some(mut collector) = Rotel::start("outcomes").await else {
        return;
    };
    with_example(NAME, async {
        let emulator = exporting_to(collector.endpoint()).start().await.unwrap();
        for (request_id, outcome) in [
            ("fine", Outcome::Success),
            ("told", Outcome::Error),
            ("slow", Outcome::Timeout),
            ("gone", Outcome::Crash),
            ("last", Outcome::Success),
        ] {
            let invocation = Invocation::default().request_id(request_id);
            let invocation = invocation.timeout(Duration::from_secs(3)).outcome(outcome);
            emulator.invoke(invocation).await.unwrap();
        }
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let record = emulator.record();
        record.assert_clean();
        // One after the timeout, one after the crash, and the last one.
        assert_eq!(record.exits(NAME), [Some(0); 3], "{record}");
        let spans = collector.spans().await;
        let names = [
            "faas.invocation_id",
            "Status code",
            "Status message",
            "error.type",
            "faas.coldstart",
        ];
        let unset = "STATUS_CODE_UNSET";
        let error = "STATUS_CODE_ERROR";
        let found: Vec<_> = served(&spans)
            .into_iter()
            .map(|it| of(it, &names))
            .collect();
        let expected = [
            ["Str(fine)", unset, "", "", "Bool(true)"],
            ["Str(told)", unset, "", "", "Bool(false)"],
            ["Str(slow)", error, "timeout", "Str(timeout)", "Bool(false)"],
            [
                "Str(gone)",
                error,
                "error",
                "Str(Runtime.ExitError)",
                "Bool(true)",
            ],
            ["Str(last)", unset, "", "", "Bool(true)"],
        ];
        assert_eq!(found, expected);
        assert!(said(&emulator).is_empty());
    })
    .await;
}

#[tokio::test]
async fn collector_down_at_first_gets_everything() {
    let Some(mut collector) = Rotel::stopped("down_at_first") else {
        return;
    };
    with_example(NAME, async {
        let emulator = exporting_to(collector.endpoint()).start().await.unwrap();
        invoke(&emulator, &["1", "2", "3"]).await;
        collector.resume().await;
        ends_well(&emulator, NAME).await;
        let spans = collector.spans().await;
        let ids: Vec<_> = served(&spans)
            .into_iter()
            .map(|it| field(it, "faas.invocation_id"))
            .collect();
        assert_eq!(ids, ["Str(1)", "Str(2)", "Str(3)"]);
        // The start of the environment, and what is in each invocation.
        assert_eq!(spans.len(), 1 + 3 * (1 + PARTS.len() + 1));
        let said = said(&emulator);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(" 5 spans wait: "), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn unsampled_invocation_is_omitted_if_the_caller_decides() {
    let Some(mut collector) = Rotel::start("sampled").await else {
        return;
    };
    with_example(NAME, async {
        let emulator = exporting_to(collector.endpoint())
            .env("OTEL_TRACES_SAMPLER", "parentbased_always_on")
            .start()
            .await
            .unwrap();
        let sampled = HEADER.replace("Sampled=0", "Sampled=1");
        for (request_id, header) in [("no", HEADER), ("yes", &*sampled)] {
            let invocation = invocation(request_id).trace_header(header);
            emulator.invoke(invocation).await.unwrap();
        }
        ends_well(&emulator, NAME).await;
        let spans = collector.spans().await;
        let ids = spans.iter().map(|it| field(it, "faas.invocation_id"));
        assert_eq!(ids.collect::<String>(), "Str(yes)");
    })
    .await;
}

#[tokio::test]
async fn missing_collector_costs_no_invocation_and_loss_is_logged() {
    with_example(NAME, async {
        // It takes connections, and nobody serves them.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = format!("http://{}", silent.local_addr().unwrap());
        for (endpoint, why) in [
            ("http://127.0.0.1:1", "127.0.0.1:1: Connection refused"),
            (&silent, "no answer in time"),
        ] {
            let emulator = exporting_to(endpoint)
                .env("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
                .start()
                .await
                .unwrap();
            invoke(&emulator, &["1", "2", "3"]).await;
            ends_well(&emulator, NAME).await;
            let said = said(&emulator);
            assert_eq!(said.len(), 2, "{said:?}");
            for (line, what) in said.iter().zip([" 5 spans wait: ", " 16 spans are lost: "]) {
                assert!(line.contains(what) && line.contains(why), "{line}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn refused_spans_are_dropped_and_logged() {
    with_example(NAME, async {
        let mut collector = Fake::start().await;
        let emulator = exporting_to(format!("http://{}/in", collector.runtime_api()))
            .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hush")
            .start()
            .await
            .unwrap();
        let refused = async {
            let request = collector.expect("/in/v1/traces").await;
            assert_eq!(request.header("api-key"), "hush");
            assert_eq!(request.header("content-type"), "application/x-protobuf");
            request.reply(401, "", "");
        };
        tokio::join!(refused, invoke(&emulator, &["1"]));
        let taken = async { collector.request().await.reply(200, "", "") };
        tokio::join!(taken, ends_well(&emulator, NAME));
        let said = said(&emulator);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("answered 401 Unauthorized"), "{said:?}");
        assert!(said[1].contains(" 5 spans are lost: "), "{said:?}");
        assert!(!said.concat().contains("hush"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn unknown_protocol_is_logged_and_function_continues() {
    with_example(NAME, async {
        let emulator = exporting_to("http://127.0.0.1:4317")
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
            .start()
            .await
            .unwrap();
        invoke(&emulator, &["1"]).await;
        ends_well(&emulator, NAME).await;
        let said = said(&emulator).concat();
        let why = "OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`: this exporter knows `http/protobuf` only";
        assert!(said.contains(why), "{said}");
    })
    .await;
}

#[tokio::test]
async fn managed_instance_spans_end_with_their_reports() {
    let Some(mut collector) = Rotel::start("managed").await else {
        return;
    };
    with_example(NAME, async {
        let emulator = exporting_to(collector.endpoint())
            .initialization(Initialization::ManagedInstances)
            .start()
            .await
            .unwrap();
        emulator
            .invoke(invocation("one").trace_header(HEADER))
            .await
            .unwrap();
        let failing = invocation("two").outcome(Outcome::Error);
        emulator.invoke(failing).await.unwrap();
        ends_well(&emulator, NAME).await;
        are_a_managed_instances(&collector.spans().await, ["one", "two"]);
    })
    .await;
}

#[test]
fn rie_managed_instance_is_exported_to_the_default_endpoint() {
    let Some(program) = rotel::program() else {
        return;
    };
    let options = rotel::OPTIONS;
    let Some(report) = Rie::new()
        .managed()
        .payload(r#"{"print": "order 17 is accepted"}"#)
        .invokes(2)
        .extension(built::example(NAME))
        .extension(concat!(env!("CARGO_MANIFEST_DIR"), "/rie/collector.py"))
        .env("ROTEL", format!("{program} start {options}"))
        .env("COLLECT", "2")
        .run()
    else {
        return;
    };
    report.equal("exit codes", &report.exits, &[0, 0]);
    let request_ids = [0, 1].map(|invoke: usize| report.invokes[invoke].body.trim_matches('"'));
    let spans = rotel::spans(&report.stderr);
    println!("{spans:#?}");
    are_a_managed_instances(&spans, request_ids);
}

#[test]
fn rie_without_telemetry_exports_no_span_and_logs_why() {
    let rie = Rie::new().invokes(2).extension(built::example(NAME));
    let Some(report) = rie.run() else { return };
    report.equal("statuses", &report.statuses(), &[200, 200]);
    report.equal("exit codes", &report.exits, &[0]);
    report.holds("what it says", report.stderr.contains("elemetry"));
    report.equal("lines", &report.stderr.lines().count(), &1);
}

/// Of a start that nobody waited for, and two invocations.
#[track_caller]
fn are_a_managed_instances(spans: &[Span], request_ids: [&str; 2]) {
    let served = served(spans);
    let names = ["faas.invocation_id", "faas.coldstart"];
    let found: Vec<_> = served.iter().map(|it| of(it, &names)).collect();
    let expected = request_ids.map(|id| [format!("Str({id})"), "Bool(false)".to_owned()]);
    assert_eq!(found, expected);
    for span in &served {
        assert_eq!(within(spans, span), PARTS[..2]);
        let (start, end) = times(span);
        assert!(start <= end, "{span:?}");
    }
    let init = spans.iter().find(|it| field(it, "Name") == "init").unwrap();
    assert_eq!(field(init, "Parent ID"), "");
}
