//! An extension that reads all telemetry that it receives. At its end it prints how much that was, and
//! the most memory that it had. `PROTOCOL=TCP` has telemetry delivered by TCP.

use std::env;

use lambda_ext::telemetry::Protocol;
use lambda_ext::{
    Config, Error, EventType, Extension, Handler, RuntimeDone, ShutdownEvent, TelemetryBatch,
    TelemetryType,
};
use lambda_ext_tests::program::peak_memory;

#[derive(Default)]
struct Attacked {
    events: usize,
    dropped: u64,
    ends: usize,
}

impl Handler for Attacked {
    const CONFIG: Config = Config::new(&[EventType::Shutdown])
        .telemetry(TelemetryType::ALL)
        .runtime_done();

    async fn telemetry(&mut self, batch: TelemetryBatch) -> Result<(), Error> {
        self.dropped += batch.dropped().records;
        // `count` might not read the events.
        for event in &batch {
            self.events += usize::from(!event.as_json().is_empty());
        }
        Ok(())
    }

    async fn runtime_done(&mut self, _: RuntimeDone) -> Result<(), Error> {
        self.ends += 1;
        Ok(())
    }

    async fn shutdown(&mut self, _: ShutdownEvent) -> Result<(), Error> {
        let Self {
            events,
            dropped,
            ends,
        } = self;
        println!(
            "{events} events, {dropped} dropped, {ends} ends, {} KiB",
            peak_memory("self").unwrap_or_default()
        );
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let protocol = match env::var_os("PROTOCOL") {
        Some(name) if name == "TCP" => Protocol::Tcp,
        _ => Protocol::Http,
    };
    let extension = Extension::builder()
        .name("attacked")
        .telemetry_address(([127, 0, 0, 1], 0))
        .telemetry_host("127.0.0.1")
        .telemetry_protocol(protocol)
        .build()?;
    extension.run(Attacked::default()).await?;
    Ok(())
}
