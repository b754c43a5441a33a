//! Extensions that register under a wrong name.

use super::{Analyzer, UnknownRegistrant};
use crate::emulator::findings::finding::Finding;

impl<'a> Analyzer<'a> {
    /// Returns whether a launched extension has not registered, but an unknown client has. That must be
    /// the extension: internal extensions cannot register before all external ones have.
    pub(super) fn mismatch(&mut self, name: &'a str) -> bool {
        let Some(history) = self.extensions.get(name) else {
            return false;
        };
        let (Some(launched), false, false) =
            (history.launched, history.registered, history.excused)
        else {
            return false;
        };
        let open = |one: &UnknownRegistrant<'_>| !one.identified && one.at >= launched;
        let similar = |one: &UnknownRegistrant<'_>| open(one) && stem(one.name) == stem(name);
        // A client with a name like another extension's is probably that one.
        let unlike_others = |one: &UnknownRegistrant<'_>| {
            let mut names = self.extensions.keys();
            open(one) && !names.any(|name| *name != one.name && stem(name) == stem(one.name))
        };
        let unknown = &self.unknown;
        let found = unknown
            .iter()
            .position(similar)
            .or_else(|| unknown.iter().position(unlike_others));
        let found = found.and_then(|index| self.unknown.get_mut(index));
        let Some(unknown) = found else {
            return false;
        };
        unknown.identified = true;
        let (wrong, at) = (unknown.name, unknown.at);
        let text = if unknown.refused.is_some() {
            format!(
                "`{name}` registers for SHUTDOWN under the name `{wrong}`, which Lambda takes for \
                 an internal extension: 403 `ShutdownEventNotSupportedForInternalExtension`"
            )
        } else {
            format!(
                "`{name}` registers under the name `{wrong}`, which Lambda takes for an internal \
                 extension, and waits for `{name}`: init does not end"
            )
        };
        let help = format!(
            "send `Lambda-Extension-Name: {name}`, the full file name of the executable, suffix \
             and case included"
        );
        let finding = Finding::error("wrong-name", name, at, text).with_help(help);
        self.findings.add("", finding);
        // Both are the same process, and neither gets any further.
        for name in [name, wrong] {
            if let Some(history) = self.extensions.get_mut(name) {
                history.excused = true;
            }
        }
        true
    }
}

/// A name without its suffix and its case.
fn stem(name: &str) -> String {
    let stem = name.split('.').next().unwrap_or_default();
    stem.to_ascii_lowercase()
}
