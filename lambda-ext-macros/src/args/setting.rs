//! `name = value, ..`: how the arguments are written, and the limits of one of them.

use super::tokens::{all, is_group, is_punct, visible};
use crate::{errors::Errors, word::Word};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;

/// What has a value.
pub trait Setting: Word {
    /// What the value must be, to follow on "`name` must be".
    fn must_be(self) -> String;

    /// How it is written.
    fn example(self) -> &'static str;

    /// Where in that its value is.
    fn form(self) -> Form {
        Form::Assigned
    }
}

/// How a setting is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `name = value`
    Assigned,
    /// `name(..)`
    Called,
    /// `name`
    Bare,
}

/// A setting that was given.
pub struct Given<T> {
    /// Where.
    pub name: Ident,
    /// Nothing if the value was wrong, which has been reported.
    pub value: Option<T>,
}

/// What stands behind the name of a setting.
pub struct Value<'a, S> {
    /// Which.
    pub setting: S,
    /// As written.
    pub name: &'a Ident,
    /// Nothing if it is not written as it must be, or if it is bare, as it must be then.
    pub tokens: &'a [TokenTree],
}

impl<'a, S: Setting> Value<'a, S> {
    /// Reads what stands between two commas.
    pub fn read(tokens: &'a [TokenTree], errors: &mut Errors) -> Option<Self> {
        let [TokenTree::Ident(name), rest @ ..] = tokens else {
            let (article, noun) = S::NOUN;
            let names = S::names();
            errors.push(
                all(tokens),
                format!("expected {article} {noun}, one of {names}"),
            );
            return None;
        };
        let setting = S::named(&name.unraw().to_string()).or_else(|| unknown(name, errors))?;
        let tokens = match (setting.form(), rest) {
            (Form::Assigned, [equals, value @ ..]) if is_punct(equals, '=') => value,
            (Form::Called, [TokenTree::Group(_)]) | (Form::Bare, _) => rest,
            // `events(Invoke)` and whatever else is not `name = value` has no value.
            _ => &[],
        };
        Some(Self {
            setting,
            name,
            tokens,
        })
    }

    /// Notes the value, unless there was one before.
    pub fn set<T>(
        &self,
        slot: &mut Option<Given<T>>,
        read: fn(&Self, &mut Errors) -> Option<T>,
        errors: &mut Errors,
    ) {
        let name = self.name;
        if slot.is_some() {
            // One that is misspelt has been reported.
            if name.unraw() == self.setting.name() {
                let (_, noun) = S::NOUN;
                errors.push(name, format!("{noun} `{name}` is given more than once"));
            }
            return;
        }
        *slot = Some(Given {
            name: name.clone(),
            value: read(self, errors),
        });
    }

    /// Reports that the value is not what it must be.
    pub fn malformed<T>(&self, errors: &mut Errors) -> Option<T> {
        let message = format!(
            "`{}` must be {}\nhelp: write `{}`",
            self.setting.name(),
            self.setting.must_be(),
            self.setting.example(),
        );
        if self.tokens.is_empty() {
            errors.push(self.name, message);
        } else {
            errors.push(all(self.tokens), message);
        }
        None
    }
}

/// Reports a word that nobody knows; returns the one that must have been meant, so that its value
/// is not missed.
fn unknown<W: Word>(name: &Ident, errors: &mut Errors) -> Option<W> {
    let written = name.to_string();
    let near = W::nearest(&written).or_else(|| W::begun(&written));
    let help = near.map(|near| format!("\nhelp: did you mean `{}`?", near.name()));
    let (_, noun) = W::NOUN;
    errors.push(
        name,
        format!(
            "unknown {noun} `{name}`, expected one of {}{}",
            W::names(),
            help.unwrap_or_default(),
        ),
    );
    near
}

/// What stands between the commas.
pub fn segments<S: Setting>(tokens: TokenStream, errors: &mut Errors) -> Vec<Vec<TokenTree>> {
    let (article, noun) = S::NOUN;
    let mut segments = vec![Vec::new()];
    let mut tokens = visible(tokens).into_iter().peekable();
    while let Some(token) = tokens.next() {
        let here = segments.len() - 1;
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if segments[here].is_empty() {
                    errors.push(token, format!("expected {article} {noun}, found `,`"));
                } else {
                    segments.push(Vec::new());
                }
            }
            // `events = [Invoke] main = false`
            TokenTree::Ident(name)
                if is_whole::<S>(&segments[here])
                    && (begins_value(tokens.peek()) || is_bare::<S>(name)) =>
            {
                errors.push(&token, format!("expected `,` before the next {noun}"));
                segments.push(vec![token]);
            }
            _ => segments[here].push(token),
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// Whether a setting may end here.
fn is_whole<S: Setting>(segment: &[TokenTree]) -> bool {
    match segment {
        [TokenTree::Ident(name)] => is_bare::<S>(name),
        [_, value] => is_group(value, Delimiter::Parenthesis),
        // `num_cpus::get()` is one value, if a wrong one.
        [_, _, .., last] => !matches!(last, TokenTree::Punct(_)),
        _ => false,
    }
}

/// Whether this is all of a setting.
fn is_bare<S: Setting>(name: &Ident) -> bool {
    S::named(&name.unraw().to_string()).is_some_and(|it| it.form() == Form::Bare)
}

/// Whether a setting's name is what came before.
fn begins_value(token: Option<&TokenTree>) -> bool {
    token.is_some_and(|it| is_punct(it, '=') || is_group(it, Delimiter::Parenthesis))
}
