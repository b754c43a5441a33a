//! The values of the arguments.

use super::{
    Argument, Flavor,
    setting::Value,
    tokens::{all, is_punct},
};
use crate::{errors::Errors, similar, word::Word as _};
use proc_macro2::{TokenStream, TokenTree};
use std::{fmt::Display, str::FromStr};
use syn::Lit;

impl Value<'_, Argument> {
    /// `"multi_thread"`
    pub fn flavor(&self, errors: &mut Errors) -> Option<Flavor> {
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

    /// `10_000`
    pub fn tick_ms(&self, errors: &mut Errors) -> Option<u32> {
        let number = self.number("u32").filter(|&interval| interval > 0);
        number.or_else(|| self.malformed(errors))
    }

    /// `fail_open` or `internal`: what says something is that it is there.
    pub fn bare(&self, errors: &mut Errors) -> Option<()> {
        match self.tokens {
            [] => Some(()),
            [_, TokenTree::Ident(value)] if value == "false" => {
                let name = self.setting.name();
                errors.push(
                    all(self.tokens),
                    format!("`{name}` must be written without a value\nhelp: leave `{name}` out"),
                );
                None
            }
            _ => self.malformed(errors),
        }
    }

    /// `4`
    pub fn worker_threads(&self, errors: &mut Errors) -> Option<usize> {
        let number = self.number("usize").filter(|&threads| threads > 0);
        number.or_else(|| self.malformed(errors))
    }

    /// A whole number, which may be said to be of its type.
    fn number<N: FromStr<Err: Display>>(&self, ty: &str) -> Option<N> {
        let [TokenTree::Literal(literal)] = self.tokens else {
            return None;
        };
        match Lit::new(literal.clone()) {
            Lit::Int(number) if ["", ty].contains(&number.suffix()) => number.base10_parse().ok(),
            _ => None,
        }
    }

    /// `false`
    pub fn main(&self, errors: &mut Errors) -> Option<bool> {
        match self.tokens {
            [TokenTree::Ident(value)] if value == "false" => Some(false),
            [TokenTree::Ident(value)] if value == "true" => Some(true),
            _ => self.malformed(errors),
        }
    }

    /// `::my::path`
    pub fn krate(&self, errors: &mut Errors) -> Option<TokenStream> {
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

fn is_colon(token: &TokenTree) -> bool {
    is_punct(token, ':')
}
