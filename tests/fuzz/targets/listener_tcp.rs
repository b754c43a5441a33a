//! Lines over a connection, in pieces that end anywhere: each line is an event.

#![no_main]

use std::cell::Cell;

use lambda_ext::TelemetryEvent;
use lambda_ext::telemetry::Protocol;
use lambda_ext_fuzz::{Listening, byte, text_of};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static LISTENING: Listening = Listening::start(Protocol::Tcp);
    static LAST: Cell<u64> = const { Cell::new(0) };
}

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let piece = usize::from(byte(&mut data)).max(1) * (1 + usize::from(byte(&mut data)));
    // Four pieces at most, because each is a call of the kernel.
    let (pieces, rest) = data.split_at(data.len().min(3 * piece));
    let pieces: Vec<_> = pieces.chunks(piece).chain([rest]).collect();
    let text = text_of(data);
    let lines = text.split('\n').map(str::trim_ascii);
    let expected: Vec<_> = lines.filter(|line| !line.is_empty()).collect();

    // By another connection, so that it ends what came by the first.
    LAST.set(LAST.get() + 1);
    let last = format!(r#"{{"time":"","type":"last","record":{}}}"#, LAST.get());
    LISTENING.with(|listening| {
        assert!(listening.exchange(pieces, true).is_empty());
        assert!(listening.exchange([last.as_bytes()], true).is_empty());
        let mut found = Vec::new();
        loop {
            let batch = listening.batch();
            if batch.as_str() == last {
                break;
            }
            for event in &batch {
                assert_eq!(TelemetryEvent::from(event.as_json()), event);
                found.push(event.as_json().trim_ascii().to_owned());
            }
        }
        assert_eq!(found, expected);
    });
});
