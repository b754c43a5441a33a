//! Finds the functions of the block that the attribute recognizes by their names.

use crate::{
    block::{Block, function::Function},
    method::{Event, Method},
};
use syn::ext::IdentExt as _;

/// The purpose of a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Makes the value before the extension is registered.
    Prepare,
    /// Makes the value from the registration: an `init` without a receiver.
    Constructor,
    /// Handles something as a method of the value.
    Handler(Method),
}

/// The functions with a role, in source order.
pub struct Methods<'a>(Vec<(Role, &'a Function)>);

impl<'a> Methods<'a> {
    /// Finds the functions of a block that have a role.
    pub fn of(block: &'a Block) -> Self {
        let named = |function: &Function| Method::from_name(&function.name.unraw().to_string());
        let has_prepare = block
            .functions
            .iter()
            .any(|it| named(it) == Some(Method::Prepare));
        let role = |function: &Function| match named(function)? {
            Method::Prepare => Some(Role::Prepare),
            // Beside `prepare`, an `init` without a receiver is a handler that lacks its `self`.
            Method::Init if function.receiver.is_none() && !has_prepare => Some(Role::Constructor),
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

    /// Returns the functions with their roles.
    pub fn iter(&self) -> impl Iterator<Item = (Role, &'a Function)> {
        self.0.iter().copied()
    }

    /// Returns whether no function has a role.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the function that is this method.
    pub fn get(&self, method: Method) -> Option<&'a Function> {
        self.iter()
            .find(|(role, _)| role.method() == method)
            .map(|(_, function)| function)
    }

    /// Returns whether the block has this method.
    pub fn contains(&self, method: Method) -> bool {
        self.get(method).is_some()
    }

    /// Returns whether the block has a handler for this event.
    pub fn handles(&self, event: Event) -> bool {
        event.handlers().any(|method| self.contains(method))
    }
}

impl Role {
    /// Returns the method of the role.
    pub const fn method(self) -> Method {
        match self {
            Self::Prepare => Method::Prepare,
            Self::Constructor => Method::Init,
            Self::Handler(method) => method,
        }
    }

    /// Renders the subject of a message about the function.
    pub fn subject(self) -> String {
        let name = self.method().name();
        match self {
            Self::Prepare => format!("`{name}`"),
            Self::Constructor => format!("constructor `{name}`"),
            Self::Handler(_) => format!("handler `{name}`"),
        }
    }
}
