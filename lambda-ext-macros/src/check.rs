//! Checks the arguments against the block, and builds the model.

mod events;
mod input;
mod methods;
mod signature;
mod suggestion;
mod telemetry;
mod tick;

use crate::{
    args::{Args, Buffering, Flavor, List, Parsed},
    block::Block,
    errors::Errors,
    method::Method,
    model::{Config, Construction, Constructor, Extension, Handler, Main},
    render::{render, render_with},
};
use input::Input;
use methods::{Methods, Role};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use suggestion::Suggestion;

/// Reports all mistakes. Returns the model if there are none.
pub fn check(args: &Args, block: Option<&Block>, errors: &mut Errors) -> Option<Extension> {
    check_main(args, errors);
    let block = block.filter(|block| check_inherent(block, errors))?;
    let input = Input {
        args,
        block,
        methods: Methods::of(block),
    };
    let events = events::check(&input, errors);
    telemetry::check(&input, errors);
    tick::check(&input, errors);
    check_generics(args, block, errors);
    check_construction(args, &input.methods, errors);
    signature::check(&input.methods, errors);
    // A misspelt handler can be the reason for another mistake, which then suggests its name.
    if errors.is_empty() {
        check_misspelt(&input, errors);
    }
    errors.is_empty().then(|| model(&input, events))
}

/// Builds the model from an input without mistakes.
fn model(input: &Input, events: Vec<Ident>) -> Extension {
    let Input {
        args,
        block,
        methods,
    } = input;
    let mut construction = match args.internal {
        Some(_) => Construction::External,
        None => Construction::Default,
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
            Role::Prepare => construction = Construction::Prepare(output),
            Role::Constructor => {
                construction = Construction::Init(Constructor {
                    name,
                    parameter_ty,
                    output,
                });
            }
            // rustc reports two methods with one name, and must not report two generated ones, too.
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
        construction,
        handlers,
        main: args.wants_main().then(|| Main {
            flavor: value(args.flavor.as_ref())
                .copied()
                .unwrap_or(Flavor::CurrentThread),
            worker_threads: value(args.worker_threads.as_ref()).copied(),
        }),
    }
}

/// Builds the value of `Handler::CONFIG`.
fn config(args: &Args, methods: &Methods, events: Vec<Ident>) -> Config {
    let limits = value(args.buffering.as_ref()).map(Buffering::limits);
    Config {
        events,
        telemetry: value(args.telemetry.as_ref()).map_or_else(Vec::new, List::idents),
        buffering: limits
            .into_iter()
            .flatten()
            .filter_map(|limit| Some((limit.name.clone(), limit.value?)))
            .collect(),
        runtime_done: methods.contains(Method::RuntimeDone),
        tick_ms: value(args.tick_ms.as_ref()).copied(),
        thawed: methods.contains(Method::Thawed),
        fail_open: args.fail_open.as_ref().map(|given| given.name.clone()),
    }
}

/// Checks the arguments for the generated `main`.
fn check_main(args: &Args, errors: &mut Errors) {
    let flavor = value(args.flavor.as_ref()).copied();
    let main = value(args.main.as_ref());
    if let (Some(internal), Some(true)) = (&args.internal, main) {
        errors.push(
            &internal.name,
            "`internal` must not be combined with `main = true`, because the function has a `main`",
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
    } else if let Some(Parsed { name, .. }) = &args.worker_threads {
        let invalid_flavor = args
            .flavor
            .as_ref()
            .is_some_and(|given| given.value.is_none());
        if !invalid_flavor && flavor != Some(Flavor::MultiThread) {
            errors.push(name, "`worker_threads` needs `flavor = \"multi_thread\"`");
        }
    }
}

/// Checks that the block is inherent. Returns whether to check its methods, which would mislead in an
/// `impl` of another trait than `Handler`.
fn check_inherent(block: &Block, errors: &mut Errors) -> bool {
    let Some(trait_path) = &block.trait_path else {
        return true;
    };
    let help = if block.implements_handler() {
        "remove `Handler for`; the attribute writes that `impl` for you".to_owned()
    } else {
        let name = render(&block.self_ty);
        format!("move it to the block that defines the event handlers: `impl {name} {{ .. }}`")
    };
    errors.push(
        trait_path,
        format!("`#[lambda_extension]` must be placed on an inherent `impl` block\nhelp: {help}"),
    );
    block.implements_handler()
}

/// Checks that no function looks like a misspelt handler, which would never be called.
fn check_misspelt(input: &Input, errors: &mut Errors) {
    if let Some(suggestion) = Suggestion::misspelt(input) {
        let name = &suggestion.function.name;
        let help = suggestion.help();
        errors.push(
            name,
            format!("`{name}` is not a handler, and is never called\nhelp: {help}"),
        );
    }
}

/// Checks that an internal extension has no constructor: the function's program makes the value, to
/// share state with it.
fn check_construction(args: &Args, methods: &Methods, errors: &mut Errors) {
    let constructs = |role: &Role| !matches!(role, Role::Handler(_));
    let constructor = methods.iter().find(|(role, _)| constructs(role));
    if let (Some(_), Some((role, function))) = (&args.internal, constructor) {
        errors.push(
            &function.name,
            format!(
                "{} is never called, because `register_internal` takes an existing value\n\
                 help: move it to another `impl` block, and call it yourself",
                role.subject()
            ),
        );
    }
}

/// Checks that the generated `main` has one type to run.
fn check_generics(args: &Args, block: &Block, errors: &mut Errors) {
    if args.wants_main() && !block.generics.is_empty() {
        let example = example_type(&block.self_ty, &block.generics);
        errors.push(
            &block.generics,
            format!(
                "`#[lambda_extension]` needs a concrete type, because it defines `fn main`\n\
                 help: name the type to run: `impl {example}`"
            ),
        );
    }
}

/// Renders the type with an example for each parameter: `Flusher<MySink>`.
fn example_type(self_ty: &TokenStream, generics: &TokenStream) -> String {
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
    render_with(self_ty, |token| match token {
        TokenTree::Ident(name) => argument(&name.to_string()),
        _ => None,
    })
}

/// Returns the value of an argument, if it was given and valid.
fn value<T>(given: Option<&Parsed<T>>) -> Option<&T> {
    given.and_then(|given| given.value.as_ref())
}
