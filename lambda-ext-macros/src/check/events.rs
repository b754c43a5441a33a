//! Whether the events and the methods agree.

use super::{
    methods::{Methods, Role},
    near::Near,
};
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
            if methods.is_empty() {
                report_no_handler(block, errors);
            }
            implied(methods)
        }
        Some(given) => match &given.value {
            Some(events) => {
                check_listed(events, block, methods, errors);
                check_unlisted(events, methods, errors);
                events.names()
            }
            None => Vec::new(),
        },
    }
}

/// Without `events`: what there is a handler for. An extension without any idles until it ends.
fn implied(methods: &Methods) -> Vec<Ident> {
    let mut events: Vec<_> = Event::ALL
        .iter()
        .copied()
        .filter(|event| methods.has(event.handler()))
        .collect();
    if events.is_empty() {
        events.push(Event::Shutdown);
    }
    events
        .into_iter()
        .map(|event| Ident::new(event.name(), Span::call_site()))
        .collect()
}

/// A listed event needs its handler.
fn check_listed(events: &List<Event>, block: &Block, methods: &Methods, errors: &mut Errors) {
    let invokes = events.has(Event::Invoke) || methods.has(Method::Invoke);
    for listed in events.listed.iter().filter(|listed| listed.exact) {
        let handler = listed.word.handler();
        if methods.has(handler) {
            continue;
        }
        let near = Near::find(block, [handler]);
        // An extension that handles nothing may wait for its end, unless it means to handle that.
        let idles = listed.word == Event::Shutdown && !invokes;
        if idles && !near.as_ref().is_some_and(Near::is_method) {
            continue;
        }
        let help = match near {
            Some(near) => near.help(),
            None => format!(
                "add `{} -> Result<(), Error>` to this `impl` block",
                handler.signature()
            ),
        };
        let event = listed.word.name();
        errors.push(
            &listed.name,
            format!("event `{event}` has no handler\nhelp: {help}"),
        );
    }
}

/// A handler needs its event listed.
fn check_unlisted(events: &List<Event>, methods: &Methods, errors: &mut Errors) {
    if events.unclear {
        return;
    }
    for (role, function) in methods.iter() {
        let Role::Handler(method) = role else {
            continue;
        };
        let Some(event) = method.event().filter(|&event| !events.has(event)) else {
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
    let handlers = || Event::ALL.iter().map(|event| event.handler());
    let add = || {
        let signatures: Vec<_> = handlers()
            .map(|handler| format!("`{}`", handler.signature()))
            .collect();
        format!("add {}", signatures.join(" or "))
    };
    let help = Near::find(block, handlers()).map_or_else(add, |near| near.help());
    errors.push(
        &block.self_ty,
        format!("this block has no event handler\nhelp: {help}"),
    );
}
