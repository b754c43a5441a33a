//! Generated batches: the decoder never panics and loses no event.
//!
//! `DECODER_SECONDS=600 cargo test --release -p lambda-ext-tests --test runtime telemetry::decoder`
//! runs it for ten minutes.

use std::cell::Cell;
use std::env;
use std::time::{Duration, Instant};

use lambda_ext::{TelemetryBatch, TelemetryEvent, TelemetryRecord};
use lambda_ext_tests::samples::samples;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

/// Runs a test on many values: a few, or for as long as is asked for.
fn hold<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seconds = env::var("DECODER_SECONDS").map(|text| text.parse().expect("a number"));
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let cases = Cell::new(0);
    while cases.get() == 0 || Instant::now() < end {
        let config = Config {
            cases: 512,
            failure_persistence: None,
            ..Config::default()
        };
        let counted = |value| {
            cases.set(cases.get() + 1);
            test(value)
        };
        if let Err(failed) = TestRunner::new(config).run(strategy, counted) {
            panic!("{failed}");
        }
    }
}

/// JSON of any shape, as it may be written.
fn json() -> impl Strategy<Value = String> {
    let part = select(vec![
        "a",
        "é",
        "😀",
        " ",
        "]",
        ",",
        "{",
        r"\n",
        r#"\""#,
        r"\\",
        r"\/",
        r"\u00e9",
        r"\ud83d\ude00",
        r"\ud83d",
        r"\ude00",
    ]);
    let string = vec(part, 0..4).prop_map(|parts| format!("\"{}\"", parts.concat()));
    let key = prop_oneof![
        string.clone(),
        select(vec![
            "\"time\"",
            "\"type\"",
            "\"record\"",
            "\"requestId\"",
            "\"durationMs\""
        ])
        .prop_map(str::to_owned),
    ];
    let number = select(vec![
        "0",
        "-0",
        "1.5",
        "-7",
        "1e999",
        "1E-3",
        "18446744073709551616",
        "9007199254740993",
    ]);
    let leaf = prop_oneof![
        string,
        number.prop_map(str::to_owned),
        any::<f64>().prop_filter_map("a number", |number| Some(Value::from(number).to_string())),
        any::<i64>().prop_map(|number| number.to_string()),
        select(vec!["null", "true", "false"]).prop_map(str::to_owned),
    ];
    let space = select(vec!["", "", "", " ", "\n", "\r\n\t"]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let element = (space.clone(), inner.clone())
            .prop_map(|(space, inner)| format!("{space}{inner}{space}"));
        let field = (key.clone(), space.clone(), inner)
            .prop_map(|(key, space, inner)| format!("{space}{key}:{space}{inner}"));
        prop_oneof![
            vec(element, 0..4).prop_map(|elements| format!("[{}]", elements.join(","))),
            vec(field, 0..4).prop_map(|fields| format!("{{{}}}", fields.join(","))),
        ]
    })
}

/// The JSON pointers of all values in a value.
fn places(value: &Value, at: &str) -> Vec<String> {
    let inner: Vec<_> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (format!("{at}/{key}"), value))
            .collect(),
        Value::Array(elements) => {
            let numbered = elements.iter().enumerate();
            numbered
                .map(|(place, value)| (format!("{at}/{place}"), value))
                .collect()
        }
        _ => Vec::new(),
    };
    let nested = inner.into_iter().map(|(place, value)| {
        let mut places = places(value, &place);
        places.push(place);
        places
    });
    nested.flatten().collect()
}

/// A sample in which one value, at any depth, is another one.
fn spoilt() -> impl Strategy<Value = String> {
    (select(samples("*")), any::<Index>(), json()).prop_map(|(sample, at, json)| {
        let mut event: Value = serde_json::from_str(sample).unwrap();
        let place = at.get(&places(&event, "")).clone();
        *event.pointer_mut(&place).unwrap() = Value::from("spoilt");
        // In the platform's order.
        let text = format!(
            r#"{{"time":{},"type":{},"record":{}}}"#,
            event["time"], event["type"], event["record"]
        );
        text.replace("\"spoilt\"", &json)
    })
}

