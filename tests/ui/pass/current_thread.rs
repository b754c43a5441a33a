//! The defaults in words.

use lambda_ext::lambda_extension;

#[derive(Default)]
struct Idler;

#[lambda_extension(main = true, flavor = "current_thread", crate = ::lambda_ext, events = [Shutdown],)]
impl Idler {}
