//! The rejected rows as they stand in the file, copied to a file that can be corrected and imported.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write},
    os::unix::fs::FileExt,
    path::Path,
};

use super::{Format, csv_reader::first_line, report::create_private};

/// Copies the rows that begin on these lines, which must be sorted. The copy is readable by its owner alone: rows hold
/// customers' data and API tokens. A copy of an earlier run is replaced, or removed when no row is rejected.
pub(super) fn copy(mut file: File, format: Format, lines: &[u64], target: &Path) -> io::Result<()> {
    let Some(copy) = create_private(target, !lines.is_empty())? else { return Ok(()) };
    let mut copy = BufWriter::new(copy);
    file.rewind()?;
    match format {
        Format::Csv => copy_csv(&file, lines, &mut copy)?,
        Format::Jsonl => copy_json(file, lines, &mut copy)?,
    }
    copy.flush()
}

fn copy_json(file: File, lines: &[u64], copy: &mut impl Write) -> io::Result<()> {
    let mut file = BufReader::new(file);
    let (mut line, mut text) = (0, Vec::new());
    while file.read_until(b'\n', &mut text)? > 0 {
        line += 1;
        if lines.binary_search(&line).is_ok() {
            write_row(copy, &text)?;
        }
        text.clear();
    }
    Ok(())
}

/// The rows with the first line, which names the fields.
fn copy_csv(file: &File, lines: &[u64], copy: &mut impl Write) -> io::Result<()> {
    let length = file.metadata()?.len();
    let mut builder = csv::ReaderBuilder::new();
    builder.flexible(true).has_headers(false).terminator(csv::Terminator::Any(b'\n'));
    // As the import reads it: the end of a record is always the end of a line.
    let mut reader = builder.from_reader(file.chain(&b"\n"[..]));
    let (mut record, mut start, mut is_header) = (csv::ByteRecord::new(), 0, true);
    while reader.read_byte_record(&mut record)? {
        let end = reader.position().byte().min(length);
        if is_header || lines.binary_search(&first_line(&record, reader.position())).is_ok() {
            let mut row = vec![0; usize::try_from(end - start).map_err(io::Error::other)?];
            file.read_exact_at(&mut row, start)?;
            write_row(copy, &row)?;
        }
        (start, is_header) = (end, false);
    }
    Ok(())
}

/// The row, without blank lines before it; it ends its line.
fn write_row(copy: &mut impl Write, row: &[u8]) -> io::Result<()> {
    copy.write_all(row.trim_ascii_end().strip_prefix(b"\n").unwrap_or(row.trim_ascii_end()))?;
    copy.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn copied(text: &str, format: Format, lines: &[u64]) -> Option<String> {
        let folder = tempfile::TempDir::new().unwrap();
        let (source, target) = (folder.path().join("source"), folder.path().join("target"));
        fs::write(&source, text).unwrap();
        fs::write(&target, "of an earlier run").unwrap();
        copy(File::open(source).unwrap(), format, lines, &target).unwrap();
        let copied = fs::read_to_string(&target).ok();
        if copied.is_some() {
            assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        }
        copied
    }

    #[test]
    fn copies_rows_as_they_stand_in_the_file() {
        let csv = "username,first_name\r\na,A\r\nb,\"B\r\nb\"\n\nc,\"C, c\"\nd";
        let copy = copied(csv, Format::Csv, &[3, 6, 7]);
        assert_eq!(copy.as_deref(), Some("username,first_name\nb,\"B\r\nb\"\nc,\"C, c\"\nd\n"));
        let json = "{\"username\": \"a\"}\n\n{ \"username\":\"b\"}\nnonsense";
        assert_eq!(copied(json, Format::Jsonl, &[3, 4]).as_deref(), Some("{ \"username\":\"b\"}\nnonsense\n"));
    }

    #[test]
    fn without_rejected_rows_no_file_is_left() {
        assert_eq!(copied("username\na\n", Format::Csv, &[]), None);
    }
}
