//! What to know beyond the signatures: each page is read in three minutes.
//!
//! The crate's [front page](crate#the-guide) has them in the order in which to read them.
//!
//! It is part of the crate's documentation, and not a book beside it, so that it belongs to a version, `cargo test`
//! compiles its code, rustdoc checks its links, and it takes no tool that is not there already. The same pages are
//! Markdown files in `src/guide`.

// What the pages name, without a path each.
#[allow(unused_imports)]
use crate::*;

/// The life of an extension on one page: who calls whom, who waits for whom, and what is billed.
///
#[doc = include_str!("guide/lifecycle.svg")]
///
#[doc = include_str!("guide/model.md")]
pub mod model {}

#[doc = include_str!("guide/handlers.md")]
pub mod handlers {}

#[doc = include_str!("guide/telemetry.md")]
pub mod telemetry {}

#[doc = include_str!("guide/flushing.md")]
pub mod flushing {}

#[cfg(feature = "http")]
#[doc = include_str!("guide/http_clients.md")]
pub mod http_clients {}

#[doc = include_str!("guide/failing.md")]
pub mod failing {}

#[cfg(feature = "logging")]
#[doc = include_str!("guide/logging.md")]
pub mod logging {}

#[doc = include_str!("guide/internal.md")]
pub mod internal {}

#[cfg(feature = "emulator")]
#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/deploying.md")]
pub mod deploying {}

#[doc = include_str!("guide/managed_instances.md")]
pub mod managed_instances {}

#[doc = include_str!("guide/snapstart.md")]
pub mod snapstart {}

#[doc = include_str!("guide/coming_from_go.md")]
pub mod coming_from_go {}

#[doc = include_str!("guide/coming_from_lambda_extension.md")]
pub mod coming_from_lambda_extension {}

#[doc = include_str!("guide/coming_from_a_loop.md")]
pub mod coming_from_a_loop {}
