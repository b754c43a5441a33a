//! The arguments of the attribute, read so that a mistake in one leaves the others readable.

mod values;

use crate::{errors::Errors, method::Event, similar};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt as _;

/// An argument that the attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Argument {
    Events,
    Flavor,
    WorkerThreads,
    Main,
    Crate,
}

/// What is known about an argument.
struct Row {
    name: &'static str,
    /// What its value must be, to follow on "`name` must be".
    must_be: &'static str,
    /// How it is written.
    example: &'static str,
}

impl Argument {
    const ALL: [Self; 5] = [
        Self::Events,
        Self::Flavor,
        Self::WorkerThreads,
        Self::Main,
        Self::Crate,
    ];

    #[rustfmt::skip]
    const fn row(self) -> Row {
        match self {
            Self::Events => Row { name: "events", must_be: "a list in brackets", example: "events = [Invoke, Shutdown]" },
            Self::Flavor => Row { name: "flavor", must_be: "a string", example: "flavor = \"multi_thread\"" },
            Self::WorkerThreads => Row { name: "worker_threads", must_be: "a whole number of at least 1", example: "worker_threads = 2" },
            Self::Main => Row { name: "main", must_be: "`true` or `false`", example: "main = false" },
            Self::Crate => Row { name: "crate", must_be: "a path", example: "crate = ::path::to::lambda_ext" },
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|argument| argument.name() == name)
    }

    const fn name(self) -> &'static str {
        self.row().name
    }

    /// Every name, for a message.
    fn names() -> String {
        Self::ALL
            .map(|argument| format!("`{}`", argument.name()))
            .join(", ")
    }
}

/// What stands behind the `=` of an argument.
struct Value<'a> {
    argument: Argument,
    name: &'a Ident,
    tokens: &'a [TokenTree],
}

/// An argument that was given.
pub struct Given<T> {
    /// Where.
    pub name: Ident,
    /// Nothing if the value was wrong, which has been reported.
    pub value: Option<T>,
}

/// The arguments.
#[derive(Default)]
pub struct Args {
    /// `events = [..]`
    pub events: Option<Given<Events>>,
    /// `flavor = ".."`
    pub flavor: Option<Given<Flavor>>,
    /// `worker_threads = N`
    pub worker_threads: Option<Given<usize>>,
    /// `main = false`
    pub main: Option<Given<bool>>,
    /// `crate = path`
    pub krate: Option<Given<TokenStream>>,
}

/// The value of `events`.
#[derive(Default)]
pub struct Events {
    /// Those that could be read.
    pub listed: Vec<Listed>,
    /// One could not be read, so what seems to be missing from the list may be what it meant.
    pub unclear: bool,
}

/// One of `events`.
pub struct Listed {
    /// In the author's own token.
    pub name: Ident,
    /// Which.
    pub event: Event,
    /// Written as it must be; if not, that has been reported and asks for nothing more.
    pub exact: bool,
}

/// The runtime that the generated `main` starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// One thread.
    CurrentThread,
    /// Worker threads beside it.
    MultiThread,
}

