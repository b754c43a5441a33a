//! What Lambda's systems have that a program may need.

use super::elf::{Elf, Version};
use super::finding::Finding;
use super::program::target_of;

/// What the versions of the C library begin with.
const GLIBC: &str = "GLIBC_";

/// The system of some of Lambda's runtimes.
pub(super) struct System {
    pub(super) name: &'static str,
    /// Whose functions run on it.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
    pub(super) runtimes: &'static str,
    /// The libraries that are there beside the C library and the compiler's own.
    libraries: &'static [&'static str],
    /// The newest versions of symbols, by the words that they begin with.
    newest: &'static [(&'static str, &'static [u32])],
}

/// Each has all that the next one has, so what runs on one runs on those before it.
pub(super) const SYSTEMS: [System; 2] = [
    System {
        name: "Amazon Linux 2023",
        runtimes: "`provided.al2023`, and from `nodejs20.x`, `python3.12`, `java21`, `dotnet8` and \
                   `ruby3.3` on",
        // Lambda's images are made from AL2023's minimal container image, which has these packages:
        // https://docs.aws.amazon.com/linux/al2023/ug/lambda.html
        // https://docs.aws.amazon.com/linux/al2023/ug/al2023-container-image-types.html
        libraries: &[
            "libcrypto.so.3",
            "libssl.so.3",
            "libstdc++.so.6",
            "libz.so.1",
        ],
        // glibc 2.34 and GCC 11: https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
        // and what that GCC brings: https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
        newest: &[(GLIBC, &[2, 34]), ("GLIBCXX_", &[3, 4, 29])],
    },
    System {
        name: "Amazon Linux 2",
        runtimes: "`provided.al2`, `java8.al2`, `java11`, `java17`, `python3.11`, `ruby3.2` and \
                   older ones",
        // Its OpenSSL has gone from some images: github.com/aws/aws-lambda-rust-runtime/issues/683
        libraries: &["libstdc++.so.6", "libz.so.1"],
        // glibc 2.26 and GCC 7.3, by the same page.
        newest: &[(GLIBC, &[2, 26]), ("GLIBCXX_", &[3, 4, 24])],
    },
];

/// glibc 2.34 and before, of which each system has all, and GCC's for unwinding.
const EVERYWHERE: [&str; 12] = [
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

/// What a program needs that not every system has.
pub(super) struct Needs {
    pub(super) findings: Vec<Finding>,
    /// On how many systems, from the first on, it runs.
    pub(super) met: usize,
}

impl Needs {
    /// Those of a program; `brought` says which libraries come along in its layer.
    pub(super) fn of(name: &str, elf: &Elf, brought: impl Fn(&str) -> bool) -> Self {
        let mut needs = Self {
            findings: Vec::new(),
            met: SYSTEMS.len(),
        };
        for library in &elf.libraries {
            if !EVERYWHERE.contains(&library.as_str()) && !brought(library) {
                needs.library(name, library);
            }
        }
        for prefix in SYSTEMS[0].newest.iter().map(|(prefix, _)| *prefix) {
            let versions = elf.versions.iter();
            let newest = versions
                .filter(|version| !brought(&version.library))
                .filter_map(|version| Some((number(&version.name, prefix)?, version)))
                .max_by(|(one, _), (other, _)| one.cmp(other));
            if let Some((number, version)) = newest {
                needs.version(name, elf, prefix, &number, version);
            }
        }
        needs
    }

    fn library(&mut self, name: &str, library: &str) {
        let has = |system: &&System| system.libraries.contains(&library);
        let need = format!("it needs the library `{library}`, which is not known to be there");
        let help = "link it in, as a static library or by the crate's feature for that \
                    (`vendored`, say), or put it into the layer's `lib/`, where it is looked for";
        let met = SYSTEMS.iter().take_while(has).count();
        self.add("library", met, name, &need, help);
    }

    fn version(&mut self, name: &str, elf: &Elf, prefix: &str, number: &[u32], version: &Version) {
        let met = SYSTEMS.iter();
        let met = met.take_while(|system| system.newest(prefix) >= number);
        let met = met.count();
        // What it lacks on the first system that it does not run on.
        let Some(system) = SYSTEMS.get(met) else {
            return;
        };
        let there = dotted(system.newest(prefix));
        let Version {
            name: wanted,
            library,
            symbols,
        } = version;
        let symbols = match &symbols[..] {
            [] => String::new(),
            [one] => format!(" for `{one}`"),
            [one, other] => format!(" for `{one}` and `{other}`"),
            [one, rest @ ..] => format!(" for `{one}` and {} other symbols", rest.len()),
        };
        let need = format!(
            "it needs `{wanted}` of `{library}`{symbols}, and there it is `{prefix}{there}`"
        );
        let target = target_of(elf.machine);
        let help = if prefix == GLIBC {
            format!(
                "build it for that C library, `cargo lambda build --release --extension --target \
                 {target}-gnu.{there}`, or link one in, `cargo build --release --target \
                 {target}-musl`"
            )
        } else {
            format!(
                "link `{library}` in, or put it into the layer's `lib/`, where it is looked for"
            )
        };
        self.add("version", met, name, &need, &help);
    }

    /// Adds a need that is met on so many systems.
    fn add(&mut self, rule: &'static str, met: usize, name: &str, need: &str, help: &str) {
        self.met = self.met.min(met);
        let Some(system) = SYSTEMS.get(met) else {
            return;
        };
        let on = system.name;
        let finding = if met == 0 {
            let text = format!("`{name}` does not start on {on}, nor on what is older: {need}");
            Finding::error(rule, text, help)
        } else {
            let text = format!("`{name}` does not start on {on}: {need}");
            let help = format!("if it is for that, too ({}), {help}", system.runtimes);
            Finding::remark(rule, text, help)
        };
        self.findings.push(finding);
    }
}

impl System {
    fn newest(&self, prefix: &str) -> &'static [u32] {
        let known = self.newest.iter().find(|(known, _)| *known == prefix);
        known.map_or(&[], |(_, newest)| newest)
    }
}

fn dotted(number: &[u32]) -> String {
    let parts: Vec<_> = number.iter().map(u32::to_string).collect();
    parts.join(".")
}

/// The number in a version's name, if it begins like that.
fn number(version: &str, prefix: &str) -> Option<Vec<u32>> {
    let rest = version.strip_prefix(prefix)?;
    if rest.starts_with("ABI_") {
        // Not a number, but what the dynamic linker has to be able to do. The first is of 2.36:
        // https://sourceware.org/git/?p=glibc.git;a=blob;f=NEWS;hb=glibc-2.36
        return Some(vec![2, 36]);
    }
    rest.split('.').map(|part| part.parse().ok()).collect()
}
