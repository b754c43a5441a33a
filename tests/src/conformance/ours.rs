//! The scenarios in our emulator.

use lambda_ext::emulator::{
    Emulator, EmulatorBuilder, Initialization, Invocation, TelemetrySupport, record::StepKind,
};
use lambda_ext::{Register, ShutdownReason};

use super::{Answers, FUNCTION, Memory, Mode, Scenario, client_as};

pub(super) async fn ask(scenario: &Scenario) -> Answers {
    let memory = Memory::of(scenario, "ours");
    let emulator = environment(scenario, &memory).await;
    let mut alive = emulator.init().await.is_ok();
    // In AWS's emulator init belongs to the first invocation, which fails with it.
    for _ in usize::from(!alive)..scenario.invokes() {
        let invocation = Invocation::default().timeout(scenario.timeout());
        let invocation = match scenario.trace_header() {
            Some(header) => invocation.trace_header(header),
            None => invocation,
        };
        // Many a client leaves in the midst of a phase; whether that succeeds is not the question
        // here, but another invocation would begin anew, which few are ready for.
        let goes_on = alive || scenario.has_second_life();
        alive = goes_on && emulator.invoke(invocation).await.is_ok();
    }
    let _ = emulator.shutdown(ShutdownReason::Spindown).await;
    let record = emulator.record();
    let lines = record.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Output { line, .. } | StepKind::FunctionOutput { line } => Some(line.as_str()),
        _ => None,
    });
    Answers::read(scenario, lines)
}

async fn environment(scenario: &Scenario, memory: &Memory) -> Emulator {
    let mut function = Register::default();
    function.function_name = FUNCTION.name.into();
    function.function_version = FUNCTION.version.into();
    function.handler = FUNCTION.handler.into();
    function.account_id = Some(FUNCTION.account.into());
    let builder = Emulator::builder().function(function);
    let builder = match scenario.mode {
        // There AWS's has none either.
        Mode::Standard => builder.telemetry(TelemetrySupport::NotSupported),
        Mode::Managed => builder.initialization(Initialization::ManagedInstances),
    };
    let builder = if scenario.has_function() {
        builder.runtime(client_as("function"))
    } else {
        builder
    };
    let builder = scenario
        .files()
        .into_iter()
        .fold(builder, EmulatorBuilder::executable);
    let builder = scenario
        .environment(memory)
        .into_iter()
        .fold(builder, |builder, (key, value)| builder.env(key, value));
    builder.start().await.expect("there is a port")
}
