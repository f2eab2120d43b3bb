//! The customers of a Django shop, with their tokens.

use std::collections::VecDeque;

use sea_orm::ActiveValue::Set;
use serde_json::Value;
use tokio::runtime::Handle;

use super::{
    PAGE_ROWS,
    fields::FileField,
    input::{Item, RowOrErrors},
    row::RawRow,
};
use crate::{
    profile::{Field, MediaUrl},
    store::{ShopField, ShopReader, ShopRow},
};

/// An open Django shop.
pub struct DjangoSource {
    /// Reads the shop.
    pub reader: ShopReader,
    /// Where the shop serves the files of its avatars; `None`: avatars are URLs.
    pub media_url: Option<MediaUrl>,
}

/// The rows in the order of the users' ids, which stand for the lines of a file.
pub(super) fn rows(source: DjangoSource, min_token_chars: usize) -> impl Iterator<Item = Item> {
    let DjangoSource { reader, media_url } = source;
    let fields = reader.fields();
    let runtime = Handle::current();
    let (mut reader, mut page, mut count) = (Some(reader), VecDeque::new(), 0);
    std::iter::from_fn(move || {
        if page.is_empty() {
            match runtime.block_on(reader.as_mut()?.next_page(PAGE_ROWS)) {
                Ok(rows) => page = rows.into(),
                Err(error) => return Some(Err(error.into())),
            }
        }
        match page.pop_front() {
            Some(row) => {
                count += 1;
                Some(Ok((count, parse(row, fields, media_url.as_ref(), min_token_chars))))
            }
            None => {
                runtime.block_on(reader.take()?.close());
                None
            }
        }
    })
}

/// The row under the rules of the profile. A field that the shop does not have is absent.
fn parse(
    row: ShopRow,
    fields: [bool; ShopField::ALL.len()],
    media_url: Option<&MediaUrl>,
    min_token_chars: usize,
) -> RowOrErrors {
    let ShopRow { id, values, is_active, created_at, updated_at, tokens } = row;
    let mut raw = RawRow::default();
    let mut set = |name: &str, value| {
        if let Some(field) = FileField::parse(name) {
            raw.set(field, value);
        }
    };
    set("id", Value::from(id));
    set("is_active", Value::from(is_active));
    set("tokens", Value::from(tokens));
    for ((field, value), is_there) in ShopField::ALL.into_iter().zip(values).zip(fields) {
        if !is_there {
            continue;
        }
        let value = match (field, media_url) {
            (ShopField::Profile(Field::Avatar), Some(media)) => value.and_then(|path| media.of(&path)),
            // Django stores "" for no name; a column that takes NULL may have that instead.
            (ShopField::Profile(Field::FirstName | Field::LastName), _) => Some(value.unwrap_or_default()),
            _ => value.filter(|text| !text.is_empty()),
        };
        set(field.as_str(), value.map_or(Value::Null, Value::String));
    }
    let mut row = raw.parse(id.cast_unsigned(), min_token_chars)?;
    if let Some(date) = created_at {
        row.new.row.created_at = Set(date);
    }
    if let Some(date) = updated_at {
        row.new.row.updated_at = Set(date);
    }
    Ok(row)
}
