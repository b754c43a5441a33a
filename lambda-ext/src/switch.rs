//! Switched off: deployed, and idle.

use std::env;

/// The variable with which an operator switches extensions off.
pub(crate) const DISABLED: &str = "LAMBDA_EXT_DISABLED";

/// Whether the extension of this name is.
pub(crate) fn is_off(name: &str) -> bool {
    env::var(DISABLED).is_ok_and(|value| switches_off(&value, name))
}

/// The value is `true`, or the names of those that are meant.
fn switches_off(value: &str, name: &str) -> bool {
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => true,
        "" | "0" | "false" | "no" | "off" => false,
        _ => value.split(',').any(|listed| listed.trim() == name),
    }
}

#[cfg(test)]
mod tests {
    use super::switches_off;

    #[test]
    fn true_is_for_every_extension() {
        for value in ["true", "TRUE", "1", " true ", "yes", "on"] {
            assert!(switches_off(value, "audit"), "{value:?}");
        }
        for value in ["false", "False", "0", "", " ", "no", "off"] {
            assert!(!switches_off(value, "audit"), "{value:?}");
        }
    }

    #[test]
    fn names_are_for_those_alone() {
        assert!(switches_off("audit", "audit"));
        assert!(switches_off("meter, audit", "audit"));
        for other in ["Audit", "audit-2", "meter", "au,dit"] {
            assert!(!switches_off(other, "audit"), "{other:?}");
        }
    }
}
