//! The records of a CSV file, one at a time, each with its first line and with what is wrong with its quotes.
//!
//! The `csv` crate reads a quote that is not closed to the end of the file as one cell, and does not say where it begins. So
//! [`RecordReader`] follows the quotes as that crate does, and gives it the bytes of one record at a time: what is known of
//! the quotes is then about the record that was read last.

use std::{
    cell::RefCell,
    io::{self, BufRead, BufReader, Read},
    rc::Rc,
};

use csv::ByteRecord;

use super::input::MAX_ROW_BYTES;

/// Where a quote begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    /// The line; the first one is 1.
    pub(super) line: u64,
    /// The cell of the record; the first one is 0.
    pub(super) cell: usize,
}

/// What is known of a record beside its cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The line on which it begins; the first one is 1.
    pub(super) line: u64,
    /// Its first byte in the file.
    pub(super) begin: u64,
    /// The byte after its end.
    pub(super) end: u64,
    /// A quote that is not closed by the end of the record, which is the end of the file or the longest row.
    pub(super) open: Option<Quote>,
    /// A quote after whose end, on this line, more text of the cell follows.
    pub(super) misplaced: Option<(Quote, u64)>,
}

impl Place {
    fn is_too_long(&self) -> bool {
        self.end - self.begin > MAX_ROW_BYTES
    }
}

/// Why the records end before the end of the file.
#[derive(Debug)]
pub(super) enum RecordError {
    /// It cannot be read.
    Io(io::Error),
    /// A record is longer than [`MAX_ROW_BYTES`].
    TooLong(Place),
}

impl From<RecordError> for io::Error {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Io(error) => error,
            RecordError::TooLong(_) => too_long(),
        }
    }
}

fn too_long() -> io::Error {
    io::Error::other("a row is longer than 1 MiB")
}

/// A file whose last line has an end.
type WholeLines<R> = BufReader<io::Chain<R, &'static [u8]>>;

/// The records of a file, without blank lines.
pub(super) struct Records<R> {
    reader: csv::Reader<RecordReader<WholeLines<R>>>,
    scan: Rc<RefCell<Scan>>,
}

impl<R: Read> Records<R> {
    pub(super) fn new(file: R) -> Self {
        let scan = Rc::new(RefCell::new(Scan::default()));
        // A last line without an end gets one, so that the end of a record is always the end of a line.
        let inner = BufReader::new(file.chain(&b"\n"[..]));
        let mut builder = csv::ReaderBuilder::new();
        // The crate's own CRLF handling leaves the LF to the next record.
        builder.flexible(true).has_headers(false).terminator(csv::Terminator::Any(b'\n'));
        Self { reader: builder.from_reader(RecordReader { inner, scan: scan.clone() }), scan }
    }

    /// Reads the next record; `None` at the end of the file.
    pub(super) fn read(&mut self, record: &mut ByteRecord) -> Result<Option<Place>, RecordError> {
        loop {
            let read = self.reader.read_byte_record(record);
            let place = self.scan.borrow().place;
            match read {
                Ok(false) => return Ok(None),
                // A blank line that ends in CRLF.
                Ok(true) if record.as_slice() == b"\r" && record.len() == 1 => {}
                Ok(true) => return Ok(Some(place)),
                Err(_) if place.is_too_long() => return Err(RecordError::TooLong(place)),
                Err(error) => return Err(RecordError::Io(error.into())),
            }
        }
    }
}

/// Gives at most one record at a time.
struct RecordReader<R> {
    inner: R,
    scan: Rc<RefCell<Scan>>,
}

impl<R: BufRead> Read for RecordReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.inner.fill_buf()?;
        let length = available.len().min(buffer.len());
        let mut scan = self.scan.borrow_mut();
        let count = scan.follow(&available[..length]);
        if scan.place.is_too_long() {
            return Err(too_long());
        }
        buffer[..count].copy_from_slice(&available[..count]);
        self.inner.consume(count);
        Ok(count)
    }
}

/// Where in a record the next byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte of a record.
    RecordStart,
    /// Before the first byte of a cell.
    CellStart,
    /// In a cell, or in a part of it, where a quote is a letter like others.
    Text,
    Quoted(Quote),
    /// After a quote that ends a quoted text, unless another one follows.
    AfterQuote(Quote),
}

struct Scan {
    state: State,
    /// The line and the place of the next byte.
    line: u64,
    position: u64,
    cell: usize,
    place: Place,
}