/// An element of a batch, and whether it is as the platform writes it.
fn element() -> impl Strategy<Value = (String, bool)> {
    prop_oneof![
        4 => select(samples("*")).prop_map(|sample| (sample.to_owned(), true)),
        3 => spoilt().prop_map(|event| (event, false)),
        1 => json().prop_map(|json| (json.trim_ascii().to_owned(), false)),
    ]
}

/// A delivery, its elements between the array's own characters.
fn delivery(elements: &[(String, bool)], space: &str) -> String {
    let texts: Vec<_> = elements
        .iter()
        .map(|(text, _)| format!("{space}{text}{space}"))
        .collect();
    format!("{space}[{}]{space}", texts.join(","))
}

/// The character's beginning that is there or before.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

#[test]
fn each_element_is_an_event_and_malformed_one_costs_no_other() {
    let spaces = select(vec!["", " ", "\n"]);
    hold(&(vec(element(), 0..8), spaces), |(elements, space)| {
        let batch = TelemetryBatch::from(delivery(&elements, space));
        let read: Vec<_> = batch.iter().collect();
        let texts: Vec<_> = read.iter().map(TelemetryEvent::as_json).collect();
        let expected: Vec<_> = elements.iter().map(|(text, _)| &**text).collect();
        prop_assert_eq!(texts, expected);
        for (event, (text, good)) in read.iter().zip(&elements) {
            prop_assert_eq!(&TelemetryEvent::from(&**text), event);
            let other = matches!(event.record, TelemetryRecord::Other { .. });
            prop_assert!(!(*good && other));
            let kept = event.to_owned();
            prop_assert_eq!(&serde_json::to_string(&kept).unwrap(), text);
            prop_assert_eq!(&kept.event(), event);
            let _ = event.time.system_time();
        }
        Ok(())
    });
}

#[test]
fn truncation_or_insertion_loses_no_event() {
    let junk = select(vec![
        "", "]", "[", ",", "\"", "{", "}", "\\", "\0", "é", "null", "\n",
    ]);
    let strategy = (vec(element(), 0..6), any::<Index>(), 0..40_usize, junk);
    hold(&strategy, |(elements, at, cut, junk)| {
        let mut text = delivery(&elements, "");
        let start = boundary(&text, at.index(text.len()));
        let end = boundary(&text, start + cut);
        text.replace_range(start..end, junk);

        let batch = TelemetryBatch::from(text);
        let text = batch.as_str();
        // Between the events there is nothing but the array's own characters.
        let mut rest = text;
        for event in &batch {
            let place = event.as_json().as_ptr() as usize - rest.as_ptr() as usize;
            let (between, after) = rest.split_at(place);
            prop_assert!(
                between.chars().all(|mark| "[,] \n\r\t".contains(mark)),
                "{}",
                between
            );
            prop_assert!(!event.as_json().is_empty());
            rest = &after[event.as_json().len()..];
            let kept = serde_json::to_string(&event.to_owned()).unwrap();
            prop_assert!(serde_json::from_str::<&serde_json::value::RawValue>(&kept).is_ok());
        }
        prop_assert!(
            rest.chars().all(|mark| "[,] \n\r\t".contains(mark)),
            "{}",
            rest
        );
        // The events before it are unchanged.
        let (mut length, mut before) = (1, 0);
        for (element, _) in &elements {
            length += element.len() + 1;
            before += usize::from(length <= start);
        }
        for (event, (element, _)) in batch.iter().zip(elements.iter().take(before)) {
            prop_assert_eq!(event, TelemetryEvent::from(&**element));
        }
        prop_assert!(batch.iter().count() >= before);
        Ok(())
    });
}
