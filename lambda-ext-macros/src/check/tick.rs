//! Whether `tick` and its interval agree.

use super::{methods::Methods, near::Near};
use crate::{args::Args, block::Block, errors::Errors, method::Method};

/// Reports where they do not.
pub fn check(args: &Args, block: &Block, methods: &Methods, errors: &mut Errors) {
    let method = Method::Tick;
    match (&args.tick_ms, methods.get(method)) {
        (None, Some(function)) => errors.push(
            &function.name,
            format!(
                "handler `{}` is never called, because no interval is given\n\
                 help: add `tick_ms = 10_000` to the attribute",
                method.name(),
            ),
        ),
        (Some(given), None) => {
            let add = || format!("add `{}` to this `impl` block", method.signature());
            let help = Near::find(block, [method]).map_or_else(add, |near| near.help());
            errors.push(
                &given.name,
                format!(
                    "`{}` has no effect, because there is no handler `{}`\nhelp: {help}",
                    given.name,
                    method.name(),
                ),
            );
        }
        (None, None) | (Some(_), Some(_)) => {}
    }
}
