//! Parses lists of keywords: `[Invoke, Shutdown]` and `[Platform, Function]`.

use super::{
    setting::{RawSetting, Setting},
    tokens::{flatten, is_punct, to_stream},
};
use crate::{errors::Errors, keyword::Keyword, method::Event, subscription::TelemetryType};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenTree};
use syn::ext::IdentExt as _;

/// A keyword that a list can hold.
pub trait Listable: Keyword {
    /// Returns a note on a name that authors list although it belongs elsewhere.
    fn misplaced(name: &str) -> Option<&'static str>;
}

impl Listable for Event {
    fn misplaced(name: &str) -> Option<&'static str> {
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

impl Listable for TelemetryType {
    fn misplaced(name: &str) -> Option<&'static str> {
        match &*name.to_lowercase() {
            "log" | "logs" => Some(
                "function logs are `Function` telemetry, extension logs are `Extension` telemetry",
            ),
            "invoke" | "shutdown" => Some("lifecycle events are listed in `events`"),
            _ => None,
        }
    }
}

/// The value of an argument that is a list.
pub struct List<K> {
    /// The elements that name a keyword, at least approximately.
    pub elements: Vec<Element<K>>,
    /// True if an element could not be recognized. A keyword that seems to be missing from the list
    /// may be what that element means.
    pub incomplete: bool,
}

/// An element of a list.
pub struct Element<K> {
    /// The author's own token.
    pub name: Ident,
    /// The keyword that it names.
    pub keyword: K,
    /// True if the name is spelled correctly. A misspelt one has been reported, and causes no other
    /// message.
    pub exact: bool,
}

impl<K: Listable> List<K> {
    /// Returns whether the list contains this keyword.
    pub fn contains(&self, keyword: K) -> bool {
        self.elements
            .iter()
            .any(|element| element.keyword == keyword)
    }

    /// Renders the list with this keyword added.
    pub fn render_with(&self, keyword: K) -> String {
        let names: Vec<_> = K::ALL
            .iter()
            .filter(|&&other| other == keyword || self.contains(other))
            .map(|other| other.name())
            .collect();
        format!("[{}]", names.join(", "))
    }

    /// Returns the author's own tokens.
    pub fn idents(&self) -> Vec<Ident> {
        let idents = self.elements.iter().map(|element| element.name.clone());
        idents.collect()
    }

    /// Parses the elements of a list.
    fn parse(list: &Group, errors: &mut Errors) -> Self {
        let mut elements = Self {
            elements: Vec::new(),
            incomplete: false,
        };
        for element in flatten(list.stream()).split(|token| is_punct(token, ',')) {
            elements.parse_element(element, errors);
        }
        elements
    }

    /// Parses the tokens between two commas.
    fn parse_element(&mut self, tokens: &[TokenTree], errors: &mut Errors) {
        let (article, noun) = K::NOUN;
        match tokens {
            // A trailing comma.
            [] => {}
            [TokenTree::Ident(name)] => self.parse_name(name, errors),
            [TokenTree::Ident(name), rest @ ..] if matches!(rest, [TokenTree::Ident(_), ..]) => {
                self.parse_name(name, errors);
                errors.push(&rest[0], format!("expected `,` before the next {noun}"));
                self.parse_element(rest, errors);
            }
            // `[Platform; Function]`
            [TokenTree::Ident(name), TokenTree::Punct(sign), rest @ ..]
                if matches!(rest, [TokenTree::Ident(_), ..]) =>
            {
                self.parse_name(name, errors);
                errors.push(
                    sign,
                    format!("expected `,` before the next {noun}, found `{sign}`"),
                );
                self.parse_element(rest, errors);
            }
            // `EventType::Invoke` and `"Invoke"`
            _ => {
                let last = tokens.last().map(ToString::to_string).unwrap_or_default();
                let meant = K::closest(&last);
                let help = meant.map(|keyword| format!("\nhelp: write `{}`", keyword.name()));
                let help = help.unwrap_or_default();
                errors.push(
                    to_stream(tokens),
                    format!("expected the name of {article} {noun}{help}"),
                );
                match meant {
                    Some(keyword) => self.elements.push(Element {
                        name: Ident::new(keyword.name(), Span::call_site()),
                        keyword,
                        exact: false,
                    }),
                    None => self.incomplete = true,
                }
            }
        }
    }

    /// Parses an element that is one identifier.
    fn parse_name(&mut self, name: &Ident, errors: &mut Errors) {
        let (_, noun) = K::NOUN;
        let text = name.unraw().to_string();
        let known = K::from_name(&text);
        let meant = known.or_else(|| K::closest(&text));
        let note = K::misplaced(&text);
        if let Some(keyword) = known {
            let mut exact = self.elements.iter().filter(|element| element.exact);
            if exact.any(|element| element.keyword == keyword) {
                errors.push(name, format!("{noun} `{text}` is listed more than once"));
            }
        } else {
            let remedy = match (meant, note) {
                (Some(keyword), _) => format!("\nhelp: write `{}`", keyword.name()),
                (None, Some(note)) => format!("\nnote: {note}"),
                (None, None) => String::new(),
            };
            let expected = K::alternatives();
            errors.push(
                name,
                format!("unknown {noun} `{text}`, expected {expected}{remedy}"),
            );
        }
        match meant {
            Some(keyword) => self.elements.push(Element {
                name: name.clone(),
                keyword,
                exact: known.is_some(),
            }),
            None => self.incomplete |= note.is_none(),
        }
    }
}

impl<S: Setting> RawSetting<'_, S> {
    /// Parses `[Invoke, Shutdown]`.
    pub fn list<K: Listable>(&self, errors: &mut Errors) -> Option<List<K>> {
        let [TokenTree::Group(list)] = self.tokens else {
            return self.report_malformed(errors);
        };
        if list.delimiter() != Delimiter::Bracket {
            return self.report_malformed(errors);
        }
        if list.stream().is_empty() {
            let (name, names) = (self.setting.name(), K::names());
            errors.push(list, format!("`{name}` must list at least one of {names}"));
            return None;
        }
        Some(List::parse(list, errors))
    }
}
