//! From what is written to what is meant: all mistakes, or the model.

mod events;
mod methods;
mod near;
mod signature;
mod telemetry;
mod tick;

use crate::{
    args::{Args, Buffering, Flavor, Given, List},
    block::Block,
    errors::Errors,
    method::Method,
    model::{Config, Constructor, Extension, Handler, Main, Origin},
    spell::{spell, spell_with},
};
use methods::{Methods, Role};
use near::Near;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

/// Reports every mistake; without any, returns what to generate.
pub fn check(args: &Args, block: Option<&Block>, errors: &mut Errors) -> Option<Extension> {
    check_main(args, errors);
    let block = block.filter(|block| check_place(block, errors))?;
    let methods = Methods::of(block);
    let events = events::check(args, block, &methods, errors);
    telemetry::check(args, block, &methods, errors);
    tick::check(args, block, &methods, errors);
    check_generics(args, block, errors);
    check_origin(args, &methods, errors);
    signature::check(&methods, errors);
    // Where another handler is missed for it, that has been said.
    if errors.is_empty() {
        check_names(block, &methods, errors);
    }
    errors
        .is_empty()
        .then(|| model(args, block, &methods, events))
}

/// Puts together what was found right.
fn model(args: &Args, block: &Block, methods: &Methods, events: Vec<Ident>) -> Extension {
    let mut origin = match args.internal {
        Some(_) => Origin::Given,
        None => Origin::Default,
    };
    let mut handlers = Vec::new();
    for (role, function) in methods.iter() {
        let name = function.name.clone();
        let parameter_ty = function
            .parameters
            .first()
            .map(|it| it.ty.clone())
            .unwrap_or_default();
        let output = function.output.clone().unwrap_or_else(|| quote!(()));
        match role {
            Role::Prepare => origin = Origin::Prepare(output),
            Role::Constructor => {
                origin = Origin::Init(Constructor {
                    name,
                    parameter_ty,
                    output,
                });
            }
            // Of two with one name the compiler speaks, and it shall not speak of ours too.
            Role::Handler(method) if handlers.iter().any(|it: &Handler| it.method == method) => {}
            Role::Handler(method) => handlers.push(Handler {
                method,
                name,
                parameter: method.parameter(),
                parameter_ty,
                output,
            }),
        }
    }
    Extension {
        krate: args.krate(),
        generics: block.generics.clone(),
        self_ty: block.self_ty.clone(),
        where_clause: block.where_clause.clone(),
        config: config(args, methods, events),
        origin,
        handlers,
        main: args.wants_main().then(|| Main {
            flavor: value(args.flavor.as_ref())
                .copied()
                .unwrap_or(Flavor::CurrentThread),
            worker_threads: value(args.worker_threads.as_ref()).copied(),
        }),
    }
}

/// What to ask of the platform.
fn config(args: &Args, methods: &Methods, events: Vec<Ident>) -> Config {
    let limits = value(args.buffering.as_ref()).map(Buffering::limits);
    Config {
        events,
        telemetry: value(args.telemetry.as_ref()).map_or_else(Vec::new, List::names),
        buffering: limits
            .into_iter()
            .flatten()
            .filter_map(|limit| Some((limit.name.clone(), limit.value?)))
            .collect(),
        runtime_done: methods.has(Method::RuntimeDone),
        tick_ms: value(args.tick_ms.as_ref()).copied(),
        thawed: methods.has(Method::Thawed),
        fail_open: args.fail_open.as_ref().map(|given| given.name.clone()),
    }
}

