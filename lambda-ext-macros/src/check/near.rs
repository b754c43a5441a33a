//! The author's function that a missing handler may be.

use super::methods::Methods;
use crate::{
    block::{Block, function::Function},
    method::Method,
    similar,
};

/// A function whose name is nearly that of a handler.
pub struct Near<'a> {
    /// The author's.
    pub function: &'a Function,
    /// What it may have been meant for.
    pub method: Method,
}

impl<'a> Near<'a> {
    /// The nearest to any of these handlers, if one is near.
    pub fn find(block: &'a Block, methods: impl IntoIterator<Item = Method>) -> Option<Self> {
        methods
            .into_iter()
            .flat_map(|method| block.functions.iter().map(move |it| (method, it)))
            .filter_map(|(method, function)| {
                let written = function.name.to_string();
                let distance = similar::distance(&written, method.name())?;
                // What is named like another handler is that one.
                let near = Self { function, method };
                Method::named(&written)
                    .is_none()
                    .then_some((distance, near))
            })
            .min_by_key(|&(distance, _)| distance)
            .map(|(_, near)| near)
    }

    /// The one that takes what its handler is given, and is not that.
    pub fn misspelt(block: &'a Block, methods: &Methods) -> Option<Self> {
        Method::ALL.into_iter().find_map(|method| {
            let (_, payload) = method.parameter()?;
            let near = Self::find(block, [method])?;
            let first = near.function.parameters.first();
            let takes = first.is_some_and(|first| first.is_named(payload.name()));
            (takes && near.is_method() && !methods.has(method)).then_some(near)
        })
    }

    /// Whether it could handle anything, but for its name.
    pub fn is_method(&self) -> bool {
        self.function.asyncness.is_some() && self.function.receiver.is_some()
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        let (written, name) = (&self.function.name, self.method.name());
        format!("rename `{written}` to `{name}`")
    }
}
