//! The platform's words: sets that it may add to.

/// Declares an enum of words, and `Other` for a word that is not known yet.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $type:ident {
            $($(#[$doc:meta])* $word:ident = $text:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$doc])* $word,)+
            /// Another word, kept as it was sent.
            Other(String),
        }

        impl $type {
            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $text,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $type {
            fn from(word: &str) -> Self {
                match word {
                    $($text => Self::$word,)+
                    _ => Self::Other(word.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl<'de> crate::json::Decode<'de> for $type {
            fn decode<D: serde_core::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::decode(deserializer)?;
                Ok(Self::from(&*word))
            }
        }

        crate::json::borrow_nothing!($type);
    };
}

open_enum! {
    /// How an execution environment came to be.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub enum InitType {
        /// For an invocation that found none.
        #[default]
        OnDemand = "on-demand",
        /// Ahead of invocations, by provisioned concurrency.
        ProvisionedConcurrency = "provisioned-concurrency",
        /// From a snapshot.
        SnapStart = "snap-start",
        /// On Lambda Managed Instances.
        LambdaManagedInstances = "lambda-managed-instances",
    }
}

open_enum! {
    /// The phase in which an environment was initialised.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub enum InitPhase {
        /// The init phase.
        #[default]
        Init = "init",
        /// An invocation, because the init phase had failed or the environment was reset.
        Invoke = "invoke",
    }
}

open_enum! {
    /// How a phase ended.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub enum Status {
        /// The runtime did its part. So it did where the function failed and the runtime told that
        /// to the platform.
        #[default]
        Success = "success",
        /// The sandbox failed.
        Failure = "failure",
        /// The runtime failed, or an extension.
        Error = "error",
        /// It took too long.
        Timeout = "timeout",
    }
}