impl Args {
    /// Reads the arguments.
    pub fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let mut bare_events = Vec::new();
        for segment in segments(tokens, errors) {
            args.argument(&segment, &mut bare_events, errors);
        }
        args.bare_events(bare_events, errors);
        args
    }

    /// The path of the runtime crate.
    pub fn krate(&self) -> TokenStream {
        let given = self.krate.as_ref().and_then(|given| given.value.clone());
        given.unwrap_or_else(|| quote!(::lambda_ext))
    }

    /// Whether a `main` is to be generated.
    pub fn wants_main(&self) -> bool {
        // Who gave `main` a wrong value has one, or would not have mentioned it.
        self.main
            .as_ref()
            .is_none_or(|given| given.value == Some(true))
    }

    /// Reads `name = value`.
    fn argument(&mut self, tokens: &[TokenTree], bare: &mut Vec<Listed>, errors: &mut Errors) {
        let [TokenTree::Ident(name), rest @ ..] = tokens else {
            let names = Argument::names();
            return errors.push(all(tokens), format!("expected an argument, one of {names}"));
        };
        let written = name.unraw().to_string();
        if let (None, Some(event), []) = (
            Argument::named(&written),
            similar::nearest(&written, Event::ALL, Event::name),
            rest,
        ) {
            return bare.push(Listed {
                name: name.clone(),
                event,
                exact: true,
            });
        }
        let Some(argument) = Argument::named(&written).or_else(|| unknown(name, errors)) else {
            return;
        };
        let tokens = match rest {
            [TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' => value,
            // `events(Invoke)` and whatever else is not `name = value` has no value.
            _ => &[],
        };
        let value = Value {
            argument,
            name,
            tokens,
        };
        match argument {
            Argument::Events => set(&mut self.events, &value, Value::events, errors),
            Argument::Flavor => set(&mut self.flavor, &value, Value::flavor, errors),
            Argument::WorkerThreads => {
                set(
                    &mut self.worker_threads,
                    &value,
                    Value::worker_threads,
                    errors,
                );
            }
            Argument::Main => set(&mut self.main, &value, Value::main, errors),
            Argument::Crate => set(&mut self.krate, &value, Value::krate, errors),
        }
    }

    /// `#[lambda_extension(Invoke, Shutdown)]`: one mistake, however many events.
    fn bare_events(&mut self, bare: Vec<Listed>, errors: &mut Errors) {
        let Some(first) = bare.first() else { return };
        let names: Vec<_> = bare.iter().map(|listed| listed.event.name()).collect();
        errors.push(
            &first.name,
            format!(
                "unknown argument `{}`, expected one of {}\nhelp: write `events = [{}]`",
                first.name,
                Argument::names(),
                names.join(", "),
            ),
        );
        let name = first.name.clone();
        let value = Some(Events {
            listed: bare,
            unclear: false,
        });
        self.events.get_or_insert(Given { name, value });
    }
}

/// Notes the value of an argument, unless it was given before.
fn set<'a, T>(
    slot: &mut Option<Given<T>>,
    value: &Value<'a>,
    read: fn(&Value<'a>, &mut Errors) -> Option<T>,
    errors: &mut Errors,
) {
    let name = value.name;
    if slot.is_some() {
        // One that is misspelt has been reported.
        if name.unraw() == value.argument.name() {
            errors.push(name, format!("argument `{name}` is given more than once"));
        }
        return;
    }
    *slot = Some(Given {
        name: name.clone(),
        value: read(value, errors),
    });
}

/// Reports an argument that nobody knows; returns the one that must have been meant, so that its
/// value is not missed.
fn unknown(name: &Ident, errors: &mut Errors) -> Option<Argument> {
    let near = similar::nearest(&name.to_string(), Argument::ALL, Argument::name);
    let help = near.map(|near| format!("\nhelp: did you mean `{}`?", near.name()));
    errors.push(
        name,
        format!(
            "unknown argument `{name}`, expected one of {}{}",
            Argument::names(),
            help.unwrap_or_default(),
        ),
    );
    near
}

/// What stands between the commas.
fn segments(tokens: TokenStream, errors: &mut Errors) -> Vec<Vec<TokenTree>> {
    let mut segments = vec![Vec::new()];
    let mut tokens = visible(tokens).into_iter().peekable();
    while let Some(token) = tokens.next() {
        let here = segments.len() - 1;
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if segments[here].is_empty() {
                    errors.push(token, "expected an argument, found `,`");
                } else {
                    segments.push(Vec::new());
                }
            }
            // `events = [Invoke] main = false`
            TokenTree::Ident(_) if segments[here].len() > 2 && begins_value(tokens.peek()) => {
                errors.push(&token, "expected `,` before the next argument");
                segments.push(vec![token]);
            }
            _ => segments[here].push(token),
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// Whether an argument's name is what came before.
fn begins_value(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(equals)) if equals.as_char() == '=')
}

/// The tokens without the invisible groups that a `macro_rules!` leaves around its fragments.
fn visible(tokens: TokenStream) -> Vec<TokenTree> {
    let mut visible_tokens = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                visible_tokens.extend(visible(group.stream()));
            }
            token => visible_tokens.push(token),
        }
    }
    visible_tokens
}

/// The tokens as one stream.
fn all(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}
