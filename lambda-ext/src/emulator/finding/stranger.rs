//! Who registers under a name that nobody was launched by.

use std::time::Duration;

use super::super::record::Request;
use super::error;
use super::walk::Walk;

/// Somebody who came to register under a name that nobody was launched by.
pub(super) struct Stranger<'a> {
    pub(super) name: &'a str,
    pub(super) at: Duration,
    /// Why it was refused, if it was.
    pub(super) refusal: Option<&'a Request>,
    /// Whether it is known by now who it was.
    pub(super) known: bool,
}

impl<'a> Walk<'a> {
    /// Whether a launched extension did not register but somebody else did, who must be it: the
    /// runtime, where internal extensions live, is not started before all have registered.
    pub(super) fn mismatch(&mut self, name: &'a str) -> bool {
        let Some(conduct) = self.extensions.get(name) else {
            return false;
        };
        let (Some(launched), false, false) =
            (conduct.launched, conduct.registered, conduct.excused)
        else {
            return false;
        };
        let open = |one: &Stranger<'_>| !one.known && one.at >= launched;
        let akin = |one: &Stranger<'_>| open(one) && stem(one.name) == stem(name);
        // One that is rather another's is left to that.
        let anyones = |one: &Stranger<'_>| {
            let mut names = self.extensions.keys();
            open(one) && !names.any(|name| *name != one.name && stem(name) == stem(one.name))
        };
        let strangers = &self.strangers;
        let found = strangers
            .iter()
            .position(akin)
            .or_else(|| strangers.iter().position(anyones));
        let found = found.and_then(|index| self.strangers.get_mut(index));
        let Some(stranger) = found else {
            return false;
        };
        stranger.known = true;
        let (wrong, at) = (stranger.name, stranger.at);
        let text = if stranger.refusal.is_some() {
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
        self.findings
            .add("", error("wrong-name", name, at, text, &help));
        // Both are the same process, and neither gets any further.
        for name in [name, wrong] {
            if let Some(conduct) = self.extensions.get_mut(name) {
                conduct.excused = true;
            }
        }
        true
    }
}

/// What of a name is left when its suffix and its case are forgotten.
fn stem(name: &str) -> String {
    let stem = name.split('.').next().unwrap_or_default();
    stem.to_ascii_lowercase()
}
