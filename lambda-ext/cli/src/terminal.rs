//! Output for people: styles, messages and tables.
//!
//! Text is styled always. [`print`] removes the styles where the terminal does not show them.

use std::io::{Write as _, stdout};

use anstyle::{AnsiColor, Style};
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};
use terminal_size::terminal_size_of;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const SUCCESS: Style = AnsiColor::Green.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// Writes text for people to stdout. A closed pipe is no error: the reader has seen enough, and the
/// work goes on.
pub(crate) fn print(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// Writes a document for programs to stdout, byte for byte.
pub(crate) fn print_document(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
}

/// The text in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A finding's text in colours: `error[rule]: text`, and a second line with `help: `.
pub(crate) fn styled_finding(finding: &str, style: Style) -> String {
    let Some((kind, text)) = finding.split_once(": ") else {
        return finding.to_owned();
    };
    let help = format!("\n  {}", styled(HELP, "help"));
    let text = text.replacen("\n  help", &help, 1);
    format!("{}: {text}", styled(style, kind))
}

/// A count and its noun, in the plural unless it is 1.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A line below the header, and no others.
const TABLE_STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));
/// Names are not wrapped to fewer characters than this.
const MIN_NAME_WIDTH: u16 = 16;

/// A table with names in the first column and numbers in the others. On a narrow terminal, the
/// names are wrapped.
pub(crate) fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
) -> String {
    let size = terminal_size_of(stdout());
    table_of_width(header, rows, size.map(|(width, _)| width.0))
}

fn table_of_width<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
    width: Option<u16>,
) -> String {
    let mut table = Table::new();
    table.load_style(TABLE_STYLE);
    table.set_header(header).add_rows(rows);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    let widths = table.column_max_content_widths();
    for (column, width) in table.column_iter_mut().zip(widths) {
        if column.index == 0 {
            column.set_padding((0, 0));
            let min_width = Width::Fixed(width.min(MIN_NAME_WIDTH));
            column.set_constraint(ColumnConstraint::LowerBoundary(min_width));
        } else {
            column.set_padding((2, 0));
            column.set_constraint(ColumnConstraint::ContentWidth);
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt() + "\n"
}

#[cfg(test)]
mod tests {
    use super::table_of_width;

    fn table(name: &str, width: Option<u16>) -> Vec<String> {
        let row = [name, "1.0 ms", "1 min 02 s"].map(str::to_owned);
        let header = ["\nextension", "to first\nnext", "\nshutdown"];
        let table = table_of_width(header, vec![row], width);
        table.lines().map(str::to_owned).collect()
    }

    #[test]
    fn numbers_are_aligned_right_below_their_header() {
        let expected = [
            "           to first",
            "extension      next    shutdown",
            "───────────────────────────────",
            "hello        1.0 ms  1 min 02 s",
        ];
        assert_eq!(table("hello", None), expected);
        assert_eq!(table("hello", Some(31)), expected);
    }

    #[test]
    fn narrow_terminal_wraps_names_and_never_numbers() {
        let name = "a long name of an extension";
        let expected = [
            "                   to first",
            "extension              next    shutdown",
            "───────────────────────────────────────",
            "a long name of an    1.0 ms  1 min 02 s",
            "extension",
        ];
        assert_eq!(table(name, Some(39)), expected);
        let narrowest = table(name, Some(10));
        assert_eq!(narrowest[3], "a long name of      1.0 ms  1 min 02 s");
    }
}
