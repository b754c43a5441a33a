//! The variable by which an operator disables an extension: it stays deployed, and idle.

use std::env;

/// The environment variable that disables extensions.
pub(crate) const DISABLED: &str = "LAMBDA_EXT_DISABLED";

/// Tells whether the extension of this name is disabled.
pub(crate) fn is_disabled(name: &str) -> bool {
    env::var(DISABLED).is_ok_and(|value| disables(&value, name))
}

/// The value is `true`, or a list of names.
fn disables(value: &str, name: &str) -> bool {
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => true,
        "" | "0" | "false" | "no" | "off" => false,
        _ => value.split(',').any(|listed| listed.trim() == name),
    }
}

#[cfg(test)]
mod tests {
    use super::disables;

    #[test]
    fn true_disables_every_extension() {
        for value in ["true", "TRUE", "1", " true ", "yes", "on"] {
            assert!(disables(value, "audit"), "{value:?}");
        }
        for value in ["false", "False", "0", "", " ", "no", "off"] {
            assert!(!disables(value, "audit"), "{value:?}");
        }
    }

    #[test]
    fn names_disable_only_these_extensions() {
        assert!(disables("audit", "audit"));
        assert!(disables("meter, audit", "audit"));
        for other in ["Audit", "audit-2", "meter", "au,dit"] {
            assert!(!disables(other, "audit"), "{other:?}");
        }
    }
}
