//! Lambda's systems, and what a program requires of them.

use super::elf::{Elf, Version, target_prefix};
use super::finding::Finding;

/// The prefix of the C library's symbol versions.
const GLIBC: &str = "GLIBC_";

/// An operating system of some of Lambda's runtimes.
pub(super) struct System {
    pub(super) name: &'static str,
    /// The runtimes that run on it.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
    pub(super) runtimes: &'static str,
    /// The libraries that it has beside `BASE_LIBRARIES`.
    libraries: &'static [&'static str],
    /// The newest symbol versions, by their prefixes.
    newest_versions: &'static [(&'static str, &'static [u32])],
}

/// The systems, newest first. Each has everything of the next one, so a program that runs on one
/// runs on those before it.
pub(super) const SYSTEMS: [System; 2] = [
    System {
        name: "Amazon Linux 2023",
        runtimes: "`provided.al2023`, and from `nodejs20.x`, `python3.12`, `java21`, `dotnet8` and \
                   `ruby3.3` on",
        // Lambda's images are based on AL2023's minimal container image, which has these packages:
        // https://docs.aws.amazon.com/linux/al2023/ug/lambda.html
        // https://docs.aws.amazon.com/linux/al2023/ug/al2023-container-image-types.html
        libraries: &[
            "libcrypto.so.3",
            "libssl.so.3",
            "libstdc++.so.6",
            "libz.so.1",
        ],
        // glibc 2.34 and GCC 11: https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
        // and the versions of that GCC: https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
        newest_versions: &[(GLIBC, &[2, 34]), ("GLIBCXX_", &[3, 4, 29])],
    },
    System {
        name: "Amazon Linux 2",
        runtimes: "`provided.al2`, `java8.al2`, `java11`, `java17`, `python3.11`, `ruby3.2` and \
                   older ones",
        // Some images no longer have its OpenSSL: github.com/aws/aws-lambda-rust-runtime/issues/683
        libraries: &["libstdc++.so.6", "libz.so.1"],
        // glibc 2.26 and GCC 7.3, by the same page.
        newest_versions: &[(GLIBC, &[2, 26]), ("GLIBCXX_", &[3, 4, 24])],
    },
];

/// The libraries of glibc up to 2.34, and GCC's for unwinding. Each system has all of them.
const BASE_LIBRARIES: [&str; 12] = [
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libnss_dns.so.2",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// The requirements of a program that not every system meets.
pub(super) struct Requirements<'a> {
    /// The program.
    name: &'a str,
    pub(super) findings: Vec<Finding>,
    /// The number of `SYSTEMS`, from the first on, that the program runs on.
    pub(super) supported_systems: usize,
}

/// A requirement, and the remedy for systems that do not meet it.
struct Requirement {
    rule: &'static str,
    text: String,
    help: String,
}

impl<'a> Requirements<'a> {
    /// The requirements of a program; `in_layer` is whether its layer has a library.
    pub(super) fn of(name: &'a str, elf: &Elf, in_layer: impl Fn(&str) -> bool) -> Self {
        let mut requirements = Self {
            name,
            findings: Vec::new(),
            supported_systems: SYSTEMS.len(),
        };
        for library in &elf.libraries {
            if !BASE_LIBRARIES.contains(&library.as_str()) && !in_layer(library) {
                requirements.add_library(library);
            }
        }
        for prefix in SYSTEMS[0].newest_versions.iter().map(|(prefix, _)| *prefix) {
            let versions = elf.versions.iter();
            let newest = versions
                .filter(|version| !in_layer(&version.library))
                .filter_map(|version| Some((version_number(&version.name, prefix)?, version)))
                .max_by(|(one, _), (other, _)| one.cmp(other));
            if let Some((number, version)) = newest {
                requirements.add_version(target_prefix(elf.machine), version, (prefix, &number));
            }
        }
        requirements
    }

    fn add_library(&mut self, library: &str) {
        let has = |system: &&System| system.libraries.contains(&library);
        let help = "link it statically, often with a feature of its crate such as `vendored`, or \
                    put it into the layer's `lib/`";
        let requirement = Requirement {
            rule: "library",
            text: format!("it needs the library `{library}`, which that system may lack"),
            help: help.to_owned(),
        };
        self.add(requirement, SYSTEMS.iter().take_while(has).count());
    }

    fn add_version(&mut self, target: &str, version: &Version, (prefix, number): (&str, &[u32])) {
        let systems = SYSTEMS.iter();
        let supported = systems
            .take_while(|system| system.newest_version(prefix) >= number)
            .count();
        let Some(unsupported) = SYSTEMS.get(supported) else {
            return;
        };
        let newest = dotted(unsupported.newest_version(prefix));
        let Version {
            name: needed,
            library,
            symbols,
        } = version;
        let symbols = match &symbols[..] {
            [] => String::new(),
            [one] => format!(" for `{one}`"),
            [one, other] => format!(" for `{one}` and `{other}`"),
            [one, rest @ ..] => format!(" for `{one}` and {} other symbols", rest.len()),
        };
        let text = format!(
            "it needs `{needed}` of `{library}`{symbols}, and that system has `{prefix}{newest}`"
        );
        let help = if prefix == GLIBC {
            format!(
                "build it for that C library, `cargo lambda build --release --extension --target \
                 {target}-gnu.{newest}`, or link one statically, `cargo build --release \
                 --target {target}-musl`"
            )
        } else {
            format!("link `{library}` statically, or put it into the layer's `lib/`")
        };
        let rule = "version";
        self.add(Requirement { rule, text, help }, supported);
    }

    /// Adds a requirement that the first `supported` systems meet.
    fn add(&mut self, requirement: Requirement, supported: usize) {
        let Requirement { rule, text, help } = requirement;
        let name = self.name;
        self.supported_systems = self.supported_systems.min(supported);
        let Some(system) = SYSTEMS.get(supported) else {
            return;
        };
        let on = system.name;
        let finding = if supported == 0 {
            let text = format!("`{name}` does not start on {on} or older: {text}");
            Finding::error(rule, text, help)
        } else {
            let text = format!("`{name}` does not start on {on}: {text}");
            let help = format!(
                "if it is also for that system ({}), {help}",
                system.runtimes
            );
            Finding::warning(rule, text, help)
        };
        self.findings.push(finding);
    }
}

impl System {
    fn newest_version(&self, prefix: &str) -> &'static [u32] {
        let mut versions = self.newest_versions.iter();
        let found = versions.find(|(known, _)| *known == prefix);
        found.map_or(&[], |(_, version)| version)
    }
}

fn dotted(number: &[u32]) -> String {
    let parts: Vec<_> = number.iter().map(u32::to_string).collect();
    parts.join(".")
}

/// The number in the name of a version with that prefix.
fn version_number(version: &str, prefix: &str) -> Option<Vec<u32>> {
    let rest = version.strip_prefix(prefix)?;
    if rest.starts_with("ABI_") {
        // Not a number, but an ability of the dynamic linker. The first one came with 2.36:
        // https://sourceware.org/git/?p=glibc.git;a=blob;f=NEWS;hb=glibc-2.36
        return Some(vec![2, 36]);
    }
    rest.split('.').map(|part| part.parse().ok()).collect()
}
