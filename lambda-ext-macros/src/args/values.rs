//! The values of the arguments.

use super::{Events, Flavor, Listed, Value, all, visible};
use crate::{errors::Errors, method::Event, similar};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{Lit, ext::IdentExt as _};

impl Value<'_> {
    /// `[Invoke, Shutdown]`
    pub(super) fn events(&self, errors: &mut Errors) -> Option<Events> {
        let [TokenTree::Group(list)] = self.tokens else {
            return self.malformed(errors);
        };
        if list.delimiter() != Delimiter::Bracket {
            return self.malformed(errors);
        }
        if list.stream().is_empty() {
            let names = Event::ALL
                .map(|event| format!("`{}`", event.name()))
                .join(", ");
            errors.push(list, format!("`events` must list at least one of {names}"));
            return None;
        }
        Some(Events::read(list, errors))
    }

    /// `"multi_thread"`
    pub(super) fn flavor(&self, errors: &mut Errors) -> Option<Flavor> {
        let [TokenTree::Literal(literal)] = self.tokens else {
            return self.malformed(errors);
        };
        let Lit::Str(text) = Lit::new(literal.clone()) else {
            return self.malformed(errors);
        };
        let flavor = Flavor::named(&text.value());
        if flavor.is_none() {
            let [one, two] = Flavor::ALL.map(Flavor::name);
            let near = similar::nearest(&text.value(), Flavor::ALL, Flavor::name);
            let help = near.map(|near| format!("\nhelp: write \"{}\"", near.name()));
            let help = help.unwrap_or_default();
            errors.push(
                literal,
                format!("unknown `flavor` {literal}, expected \"{one}\" or \"{two}\"{help}"),
            );
        }
        flavor
    }

    /// `4`
    pub(super) fn worker_threads(&self, errors: &mut Errors) -> Option<usize> {
        let [TokenTree::Literal(literal)] = self.tokens else {
            return self.malformed(errors);
        };
        match Lit::new(literal.clone()) {
            Lit::Int(number) if ["", "usize"].contains(&number.suffix()) => {
                number.base10_parse().ok().filter(|&threads| threads > 0)
            }
            _ => None,
        }
        .or_else(|| self.malformed(errors))
    }

    /// `false`
    pub(super) fn main(&self, errors: &mut Errors) -> Option<bool> {
        match self.tokens {
            [TokenTree::Ident(value)] if value == "false" => Some(false),
            [TokenTree::Ident(value)] if value == "true" => Some(true),
            _ => self.malformed(errors),
        }
    }

    /// `::my::path`
    pub(super) fn krate(&self, errors: &mut Errors) -> Option<TokenStream> {
        let path = all(self.tokens);
        let mut rest = self.tokens;
        let absolute = matches!(rest, [colon, next, ..] if is_colon(colon) && is_colon(next));
        if absolute {
            rest = &rest[2..];
        }
        let first = rest.first();
        loop {
            match rest {
                [TokenTree::Ident(_)] => break,
                [TokenTree::Ident(_), a, b, more @ ..] if is_colon(a) && is_colon(b) => rest = more,
                _ => return self.malformed(errors),
            }
        }
        // `$crate` is what a `macro_rules!` makes of `crate`.
        let anchored = |first: &TokenTree| ["crate", "$crate"].contains(&&*first.to_string());
        if absolute || first.is_some_and(anchored) {
            return Some(path);
        }
        let mut message = "`crate` path must start with `::` or `crate::`".to_owned();
        if first.is_some_and(|first| !["self", "super"].contains(&&*first.to_string())) {
            let spelled: String = self.tokens.iter().map(ToString::to_string).collect();
            message = format!("{message}\nhelp: write `crate = ::{spelled}`");
        }
        errors.push(path, message);
        None
    }

    /// Reports that the value is not what it must be.
    fn malformed<T>(&self, errors: &mut Errors) -> Option<T> {
        let row = self.argument.row();
        let message = format!(
            "`{}` must be {}\nhelp: write `{}`",
            row.name, row.must_be, row.example
        );
        if self.tokens.is_empty() {
            errors.push(self.name, message);
        } else {
            errors.push(all(self.tokens), message);
        }
        None
    }
}

impl Events {
    /// The elements of the list.
    fn read(list: &Group, errors: &mut Errors) -> Self {
        let mut events = Self::default();
        for element in visible(list.stream()).split(|token| is_punct(token, ',')) {
            events.element(element, errors);
        }
        events
    }

    /// What stands between two commas.
    fn element(&mut self, tokens: &[TokenTree], errors: &mut Errors) {
        match tokens {
            // behind the last comma
            [] => {}
            [TokenTree::Ident(name)] => self.name(name, errors),
            [TokenTree::Ident(name), rest @ ..] if matches!(rest, [TokenTree::Ident(_), ..]) => {
                self.name(name, errors);
                errors.push(&rest[0], "expected `,` before the next event");
                self.element(rest, errors);
            }
            // `EventType::Invoke` and `"Invoke"`
            _ => {
                let last = tokens.last().map(ToString::to_string).unwrap_or_default();
                let meant = similar::nearest(&last, Event::ALL, Event::name);
                let help = meant.map(|event| format!("\nhelp: write `{}`", event.name()));
                errors.push(
                    all(tokens),
                    format!("expected the name of an event{}", help.unwrap_or_default()),
                );
                match meant {
                    Some(event) => self.listed.push(Listed {
                        name: Ident::new(event.name(), Span::call_site()),
                        event,
                        exact: false,
                    }),
                    None => self.unclear = true,
                }
            }
        }
    }

    /// One name.
    fn name(&mut self, name: &Ident, errors: &mut Errors) {
        let written = name.unraw().to_string();
        let known = Event::named(&written);
        let meant = known.or_else(|| similar::nearest(&written, Event::ALL, Event::name));
        let note = not_an_event(&written);
        if let Some(event) = known {
            if self.listed.iter().any(|it| it.exact && it.event == event) {
                errors.push(name, format!("event `{written}` is listed more than once"));
            }
        } else {
            let remedy = match (meant, note) {
                (Some(event), _) => format!("\nhelp: write `{}`", event.name()),
                (None, Some(note)) => format!("\nnote: {note}"),
                (None, None) => String::new(),
            };
            let [one, two] = Event::ALL.map(Event::name);
            errors.push(
                name,
                format!("unknown event `{written}`, expected `{one}` or `{two}`{remedy}"),
            );
        }
        match meant {
            Some(event) => {
                self.listed.push(Listed {
                    name: name.clone(),
                    event,
                    exact: known.is_some(),
                });
            }
            None => self.unclear |= note.is_none(),
        }
    }
}

impl Flavor {
    const ALL: [Self; 2] = [Self::CurrentThread, Self::MultiThread];

    const fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current_thread",
            Self::MultiThread => "multi_thread",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flavor| flavor.name() == name)
    }
}

/// What people list that comes another way.
fn not_an_event(name: &str) -> Option<&'static str> {
    match &*name.to_lowercase() {
        "init" | "prepare" | "register" => {
            Some("`init` and `prepare` are called without being listed")
        }
        "telemetry" => Some("telemetry is a subscription, not a lifecycle event"),
        "log" | "logs" => Some("logs are a subscription, not a lifecycle event"),
        _ => None,
    }
}

fn is_colon(token: &TokenTree) -> bool {
    is_punct(token, ':')
}

fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}
