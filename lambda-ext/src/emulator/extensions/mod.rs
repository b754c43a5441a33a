//! The extensions of an environment: the external ones, and all that have registered.

mod external;
mod registered;
mod registration;
mod registry;

pub(super) use self::external::{ExternalExtensions, MAX_EXTENSIONS};
pub(super) use self::registered::ExtensionStatus;
pub(super) use self::registration::Registration;
pub(super) use self::registry::Registry;
