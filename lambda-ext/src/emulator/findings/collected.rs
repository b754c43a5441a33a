//! The findings of one record, without duplicates.

use super::finding::Finding;

/// The findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<(String, Finding)>);

impl Findings {
    /// Adds a finding, or counts it if it is known. `subject` distinguishes findings of one rule in
    /// one extension.
    pub(super) fn add(&mut self, subject: &str, finding: Finding) {
        let same = |(known, one): &&mut (String, Finding)| {
            known == subject && one.rule == finding.rule && one.extension == finding.extension
        };
        match self.0.iter_mut().find(same) {
            Some((_, known)) => {
                known.times += finding.times;
                known.severity = known.severity.max(finding.severity);
            }
            None => self.0.push((subject.to_owned(), finding)),
        }
    }

    /// The findings in the order of their time.
    pub(super) fn in_order(self) -> Vec<Finding> {
        let mut findings: Vec<_> = self.0.into_iter().map(|(_, finding)| finding).collect();
        findings.sort_by_key(|finding| finding.at);
        findings
    }
}
