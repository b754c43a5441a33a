//! The events about init, restore, and extensions.

use std::time::Duration;

use super::event::EmittedEvent;
use super::json_object::{JsonObject, duration_json};
use super::outcome::PhaseOutcome;
use crate::emulator::extensions::ExtensionStatus;
use crate::emulator::reply::json;
use crate::emulator::settings::{EnvironmentSettings, Initialization, MEMORY_MB};

pub(crate) fn init_start(
    settings: &EnvironmentSettings,
    instance_id: &str,
    suppressed: bool,
) -> EmittedEvent {
    // The version is empty for a runtime that Lambda does not update.
    let record = init_record(settings)
        .text("runtimeVersion", "")
        .text("runtimeVersionArn", "");
    let record = add_environment(record, settings, instance_id)
        .text("phase", phase(suppressed))
        .end();
    EmittedEvent::platform("platform.initStart", record)
}

pub(crate) fn init_runtime_done(
    settings: &EnvironmentSettings,
    suppressed: bool,
    outcome: PhaseOutcome<'_>,
) -> EmittedEvent {
    let record = outcome
        .add_status(init_record(settings))
        .text("phase", phase(suppressed));
    let record = outcome.add_error_type(record).end();
    EmittedEvent::platform("platform.initRuntimeDone", record)
}

pub(crate) fn init_report(
    settings: &EnvironmentSettings,
    suppressed: bool,
    outcome: PhaseOutcome<'_>,
    took: Duration,
) -> EmittedEvent {
    let record = init_record(settings)
        .raw("metrics", duration_json(took))
        .text("phase", phase(suppressed));
    let record = outcome.add_error_type(outcome.add_status(record)).end();
    EmittedEvent::platform("platform.initReport", record)
}

pub(crate) fn extension(status: &ExtensionStatus<'_>) -> EmittedEvent {
    let events: Vec<_> = status.events.iter().map(json).collect();
    let record = JsonObject::default()
        .text("name", status.name)
        .text("state", &format!("{:?}", status.state))
        .raw("events", format_args!("[{}]", events.join(",")))
        .when(status.error_type, |record, error_type| {
            record.text("errorType", error_type)
        })
        .end();
    EmittedEvent::platform("platform.extension", record)
}

/// The events about a restore, in order.
pub(crate) fn restore(
    settings: &EnvironmentSettings,
    instance_id: &str,
    took: Duration,
) -> [EmittedEvent; 3] {
    let start = add_environment(JsonObject::default(), settings, instance_id).end();
    let done = || PhaseOutcome::SUCCESS.add_status(JsonObject::default());
    let report = done().raw("metrics", duration_json(took)).end();
    [
        EmittedEvent::platform("platform.restoreStart", start),
        EmittedEvent::platform("platform.restoreRuntimeDone", done().end()),
        EmittedEvent::platform("platform.restoreReport", report),
    ]
}

pub(super) fn subscribed(name: &str, types: &[String]) -> EmittedEvent {
    let record = JsonObject::default()
        .text("name", name)
        .text("state", "Subscribed")
        .list("types", types)
        .end();
    EmittedEvent::platform("platform.telemetrySubscription", record)
}

/// The fields that all records of init begin with.
fn init_record(settings: &EnvironmentSettings) -> JsonObject {
    JsonObject::default().text("initializationType", settings.initialization.as_str())
}

/// Adds the fields that `initStart` and `restoreStart` share.
fn add_environment(
    record: JsonObject,
    settings: &EnvironmentSettings,
    instance_id: &str,
) -> JsonObject {
    let memory = match settings.initialization {
        // Managed Instances have it in bytes.
        Initialization::ManagedInstances => MEMORY_MB * 1024 * 1024,
        _ => MEMORY_MB,
    };
    let function = &settings.function;
    record
        .text("functionName", &function.function_name)
        .text("functionVersion", &function.function_version)
        .text("instanceId", instance_id)
        .raw("instanceMaxMemory", memory)
}

/// The phase that init is part of.
fn phase(suppressed: bool) -> &'static str {
    if suppressed { "invoke" } else { "init" }
}
