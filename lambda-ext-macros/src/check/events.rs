//! Whether the events and the methods agree.

use super::methods::{Methods, Role};
use crate::{
    args::{Args, Events},
    block::{Block, function::Function},
    errors::Errors,
    method::{Event, Method},
    similar,
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
                events
                    .listed
                    .iter()
                    .map(|listed| listed.name.clone())
                    .collect()
            }
            None => Vec::new(),
        },
    }
}

/// Without `events`: what there is a handler for. An extension without any idles until it ends.
fn implied(methods: &Methods) -> Vec<Ident> {
    let mut events: Vec<_> = Event::ALL
        .into_iter()
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
fn check_listed(events: &Events, block: &Block, methods: &Methods, errors: &mut Errors) {
    let invokes = lists(events, Event::Invoke) || methods.has(Method::Invoke);
    for listed in events.listed.iter().filter(|listed| listed.exact) {
        let handler = listed.event.handler();
        if methods.has(handler) {
            continue;
        }
        let near = similar_function(block, handler);
        // An extension that handles nothing may wait for its end, unless it means to handle that.
        let idles = listed.event == Event::Shutdown && !invokes;
        if idles && !near.is_some_and(|it| it.asyncness.is_some() && it.receiver.is_some()) {
            continue;
        }
        let help = match near {
            Some(near) => format!("rename `{}` to `{}`", near.name, handler.name()),
            None => format!(
                "add `{} -> Result<(), Error>` to this `impl` block",
                handler.signature()
            ),
        };
        let event = listed.event.name();
        errors.push(
            &listed.name,
            format!("event `{event}` has no handler\nhelp: {help}"),
        );
    }
}

/// A handler needs its event listed.
fn check_unlisted(events: &Events, methods: &Methods, errors: &mut Errors) {
    if events.unclear {
        return;
    }
    for (role, function) in methods.iter() {
        let Role::Handler(method) = role else {
            continue;
        };
        let Some(event) = method.event().filter(|&event| !lists(events, event)) else {
            continue;
        };
        let list: Vec<_> = Event::ALL
            .into_iter()
            .filter(|&other| other == event || lists(events, other))
            .map(Event::name)
            .collect();
        errors.push(
            &function.name,
            format!(
                "handler `{}` is never called, because event `{}` is not listed\n\
                 help: list it: `events = [{}]`",
                method.name(),
                event.name(),
                list.join(", "),
            ),
        );
    }
}

fn report_no_handler(block: &Block, errors: &mut Errors) {
    let handlers = Event::ALL.map(Event::handler);
    let near = handlers
        .into_iter()
        .find_map(|handler| Some((handler, similar_function(block, handler)?)));
    let [one, two] = handlers.map(Method::signature);
    let help = match near {
        Some((handler, near)) => format!("rename `{}` to `{}`", near.name, handler.name()),
        None => format!("add `{one}` or `{two}`"),
    };
    errors.push(
        &block.self_ty,
        format!("this block has no event handler\nhelp: {help}"),
    );
}

/// The author's function whose name is nearest to that of the method, if it is near.
fn similar_function(block: &Block, method: Method) -> Option<&Function> {
    let distance =
        |function: &Function| similar::distance(&function.name.to_string(), method.name());
    block
        .functions
        .iter()
        .filter(|function| Method::named(&function.name.to_string()).is_none())
        .filter_map(|function| Some((distance(function)?, function)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, function)| function)
}

fn lists(events: &Events, event: Event) -> bool {
    events.listed.iter().any(|listed| listed.event == event)
}
