//! Reading a batch of telemetry, beside other ways to do it.
//!
//!     cargo bench --manifest-path tests/bench/Cargo.toml

use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use lambda_ext::{TelemetryBatch, TelemetryRecord};
use serde_json::Value;
use serde_json::value::RawValue;

const RECORDS: usize = 1_000;

fn main() {
    divan::main();
}

/// What the records of a batch are.
#[derive(Debug, Clone, Copy)]
enum Records {
    Lines,
    Reports,
}

impl Records {
    const ALL: [Self; 2] = [Self::Lines, Self::Reports];

    fn batch(self) -> String {
        let record = match self {
            Self::Lines => LINE,
            Self::Reports => REPORT,
        };
        format!("[{}]", vec![record; RECORDS].join(","))
    }
}

const LINE: &str = r#"{"time":"2026-03-04T09:15:00.501Z","type":"function","record":"2026-03-04T09:15:00.501Z 8d2f-4c51-9d6e INFO handled user=\"u17\" path=/v1/orders/17 status=200 and whatever else there is to be said of it\n"}"#;
const REPORT: &str = r#"{"time":"2026-03-04T09:15:00.660Z","type":"platform.report","record":{"requestId":"8d2f-4c51-9d6e","status":"success","metrics":{"durationMs":220.12,"billedDurationMs":300,"memorySizeMB":128,"maxMemoryUsedMB":90}}}"#;

#[divan::bench(args = Records::ALL)]
fn lambda_ext(bencher: Bencher, records: Records) {
    let batch = TelemetryBatch::from(records.batch());
    bencher.counter(ItemsCount::new(RECORDS)).bench(|| {
        let known = |event: &lambda_ext::TelemetryEvent<'_>| {
            !matches!(event.record, TelemetryRecord::Other { .. })
        };
        assert_eq!(black_box(&batch).iter().filter(known).count(), RECORDS);
    });
}

/// As whoever does not want to write types.
#[divan::bench(args = Records::ALL)]
fn serde_json_value(bencher: Bencher, records: Records) {
    let batch = records.batch();
    bencher.counter(ItemsCount::new(RECORDS)).bench(|| {
        let events: Vec<Value> = serde_json::from_str(black_box(&batch)).unwrap();
        assert_eq!(events.len(), RECORDS);
    });
}

/// The least that serde_json does: to find where each ends.
#[divan::bench(args = Records::ALL)]
fn serde_json_raw(bencher: Bencher, records: Records) {
    let batch = records.batch();
    bencher.counter(ItemsCount::new(RECORDS)).bench(|| {
        let events: Vec<&RawValue> = serde_json::from_str(black_box(&batch)).unwrap();
        assert_eq!(events.len(), RECORDS);
    });
}
