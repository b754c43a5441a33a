//! The author's function that a missing handler may be.

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
