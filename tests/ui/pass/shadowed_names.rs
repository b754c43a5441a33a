//! Names that the generated code could be led astray by.
#![allow(
    dead_code,
    non_camel_case_types,
    non_upper_case_globals,
    unused_macros,
    clippy::allow_attributes,
    reason = "names to be led astray by"
)]

use ::lambda_ext::{
    InvokeEvent, Register as Registration, RuntimeDone as Done, TelemetryBatch as Batch,
    lambda_extension,
};
use ::std::time::Duration as Time;

mod lambda_ext {}
mod core {}
mod std {}
mod time {}
enum Result {}
enum Option {}
struct Ok;
struct Some;
struct Error;
struct EventType;
struct Config;
struct Register;
struct RuntimeDone;
struct TelemetryBatch;
struct TelemetryType;
struct Buffering;
struct Duration;
struct Platform;
struct Handler;
struct Launch;
struct ExitCode;
struct Flavor;
struct Invoke;
trait Default {}
trait Clone {}
static event: u8 = 0;
static register: u8 = 0;
static batch: u8 = 0;
static done: u8 = 0;
static frozen_for: u8 = 0;
static max_items: u8 = 0;
static prepared: u8 = 0;
const __unused: u8 = 0;

macro_rules! module_path {
    () => {
        compile_error!("not this one")
    };
}

struct Flusher {
    function: String,
}

#[lambda_extension(
    flavor = "multi_thread",
    worker_threads = 2,
    events = [Invoke],
    telemetry = [Platform],
    buffering(max_items = 1_000),
    tick_ms = 1_000
)]
impl Flusher {
    async fn init(registration: Registration) -> Self {
        Self {
            function: registration.function_name,
        }
    }

    async fn invoke(&mut self, invocation: InvokeEvent) {
        self.function = invocation.request_id;
    }

    async fn telemetry(&mut self, delivery: Batch) {
        delivery.as_str().clone_into(&mut self.function);
    }

    async fn runtime_done(&self, _done: Done) {}

    async fn tick(&self) {}

    async fn thawed(&self, _time: Time) {}
}
