//! An extension over thousands of invocations: memory, threads, files, and sockets do not grow.
//!
//! `cargo soak` runs a hundred thousand invocations.

use std::path::Path;

use lambda_ext_tests::soak::soak;

/// The memory that an allocator and a buffer may take after the first reading, in KiB.
const SLACK: usize = 1024;

#[tokio::test]
async fn thousands_of_invocations_with_telemetry_leave_nothing_behind() {
    let ingest = Path::new(env!("CARGO_BIN_EXE_ingest"));
    let soak = soak(ingest, 4_000, 4).await.unwrap();
    let told = soak.lines.join("\n");
    assert!(
        told.starts_with("4000 records, 0 out of order, 0 dropped, "),
        "{told}"
    );
    if cfg!(not(target_os = "linux")) {
        return;
    }
    let [first, .., last] = soak.readings[..] else {
        panic!("{soak}");
    };
    let counts = |reading: &lambda_ext_tests::soak::Reading| {
        (reading.threads, reading.files, reading.sockets)
    };
    for reading in &soak.readings {
        assert_eq!(counts(reading), counts(&first), "{soak}");
    }
    assert!(last.resident < first.resident + SLACK, "{soak}");
}
