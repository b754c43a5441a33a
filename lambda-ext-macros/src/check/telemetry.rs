//! Whether the telemetry that is subscribed to and the methods agree.

use super::{methods::Methods, near::Near};
use crate::{
    args::{Args, Given, List},
    block::Block,
    errors::Errors,
    method::Method,
    subscription::TelemetryType,
    word::Word,
};
use proc_macro2::Ident;

/// Reports where they do not.
pub fn check(args: &Args, block: &Block, methods: &Methods, errors: &mut Errors) {
    let Some(Given { name, value }) = &args.telemetry else {
        check_subscribed(methods, errors);
        return check_buffering(args, block, methods, errors);
    };
    if let Some(types) = value {
        check_handled(name, types, block, methods, errors);
        check_platform(types, methods, errors);
    }
}

/// A subscription needs its handler.
fn check_handled(
    name: &Ident,
    types: &List<TelemetryType>,
    block: &Block,
    methods: &Methods,
    errors: &mut Errors,
) {
    if methods.has(Method::Telemetry) {
        return;
    }
    let only_platform = || {
        let listed = types.listed.iter().map(|listed| listed.word);
        !types.unclear && listed.eq([TelemetryType::Platform])
    };
    let help = match Near::find(block, [Method::Telemetry]) {
        Some(near) => near.help(),
        None if methods.has(Method::RuntimeDone) && only_platform() => {
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

/// What `runtime_done` is called for is `Platform` telemetry, and there is one subscription.
fn check_platform(types: &List<TelemetryType>, methods: &Methods, errors: &mut Errors) {
    let platform = TelemetryType::Platform;
    if types.unclear || types.has(platform) {
        return;
    }
    if let Some(function) = methods.get(Method::RuntimeDone) {
        errors.push(
            &function.name,
            format!(
                "handler `{}` needs `{}` telemetry\nhelp: add it: `telemetry = {}`",
                Method::RuntimeDone.name(),
                platform.name(),
                types.with(platform),
            ),
        );
    }
}

/// A handler needs its subscription.
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

/// What is buffered needs a subscription. Where it is the handler that lacks one, that has been said.
fn check_buffering(args: &Args, block: &Block, methods: &Methods, errors: &mut Errors) {
    let handlers = [Method::Telemetry, Method::RuntimeDone];
    if handlers.into_iter().any(|handler| methods.has(handler)) {
        return;
    }
    if let Some(Given { name, .. }) = &args.buffering {
        let near = Near::find(block, handlers);
        let help = near.map_or_else(|| SUBSCRIBE.to_owned(), |near| near.help());
        errors.push(
            name,
            format!(
                "`buffering` has no effect, because no telemetry is subscribed to\nhelp: {help}"
            ),
        );
    }
}

/// The remedy where there is no subscription.
const SUBSCRIBE: &str = "add `telemetry = [Platform, Function]` to the attribute";
