//! The settings of an extension that are not its handler's.

use std::net::{Ipv4Addr, SocketAddr};

use crate::error::ClientError;
use crate::handler::Config;
use crate::telemetry::{Buffering, Destination, Protocol, TelemetryType};

/// The settings of the builder and of the operator.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) telemetry: TelemetrySettings,
    pub(crate) fail_open: bool,
    /// True if an operator has disabled the extension.
    pub(crate) disabled: bool,
}

/// The settings of its telemetry.
#[derive(Debug, Clone)]
pub(crate) struct TelemetrySettings {
    pub(crate) types: Option<Vec<TelemetryType>>,
    pub(crate) buffering: Option<Buffering>,
    pub(crate) address: SocketAddr,
    pub(crate) host: String,
    pub(crate) protocol: Protocol,
}

/// The port that the platform uses itself.
const RESERVED_PORT: u16 = 9001;

/// The time for which the platform buffers events while invocations wait for them.
const HELD_TIMEOUT_MS: u32 = 25;

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            types: None,
            buffering: None,
            address: (Ipv4Addr::UNSPECIFIED, 0).into(),
            host: "sandbox.localdomain".to_owned(),
            protocol: Protocol::Http,
        }
    }
}

impl TelemetrySettings {
    pub(crate) fn check(&self) -> Result<(), ClientError> {
        if self.address.port() == RESERVED_PORT {
            return Err(invalid("port 9001 is used by the platform"));
        }
        self.buffering.unwrap_or_default().check()?;
        match &self.types {
            Some(types) => TelemetryType::check(types),
            None => Ok(()),
        }
    }

    /// Checks that a handler without telemetry has no types.
    pub(crate) fn check_handled(&self, config: Config) -> Result<(), ClientError> {
        if self.types.is_some() && config.telemetry.is_empty() {
            return Err(invalid(
                "the handler takes no telemetry: its `CONFIG` must name some, by `Config::telemetry`",
            ));
        }
        Ok(())
    }

    /// Returns the types to subscribe to.
    pub(crate) fn types(&self, config: Config) -> Result<Vec<TelemetryType>, ClientError> {
        self.check_handled(config)?;
        let platform = TelemetryType::Platform;
        let types = match &self.types {
            Some(types) => types.clone(),
            None if config.telemetry.is_empty() => vec![platform],
            None => config.telemetry.to_vec(),
        };
        if config.runtime_done && !types.contains(&platform) {
            return Err(invalid("`runtime_done` needs `Platform` telemetry"));
        }
        TelemetryType::check(&types).map(|()| types)
    }

    /// Tells whether the lines that the extension logs are part of its telemetry.
    pub(crate) fn feeds_back(&self, config: Config) -> bool {
        let types = self.types.as_deref().unwrap_or(config.telemetry);
        types.contains(&TelemetryType::Extension)
    }

    /// Returns how it is buffered: for a short time if invocations wait for it.
    pub(crate) fn buffering(&self, config: Config, is_held: bool) -> Buffering {
        let mut buffering = self.buffering.unwrap_or(config.buffering);
        if is_held {
            buffering.timeout_ms.get_or_insert(HELD_TIMEOUT_MS);
        }
        buffering
    }

    /// Returns the destination of a listener on this port.
    pub(crate) fn destination(&self, port: u16) -> Destination {
        match self.protocol {
            Protocol::Http => Destination::http(&self.host, port),
            Protocol::Tcp => Destination::Tcp { port },
        }
    }
}

fn invalid(what: &str) -> ClientError {
    ClientError::InvalidSubscription(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telemetry_that_invocations_wait_for_is_buffered_for_a_shorter_time() {
        let settings = TelemetrySettings::default();
        let config = Config::new(&[]).runtime_done();
        let timeout = |config, is_held| settings.buffering(config, is_held).timeout_ms;
        assert_eq!(timeout(config, true), Some(25));
        // As on Managed Instances.
        assert_eq!(timeout(config, false), None);
        let given = config.buffering(Buffering::new().timeout_ms(100));
        assert_eq!(timeout(given, true), Some(100));
    }
}
