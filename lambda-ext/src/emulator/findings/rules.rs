//! The names of the rules, which the documentation of `Finding` explains.

/// Every rule.
pub(super) const RULES: [&str; 36] = [
    "exit-error",
    "exits-between-invocations",
    "exits-in-init",
    "exits-in-invoke",
    "fails-at-shutdown",
    "holds-invocation",
    "init-error",
    "init-error-too-late",
    "invalid-event",
    "invalid-subscription",
    "launch-error",
    "malformed-registration",
    "misses-shutdown",
    "never-calls-next",
    "never-registers",
    "next-after-shutdown",
    "next-twice",
    "no-error-type",
    "no-identifier",
    "no-name",
    "not-registered-for-shutdown",
    "outlives-shutdown",
    "refused-call",
    "registers-twice",
    "registration-closed",
    "reports-but-stays",
    "slow-shutdown",
    "slow-to-next",
    "subscribes-too-late",
    "telemetry-dropped",
    "telemetry-loop",
    "telemetry-not-taken",
    "too-many-extensions",
    "unknown-path",
    "wrong-identifier",
    "wrong-name",
];

/// Returns the rule whose name is close to a misspelt one.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let distances = RULES.map(|rule| (strsim::levenshtein(name, rule), rule));
    let (distance, rule) = distances.into_iter().min()?;
    (distance <= name.chars().count() / 3).then_some(rule)
}

#[cfg(test)]
mod tests {
    use super::{RULES, nearest};

    #[test]
    fn rules_are_sorted_and_documented() {
        let docs = include_str!("finding.rs");
        for rule in RULES {
            assert!(docs.contains(&format!("`{rule}`")), "{rule}");
        }
        assert!(RULES.is_sorted());
    }

    #[test]
    fn nearest_misspelt_name_returns_the_rule() {
        assert_eq!(nearest("exit-eror"), Some("exit-error"));
        assert_eq!(nearest("slow_shutdown"), Some("slow-shutdown"));
        assert_eq!(nearest("coffee"), None);
    }
}