impl Default for Scan {
    fn default() -> Self {
        Self { state: State::RecordStart, line: 1, position: 0, cell: 0, place: Place::default() }
    }
}

impl Scan {
    /// Follows the bytes up to the end of a record, and gives how many these are.
    fn follow(&mut self, bytes: &[u8]) -> usize {
        if self.state == State::RecordStart && !bytes.is_empty() {
            self.place = Place { line: self.line, begin: self.position, end: self.position, ..Place::default() };
            (self.state, self.cell) = (State::CellStart, 0);
        }
        let mut count = 0;
        for byte in bytes {
            count += 1;
            self.state = self.next(*byte);
            self.line += u64::from(*byte == b'\n');
            if self.state == State::RecordStart {
                break;
            }
        }
        self.position += count as u64;
        self.place.end = self.position;
        self.place.open = match self.state {
            State::Quoted(quote) => Some(quote),
            _ => None,
        };
        count
    }

    fn next(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Quoted(quote), b'"') => State::AfterQuote(quote),
            (State::Quoted(_), _) => self.state,
            (State::AfterQuote(quote), b'"') => State::Quoted(quote),
            (_, b'\n') => State::RecordStart,
            (_, b',') => {
                self.cell += 1;
                State::CellStart
            }
            (State::CellStart, b'"') => State::Quoted(Quote { line: self.line, cell: self.cell }),
            // A byte order mark, which the crate skips.
            (State::CellStart, 0xEF | 0xBB | 0xBF) if self.place.begin == 0 && self.cell == 0 => State::CellStart,
            // The CR of a CRLF.
            (State::AfterQuote(_), b'\r') => self.state,
            (State::AfterQuote(quote), _) => {
                self.place.misplaced.get_or_insert((quote, self.line));
                State::Text
            }
            (State::RecordStart | State::CellStart | State::Text, _) => State::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first line, the bytes and the cells of each record.
    fn records(text: &str) -> Vec<(u64, &str, Vec<String>)> {
        let mut records = Records::new(text.as_bytes());
        let (mut record, mut found) = (ByteRecord::new(), Vec::new());
        while let Ok(Some(place)) = records.read(&mut record) {
            let cells = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            let end = (place.end as usize).min(text.len());
            found.push((place.line, &text[place.begin as usize..end], cells));
        }
        found
    }

    #[test]
    fn each_record_has_its_line_and_its_bytes() {
        let text = "\u{feff}\"a\n1\",b\r\n\r\n\n\"x \"\"y\"\"\nz\",\"\"\r\nlast,\"quo\"ted\",c";
        let of = |line, bytes, cells: &[&str]| (line, bytes, cells.iter().map(|cell| (*cell).to_owned()).collect());
        let expected = [
            of(1, "\u{feff}\"a\n1\",b\r\n", &["a\n1", "b\r"]),
            of(5, "\"x \"\"y\"\"\nz\",\"\"\r\n", &["x \"y\"\nz", "\r"]),
            of(7, "last,\"quo\"ted\",c", &["last", "quoted\"", "c"]),
        ];
        assert_eq!(records(text), expected);
    }

    /// The line and the cell of a quote that is open, and those of one that is followed by text, and the line of that text.
    type Wrong = (Option<(u64, usize)>, Option<(u64, usize, u64)>);

    /// What is wrong with the quotes of the last record.
    fn wrong(text: &str) -> Wrong {
        let (mut records, mut record, mut last) = (Records::new(text.as_bytes()), ByteRecord::new(), None);
        while let Ok(Some(place)) = records.read(&mut record) {
            last = Some(place);
        }
        let Place { open, misplaced, .. } = last.unwrap();
        (open.map(|quote| (quote.line, quote.cell)), misplaced.map(|(quote, line)| (quote.line, quote.cell, line)))
    }

    #[test]
    fn finds_quotes_that_are_not_closed_or_closed_too_late() {
        assert_eq!(wrong("a,b\n\"1\",\"2\"\r\n3,4\"\n"), (None, None));
        assert_eq!(wrong("a,b\n1,2\n3,\"4\n5,6\n7,8"), (Some((3, 1)), None));
        assert_eq!(wrong("a,b\n\"x\ny\",\"4\n5,6\n"), (Some((3, 1)), None));
        assert_eq!(wrong("a,b\n3,\"4\n5,\"6\"\n"), (None, Some((2, 1, 3))));
        assert_eq!(wrong("a,b\n1,\"x\"\"\n"), (Some((2, 1)), None));
    }
}
