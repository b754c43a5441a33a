//! The scenarios in AWS's emulator.

use super::{Answers, FUNCTION, Memory, Mode, Scenario, client};
use crate::rie::Rie;

pub(super) fn ask(scenario: &Scenario) -> Option<Answers> {
    let memory = Memory::of(scenario, "aws");
    let rie = Rie::new()
        .invokes(scenario.invokes())
        .timeout(scenario.timeout())
        .env("AWS_LAMBDA_FUNCTION_NAME", FUNCTION.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", FUNCTION.version)
        .env("AWS_LAMBDA_FUNCTION_HANDLER", FUNCTION.handler)
        .env("AWS_ACCOUNT_ID", FUNCTION.account);
    let rie = scenario.files().into_iter().fold(rie, Rie::extension);
    let rie = scenario
        .environment(&memory)
        .into_iter()
        .fold(rie, |rie, (key, value)| rie.env(key, value));
    let rie = match scenario.trace_header() {
        Some(value) => rie.header("X-Amzn-Trace-Id", value),
        None => rie,
    };
    let rie = if scenario.mode == Mode::Managed {
        rie.managed()
    } else {
        rie
    };
    let rie = if scenario.has_function() {
        rie.function(client())
    } else {
        rie
    };
    // As a managed instance, an answer is handed on at once, and a function that is all there is is
    // not through with its script then.
    let early = scenario.mode == Mode::Managed && scenario.is_function();
    let rie = if early || scenario.ends_itself() {
        rie.ends_itself()
    } else {
        rie
    };
    let report = rie.run()?;
    let told = report.function_log + &report.stderr;
    Some(Answers::read(scenario, told.lines()))
}
