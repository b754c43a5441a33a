//! The state machine that the platform holds every extension to.

use super::call::Call;

/// The state that a call leads to, as the platform names it in its refusals.
const fn target(call: Call) -> &'static str {
    match call {
        Call::Register => "Registered",
        Call::InitError => "InitError",
        Call::ExitError => "Exited",
        _ => "Ready",
    }
}

/// The state of an extension, in the platform's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtensionState {
    /// Launched, not registered.
    Started,
    /// Registered, its first `next` outstanding.
    Registered,
    /// Waiting in `next`.
    Ready,
    /// Handling an event.
    Running,
    /// Has reported an init error.
    InitError,
    /// Has reported an exit error.
    ExitError,
    /// Could not be started.
    LaunchError,
    /// Exited by itself at SHUTDOWN, with code 0.
    Exited,
    /// Was killed at SHUTDOWN, or exited with another code.
    ShutdownFailed,
}

impl ExtensionState {
    /// Returns the state after `call`, or the platform's refusal. A repeated report is accepted and
    /// changes nothing.
    pub(super) fn after(self, call: Call, extension: &str, managed: bool) -> Result<Self, String> {
        match (self, call) {
            (Self::Started, Call::Register) => Ok(Self::Registered),
            (Self::Registered | Self::Running, Call::Next) => Ok(Self::Ready),
            (Self::Registered | Self::InitError, Call::InitError) => Ok(Self::InitError),
            (Self::Registered | Self::Ready | Self::Running | Self::ExitError, Call::ExitError) => {
                Ok(Self::ExitError)
            }
            (from, call) => Err(refusal(from, call, extension, not_allowed(managed))),
        }
    }
}

/// The platform's reason for refusing a transition.
pub(super) const fn not_allowed(managed: bool) -> &'static str {
    if managed {
        "state transition is not allowed"
    } else {
        "State transition is not allowed"
    }
}

/// The platform's message for a transition that it refuses.
pub(super) fn refusal(from: ExtensionState, call: Call, extension: &str, why: &str) -> String {
    let to = target(call);
    format!("State transition from {from:?} to {to} failed for extension {extension}. Error: {why}")
}

#[cfg(test)]
mod tests {
    use super::ExtensionState;
    use crate::emulator::call::Call;

    const CALLS: [Call; 4] = [Call::Register, Call::Next, Call::InitError, Call::ExitError];

    /// The calls that each state allows, in the order of `CALLS`.
    const ALLOWED: [(ExtensionState, [bool; 4]); 8] = [
        (ExtensionState::Started, [true, false, false, false]),
        (ExtensionState::Registered, [false, true, true, true]),
        (ExtensionState::Ready, [false, false, false, true]),
        (ExtensionState::Running, [false, true, false, true]),
        (ExtensionState::InitError, [false, false, true, false]),
        (ExtensionState::ExitError, [false, false, false, true]),
        (ExtensionState::Exited, [false; 4]),
        (ExtensionState::ShutdownFailed, [false; 4]),
    ];

    #[test]
    fn state_each_call_allowed_as_by_the_platform() {
        for (state, allowed) in ALLOWED {
            let answers = CALLS.map(|call| state.after(call, "x", false).is_ok());
            assert_eq!(answers, allowed, "{state:?}: {CALLS:?}");
        }
    }

    #[test]
    fn refusal_names_both_states_and_the_extension() {
        assert_eq!(
            ExtensionState::InitError.after(Call::ExitError, "x", false),
            Err(
                "State transition from InitError to Exited failed for extension x. \
                 Error: State transition is not allowed"
                    .to_owned()
            )
        );
    }
}
