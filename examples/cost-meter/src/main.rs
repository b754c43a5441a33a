//! Tells what a function costs, in lines that CloudWatch Logs makes metrics of.

mod emf;

use std::env;
use std::time::SystemTime;

use emf::Line;
use lambda_ext::telemetry::{InitType, PlatformReport, ReportMetrics, Status};
use lambda_ext::{Register, TelemetryBatch, TelemetryEvent, TelemetryRecord, lambda_extension};

struct CostMeter {
    function: Register,
    namespace: String,
    /// Per GB-second.
    price: Option<f64>,
}

// Not `Extension`: the lines that are printed here would come back. And no figure is worth the function.
#[lambda_extension(telemetry = [Platform], fail_open)]
impl CostMeter {
    async fn init(register: Register) -> Self {
        let price = env::var("COST_METER_PRICE_PER_GB_SECOND").ok();
        Self {
            function: register,
            namespace: env::var("COST_METER_NAMESPACE").unwrap_or_else(|_| "CostMeter".to_owned()),
            price: price.as_deref().and_then(price_of),
        }
    }

    async fn telemetry(&mut self, batch: TelemetryBatch) {
        for line in batch.iter().filter_map(|event| self.line(&event)) {
            println!("{line}");
        }
    }

    fn line(&self, event: &TelemetryEvent<'_>) -> Option<String> {
        let line = Line::default()
            .dimension("FunctionName", &self.function.function_name)
            .dimension("FunctionVersion", &self.function.function_version);
        let line = match &event.record {
            TelemetryRecord::PlatformReport(report) => self.invocation(line, report),
            // Not from the report of an invocation: whether it tells of the start that it had to
            // wait for depends on how the environment came to be.
            TelemetryRecord::PlatformInitReport(report) => {
                let from = &report.initialization_type;
                let waited_for = *from == InitType::OnDemand;
                line.property("InitializationType", Some(from.as_str()))
                    .property("Status", report.status.as_ref().map(Status::as_str))
                    .property("ErrorType", report.error_type.as_deref())
                    .milliseconds("InitDuration", Some(report.metrics.duration))
                    .metric("ColdStarts", "Count", Some(u8::from(waited_for)))
            }
            TelemetryRecord::PlatformRestoreReport(report) => line
                .property("InitializationType", Some(InitType::SnapStart.as_str()))
                .property("Status", Some(report.status.as_str()))
                .property("ErrorType", report.error_type.as_deref())
                .milliseconds("RestoreDuration", report.metrics.map(|it| it.duration))
                .metric("ColdStarts", "Count", Some(1)),
            _ => return None,
        };
        let time = event.time.system_time().unwrap_or_else(SystemTime::now);
        Some(line.end(&self.namespace, time))
    }

    fn invocation(&self, line: Line, report: &PlatformReport<'_>) -> Line {
        let metrics = &report.metrics;
        let gb_seconds = gb_seconds(metrics);
        let cost = gb_seconds.zip(self.price).map(|(used, price)| used * price);
        let failed = report.status.as_ref().map(|it| *it != Status::Success);
        line.property("RequestId", Some(&*report.request_id))
            .property("Status", report.status.as_ref().map(Status::as_str))
            .property("ErrorType", report.error_type.as_deref())
            .metric("Failures", "Count", failed.map(u8::from))
            .milliseconds("Duration", Some(metrics.duration))
            .milliseconds("BilledDuration", metrics.billed_duration)
            .metric("MemorySize", "Megabytes", metrics.memory_size_mb)
            .metric("MaxMemoryUsed", "Megabytes", metrics.max_memory_used_mb)
            .metric("GBSeconds", "None", gb_seconds)
            .metric("EstimatedCost", "None", cost)
    }
}

/// What is billed. A restore's part, which is told too, is in the billed duration already.
fn gb_seconds(metrics: &ReportMetrics) -> Option<f64> {
    let memory_mb = u32::try_from(metrics.memory_size_mb?).ok()?;
    Some(metrics.billed_duration?.as_secs_f64() * f64::from(memory_mb) / 1024.0)
}

fn price_of(text: &str) -> Option<f64> {
    let price = text.parse().ok();
    // What is no number of JSON's would be no metric, and nobody would hear of it.
    let price = price.filter(|price: &f64| price.is_finite() && *price >= 0.0);
    if price.is_none() {
        // No error, which would fail the function.
        eprintln!("COST_METER_PRICE_PER_GB_SECOND is no price: {text:?}");
    }
    price
}

#[cfg(test)]
mod tests;
