//! Suggests a function of the author's where a handler is missing.

use super::input::Input;
use crate::{
    block::{Block, function::Function},
    edit_distance,
    method::Method,
};

/// A function whose name is close to that of a handler.
pub struct Suggestion<'a> {
    /// The author's function.
    pub function: &'a Function,
    /// The handler that it probably is.
    pub method: Method,
}

impl<'a> Suggestion<'a> {
    /// Returns the function that is closest to one of these handlers, if any is close enough.
    pub fn find(block: &'a Block, methods: impl IntoIterator<Item = Method>) -> Option<Self> {
        methods
            .into_iter()
            .flat_map(|method| block.functions.iter().map(move |it| (method, it)))
            .filter_map(|(method, function)| {
                let name = function.name.to_string();
                let distance = edit_distance::distance(&name, method.name())?;
                // A function with the name of another handler is that handler.
                let is_unknown = Method::from_name(&name).is_none();
                is_unknown.then_some((distance, Self { function, method }))
            })
            .min_by_key(|&(distance, _)| distance)
            .map(|(_, suggestion)| suggestion)
    }

    /// Returns a function that takes the payload of a missing handler, and only needs its name.
    pub fn misspelt(input: &Input<'a>) -> Option<Self> {
        let Input { block, methods, .. } = input;
        Method::ALL.into_iter().find_map(|method| {
            let (_, payload) = method.parameter()?;
            let suggestion = Self::find(block, [method])?;
            let first = suggestion.function.parameters.first();
            let takes_payload = first.is_some_and(|first| first.is_named(payload.name()));
            (takes_payload && suggestion.is_async_method() && !methods.contains(method))
                .then_some(suggestion)
        })
    }

    /// Returns whether the function has everything that a handler needs, except the name.
    pub fn is_async_method(&self) -> bool {
        self.function.asyncness.is_some() && self.function.receiver.is_some()
    }

    /// Renders the help.
    pub fn help(&self) -> String {
        let (from, to) = (&self.function.name, self.method.name());
        format!("rename `{from}` to `{to}`")
    }
}
