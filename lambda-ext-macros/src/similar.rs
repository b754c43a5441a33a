//! Which name the author may have meant.

/// The candidate that `written` is nearest to, if it is near to any.
pub fn nearest<T: Copy>(
    written: &str,
    candidates: impl IntoIterator<Item = T>,
    name: impl Fn(T) -> &'static str,
) -> Option<T> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(written, name(candidate))?, candidate)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// How far `written` is from `name`, or nothing if too far to be a slip.
pub fn distance(written: &str, name: &str) -> Option<usize> {
    let (written, name) = (plain(written), plain(name));
    // A slip for each four letters: `invok` is `invoke`, `revoke` is not.
    Some(edits(&written, &name)).filter(|&edits| edits <= name.len() / 4)
}

/// The name without what people put around and between its words.
fn plain(name: &str) -> String {
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

/// Letters to add, drop, change or swap with the next one.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        for near in [
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
            assert!(distance(near, "invoke").is_some(), "{near}");
        }
        for far in [
            "revoke",
            "invocations",
            "event",
            "handler",
            "on_",
            "",
            "invoke_all",
        ] {
            assert!(distance(far, "invoke").is_none(), "{far}");
        }
        assert_eq!(distance("shutdwon", "shutdown"), Some(1));
        assert_eq!(distance("shut_down", "shutdown"), Some(0));
        assert_eq!(distance("on_thaw", "thawed"), Some(0));
        assert_eq!(distance("ticks", "tick"), Some(1));
        assert_eq!(distance("shutdown_server", "shutdown"), None);
        assert_eq!(distance("threads", "worker_threads"), None);
    }
}
