//! Checks that `tick` and its interval agree.

use super::{input::Input, suggestion::Suggestion};
use crate::{errors::Errors, method::Method};

/// Reports an interval without `tick`, and the reverse.
pub fn check(input: &Input, errors: &mut Errors) {
    let method = Method::Tick;
    match (&input.args.tick_ms, input.methods.get(method)) {
        (None, Some(function)) => errors.push(
            &function.name,
            format!(
                "handler `{}` is never called, because no interval is given\n\
                 help: add `tick_ms = 10_000` to the attribute",
                method.name(),
            ),
        ),
        (Some(interval), None) => {
            let help = Suggestion::find(input.block, [method]).map_or_else(
                || format!("add `{}` to this `impl` block", method.signature()),
                |suggestion| suggestion.help(),
            );
            errors.push(
                &interval.name,
                format!(
                    "`{}` has no effect, because there is no handler `{}`\nhelp: {help}",
                    interval.name,
                    method.name(),
                ),
            );
        }
        (None, None) | (Some(_), Some(_)) => {}
    }
}
