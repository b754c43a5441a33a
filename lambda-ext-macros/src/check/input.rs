//! The input of the checks.

use super::methods::Methods;
use crate::{args::Args, block::Block};

/// The parsed attribute and the parsed block.
pub struct Input<'a> {
    /// The arguments of the attribute.
    pub args: &'a Args,
    /// The block.
    pub block: &'a Block,
    /// The methods of the block.
    pub methods: Methods<'a>,
}
