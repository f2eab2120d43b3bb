//! The rejected rows as they stand in the file, copied to a file that can be corrected and imported.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Seek, Write},
    os::unix::fs::FileExt,
    path::Path,
};

use super::{Format, csv_records::Records, report::create_private};

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
    let (mut records, mut record, mut is_header) = (Records::new(file), csv::ByteRecord::new(), true);
    // The import has read each of them.
    while let Some(place) = records.read(&mut record)? {
        if is_header || lines.binary_search(&place.line).is_ok() {
            let size = usize::try_from(place.end.min(length) - place.begin).map_err(io::Error::other)?;
            let mut row = vec![0; size];
            file.read_exact_at(&mut row, place.begin)?;
            write_row(copy, &row)?;
        }
        is_header = false;
    }
    Ok(())
}

/// The row; it ends its line.
fn write_row(copy: &mut impl Write, row: &[u8]) -> io::Result<()> {
    copy.write_all(row.trim_ascii_end())?;
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
