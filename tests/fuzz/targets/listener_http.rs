//! Deliveries over HTTP, and what is none: nothing keeps the next good one from coming whole.

#![no_main]

use std::cell::Cell;

use lambda_ext::telemetry::Protocol;
use lambda_ext_fuzz::{Listening, byte, text_of};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static LISTENING: Listening = Listening::start(Protocol::Http);
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// More than a listener reads at once, and than it takes for small.
const LARGE: usize = 100 << 10;

/// A delivery of this, by one chunk for each piece, or by its length.
fn delivery(body: &[u8], piece: usize) -> Vec<u8> {
    let mut request = b"POST / HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n".to_vec();
    if piece == 0 {
        request.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
        request.extend(body);
    } else {
        request.extend(b"Transfer-Encoding: chunked\r\n\r\n");
        for chunk in body.chunks(piece) {
            request.extend(format!("{:x}\r\n", chunk.len()).bytes());
            request.extend([chunk, b"\r\n"].concat());
        }
        request.extend(b"0\r\n\r\n");
    }
    request
}

/// Delivers what is to come whole.
fn deliver(listening: &Listening, body: &[u8], piece: usize, split: usize) {
    let request = delivery(body, piece);
    let (first, second) = request.split_at(split.min(request.len()));
    let answer = listening.exchange([first, second], false);
    assert!(
        answer.starts_with(b"HTTP/1.1 200 "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let as_it_is = byte(&mut data) % 2 == 0;
    let piece = usize::from(byte(&mut data));
    let split = usize::from(byte(&mut data));
    let times = match byte(&mut data) {
        1 => 1 + LARGE / data.len().max(1),
        _ => 1,
    };
    LAST.set(LAST.get() + 1);
    LISTENING.with(|listening| {
        let last = if as_it_is {
            let (first, second) = data.split_at(split.min(data.len()));
            listening.exchange([first, second], true);
            format!(r#"[{{"time":"","type":"last","record":{}}}]"#, LAST.get()).into_bytes()
        } else {
            // The same batch twice would be a repeat.
            [&*data.repeat(times), format!(" {}", LAST.get()).as_bytes()].concat()
        };
        // A body in very many pieces is refused.
        deliver(listening, &last, piece * times, split);
        let last = text_of(&last);
        loop {
            let batch = listening.batch();
            let _ = batch.iter().count();
            if batch.as_str() == last {
                break;
            }
            assert!(as_it_is, "{batch:?}");
        }
    });
});
