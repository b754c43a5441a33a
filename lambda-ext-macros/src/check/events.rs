//! Checks that the events and the methods agree.

use super::{input::Input, methods::Methods, suggestion::Suggestion};
use crate::{
    args::{Args, List},
    block::Block,
    errors::Errors,
    keyword::Keyword as _,
    method::{Event, Method},
};
use proc_macro2::{Ident, Span};

/// Reports an event without a handler, and the reverse. Returns the events to register for.
pub fn check(input: &Input, errors: &mut Errors) -> Vec<Ident> {
    let Input {
        args,
        block,
        methods,
    } = input;
    let Some(given) = &args.events else {
        // A subscription or an interval without its handler has a message of its own.
        if methods.is_empty() && args.telemetry.is_none() && args.tick_ms.is_none() {
            report_no_handler(block, errors);
        }
        return implied(methods)
            .into_iter()
            .filter(|&event| !is_rejected(args, event))
            .map(|event| Ident::new(event.name(), Span::call_site()))
            .collect();
    };
    let Some(events) = &given.value else {
        return Vec::new();
    };
    check_rejected(args, events, errors);
    check_listed(events, input, errors);
    check_unlisted(events, input, errors);
    events.idents()
}

/// Returns the events that follow from the methods, if `events` is not given.
fn implied(methods: &Methods) -> Vec<Event> {
    let needs_shutdown = needs_shutdown(methods, methods.handles(Event::Invoke));
    let events = Event::ALL.iter().copied();
    events
        .filter(|&event| methods.handles(event) || event == Event::Shutdown && needs_shutdown)
        .collect()
}

/// Returns whether Lambda rejects the event for this kind of extension. The extension can have the
/// handler nevertheless, because a signal replaces the event.
fn is_rejected(args: &Args, event: Event) -> bool {
    args.internal.is_some() && event == Event::Shutdown
}

fn check_rejected(args: &Args, events: &List<Event>, errors: &mut Errors) {
    for element in &events.elements {
        if !is_rejected(args, element.keyword) {
            continue;
        }
        let event = element.keyword;
        let (name, method) = (event.name(), event.handler().name());
        errors.push(
            &element.name,
            format!(
                "event `{name}` must not be listed with `internal`, because Lambda rejects it for \
                 internal extensions\n\
                 help: leave it out; `{method}` is called at SIGTERM"
            ),
        );
    }
}

/// Returns whether the extension registers for SHUTDOWN even without a handler for it. Telemetry can
/// arrive until then, such as the end of an invocation that timed out. An extension without events
/// waits for SHUTDOWN.
fn needs_shutdown(methods: &Methods, invokes: bool) -> bool {
    methods.contains(Method::Telemetry) || methods.contains(Method::RuntimeDone) || !invokes
}

/// Checks that each listed event has a handler.
fn check_listed(events: &List<Event>, input: &Input, errors: &mut Errors) {
    let Input {
        args,
        block,
        methods,
    } = input;
    let invokes = events.contains(Event::Invoke) || methods.handles(Event::Invoke);
    for element in events.elements.iter().filter(|element| element.exact) {
        let event = element.keyword;
        if methods.handles(event) || is_rejected(args, event) {
            continue;
        }
        let suggestion = Suggestion::find(block, event.handlers());
        // SHUTDOWN can be listed without a handler, unless a misspelt one is there.
        let optional = event == Event::Shutdown && needs_shutdown(methods, invokes);
        if optional && !suggestion.as_ref().is_some_and(Suggestion::is_async_method) {
            continue;
        }
        let help = match suggestion {
            Some(suggestion) => suggestion.help(),
            None => format!(
                "add `{} -> Result<(), Error>` to this `impl` block",
                event.handler().signature()
            ),
        };
        let event = event.name();
        errors.push(
            &element.name,
            format!("event `{event}` has no handler\nhelp: {help}"),
        );
    }
}

/// Checks that the event of each handler is listed.
fn check_unlisted(events: &List<Event>, input: &Input, errors: &mut Errors) {
    if events.incomplete {
        return;
    }
    for &event in Event::ALL {
        if events.contains(event) || is_rejected(input.args, event) {
            continue;
        }
        // One list is wrong, however many handlers the event has.
        let handler = event
            .handlers()
            .find_map(|method| Some((method, input.methods.get(method)?)));
        let Some((method, function)) = handler else {
            continue;
        };
        errors.push(
            &function.name,
            format!(
                "handler `{}` is never called, because event `{}` is not listed\n\
                 help: list it: `events = {}`",
                method.name(),
                event.name(),
                events.render_with(event),
            ),
        );
    }
}

fn report_no_handler(block: &Block, errors: &mut Errors) {
    let events = || Event::ALL.iter().copied();
    let handlers = events().flat_map(Event::handlers);
    let others = [Method::Telemetry, Method::Tick, Method::Thawed];
    let help = Suggestion::find(block, handlers.chain(others)).map_or_else(
        || {
            let signatures: Vec<_> = events()
                .map(|event| format!("`{}`", event.handler().signature()))
                .collect();
            format!("add {}", signatures.join(" or "))
        },
        |suggestion| suggestion.help(),
    );
    errors.push(
        &block.self_ty,
        format!("this block has no event handler\nhelp: {help}"),
    );
}
