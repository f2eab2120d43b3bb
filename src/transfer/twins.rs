//! Usernames that a person could take for one another, and values that stand in a file twice.
//!
//! Two usernames are *lookalikes* when their skeletons are one (Unicode TS 39, §4): `sara` in Latin and in Cyrillic
//! letters, `paypal` and `paypaI`. Both may well be customers, so nothing is refused or merged for it: it is reported.
//!
//! Every pair has to be found, in a file of any size and among all stored customers, in little memory. So a row leaves
//! two numbers in one of many temporary files, chosen by the first number; at the end each is looked through on its own.

use std::{
    collections::HashMap,
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufWriter, Read, Seek, Write},
};

use unicode_security::confusable_detection::skeleton;

use super::{columns::Row, report::Finding};

/// With ten million usernames in all, a file is 4 MB long.
const FILES: u64 = 64;
const RECORD_BYTES: usize = 25;

/// Who has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// A stored customer, by id.
    Customer(i64),
    /// A row of the file, by line.
    Line(i64),
}

/// A value that no two customers should share, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    field: u8,
    /// The same for lookalikes.
    look: u64,
    /// The same for equals.
    value: u64,
}

const FIELDS: [&str; 5] = ["username", "id", "mobile_number", "email", "keys"];

impl Mark {
    pub(super) fn of_username(username: &str, canonical_username: &str) -> Self {
        // Case is folded last: `I` looks like `l`, `i` does not.
        let look: String = skeleton(username).flat_map(char::to_lowercase).collect();
        Self { field: 0, look: hash(&look), value: hash(canonical_username) }
    }

    fn of_value(field: u8, value: impl Hash) -> Self {
        let value = hash(value);
        Self { field, look: value, value }
    }

    /// Everything of a row that no other row may have.
    pub(super) fn of_row(row: &Row) -> Vec<Self> {
        let mut marks = vec![Self::of_username(row.username(), row.canonical_username())];
        marks.extend(row.id().map(|id| Self::of_value(1, id)));
        marks.extend(row.mobile_number().map(|number| Self::of_value(2, number)));
        marks.extend(row.email().map(|email| Self::of_value(3, email)));
        marks.extend(row.new.keys.iter().map(|key| Self::of_value(4, key)));
        marks
    }

    /// What two rows of one batch must not share.
    pub(super) fn value(self) -> (u8, u64) {
        (self.field, self.value)
    }

    pub(super) fn is_username(self) -> bool {
        self.field == 0
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// All marks seen, on their way to being compared.
pub(super) struct Twins(Vec<BufWriter<File>>);

impl Twins {
    pub(super) fn new() -> io::Result<Self> {
        (0..FILES)
            .map(|_| tempfile::tempfile().map(|file| BufWriter::with_capacity(4096, file)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(super) fn note(&mut self, mark: Mark, who: Who) -> io::Result<()> {
        let file = &mut self.0[(mark.look % FILES) as usize];
        let who = match who {
            Who::Customer(id) => -id,
            Who::Line(line) => line,
        };
        file.write_all(&[mark.field])?;
        for number in [mark.look.to_le_bytes(), mark.value.to_le_bytes(), who.to_le_bytes()] {
            file.write_all(&number)?;
        }
        Ok(())
    }

    /// What each temporary file has to tell.
    pub(super) fn finish(self) -> impl Iterator<Item = io::Result<Vec<Twin>>> {
        self.0.into_iter().map(|file| Ok(twins(read(file)?)))
    }
}

fn read(file: BufWriter<File>) -> io::Result<Vec<(Mark, Who)>> {
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let number = |record: &[u8], at: usize| {
        let mut number = [0; 8];
        number.copy_from_slice(&record[at..at + 8]);
        u64::from_le_bytes(number)
    };
    let records = bytes.chunks_exact(RECORD_BYTES).map(|record| {
        let mark = Mark { field: record[0], look: number(record, 1), value: number(record, 9) };
        let who = number(record, 17).cast_signed();
        (mark, if who < 0 { Who::Customer(-who) } else { Who::Line(who) })
    });
    Ok(records.collect())
}

/// A row of the file that is like an earlier one, or like a stored customer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Twin {
    line: i64,
    field: u8,
    pub(super) of: Who,
    /// Not only alike: one value.
    pub(super) is_same: bool,
}

impl Twin {
    pub(super) fn finding(&self) -> Finding {
        let field = FIELDS[usize::from(self.field)];
        let of = match self.of {
            Who::Customer(id) => format!("customer {id}"),
            Who::Line(line) => format!("line {line}"),
        };
        let message = if self.is_same {
            format!("The same {field} as in {of}.")
        } else {
            format!("This {field} looks like that of {of}.")
        };
        Finding::new(self.line.cast_unsigned(), field, message)
    }
}

fn twins(mut records: Vec<(Mark, Who)>) -> Vec<Twin> {
    // Those that look alike side by side, stored customers first, then lines in their order.
    records.sort_unstable_by_key(|(mark, who)| (mark.field, mark.look, *who));
    let alike = records.chunk_by(|(one, _), (other, _)| (one.field, one.look) == (other.field, other.look));
    alike.filter(|group| group.len() > 1).flat_map(twins_among).collect()
}

fn twins_among(group: &[(Mark, Who)]) -> Vec<Twin> {
    let (first, first_who) = group[0];
    let second = group.iter().find(|(mark, _)| mark.value != first.value);
    let mut first_lines: HashMap<u64, i64> = HashMap::new();
    let mut twins = Vec::new();
    for (mark, who) in group {
        let Who::Line(line) = *who else { continue };
        // A stored customer with this very value is the row's own customer, or else the import refuses the row.
        match first_lines.get(&mark.value) {
            Some(same) => twins.push(Twin { line, field: mark.field, of: Who::Line(*same), is_same: true }),
            None => drop(first_lines.insert(mark.value, line)),
        }
        let other = if mark.value == first.value { second.map(|(_, who)| *who) } else { Some(first_who) };
        if let Some(of) = other.filter(|other| other < who) {
            twins.push(Twin { line, field: mark.field, of, is_same: false });
        }
    }
    twins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Username;

    fn found(usernames: &[(&str, Who)]) -> Vec<(i64, Who, bool)> {
        let mut all = Twins::new().unwrap();
        for (username, who) in usernames {
            let username = Username::parse(&(*username).into()).unwrap();
            all.note(Mark::of_username(username.as_str(), username.key()), *who).unwrap();
        }
        let mut found: Vec<_> =
            all.finish().flat_map(Result::unwrap).map(|twin| (twin.line, twin.of, twin.is_same)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn lookalikes_and_equals_are_found() {
        use Who::{Customer, Line};
        let file = [
            ("sara", Line(2)),
            ("s\u{430}r\u{430}", Line(3)),
            ("Sara", Line(4)),
            ("paypal", Line(5)),
            ("paypaI", Line(6)),
            ("reza", Line(7)),
        ];
        assert_eq!(found(&file), [(3, Line(2), false), (4, Line(2), true), (4, Line(3), false), (6, Line(5), false)]);
        assert_eq!(found(&[("rez\u{430}", Line(2)), ("reza", Customer(9))]), [(2, Customer(9), false)]);
    }

    #[test]
    fn a_customer_who_is_stored_already_is_no_twin_of_their_own_row() {
        let row = |line| ("sara", Who::Line(line));
        assert_eq!(found(&[("sara", Who::Customer(1)), row(2)]), []);
        let other = ("s\u{430}ra", Who::Customer(2));
        assert_eq!(found(&[("sara", Who::Customer(1)), other, row(2)]), [(2, Who::Customer(2), false)]);
    }
}
