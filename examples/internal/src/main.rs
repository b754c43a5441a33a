//! A function whose metrics are sent after its response, by an internal extension: the caller does not
//! wait for them, and the environment is not frozen before they are out.

use std::env;
use std::time::{Duration, Instant, SystemTime};

use lambda_ext::{InvokeEvent, ShutdownEvent, lambda_extension};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// What a collector may take. It is billed with the invocation.
const SENDING: Duration = Duration::from_millis(500);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (told, measured) = unbounded_channel();
    let metrics = Metrics {
        collector: env::var("METRICS_ADDRESS").ok(),
        measured,
        pending: Vec::new(),
    };
    let metrics = lambda_ext::register_internal("metrics", metrics).await?;
    let function = service_fn(|event| handler(event, told.clone()));
    metrics.run_beside(lambda_runtime::run(function)).await
}

async fn handler(
    event: LambdaEvent<Value>,
    told: UnboundedSender<Measured>,
) -> Result<Value, Error> {
    let _stopwatch = Stopwatch {
        request_id: event.context.request_id,
        began: Instant::now(),
        told,
    };
    Ok(event.payload)
}

/// Tells how long an invocation took when it is dropped, however that ends.
struct Stopwatch {
    request_id: String,
    began: Instant,
    told: UnboundedSender<Measured>,
}

impl Drop for Stopwatch {
    fn drop(&mut self) {
        let micros = self.began.elapsed().as_micros();
        let now = SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap_or_default()
            .as_secs();
        let _ = self.told.send(Measured {
            request_id: std::mem::take(&mut self.request_id),
            line: format!("orders.duration_us {micros} {now}\n"),
        });
    }
}

/// A metric of an invocation, in Graphite's plaintext protocol.
struct Measured {
    request_id: String,
    line: String,
}

struct Metrics {
    /// Where Graphite's protocol is spoken; without it metrics are printed.
    collector: Option<String>,
    measured: UnboundedReceiver<Measured>,
    /// What has not been sent yet.
    pending: Vec<String>,
}

#[lambda_extension(internal, tick_ms = 10_000, fail_open)]
impl Metrics {
    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        while let Some(measured) = self.measured.recv().await {
            self.pending.push(measured.line);
            if measured.request_id == event.request_id {
                break;
            }
        }
        self.send().await
    }

    /// Where there is no `invoke`, on Managed Instances, this is what sends.
    async fn tick(&mut self) -> Result<(), Error> {
        self.send().await
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) -> Result<(), Error> {
        self.send().await
    }

    async fn send(&mut self) -> Result<(), Error> {
        while let Ok(measured) = self.measured.try_recv() {
            self.pending.push(measured.line);
        }
        let lines = self.pending.concat();
        match &self.collector {
            Some(address) if !lines.is_empty() => {
                timeout(SENDING, async {
                    let mut collector = TcpStream::connect(address).await?;
                    collector.write_all(lines.as_bytes()).await?;
                    collector.shutdown().await
                })
                .await??
            }
            _ => print!("{lines}"),
        }
        self.pending.clear();
        Ok(())
    }
}
