//! `buffering(max_items = 1_000, ..)`

use super::{
    Argument,
    setting::{Given, Setting, Value, segments},
};
use crate::{errors::Errors, subscription::Limit, word::Word};
use proc_macro2::{Delimiter, TokenTree};
use syn::Lit;

impl Setting for Limit {
    fn must_be(self) -> String {
        let (least, most) = self.range().into_inner();
        format!("an integer literal between {least} and {most}")
    }

    fn example(self) -> &'static str {
        Self::example(self)
    }
}

/// The value of `buffering`: each limit may be left out.
#[derive(Default)]
pub struct Buffering {
    max_items: Option<Given<u32>>,
    max_bytes: Option<Given<u32>>,
    timeout_ms: Option<Given<u32>>,
}

impl Buffering {
    /// Those that were given.
    pub fn limits(&self) -> impl Iterator<Item = &Given<u32>> {
        let limits = [&self.max_items, &self.max_bytes, &self.timeout_ms];
        limits.into_iter().flatten()
    }

    const fn slot(&mut self, limit: Limit) -> &mut Option<Given<u32>> {
        match limit {
            Limit::MaxItems => &mut self.max_items,
            Limit::MaxBytes => &mut self.max_bytes,
            Limit::TimeoutMs => &mut self.timeout_ms,
        }
    }
}

impl Value<'_, Argument> {
    /// `(max_items = 1_000, timeout_ms = 100)`
    pub fn buffering(&self, errors: &mut Errors) -> Option<Buffering> {
        let [TokenTree::Group(limits)] = self.tokens else {
            return self.malformed(errors);
        };
        if limits.delimiter() != Delimiter::Parenthesis {
            return self.malformed(errors);
        }
        if limits.stream().is_empty() {
            let (name, names) = (self.setting.name(), Limit::names());
            errors.push(limits, format!("`{name}` must set at least one of {names}"));
            return None;
        }
        let mut buffering = Buffering::default();
        for segment in segments::<Limit>(limits.stream(), errors) {
            if let Some(value) = Value::<Limit>::read(&segment, errors) {
                let slot = buffering.slot(value.setting);
                value.set(slot, Value::limit, errors);
            }
        }
        Some(buffering)
    }
}

impl Value<'_, Limit> {
    /// `1_000`
    fn limit(&self, errors: &mut Errors) -> Option<u32> {
        let [TokenTree::Literal(literal)] = self.tokens else {
            return self.malformed(errors);
        };
        let Lit::Int(number) = Lit::new(literal.clone()) else {
            return self.malformed(errors);
        };
        if !["", "u32"].contains(&number.suffix()) {
            let (name, digits) = (self.setting.name(), number.base10_digits());
            errors.push(
                literal,
                format!("`{name}` must be a `u32`, found `{literal}`\nhelp: write `{digits}`"),
            );
            return None;
        }
        let range = self.setting.range();
        // What is too large to be a `u32` is out of the range too.
        let value = number.base10_parse().ok().filter(|it| range.contains(it));
        if value.is_none() {
            let (name, (least, most)) = (self.setting.name(), range.into_inner());
            let found = number.base10_digits();
            errors.push(
                literal,
                format!("`{name}` must be between {least} and {most}, found {found}"),
            );
        }
        value
    }
}