/// The arguments that shape the generated `main`.
fn check_main(args: &Args, errors: &mut Errors) {
    let flavor = value(args.flavor.as_ref()).copied();
    let main = value(args.main.as_ref());
    if let (Some(internal), Some(true)) = (&args.internal, main) {
        errors.push(
            &internal.name,
            "`internal` must not be beside `main = true`, because the function has a `main`",
        );
    } else if args.internal.is_some() || main == Some(&false) {
        let because = match &args.internal {
            Some(_) => "internal",
            None => "main = false",
        };
        let names = [
            args.flavor.as_ref().map(|given| &given.name),
            args.worker_threads.as_ref().map(|given| &given.name),
        ];
        for name in names.into_iter().flatten() {
            errors.push(
                name,
                format!("`{name}` has no effect, because `{because}` leaves the runtime to you"),
            );
        }
    } else if let Some(Given { name, .. }) = &args.worker_threads {
        let unclear = args
            .flavor
            .as_ref()
            .is_some_and(|given| given.value.is_none());
        if !unclear && flavor != Some(Flavor::MultiThread) {
            errors.push(name, "`worker_threads` needs `flavor = \"multi_thread\"`");
        }
    }
}

/// The block must be inherent. What is said of the handlers of another trait's would mislead.
fn check_place(block: &Block, errors: &mut Errors) -> bool {
    let Some(trait_path) = &block.trait_path else {
        return true;
    };
    let help = if block.implements_handler() {
        "remove `Handler for`; the attribute writes that `impl` for you".to_owned()
    } else {
        let name = spell(&block.self_ty);
        format!("move it to the block that defines the event handlers: `impl {name} {{ .. }}`")
    };
    errors.push(
        trait_path,
        format!("`#[lambda_extension]` must be placed on an inherent `impl` block\nhelp: {help}"),
    );
    block.implements_handler()
}

/// A handler whose name is misspelt is a function that nobody calls.
fn check_names(block: &Block, methods: &Methods, errors: &mut Errors) {
    if let Some(near) = Near::misspelt(block, methods) {
        errors.push(
            &near.function.name,
            format!(
                "`{}` is no handler, and is never called\nhelp: {}",
                near.function.name,
                near.help()
            ),
        );
    }
}

/// An internal extension shares something with the function, so its value is made by both's program.
fn check_origin(args: &Args, methods: &Methods, errors: &mut Errors) {
    let makes = |role: &Role| !matches!(role, Role::Handler(_));
    let made = methods.iter().find(|(role, _)| makes(role));
    if let (Some(_), Some((role, function))) = (&args.internal, made) {
        errors.push(
            &function.name,
            format!(
                "{} is never called, because `register_internal` takes a value that exists\n\
                 help: move it to another `impl` block, and call it before",
                role.subject()
            ),
        );
    }
}

/// What `main` runs is one type.
fn check_generics(args: &Args, block: &Block, errors: &mut Errors) {
    if args.wants_main() && !block.generics.is_empty() {
        let example = concrete(&block.self_ty, &block.generics);
        errors.push(
            &block.generics,
            format!(
                "`#[lambda_extension]` needs a concrete type, because it defines `fn main`\n\
                 help: name the type to run: `impl {example}`"
            ),
        );
    }
}

/// The type with an invented argument for each parameter: `Flusher<MySink>`.
fn concrete(self_ty: &TokenStream, generics: &TokenStream) -> String {
    let parameters: Vec<_> = generics
        .clone()
        .into_iter()
        .map(|it| it.to_string())
        .collect();
    let argument = |name: &str| {
        let at = parameters.iter().position(|it| it == name)?;
        let before = &*parameters[at.checked_sub(1)?];
        Some(match (before, parameters.get(at + 1..)?) {
            ("'", _) => "static".to_owned(),
            ("const", _) => "1".to_owned(),
            (_, [colon, bound, ..]) if colon == ":" && bound != "'" && bound != "?" => {
                format!("My{bound}")
            }
            _ => format!("My{name}"),
        })
    };
    spell_with(self_ty, |token| match token {
        TokenTree::Ident(name) => argument(&name.to_string()),
        _ => None,
    })
}

fn value<T>(given: Option<&Given<T>>) -> Option<&T> {
    given.and_then(|given| given.value.as_ref())
}
