//! An extension that receives telemetry, beside the target that sends it some.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use lambda_ext::telemetry::{Dropped, Protocol};
use lambda_ext::{Config, Error, Extension, Handler, TelemetryBatch, TelemetryType};

use crate::platform::{Request, platform};

/// How long the listener may be silent. It is far more than it needs, and less than libFuzzer
/// waits, so that what hangs is told as that.
const BOUND: Duration = Duration::from_secs(8);

/// The text of a batch of these bytes: each that is not UTF-8 is replaced by one.
#[must_use]
pub fn text_of(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&"?".repeat(chunk.invalid().len()));
    }
    text
}

/// A listener of telemetry, and what its handler gets.
#[derive(Debug)]
pub struct Listening {
    port: u16,
    batches: Receiver<TelemetryBatch>,
}

struct Shipper(Sender<TelemetryBatch>);

impl Handler for Shipper {
    const CONFIG: Config = Config::new(&[])
        .telemetry(TelemetryType::ALL)
        .runtime_done();

    async fn telemetry(&mut self, batch: TelemetryBatch) -> Result<(), Error> {
        Ok(self.0.send(batch)?)
    }
}

impl Listening {
    /// Runs the extension until the process ends.
    ///
    /// # Panics
    /// It cannot be run.
    #[must_use]
    pub fn start(protocol: Protocol) -> Self {
        let (sender, batches) = mpsc::channel();
        let (subscribed, port) = mpsc::channel();
        let address = platform(move |request| answer(&request, &subscribed));
        thread::spawn(move || {
            let extension = Extension::builder()
                .name("fuzzed")
                .runtime_api(address)
                .telemetry_address(([127, 0, 0, 1], 0))
                .telemetry_host("127.0.0.1")
                .telemetry_protocol(protocol)
                .build();
            let run = extension.expect("settings").run(Shipper(sender));
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let outcome = runtime.expect("a runtime").block_on(run);
            panic!("the extension ended: {:?}", outcome.err());
        });
        Self {
            port: port.recv_timeout(BOUND).expect("a subscription"),
            batches,
        }
    }

    /// Writes each piece by itself, and reads to the end what is answered. `half_closed`: the end
    /// of what is written is told.
    ///
    /// # Panics
    /// The listener cannot be reached, or hangs.
    pub fn exchange<'p>(
        &self,
        pieces: impl IntoIterator<Item = &'p [u8]>,
        half_closed: bool,
    ) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a listener");
        for timeout in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
            timeout(&stream, Some(BOUND)).expect("a timeout");
        }
        stream.set_nodelay(true).expect("an option");
        let mut answer = Vec::new();
        // A connection that the listener has closed breaks, and what it had to say may be lost
        // with it: that is an end, too.
        let write = || {
            for piece in pieces {
                stream.write_all(piece)?;
            }
            if half_closed {
                stream.shutdown(Shutdown::Write)?;
            }
            stream.read_to_end(&mut answer).map(drop)
        };
        if let Err(error) = write() {
            let hangs = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
            assert!(!hangs.contains(&error.kind()), "the listener hangs");
        }
        answer
    }

    /// The next batch that the handler gets.
    ///
    /// # Panics
    /// There is none, or something was dropped before it.
    #[must_use]
    pub fn batch(&self) -> TelemetryBatch {
        let batch = self.batches.recv_timeout(BOUND).expect("a batch");
        assert_eq!(batch.dropped(), Dropped::default());
        batch
    }
}

fn answer(request: &Request, subscribed: &Sender<u16>) -> Option<Vec<u8>> {
    let (header, body) = match &*request.path {
        "/2020-01-01/extension/register" => ("lambda-extension-identifier: fuzzed\r\n", "{}"),
        "/2022-07-01/telemetry" => {
            let subscription: serde_json::Value =
                serde_json::from_slice(&request.body).expect("JSON");
            let destination = &subscription["destination"];
            let port = match destination["URI"].as_str() {
                Some(uri) => uri.trim_end_matches('/').rsplit(':').next()?.parse().ok(),
                None => destination["port"].as_u64()?.try_into().ok(),
            };
            subscribed.send(port?).ok()?;
            ("", "\"OK\"")
        }
        _ => return None,
    };
    let length = body.len();
    Some(
        format!(
            "HTTP/1.1 200 OK\r\n{header}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into(),
    )
}
