//! What the platform answers to a registration.

use crate::json;

/// What the platform tells an extension when it registers.
///
/// In tests, make one from `Register::default()` and set its fields, or read it from JSON.
///
/// See [Extensions API: Register](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-registration-api-a).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Register {
    /// The function's name.
    pub function_name: String,
    /// The function's version: a number, or `$LATEST`.
    pub function_version: String,
    /// The function's handler; empty for some custom runtimes and images.
    pub handler: String,
    /// The account, 12 digits, where the platform tells it.
    pub account_id: Option<String>,
    /// The identifier by which the platform knows this extension until the environment ends.
    pub extension_id: String,
}

// The identifier comes in a header, not in the body.
json::object!(Register {
    "functionName" => function_name,
    "functionVersion" => function_version,
    "handler" => handler,
    "accountId" => account_id,
});
