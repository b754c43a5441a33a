//! What waits to be exported, and the collector, which may be slow or away.

use std::collections::VecDeque;
use std::env;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use lambda_ext::{Error, Register};
use opentelemetry::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry_aws::detector::LambdaResourceDetector;
use opentelemetry_aws::trace::XrayIdGenerator;
use opentelemetry_otlp::{RetryPolicy, SpanExporter as Otlp, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{
    Sampler, SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor,
};
use tokio::time::timeout;

use super::client::{Client, Failure};

/// The most spans that wait, as OpenTelemetry has it. What is over it is dropped, the oldest first.
const MOST: usize = 2048;

/// For how long a collector that failed delays no invocation.
const REST: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Exporter {
    client: Arc<Client>,
    otlp: Otlp,
    tracer: SdkTracer,
    waiting: Waiting,
    /// By the wall clock, which goes on while the environment is frozen.
    failed: Option<SystemTime>,
    /// What may be the matter where nothing arrives.
    hint: &'static str,
}

/// The spans that have ended.
///
/// Not the SDK's batches, which a thread of its own sends at times of its own: it would be frozen half-way.
#[derive(Debug, Clone, Default)]
struct Waiting(Arc<Mutex<Spans>>);

#[derive(Debug, Default)]
struct Spans {
    ended: VecDeque<SpanData>,
    /// How many were dropped.
    dropped: usize,
}

impl Exporter {
    /// From the standard variables.
    ///
    /// # Errors
    /// One of them cannot be made sense of.
    pub fn new(function: &Register) -> Result<Self, Error> {
        if let Some(protocol) = set("PROTOCOL").filter(|it| it != "http/protobuf") {
            let why = "this exporter knows `http/protobuf` only, port 4318 of a collector mostly";
            return Err(format!("OTEL_EXPORTER_OTLP_PROTOCOL is `{protocol}`: {why}").into());
        }
        let client = Arc::new(Client::new());
        let mut otlp = Otlp::builder()
            .with_http()
            .with_shared_http_client(client.clone())
            // Its pauses would block the thread: the next invocation tries again.
            .with_retry_policy(RetryPolicy::disabled())
            .build()?;
        otlp.set_resource(&resource(function));
        let waiting = Waiting::default();
        let mut provider = SdkTracerProvider::builder()
            .with_span_processor(waiting.clone())
            .with_id_generator(XrayIdGenerator::default());
        // X-Ray's decision is "no" for all functions that do not use it.
        if env::var("OTEL_TRACES_SAMPLER").is_err() {
            provider = provider.with_sampler(Sampler::AlwaysOn);
        }
        Ok(Self {
            client,
            otlp,
            tracer: provider.build().tracer(env!("CARGO_PKG_NAME")),
            waiting,
            failed: None,
            hint: match set("ENDPOINT") {
                Some(_) => "",
                None => " (OTEL_EXPORTER_OTLP_ENDPOINT is not set)",
            },
        })
    }

    /// What is ended by it waits here.
    pub fn tracer(&self) -> SdkTracer {
        self.tracer.clone()
    }

    /// Lets go of the connections that are kept.
    pub fn reconnect(&self) {
        self.client.reconnect();
    }

    /// Sends what waits, unless there is no time or the collector has failed just now. Safe to cancel:
    /// what has not arrived for sure waits on.
    ///
    /// # Errors
    /// Why it waits, or was dropped.
    pub async fn send(&mut self, budget: Duration) -> Result<(), Error> {
        let rests = |at: SystemTime| at.elapsed().is_ok_and(|elapsed| elapsed < REST);
        if budget.is_zero() || self.failed.is_some_and(rests) {
            return Ok(());
        }
        let sent = self.try_to_send(budget).await;
        self.failed = sent.is_err().then(SystemTime::now);
        sent.map_err(|why| {
            let spans = self.waiting.lock();
            let (waiting, lost) = (spans.ended.len(), spans.dropped);
            let lost = if lost > 0 {
                format!(", {lost} are lost")
            } else {
                String::new()
            };
            format!("{waiting} spans wait{lost}: {why}{}", self.hint).into()
        })
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// How much could not be sent in all, and why.
    pub async fn send_last(&mut self, budget: Duration) -> Result<(), Error> {
        let sent = self.try_to_send(budget).await;
        let spans = self.waiting.lock();
        let lost = spans.ended.len() + spans.dropped;
        if lost == 0 {
            return Ok(());
        }
        let why = sent.err().unwrap_or_else(|| "see above".to_owned());
        Err(format!("{lost} spans are lost: {why}{}", self.hint).into())
    }

    async fn try_to_send(&self, budget: Duration) -> Result<(), String> {
        let spans: Vec<_> = self.waiting.lock().ended.iter().cloned().collect();
        let count = spans.len();
        if count == 0 {
            return Ok(());
        }
        let refused = match timeout(budget, self.otlp.export(spans)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => match self.client.failure() {
                Some(Failure { why, refused: true }) => Some(why),
                Some(Failure { why, .. }) => return Err(why),
                None => Some(error.to_string()),
            },
            Err(_) => return Err("no answer in time".to_owned()),
        };
        let mut waiting = self.waiting.lock();
        waiting.ended.drain(..count);
        refused.map_or(Ok(()), |why| {
            waiting.dropped += count;
            Err(why)
        })
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Spans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanProcessor for Waiting {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let mut spans = self.lock();
        spans.ended.push_back(span);
        if spans.ended.len() > MOST {
            spans.ended.pop_front();
            spans.dropped += 1;
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// A variable of the exporter's; what is set for traces is meant before what is set for everything.
pub fn set(name: &str) -> Option<String> {
    let for_these = env::var(format!("OTEL_EXPORTER_OTLP_TRACES_{name}"));
    let value = for_these.or_else(|_| env::var(format!("OTEL_EXPORTER_OTLP_{name}")));
    value.ok().filter(|value| !value.is_empty())
}

/// Who tells: the function, and not this extension.
fn resource(function: &Register) -> Resource {
    let resource = Resource::builder_empty()
        .with_service_name(function.function_name.clone())
        .with_detectors(&[
            Box::new(LambdaResourceDetector),
            Box::new(TelemetryResourceDetector),
            Box::new(EnvResourceDetector::new()),
        ]);
    match env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name).build(),
        _ => resource.build(),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span, Tracer};

    use super::*;

    #[test]
    fn the_oldest_gives_way_and_is_counted() -> Result<(), Error> {
        let exporter = Exporter::new(&Register::default())?;
        for _ in 0..MOST + 3 {
            exporter.tracer().start("orders").end();
        }
        let spans = exporter.waiting.lock();
        assert_eq!((spans.ended.len(), spans.dropped), (MOST, 3));
        Ok(())
    }
}
