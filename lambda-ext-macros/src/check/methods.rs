//! Which functions of the block are methods that are known by their names.

use crate::{
    block::{Block, function::Function},
    method::{Event, Method},
};
use syn::ext::IdentExt as _;

/// What a function of the block is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Makes the value before the extension is registered.
    Prepare,
    /// An `init` that makes the value.
    Constructor,
    /// A method of the value.
    Handler(Method),
}

/// The functions of a block that have a role, in the author's order.
pub struct Methods<'a>(Vec<(Role, &'a Function)>);

impl<'a> Methods<'a> {
    /// Finds them by their names.
    pub fn of(block: &'a Block) -> Self {
        let named = |function: &Function| Method::named(&function.name.unraw().to_string());
        let prepares = block
            .functions
            .iter()
            .any(|it| named(it) == Some(Method::Prepare));
        let role = |function: &Function| match named(function)? {
            Method::Prepare => Some(Role::Prepare),
            // Where `prepare` makes the value, `init` can only be a handler that lacks its `self`.
            Method::Init if function.receiver.is_none() && !prepares => Some(Role::Constructor),
            method => Some(Role::Handler(method)),
        };
        Self(
            block
                .functions
                .iter()
                .filter_map(|it| Some((role(it)?, it)))
                .collect(),
        )
    }

    /// Each with its role.
    pub fn iter(&self) -> impl Iterator<Item = (Role, &'a Function)> {
        self.0.iter().copied()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one that is this method.
    pub fn get(&self, method: Method) -> Option<&'a Function> {
        self.iter()
            .find(|(role, _)| role.method() == method)
            .map(|(_, function)| function)
    }

    /// Whether there is this one.
    pub fn has(&self, method: Method) -> bool {
        self.get(method).is_some()
    }

    /// Whether there is one that handles this event.
    pub fn handle(&self, event: Event) -> bool {
        event.handlers().any(|method| self.has(method))
    }
}

impl Role {
    /// The method that it is.
    pub const fn method(self) -> Method {
        match self {
            Self::Prepare => Method::Prepare,
            Self::Constructor => Method::Init,
            Self::Handler(method) => method,
        }
    }

    /// How a message calls it.
    pub fn subject(self) -> String {
        let name = self.method().name();
        match self {
            Self::Prepare => format!("`{name}`"),
            Self::Constructor => format!("constructor `{name}`"),
            Self::Handler(_) => format!("handler `{name}`"),
        }
    }
}
