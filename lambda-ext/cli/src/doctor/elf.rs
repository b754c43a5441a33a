//! What a program says of itself: the ELF format, as System V's ABI has it, and the versions of
//! symbols that the GNU linker adds (<https://refspecs.linuxfoundation.org/elf/>).

use lambda_ext::Error;
use object::Endianness;
use object::elf::{self, FileHeader64, Machine};
use object::read::elf::{
    FileHeader as _, ProgramHeader as _, SectionHeader as _, SectionTable, Sym as _,
};

type Header = FileHeader64<Endianness>;

/// A 64-bit program, or what else is written as one.
pub(super) struct Elf {
    pub(super) machine: Machine,
    /// Whether it can be executed, which a library cannot.
    pub(super) executable: bool,
    /// The dynamic linker that it asks for; none if it is statically linked.
    pub(super) interpreter: Option<String>,
    /// The libraries that have to be there.
    pub(super) libraries: Vec<String>,
    /// What these have to have.
    pub(super) versions: Vec<Version>,
    /// What a program does not need to run: symbols, and what a debugger wants, in bytes.
    pub(super) strippable: u64,
    /// Whether the libraries and the versions cannot be told, for want of section headers.
    pub(super) opaque: bool,
}

/// A version of a library's symbols, such as `GLIBC_2.34`.
pub(super) struct Version {
    pub(super) name: String,
    pub(super) library: String,
    /// Those of its symbols that are used.
    pub(super) symbols: Vec<String>,
}

/// Whether a file is in this format, be it of whatever kind.
pub(super) fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(&elf::ELFMAG)
}

/// Whether it is for a machine with 64 bits and the lower byte first, as both of Lambda's are.
pub(super) fn is_wide_and_little(bytes: &[u8]) -> bool {
    bytes.get(4..6) == Some(&[elf::ELFCLASS64.0, elf::ELFDATA2LSB.0])
}

impl Elf {
    /// Reads it; an error if it is damaged.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let header = Header::parse(bytes)?;
        let endian = header.endian()?;
        let mut interpreter = None;
        let mut has_dynamic = false;
        for segment in header.program_headers(endian, bytes)? {
            if segment.p_type(endian) == elf::PT_LOAD && segment.data(endian, bytes).is_err() {
                return Err("its end is missing".into());
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
        let opaque = has_dynamic && dynamic.is_empty();
        // A library has neither, and of what cannot be told the best is believed.
        let started = pie || interpreter.is_some() || opaque;
        Ok(Self {
            machine: header.e_machine(endian),
            executable: kind == elf::ET_EXEC || (kind == elf::ET_DYN && started),
            interpreter,
            libraries,
            versions: versions(&sections, endian, bytes)?,
            strippable,
            opaque,
        })
    }
}

/// The versions that libraries have to have. Those that may be missing, since whatever asks for
/// them copes without, are left out, as the dynamic linker leaves them out.
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

/// Names are bytes to the dynamic linker, and ASCII wherever they are sensible.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
