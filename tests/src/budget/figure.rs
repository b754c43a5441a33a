//! What is counted.

/// One number about one of the subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Which extension.
    pub subject: &'static str,
    /// Of what it is the number.
    pub name: &'static str,
    /// How many.
    pub counted: u64,
}

impl Figure {
    /// What is allowed when the bound is set anew: compilers and C libraries differ a little, and so
    /// do the versions of dependencies that are current on the day.
    #[must_use]
    pub fn bound(&self) -> u64 {
        let unit = self.name.split([' ', ',']).next().unwrap_or_default();
        match unit {
            "instructions" | "bytes" => self.counted + self.counted / 25,
            // Those at the start are for the environment, too: what it is called, and where it stands.
            "allocations" if self.name.contains("life") => self.counted + self.counted / 25,
            "allocations" => self.counted + 1 + self.counted / 100,
            "crates" => self.counted + 1,
            "syscalls" if self.name.ends_with("next") => self.counted + 4,
            // Whether a socket is asked in vain is a matter of who is faster.
            "syscalls" if self.name.contains("batch") => self.counted + 1,
            _ => self.counted,
        }
    }
}
