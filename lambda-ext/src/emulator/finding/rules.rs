//! The names of the rules: one list, which the docs of `Finding` explain.

/// Every rule.
pub(in super::super) const RULES: [&str; 36] = [
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

/// The rule that a name is a misspelling of, if it is near to any.
pub(in super::super) fn nearest(name: &str) -> Option<&'static str> {
    let distances = RULES.map(|rule| (strsim::levenshtein(name, rule), rule));
    let (distance, rule) = distances.into_iter().min()?;
    (distance <= name.chars().count() / 3).then_some(rule)
}

#[cfg(test)]
mod tests {
    use super::{RULES, nearest};

    #[test]
    fn every_rule_is_explained_by_the_docs_of_a_finding_and_in_order_here() {
        let docs = include_str!("mod.rs");
        for rule in RULES {
            assert!(docs.contains(&format!("`{rule}`")), "{rule}");
        }
        assert!(RULES.is_sorted());
    }

    #[test]
    fn a_misspelt_rule_is_known() {
        assert_eq!(nearest("exit-eror"), Some("exit-error"));
        assert_eq!(nearest("slow_shutdown"), Some("slow-shutdown"));
        assert_eq!(nearest("coffee"), None);
    }
}
