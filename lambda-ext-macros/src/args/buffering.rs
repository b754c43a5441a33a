//! Parses `buffering(max_items = 1_000, ..)`.

use super::{
    argument::Argument,
    setting::{Parsed, RawSetting, Setting, split_settings},
};
use crate::{errors::Errors, keyword::Keyword as _, subscription::Limit};
use proc_macro2::{Delimiter, TokenTree};
use syn::Lit;

impl Setting for Limit {
    fn must_be(self) -> String {
        let (min, max) = self.range().into_inner();
        format!("an integer literal between {min} and {max}")
    }

    fn example(self) -> &'static str {
        Self::example(self)
    }
}

/// The value of `buffering`, in which every limit is optional.
#[derive(Default)]
pub struct Buffering {
    max_items: Option<Parsed<u32>>,
    max_bytes: Option<Parsed<u32>>,
    timeout_ms: Option<Parsed<u32>>,
}

impl Buffering {
    /// Returns the limits that were given.
    pub fn limits(&self) -> impl Iterator<Item = &Parsed<u32>> {
        let limits = [&self.max_items, &self.max_bytes, &self.timeout_ms];
        limits.into_iter().flatten()
    }

    const fn field(&mut self, limit: Limit) -> &mut Option<Parsed<u32>> {
        match limit {
            Limit::MaxItems => &mut self.max_items,
            Limit::MaxBytes => &mut self.max_bytes,
            Limit::TimeoutMs => &mut self.timeout_ms,
        }
    }
}

impl RawSetting<'_, Argument> {
    /// Parses `(max_items = 1_000, timeout_ms = 100)`.
    pub fn buffering(&self, errors: &mut Errors) -> Option<Buffering> {
        let [TokenTree::Group(limits)] = self.tokens else {
            return self.report_malformed(errors);
        };
        if limits.delimiter() != Delimiter::Parenthesis {
            return self.report_malformed(errors);
        }
        if limits.stream().is_empty() {
            let (name, names) = (self.setting.name(), Limit::names());
            errors.push(limits, format!("`{name}` must set at least one of {names}"));
            return None;
        }
        let mut buffering = Buffering::default();
        for segment in split_settings::<Limit>(limits.stream(), errors) {
            if let Some(raw) = RawSetting::<Limit>::parse(&segment, errors) {
                raw.store(buffering.field(raw.setting), RawSetting::limit, errors);
            }
        }
        Some(buffering)
    }
}

impl RawSetting<'_, Limit> {
    /// Parses `1_000`.
    fn limit(&self, errors: &mut Errors) -> Option<u32> {
        let [TokenTree::Literal(literal)] = self.tokens else {
            return self.report_malformed(errors);
        };
        let Lit::Int(number) = Lit::new(literal.clone()) else {
            return self.report_malformed(errors);
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
        // A number that does not fit a `u32` is out of range, too.
        let value = number.base10_parse().ok().filter(|it| range.contains(it));
        if value.is_none() {
            let (name, (min, max)) = (self.setting.name(), range.into_inner());
            let found = number.base10_digits();
            errors.push(
                literal,
                format!("`{name}` must be between {min} and {max}, found {found}"),
            );
        }
        value
    }
}
