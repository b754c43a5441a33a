//! The syntax `name = value, ..`, which the arguments share with the limits of `buffering`.

use super::tokens::{flatten, is_group, is_punct, to_stream};
use crate::{errors::Errors, keyword::Keyword};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;

/// A keyword that can be given a value.
pub trait Setting: Keyword {
    /// Returns what completes "`name` must be".
    fn must_be(self) -> String;

    /// Returns a valid use of the setting.
    fn example(self) -> &'static str;

    /// Returns how the setting is written.
    fn syntax(self) -> Syntax {
        Syntax::Assignment
    }
}

/// The syntax of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// `name = value`
    Assignment,
    /// `name(..)`
    Parenthesized,
    /// `name`
    Flag,
}

/// A setting that was given.
pub struct Parsed<T> {
    /// Its name, as the author's own token.
    pub name: Ident,
    /// Its value; `None` if the value was invalid, which has been reported.
    pub value: Option<T>,
}

/// A setting whose value is not parsed yet.
pub struct RawSetting<'a, S> {
    /// The setting.
    pub setting: S,
    /// Its name, as the author's own token.
    pub name: &'a Ident,
    /// The tokens of its value. Empty if the syntax is wrong, and for a correct flag.
    pub tokens: &'a [TokenTree],
}

impl<'a, S: Setting> RawSetting<'a, S> {
    /// Parses the tokens between two commas.
    pub fn parse(tokens: &'a [TokenTree], errors: &mut Errors) -> Option<Self> {
        let [TokenTree::Ident(name), rest @ ..] = tokens else {
            let (article, noun) = S::NOUN;
            let names = S::names();
            errors.push(
                to_stream(tokens),
                format!("expected {article} {noun}, one of {names}"),
            );
            return None;
        };
        let known = S::from_name(&name.unraw().to_string());
        let setting = known.or_else(|| report_unknown(name, errors))?;
        let tokens = match (setting.syntax(), rest) {
            (Syntax::Assignment, [equals, value @ ..]) if is_punct(equals, '=') => value,
            (Syntax::Parenthesized, [TokenTree::Group(_)]) | (Syntax::Flag, _) => rest,
            // `events(Invoke)` and anything else that is not `name = value` has no value.
            _ => &[],
        };
        Some(Self {
            setting,
            name,
            tokens,
        })
    }

    /// Parses the value and stores it in the field, unless the setting was given before.
    pub fn store<T>(
        &self,
        field: &mut Option<Parsed<T>>,
        parse: fn(&Self, &mut Errors) -> Option<T>,
        errors: &mut Errors,
    ) {
        let name = self.name;
        if field.is_some() {
            // A misspelt name has been reported.
            if name.unraw() == self.setting.name() {
                let (_, noun) = S::NOUN;
                errors.push(name, format!("{noun} `{name}` is given more than once"));
            }
            return;
        }
        *field = Some(Parsed {
            name: name.clone(),
            value: parse(self, errors),
        });
    }

    /// Reports an invalid value.
    pub fn report_malformed<T>(&self, errors: &mut Errors) -> Option<T> {
        let message = format!(
            "`{}` must be {}\nhelp: write `{}`",
            self.setting.name(),
            self.setting.must_be(),
            self.setting.example(),
        );
        if self.tokens.is_empty() {
            errors.push(self.name, message);
        } else {
            errors.push(to_stream(self.tokens), message);
        }
        None
    }
}

/// Reports an unknown name. Returns the keyword that the author probably meant, so that its value is
/// not reported as missing.
fn report_unknown<K: Keyword>(name: &Ident, errors: &mut Errors) -> Option<K> {
    let text = name.to_string();
    let meant = K::closest(&text).or_else(|| K::by_prefix(&text));
    let help = meant.map(|keyword| format!("\nhelp: did you mean `{}`?", keyword.name()));
    let (_, noun) = K::NOUN;
    errors.push(
        name,
        format!(
            "unknown {noun} `{name}`, expected one of {}{}",
            K::names(),
            help.unwrap_or_default(),
        ),
    );
    meant
}

/// Splits the tokens at the commas, and where a comma is missing between two settings.
pub fn split_settings<S: Setting>(tokens: TokenStream, errors: &mut Errors) -> Vec<Vec<TokenTree>> {
    let (article, noun) = S::NOUN;
    let mut segments = vec![Vec::new()];
    let mut tokens = flatten(tokens).into_iter().peekable();
    while let Some(token) = tokens.next() {
        let current = segments.len() - 1;
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if segments[current].is_empty() {
                    errors.push(token, format!("expected {article} {noun}, found `,`"));
                } else {
                    segments.push(Vec::new());
                }
            }
            // `events = [Invoke] main = false`
            TokenTree::Ident(name)
                if is_complete::<S>(&segments[current])
                    && (begins_value(tokens.peek()) || is_flag::<S>(name)) =>
            {
                errors.push(&token, format!("expected `,` before the next {noun}"));
                segments.push(vec![token]);
            }
            _ => segments[current].push(token),
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// Returns whether the tokens can be a complete setting.
fn is_complete<S: Setting>(segment: &[TokenTree]) -> bool {
    match segment {
        [TokenTree::Ident(name)] => is_flag::<S>(name),
        [_, value] => is_group(value, Delimiter::Parenthesis),
        // `num_cpus::get()` is one value, although an invalid one.
        [_, _, .., last] => !matches!(last, TokenTree::Punct(_)),
        _ => false,
    }
}

/// Returns whether the name is that of a flag, which is complete without a value.
fn is_flag<S: Setting>(name: &Ident) -> bool {
    S::from_name(&name.unraw().to_string()).is_some_and(|it| it.syntax() == Syntax::Flag)
}

/// Returns whether the token can follow the name of a setting.
fn begins_value(token: Option<&TokenTree>) -> bool {
    token.is_some_and(|it| is_punct(it, '=') || is_group(it, Delimiter::Parenthesis))
}
