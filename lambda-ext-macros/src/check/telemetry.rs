//! Checks that the telemetry subscription and the methods agree.

use super::{input::Input, methods::Methods, suggestion::Suggestion};
use crate::{
    args::{List, Parsed},
    errors::Errors,
    keyword::Keyword as _,
    method::Method,
    subscription::TelemetryType,
};
use proc_macro2::Ident;

/// Reports a subscription without its handler, a handler without its subscription, and limits
/// without either.
pub fn check(input: &Input, errors: &mut Errors) {
    let Some(Parsed { name, value }) = &input.args.telemetry else {
        check_subscribed(&input.methods, errors);
        return check_buffering(input, errors);
    };
    if let Some(types) = value {
        check_handled(name, types, input, errors);
        check_platform(types, &input.methods, errors);
    }
}

/// Checks that a subscription has its handler.
fn check_handled(name: &Ident, types: &List<TelemetryType>, input: &Input, errors: &mut Errors) {
    let Input { block, methods, .. } = input;
    if methods.contains(Method::Telemetry) {
        return;
    }
    let only_platform = || {
        let keywords = types.elements.iter().map(|element| element.keyword);
        !types.incomplete && keywords.eq([TelemetryType::Platform])
    };
    let help = match Suggestion::find(block, [Method::Telemetry]) {
        Some(suggestion) => suggestion.help(),
        None if methods.contains(Method::RuntimeDone) && only_platform() => {
            "remove `telemetry`; `runtime_done` is called without it".to_owned()
        }
        None => format!(
            "add `{}` to this `impl` block",
            Method::Telemetry.signature()
        ),
    };
    errors.push(
        name,
        format!("telemetry is subscribed to but has no handler\nhelp: {help}"),
    );
}

/// Checks that a subscription has the `Platform` telemetry that `runtime_done` needs. An extension
/// has one subscription.
fn check_platform(types: &List<TelemetryType>, methods: &Methods, errors: &mut Errors) {
    let platform = TelemetryType::Platform;
    if types.incomplete || types.contains(platform) {
        return;
    }
    if let Some(function) = methods.get(Method::RuntimeDone) {
        errors.push(
            &function.name,
            format!(
                "handler `{}` needs `{}` telemetry\nhelp: add it: `telemetry = {}`",
                Method::RuntimeDone.name(),
                platform.name(),
                types.render_with(platform),
            ),
        );
    }
}

/// Checks that there is no handler without a subscription.
fn check_subscribed(methods: &Methods, errors: &mut Errors) {
    if let Some(function) = methods.get(Method::Telemetry) {
        let name = Method::Telemetry.name();
        errors.push(
            &function.name,
            format!(
                "handler `{name}` is never called, because no telemetry is subscribed to\n\
                 help: {SUBSCRIBE}"
            ),
        );
    }
}

/// Checks that there are no limits without a subscription. A handler without one is reported already.
fn check_buffering(input: &Input, errors: &mut Errors) {
    let handlers = [Method::Telemetry, Method::RuntimeDone];
    if handlers.iter().any(|&it| input.methods.contains(it)) {
        return;
    }
    if let Some(Parsed { name, .. }) = &input.args.buffering {
        let suggestion = Suggestion::find(input.block, handlers);
        let help = suggestion.map_or_else(|| SUBSCRIBE.to_owned(), |it| it.help());
        errors.push(
            name,
            format!(
                "`buffering` has no effect, because no telemetry is subscribed to\nhelp: {help}"
            ),
        );
    }
}

/// The remedy for a missing subscription.
const SUBSCRIBE: &str = "add `telemetry = [Platform, Function]` to the attribute";
