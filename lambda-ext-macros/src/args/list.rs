//! `[Invoke, Shutdown]`, `[Platform, Function]`: words that are listed.

use super::{
    setting::{Setting, Value},
    tokens::{all, is_punct, visible},
};
use crate::{errors::Errors, method::Event, subscription::TelemetryType, word::Word};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenTree};
use syn::ext::IdentExt as _;

/// A word that is listed.
pub trait Element: Word {
    /// What to say of a name that people list although it comes another way.
    fn elsewhere(name: &str) -> Option<&'static str>;
}

impl Element for Event {
    fn elsewhere(name: &str) -> Option<&'static str> {
        match &*name.to_lowercase() {
            "init" | "prepare" | "register" => {
                Some("`init` and `prepare` are called without being listed")
            }
            "telemetry" | "platform" | "function" | "extension" => {
                Some("telemetry is a subscription, not a lifecycle event")
            }
            "log" | "logs" => Some("logs are a subscription, not a lifecycle event"),
            _ => None,
        }
    }
}

impl Element for TelemetryType {
    fn elsewhere(name: &str) -> Option<&'static str> {
        match &*name.to_lowercase() {
            "log" | "logs" => {
                Some("logs are `Function` telemetry, those of extensions `Extension`")
            }
            "invoke" | "shutdown" => Some("lifecycle events are listed in `events`"),
            _ => None,
        }
    }
}

/// The value of an argument that is a list.
pub struct List<T> {
    /// Those that could be read.
    pub listed: Vec<Listed<T>>,
    /// One could not be read, so what seems to be missing from the list may be what it meant.
    pub unclear: bool,
}

/// One of a list.
pub struct Listed<T> {
    /// In the author's own token.
    pub name: Ident,
    /// Which.
    pub word: T,
    /// Written as it must be; if not, that has been reported and asks for nothing more.
    pub exact: bool,
}

impl<T: Element> List<T> {
    /// Whether it has this one.
    pub fn has(&self, word: T) -> bool {
        self.listed.iter().any(|listed| listed.word == word)
    }

    /// As it is written with this one too.
    pub fn with(&self, word: T) -> String {
        let names: Vec<_> = T::ALL
            .iter()
            .filter(|&&other| other == word || self.has(other))
            .map(|other| other.name())
            .collect();
        format!("[{}]", names.join(", "))
    }

    /// The author's own tokens.
    pub fn names(&self) -> Vec<Ident> {
        let names = self.listed.iter().map(|listed| listed.name.clone());
        names.collect()
    }

    /// The elements of the list.
    fn read(list: &Group, errors: &mut Errors) -> Self {
        let mut elements = Self {
            listed: Vec::new(),
            unclear: false,
        };
        for element in visible(list.stream()).split(|token| is_punct(token, ',')) {
            elements.element(element, errors);
        }
        elements
    }

    /// What stands between two commas.
    fn element(&mut self, tokens: &[TokenTree], errors: &mut Errors) {
        let (article, noun) = T::NOUN;
        match tokens {
            // behind the last comma
            [] => {}
            [TokenTree::Ident(name)] => self.name(name, errors),
            [TokenTree::Ident(name), rest @ ..] if matches!(rest, [TokenTree::Ident(_), ..]) => {
                self.name(name, errors);
                errors.push(&rest[0], format!("expected `,` before the next {noun}"));
                self.element(rest, errors);
            }
            // `[Platform; Function]`
            [TokenTree::Ident(name), TokenTree::Punct(sign), rest @ ..]
                if matches!(rest, [TokenTree::Ident(_), ..]) =>
            {
                self.name(name, errors);
                errors.push(
                    sign,
                    format!("expected `,` before the next {noun}, found `{sign}`"),
                );
                self.element(rest, errors);
            }
            // `EventType::Invoke` and `"Invoke"`
            _ => {
                let last = tokens.last().map(ToString::to_string).unwrap_or_default();
                let meant = T::nearest(&last);
                let help = meant.map(|word| format!("\nhelp: write `{}`", word.name()));
                let help = help.unwrap_or_default();
                errors.push(
                    all(tokens),
                    format!("expected the name of {article} {noun}{help}"),
                );
                match meant {
                    Some(word) => self.listed.push(Listed {
                        name: Ident::new(word.name(), Span::call_site()),
                        word,
                        exact: false,
                    }),
                    None => self.unclear = true,
                }
            }
        }
    }

    /// One name.
    fn name(&mut self, name: &Ident, errors: &mut Errors) {
        let (_, noun) = T::NOUN;
        let written = name.unraw().to_string();
        let known = T::named(&written);
        let meant = known.or_else(|| T::nearest(&written));
        let note = T::elsewhere(&written);
        if let Some(word) = known {
            if self.listed.iter().any(|it| it.exact && it.word == word) {
                errors.push(name, format!("{noun} `{written}` is listed more than once"));
            }
        } else {
            let remedy = match (meant, note) {
                (Some(word), _) => format!("\nhelp: write `{}`", word.name()),
                (None, Some(note)) => format!("\nnote: {note}"),
                (None, None) => String::new(),
            };
            let expected = T::alternatives();
            errors.push(
                name,
                format!("unknown {noun} `{written}`, expected {expected}{remedy}"),
            );
        }
        match meant {
            Some(word) => self.listed.push(Listed {
                name: name.clone(),
                word,
                exact: known.is_some(),
            }),
            None => self.unclear |= note.is_none(),
        }
    }
}

impl<S: Setting> Value<'_, S> {
    /// `[Invoke, Shutdown]`
    pub fn list<T: Element>(&self, errors: &mut Errors) -> Option<List<T>> {
        let [TokenTree::Group(list)] = self.tokens else {
            return self.malformed(errors);
        };
        if list.delimiter() != Delimiter::Bracket {
            return self.malformed(errors);
        }
        if list.stream().is_empty() {
            let (name, names) = (self.setting.name(), T::names());
            errors.push(list, format!("`{name}` must list at least one of {names}"));
            return None;
        }
        Some(List::read(list, errors))
    }
}
