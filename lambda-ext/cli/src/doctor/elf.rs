//! Reads programs in the ELF format of System V's ABI, with the symbol versions that the GNU linker
//! adds (<https://refspecs.linuxfoundation.org/elf/>).

use lambda_ext::Error;
use object::Endianness;
use object::elf::{self, FileHeader64, Machine};
use object::read::elf::{
    FileHeader as _, ProgramHeader as _, SectionHeader as _, SectionTable, Sym as _,
};

type Header = FileHeader64<Endianness>;

/// A 64-bit ELF file.
pub(super) struct Elf {
    pub(super) machine: Machine,
    /// False for a library.
    pub(super) executable: bool,
    /// The path of the dynamic linker; none if the program is statically linked.
    pub(super) interpreter: Option<String>,
    /// The libraries that it needs.
    pub(super) libraries: Vec<String>,
    /// The versions that it needs of them.
    pub(super) versions: Vec<Version>,
    /// The size of symbols and debug information, in bytes.
    pub(super) strippable: u64,
    /// True if the libraries and versions are unknown, because section headers are missing.
    pub(super) lacks_section_headers: bool,
}

/// A version of a library's symbols, such as `GLIBC_2.34`.
pub(super) struct Version {
    pub(super) name: String,
    pub(super) library: String,
    /// The symbols of this version that the program uses.
    pub(super) symbols: Vec<String>,
}

pub(super) fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(&elf::ELFMAG)
}

/// Checks that an ELF file is for a 64-bit little-endian machine. Both of Lambda's architectures are.
pub(super) fn is_64_bit_little_endian(bytes: &[u8]) -> bool {
    bytes.get(4..6) == Some(&[elf::ELFCLASS64.0, elf::ELFDATA2LSB.0])
}

impl Elf {
    /// Parses a file. Returns an error if it is damaged.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let header = Header::parse(bytes)?;
        let endian = header.endian()?;
        let mut interpreter = None;
        let mut has_dynamic = false;
        for segment in header.program_headers(endian, bytes)? {
            if segment.p_type(endian) == elf::PT_LOAD && segment.data(endian, bytes).is_err() {
                return Err("it is truncated".into());
            }
            has_dynamic |= segment.p_type(endian) == elf::PT_DYNAMIC;
            if let Some(path) = segment.interpreter(endian, bytes)? {
                interpreter = Some(text(path));
            }
        }
        let sections = header.sections(endian, bytes)?;
        let dynamic = sections.dynamic_table(endian, bytes)?;
        let mut libraries = Vec::new();
        let mut pie = false;
        for entry in &dynamic {
            match entry.tag {
                elf::DT_NEEDED => libraries.push(text(dynamic.string(entry)?)),
                elf::DT_FLAGS_1 => pie = entry.val & elf::DF_1_PIE.0 != 0,
                _ => {}
            }
        }
        let strippable = sections.iter().filter(|section| {
            let name = sections.section_name(endian, section).unwrap_or_default();
            name.starts_with(b".debug_") || matches!(name, b".symtab" | b".strtab")
        });
        let strippable = strippable.fold(0, |sum: u64, section| {
            sum.saturating_add(section.sh_size(endian))
        });
        let kind = header.e_type(endian);
        let lacks_section_headers = has_dynamic && dynamic.is_empty();
        // A library has neither flag nor interpreter. Without section headers, it may be a program.
        let is_program = pie || interpreter.is_some() || lacks_section_headers;
        Ok(Self {
            machine: header.e_machine(endian),
            executable: kind == elf::ET_EXEC || (kind == elf::ET_DYN && is_program),
            interpreter,
            libraries,
            versions: versions(&sections, endian, bytes)?,
            strippable,
            lacks_section_headers,
        })
    }
}

/// The versions that libraries need to have. Weak ones are optional for the dynamic linker, so they
/// are not among them.
fn versions(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
    bytes: &[u8],
) -> Result<Vec<Version>, Error> {
    let Some((needs, strings)) = sections.gnu_verneed(endian, bytes)? else {
        return Ok(Vec::new());
    };
    let strings = sections.strings(endian, bytes, strings)?;
    let symbols = sections.symbols(endian, bytes, elf::SHT_DYNSYM)?;
    let table = sections.versions(endian, bytes)?.unwrap_or_default();
    let mut versions = Vec::new();
    for need in needs {
        let (need, names) = need?;
        for name in names {
            let name = name?;
            if name.vna_flags.get(endian).contains(elf::VER_FLG_WEAK) {
                continue;
            }
            let index = name.vna_other(endian).index();
            let used = symbols
                .enumerate()
                .filter(|(symbol, _)| table.version_index(endian, *symbol).index() == index);
            let used = used.filter_map(|(_, symbol)| symbol.name(endian, symbols.strings()).ok());
            versions.push(Version {
                name: text(name.name(endian, strings)?),
                library: text(need.file(endian, strings)?),
                symbols: used.map(text).collect(),
            });
        }
    }
    Ok(versions)
}

/// Names are bytes to the dynamic linker, and ASCII in practice.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Rust's target triple without the C library.
pub(super) fn target_prefix(machine: Machine) -> &'static str {
    if machine == elf::EM_AARCH64 {
        "aarch64-unknown-linux"
    } else {
        "x86_64-unknown-linux"
    }
}
