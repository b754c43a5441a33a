//! Checks the signatures of the methods.

use super::methods::{Methods, Role};
use crate::{
    block::function::{Function, Parameter},
    errors::Errors,
    keyword::Keyword as _,
    method::Method,
    render::render,
};
use proc_macro2::{TokenStream, TokenTree};

/// Reports wrong signatures.
pub fn check(methods: &Methods, errors: &mut Errors) {
    for (role, function) in methods.iter() {
        check_conditional(role, function, errors);
        check_modifiers(role, function, errors);
        check_type_parameters(role, function, errors);
        match role {
            Role::Prepare => check_prepare(function, errors),
            Role::Constructor => check_constructor(function, errors),
            Role::Handler(Method::Init) if function.receiver.is_none() => errors.push(
                &function.parentheses,
                "`init` must take `&mut self`, because `prepare` makes the value",
            ),
            Role::Handler(method) => check_handler(method, function, errors),
        }
        check_output(role, function, errors);
    }
}

/// Checks that the method always exists. Otherwise the generated method would call itself.
fn check_conditional(role: Role, function: &Function, errors: &mut Errors) {
    let either_way = match (role, role.method().event()) {
        (_, Some(event)) => format!("the extension registers for `{}` either way", event.name()),
        (Role::Handler(Method::Telemetry), None) => {
            "telemetry is subscribed to either way".to_owned()
        }
        (Role::Handler(_), None) => "it is called either way".to_owned(),
        (_, None) => "it makes the value either way".to_owned(),
    };
    for cfg in &function.cfgs {
        errors.push(
            cfg,
            format!(
                "{} must not be conditionally compiled\n\
                 note: {either_way}; put `#[cfg]` on the body, or on the whole `impl`",
                role.subject(),
            ),
        );
    }
}

fn check_modifiers(role: Role, function: &Function, errors: &mut Errors) {
    let subject = role.subject();
    match (&function.constness, &function.asyncness) {
        (Some(constness), None) => {
            errors.push(
                constness,
                format!("{subject} must be an `async fn`, not a `const fn`"),
            );
        }
        (None, None) => errors.push(
            function.fn_token,
            format!("{subject} must be an `async fn`"),
        ),
        // rustc reports `const async fn`.
        (_, Some(_)) => {}
    }
    if let Some(unsafety) = &function.unsafety {
        errors.push(unsafety, format!("{subject} must not be `unsafe`"));
    }
}

/// Checks that the method has no type or const parameters. Lifetimes are allowed.
fn check_type_parameters(role: Role, function: &Function, errors: &mut Errors) {
    let mut depth = 0_usize;
    let mut at_parameter = false;
    let mut is_generic = false;
    for token in function.generics.clone() {
        let sign = match &token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        is_generic |= at_parameter && !['\'', '>'].contains(&sign);
        match sign {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at_parameter = depth == 1 && ['<', ','].contains(&sign);
    }
    if is_generic {
        errors.push(
            &function.generics,
            format!("{} must not be generic", role.subject()),
        );
    }
}

fn check_prepare(function: &Function, errors: &mut Errors) {
    let content = function.parentheses.stream();
    if !content.is_empty() {
        errors.push(
            content,
            "`prepare` must take no parameters\nnote: it runs before the extension is registered",
        );
    }
    // With a receiver, the wrong parameters are the only mistake to report.
    if function.output.is_none() && function.receiver.is_none() {
        errors.push(
            &function.name,
            "`prepare` must return `Self` or `Result<Self, E>`\n\
             note: it makes the value that handles the events",
        );
    }
}

fn check_constructor(function: &Function, errors: &mut Errors) {
    if function.parameters.is_empty() {
        return errors.push(
            &function.parentheses,
            "constructor `init` must take one `Register`\n\
             help: write `async fn init(register: Register) -> Self`",
        );
    }
    let must = "constructor `init` must take one `Register`";
    check_by_value(function, must, errors);
    check_extra(function, 1, must, errors);
    if function.output.is_none() {
        errors.push(
            &function.name,
            "constructor `init` must return `Self` or `Result<Self, E>`\n\
             help: to set up a value made by `Default`, write `async fn init(&mut self, register: Register)`",
        );
    }
}

fn check_handler(method: Method, function: &Function, errors: &mut Errors) {
    let name = method.name();
    let must = match method.parameter() {
        Some((_, payload)) => {
            let payload = payload.name();
            format!("handler `{name}` must take `&mut self` and one `{payload}`")
        }
        None => format!("handler `{name}` must take only `&mut self`"),
    };
    let expected = usize::from(method.parameter().is_some());
    if function.parameters.len() < expected {
        let signature = method.signature();
        return errors.push(
            &function.parentheses,
            format!("{must}\nhelp: write `{signature}`"),
        );
    }
    match &function.receiver {
        None => {
            return errors.push(
                &function.parentheses,
                format!("handler `{name}` must take `&mut self` or `&self`"),
            );
        }
        Some(receiver) if !receiver.by_reference => errors.push(
            &receiver.tokens,
            format!(
                "handler `{name}` must take `&mut self` or `&self`, not `{}`\n\
                 note: the same value handles every event until shutdown",
                render(&receiver.tokens),
            ),
        ),
        Some(_) => {}
    }
    if expected > 0 {
        check_by_value(function, &must, errors);
    }
    check_extra(function, expected, &must, errors);
}

/// Checks that the payload is not a reference. rustc would report the generated code's type as wrong.
fn check_by_value(function: &Function, must: &str, errors: &mut Errors) {
    if let Some(first) = function.parameters.first().filter(|it| it.is_reference()) {
        errors.push(&first.ty, format!("{must} by value, not by reference"));
    }
}

/// Checks that there are no parameters after the expected ones.
fn check_extra(function: &Function, expected: usize, must: &str, errors: &mut Errors) {
    if let Some(extra @ [_, rest @ ..]) = function.parameters.get(expected..) {
        let found = if rest.is_empty() {
            "an extra parameter"
        } else {
            "extra parameters"
        };
        let extra: TokenStream = extra
            .iter()
            .map(|Parameter { tokens, .. }| tokens.clone())
            .collect();
        errors.push(extra, format!("{must}, found {found}"));
    }
}

/// Checks that the return type can be named, which the generated code does.
fn check_output(role: Role, function: &Function, errors: &mut Errors) {
    // `fn` with `-> impl Future` is reported as not `async`.
    if function.asyncness.is_none() {
        return;
    }
    if let Some(token) = function.output.clone().and_then(find_impl) {
        errors.push(
            token,
            format!(
                "{} must name its return type, not `impl Trait`",
                role.subject()
            ),
        );
    }
}

/// Returns the first `impl` in a type.
fn find_impl(ty: TokenStream) -> Option<TokenTree> {
    ty.into_iter().find_map(|token| match token {
        TokenTree::Ident(ref word) if word == "impl" => Some(token),
        TokenTree::Group(group) => find_impl(group.stream()),
        _ => None,
    })
}
