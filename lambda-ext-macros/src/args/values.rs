//! Parses the values of the other arguments.

use super::{
    argument::Argument,
    setting::RawSetting,
    tokens::{is_punct, to_stream},
};
use crate::{edit_distance, errors::Errors, keyword::Keyword as _};
use proc_macro2::{TokenStream, TokenTree};
use std::{fmt::Display, str::FromStr};
use syn::Lit;

/// The tokio runtime that the generated `main` starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// A runtime with one thread.
    CurrentThread,
    /// A runtime with worker threads.
    MultiThread,
}

impl Flavor {
    const ALL: [Self; 2] = [Self::CurrentThread, Self::MultiThread];

    const fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current_thread",
            Self::MultiThread => "multi_thread",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flavor| flavor.name() == name)
    }
}

impl RawSetting<'_, Argument> {
    /// Parses `"multi_thread"`.
    pub fn flavor(&self, errors: &mut Errors) -> Option<Flavor> {
        let [TokenTree::Literal(literal)] = self.tokens else {
            return self.report_malformed(errors);
        };
        let Lit::Str(text) = Lit::new(literal.clone()) else {
            return self.report_malformed(errors);
        };
        let flavor = Flavor::from_name(&text.value());
        if flavor.is_none() {
            let [first, second] = Flavor::ALL.map(Flavor::name);
            let meant = edit_distance::closest(&text.value(), Flavor::ALL, Flavor::name);
            let help = meant.map(|flavor| format!("\nhelp: write \"{}\"", flavor.name()));
            let help = help.unwrap_or_default();
            errors.push(
                literal,
                format!("unknown `flavor` {literal}, expected \"{first}\" or \"{second}\"{help}"),
            );
        }
        flavor
    }

    /// Parses `10_000`.
    pub fn tick_ms(&self, errors: &mut Errors) -> Option<u32> {
        let number = self.number("u32").filter(|&interval| interval > 0);
        number.or_else(|| self.report_malformed(errors))
    }

    /// Parses the absence of a value after `fail_open` or `internal`.
    pub fn flag(&self, errors: &mut Errors) -> Option<()> {
        match self.tokens {
            [] => Some(()),
            [_, TokenTree::Ident(value)] if value == "false" => {
                let name = self.setting.name();
                errors.push(
                    to_stream(self.tokens),
                    format!("`{name}` must be written without a value\nhelp: leave `{name}` out"),
                );
                None
            }
            _ => self.report_malformed(errors),
        }
    }

    /// Parses `4`.
    pub fn worker_threads(&self, errors: &mut Errors) -> Option<usize> {
        let number = self.number("usize").filter(|&threads| threads > 0);
        number.or_else(|| self.report_malformed(errors))
    }

    /// Parses an integer literal, whose suffix may only be that of its type.
    fn number<N: FromStr<Err: Display>>(&self, ty: &str) -> Option<N> {
        let [TokenTree::Literal(literal)] = self.tokens else {
            return None;
        };
        match Lit::new(literal.clone()) {
            Lit::Int(number) if ["", ty].contains(&number.suffix()) => number.base10_parse().ok(),
            _ => None,
        }
    }

    /// Parses `false`.
    pub fn main(&self, errors: &mut Errors) -> Option<bool> {
        match self.tokens {
            [TokenTree::Ident(value)] if value == "false" => Some(false),
            [TokenTree::Ident(value)] if value == "true" => Some(true),
            _ => self.report_malformed(errors),
        }
    }

    /// Parses `::my::path`.
    pub fn krate(&self, errors: &mut Errors) -> Option<TokenStream> {
        let path = to_stream(self.tokens);
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
                _ => return self.report_malformed(errors),
            }
        }
        // A `macro_rules!` turns `crate` into `$crate`.
        let anchored = |first: &TokenTree| ["crate", "$crate"].contains(&&*first.to_string());
        if absolute || first.is_some_and(anchored) {
            return Some(path);
        }
        let mut message = "`crate` path must start with `::` or `crate::`".to_owned();
        if first.is_some_and(|first| !["self", "super"].contains(&&*first.to_string())) {
            let text: String = self.tokens.iter().map(ToString::to_string).collect();
            message = format!("{message}\nhelp: write `crate = ::{text}`");
        }
        errors.push(path, message);
        None
    }
}

fn is_colon(token: &TokenTree) -> bool {
    is_punct(token, ':')
}
