//! Whether the events and the methods agree.

use super::{methods::Methods, near::Near};
use crate::{
    args::{Args, List},
    block::Block,
    errors::Errors,
    method::{Event, Method},
    word::Word,
};
use proc_macro2::{Ident, Span};

/// Reports where they do not; returns what to register for.
pub fn check(args: &Args, block: &Block, methods: &Methods, errors: &mut Errors) -> Vec<Ident> {
    match &args.events {
        None => {
            // Of a subscription or an interval without its handler more is said than that.
            if methods.is_empty() && args.telemetry.is_none() && args.tick_ms.is_none() {
                report_no_handler(block, errors);
            }
            let events = implied(methods).into_iter();
            events
                .filter(|&event| !is_refused(args, event))
                .map(|event| Ident::new(event.name(), Span::call_site()))
                .collect()
        }
        Some(given) => match &given.value {
            Some(events) => {
                let refused = |event| is_refused(args, event);
                check_refused(events, refused, errors);
                check_listed(events, refused, block, methods, errors);
                check_unlisted(events, refused, methods, errors);
                events.names()
            }
            None => Vec::new(),
        },
    }
}

/// Without `events`: what there is a handler for.
fn implied(methods: &Methods) -> Vec<Event> {
    let waits = waits(methods, methods.handle(Event::Invoke));
    let events = Event::ALL.iter().copied();
    events
        .filter(|&event| methods.handle(event) || event == Event::Shutdown && waits)
        .collect()
}

/// Whether the platform refuses this event to an extension of the kind. It may have a handler all the
/// same: a signal stands for it.
fn is_refused(args: &Args, event: Event) -> bool {
    args.internal.is_some() && event == Event::Shutdown
}

fn check_refused(events: &List<Event>, refused: impl Fn(Event) -> bool, errors: &mut Errors) {
    for listed in events.listed.iter().filter(|listed| refused(listed.word)) {
        let event = listed.word;
        let (name, method) = (event.name(), event.handler().name());
        errors.push(
            &listed.name,
            format!(
                "event `{name}` must not be listed beside `internal`, because Lambda refuses it to \
                 internal extensions\n\
                 help: leave it out; `{method}` is called at SIGTERM"
            ),
        );
    }
}

/// Whether the extension is to know of its end although it may not handle it: for what of telemetry
/// comes until then, as the end of an invocation that timed out does, or because it handles nothing
/// and idles.
fn waits(methods: &Methods, invokes: bool) -> bool {
    methods.has(Method::Telemetry) || methods.has(Method::RuntimeDone) || !invokes
}

/// A listed event needs its handler.
fn check_listed(
    events: &List<Event>,
    refused: impl Fn(Event) -> bool,
    block: &Block,
    methods: &Methods,
    errors: &mut Errors,
) {
    let invokes = events.has(Event::Invoke) || methods.handle(Event::Invoke);
    for listed in events.listed.iter().filter(|listed| listed.exact) {
        let event = listed.word;
        if methods.handle(event) || refused(event) {
            continue;
        }
        let near = Near::find(block, event.handlers());
        // It needs none to wait for its end, unless it means to handle that.
        let waits = event == Event::Shutdown && waits(methods, invokes);
        if waits && !near.as_ref().is_some_and(Near::is_method) {
            continue;
        }
        let help = match near {
            Some(near) => near.help(),
            None => format!(
                "add `{} -> Result<(), Error>` to this `impl` block",
                event.handler().signature()
            ),
        };
        let event = event.name();
        errors.push(
            &listed.name,
            format!("event `{event}` has no handler\nhelp: {help}"),
        );
    }
}

/// A handler needs its event listed.
fn check_unlisted(
    events: &List<Event>,
    refused: impl Fn(Event) -> bool,
    methods: &Methods,
    errors: &mut Errors,
) {
    if events.unclear {
        return;
    }
    let unlisted = |event: &&Event| !events.has(**event) && !refused(**event);
    for &event in Event::ALL.iter().filter(unlisted) {
        // One list is wrong, however many handlers the event has.
        let mut handlers = event.handlers();
        let Some((method, function)) = handlers.find_map(|it| Some((it, methods.get(it)?))) else {
            continue;
        };
        errors.push(
            &function.name,
            format!(
                "handler `{}` is never called, because event `{}` is not listed\n\
                 help: list it: `events = {}`",
                method.name(),
                event.name(),
                events.with(event),
            ),
        );
    }
}

fn report_no_handler(block: &Block, errors: &mut Errors) {
    let events = || Event::ALL.iter().copied();
    let handlers = events().flat_map(Event::handlers);
    let add = || {
        let signatures: Vec<_> = events()
            .map(|event| format!("`{}`", event.handler().signature()))
            .collect();
        format!("add {}", signatures.join(" or "))
    };
    let others = [Method::Telemetry, Method::Tick, Method::Thawed];
    let help = Near::find(block, handlers.chain(others)).map_or_else(add, |near| near.help());
    errors.push(
        &block.self_ty,
        format!("this block has no event handler\nhelp: {help}"),
    );
}
