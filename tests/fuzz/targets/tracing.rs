//! The trace header: raw, and the parts that are in it.

#![no_main]

use lambda_ext::Tracing;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|text: &str| {
    // As JSON of its own.
    if let Ok(tracing) = serde_json::from_str::<Tracing<'_>>(text) {
        look_at(&tracing);
        let written = json!({
            "type": tracing.kind, "value": tracing.value, "spanId": tracing.span_id,
        })
        .to_string();
        let read = serde_json::from_str(&written);
        assert_eq!(read.ok(), Some(tracing));
    }

    // As the header's value.
    let written = json!({"type": "X-Amzn-Trace-Id", "value": text}).to_string();
    let tracing: Tracing<'_> = serde_json::from_str(&written).expect("a trace header");
    assert_eq!(tracing.value, text);
    look_at(&tracing);

    // As what is in its parts.
    let mut parts = text.splitn(3, '\n');
    let mut part = || parts.next().filter(|part| !part.contains(';'));
    let (Some(root), Some(parent), Some(lineage)) = (part(), part(), part()) else {
        return;
    };
    let value = format!("Root={root};Parent={parent};Sampled=1;Lineage={lineage}");
    let written = json!({"type": "X-Amzn-Trace-Id", "value": value}).to_string();
    let tracing: Tracing<'_> = serde_json::from_str(&written).expect("a trace header");
    assert_eq!(tracing.root(), Some(root.trim()));
    assert_eq!(tracing.parent(), Some(parent.trim()));
    assert_eq!(tracing.sampled(), Some(true));
    assert_eq!(tracing.lineage(), Some(lineage.trim()));
});

fn look_at(tracing: &Tracing<'_>) {
    for part in [tracing.root(), tracing.parent(), tracing.lineage()] {
        let part = part.unwrap_or_default();
        assert!(tracing.value.contains(part));
        assert!(!part.contains(';'));
        assert_eq!(part, part.trim());
    }
    let _ = tracing.sampled();
    assert_eq!(tracing.clone().into_owned(), *tracing);
}
