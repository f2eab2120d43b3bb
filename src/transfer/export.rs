//! Exports customers as import reads them, without API tokens: only their digests are known.

use std::io::{self, Write};

use entity::customer::{self, Gender};
use serde::Serialize;

use super::{DjangoSource, Format, PAGE_ROWS};
use crate::{
    profile::MediaUrl,
    store::{DatabaseFailed, ShopRow, Store, StoreError},
};

/// The fields of an import in the same order, without the tokens.
#[derive(Serialize)]
struct ExportedRow<'a> {
    id: i64,
    username: &'a str,
    mobile_number: Option<&'a str>,
    email: Option<&'a str>,
    avatar: Option<&'a str>,
    first_name: &'a str,
    last_name: &'a str,
    gender: Option<&'a str>,
    is_active: bool,
}

impl<'a> From<&'a customer::Model> for ExportedRow<'a> {
    fn from(row: &'a customer::Model) -> Self {
        Self {
            id: row.id,
            username: &row.username,
            mobile_number: row.mobile_number.as_deref(),
            email: row.email.as_deref(),
            avatar: row.avatar.as_deref(),
            first_name: &row.first_name,
            last_name: &row.last_name,
            gender: row.gender.map(Gender::as_str),
            is_active: row.is_active,
        }
    }
}

/// The export stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The Django shop's database failed.
    #[error(transparent)]
    Django(#[from] DatabaseFailed),
    /// The output cannot be written to.
    #[error("cannot write")]
    Io(#[from] io::Error),
}

/// Writes every customer in the order of their ids; `progress` is given how many are done.
///
/// # Errors
/// The database fails, or the output cannot be written to.
pub async fn export(
    store: &Store,
    format: Format,
    output: impl Write,
    progress: impl Fn(u64),
) -> Result<(), ExportError> {
    let mut output = Output::new(format, output)?;
    let (mut after, mut done) = (i64::MIN, 0);
    loop {
        let page = store.customers_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for row in &page {
            output.write(&row.into())?;
        }
        done += page.len() as u64;
        progress(done);
    }
    output.finish()?;
    Ok(())
}

/// As [`export`], out of a Django shop's database.
///
/// # Errors
/// As [`export`].
pub async fn export_django(
    source: DjangoSource,
    format: Format,
    output: impl Write,
    progress: impl Fn(u64),
) -> Result<(), ExportError> {
    let DjangoSource { mut reader, media_url } = source;
    let mut output = Output::new(format, output)?;
    let mut done = 0;
    loop {
        let page = reader.next_page(PAGE_ROWS).await?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            output.write(&of_django(row, &avatar(row, media_url.as_ref())))?;
        }
        done += page.len() as u64;
        progress(done);
    }
    reader.close().await;
    output.finish()?;
    Ok(())
}

fn of_django<'a>(row: &'a ShopRow, avatar: &'a Option<String>) -> ExportedRow<'a> {
    let [username, mobile_number, email, _, first_name, last_name, gender] = &row.values;
    ExportedRow {
        id: row.id,
        username: username.as_deref().unwrap_or_default(),
        mobile_number: mobile_number.as_deref(),
        email: email.as_deref(),
        avatar: avatar.as_deref(),
        first_name: first_name.as_deref().unwrap_or_default(),
        last_name: last_name.as_deref().unwrap_or_default(),
        gender: gender.as_deref(),
        is_active: row.is_active,
    }
}

/// The avatar's URL, where the shop stores the path of a file.
fn avatar(row: &ShopRow, media_url: Option<&MediaUrl>) -> Option<String> {
    let [_, _, _, avatar, ..] = &row.values;
    match media_url {
        None => avatar.clone(),
        Some(media) => media.of(avatar.as_deref()?),
    }
}

enum Output<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Jsonl(io::BufWriter<W>),
}

impl<W: Write> Output<W> {
    fn new(format: Format, output: W) -> io::Result<Self> {
        match format {
            Format::Jsonl => Ok(Self::Jsonl(io::BufWriter::new(output))),
            Format::Csv => {
                let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(output);
                // Written here, because the csv crate writes it with the first row only, and there may be none.
                let tokens = super::fields::FIELDS.len() - 1;
                writer.write_record(&super::fields::FIELDS[..tokens])?;
                Ok(Self::Csv(Box::new(writer)))
            }
        }
    }

    fn write(&mut self, row: &ExportedRow<'_>) -> io::Result<()> {
        match self {
            Self::Csv(writer) => writer.serialize(row).map_err(io::Error::from),
            Self::Jsonl(writer) => {
                serde_json::to_writer(&mut *writer, row)?;
                writer.write_all(b"\n")
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(mut writer) => writer.flush(),
            Self::Jsonl(mut writer) => writer.flush(),
        }
    }
}
