//! What an extension's telemetry is like beyond what its handler says.

use std::net::{Ipv4Addr, SocketAddr};

use super::{Buffering, Destination, Protocol, TelemetryType};
use crate::{ClientError, Config};

/// What is not the handler's of its telemetry.
#[derive(Debug, Clone)]
pub(crate) struct TelemetrySettings {
    pub(crate) types: Option<Vec<TelemetryType>>,
    pub(crate) buffering: Option<Buffering>,
    pub(crate) address: SocketAddr,
    pub(crate) host: String,
    pub(crate) protocol: Protocol,
}

/// The port that is the platform's own.
const RESERVED_PORT: u16 = 9001;

/// The time for which events are collected while invocations wait for their telemetry.
const JOINED_TIMEOUT_MS: u32 = 25;

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
            return Err(invalid("port 9001 is the platform's own"));
        }
        self.buffering.unwrap_or_default().check()?;
        match &self.types {
            Some(types) => TelemetryType::check(types),
            None => Ok(()),
        }
    }

    /// Whether nothing of it is lost on a handler without telemetry.
    pub(crate) fn check_handled(&self, config: Config) -> Result<(), ClientError> {
        if self.types.is_some() && config.telemetry.is_empty() {
            return Err(invalid(
                "the handler takes no telemetry: its `CONFIG` must name some, by `Config::telemetry`",
            ));
        }
        Ok(())
    }

    /// What is subscribed to.
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

    /// Whether what the extension prints is part of it.
    pub(crate) fn comes_back(&self, config: Config) -> bool {
        let types = self.types.as_deref().unwrap_or(config.telemetry);
        types.contains(&TelemetryType::Extension)
    }

    /// How it is delivered: quickly, where invocations wait for it.
    pub(crate) fn buffering(&self, config: Config, joins: bool) -> Buffering {
        let mut buffering = self.buffering.unwrap_or(config.buffering);
        if joins {
            buffering.timeout_ms.get_or_insert(JOINED_TIMEOUT_MS);
        }
        buffering
    }

    /// Where it is delivered to.
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
    fn only_what_invocations_wait_for_is_collected_for_a_shorter_time() {
        let settings = TelemetrySettings::default();
        let config = Config::new(&[]).runtime_done();
        let timeout = |config, joins| settings.buffering(config, joins).timeout_ms;
        assert_eq!(timeout(config, true), Some(25));
        // As on Managed Instances.
        assert_eq!(timeout(config, false), None);
        let given = config.buffering(Buffering::new().timeout_ms(100));
        assert_eq!(timeout(given, true), Some(100));
    }
}
