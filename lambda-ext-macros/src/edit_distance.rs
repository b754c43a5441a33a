//! Finds the name that a misspelt one probably means.

/// Returns the candidate whose name is closest to the text, if any is close enough to be meant.
pub fn closest<T: Copy>(
    text: &str,
    candidates: impl IntoIterator<Item = T>,
    name: impl Fn(T) -> &'static str,
) -> Option<T> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(text, name(candidate))?, candidate)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the number of edits from the text to the name, or `None` if there are too many for a typo.
pub fn distance(text: &str, name: &str) -> Option<usize> {
    let (text, name) = (normalize(text), normalize(name));
    // One typo per four letters: `invok` is close to `invoke`, `revoke` is not.
    Some(edits(&text, &name)).filter(|&edits| edits <= name.len() / 4)
}

/// Removes case, separators, and the prefixes and suffixes that are common in names of handlers.
fn normalize(name: &str) -> String {
    let mut name = name.to_lowercase();
    for prefix in ["on_", "handle_", "process_", "do_"] {
        if let Some(rest) = name.strip_prefix(prefix) {
            name = rest.to_owned();
        }
    }
    name.retain(char::is_alphanumeric);
    for suffix in ["event", "handler", "ed"] {
        match name.strip_suffix(suffix) {
            Some(rest) if !rest.is_empty() => name = rest.to_owned(),
            _ => {}
        }
    }
    name
}

/// Counts the letters to insert, delete, substitute, or swap with the next one (the optimal string
/// alignment distance).
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut min = substituted.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                min = min.min(rows[i - 2][j - 2] + 1);
            }
            row.push(min);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_of_typo_is_some_and_of_other_word_is_none() {
        for typo in [
            "invok",
            "invoek",
            "Invoke",
            "INVOKE",
            "on_invoke",
            "handle_invoke",
            "invoke_event",
            "InvokeEvent",
            "invoke_handler",
        ] {
            assert!(distance(typo, "invoke").is_some(), "{typo}");
        }
        for other in [
            "revoke",
            "invocations",
            "event",
            "handler",
            "on_",
            "",
            "invoke_all",
        ] {
            assert!(distance(other, "invoke").is_none(), "{other}");
        }
        assert_eq!(distance("shutdwon", "shutdown"), Some(1));
        assert_eq!(distance("shut_down", "shutdown"), Some(0));
        assert_eq!(distance("on_thaw", "thawed"), Some(0));
        assert_eq!(distance("ticks", "tick"), Some(1));
        assert_eq!(distance("shutdown_server", "shutdown"), None);
        assert_eq!(distance("threads", "worker_threads"), None);
    }
}
