//! The scenarios in AWS's emulator.

use super::{Answers, FUNCTION, Mode, Scenario, client};
use crate::rie::Rie;

pub(super) fn ask(scenario: &Scenario) -> Option<Answers> {
    let rie = Rie::new()
        .invokes(scenario.invokes())
        .timeout(scenario.timeout())
        .env("AWS_LAMBDA_FUNCTION_NAME", FUNCTION.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", FUNCTION.version)
        .env("AWS_LAMBDA_FUNCTION_HANDLER", FUNCTION.handler)
        .env("AWS_ACCOUNT_ID", FUNCTION.account);
    let rie = scenario.files().into_iter().fold(rie, Rie::extension);
    let rie = scenario
        .environment()
        .into_iter()
        .fold(rie, |rie, (key, value)| rie.env(key, value));
    let rie = match scenario.trace_header() {
        Some(value) => rie.header("X-Amzn-Trace-Id", value),
        None => rie,
    };
    let rie = match (scenario.mode, scenario.is_function()) {
        (Mode::Standard, false) => rie,
        (Mode::Standard, true) => rie.function(client()),
        (Mode::Managed, false) => rie.managed(),
        // An answer is handed on at once, and the function is not through with its script then.
        (Mode::Managed, true) => rie.managed().function(client()).ends_itself(),
    };
    let report = rie.run()?;
    let told = if scenario.is_function() {
        report.function_log
    } else {
        report.stderr
    };
    Some(Answers::read(scenario, told.lines()))
}
