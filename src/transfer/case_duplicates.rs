//! Usernames of a Django shop that differ from another one in case, width or invisible letters alone: two customers
//! there, and one username here.

use sea_orm::sqlx;

use super::{
    PAGE_ROWS,
    value_map::{Fingerprint, UniqueField, ValueMap},
};
use crate::{
    profile::Username,
    store::{DatabaseFailed, ShopReader, ShopRow},
};

/// How many pairs of ids are given.
const SHOWN_PAIRS: usize = 5;

/// The usernames that an import would reject because an earlier customer has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseDuplicates {
    /// How many.
    pub count: u64,
    /// The ids of some of them: of the first customer with the username, and of a later one.
    pub ids: Vec<(i64, i64)>,
}

/// The comparison stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum CaseDuplicatesError {
    /// The shop's database failed.
    #[error(transparent)]
    Database(#[from] DatabaseFailed),
    /// The temporary database failed.
    #[error("cannot compare usernames in a temporary file")]
    TemporaryFile(#[from] sqlx::Error),
}

/// Compares all usernames of a shop.
///
/// # Errors
/// The shop's database or the temporary database fails.
pub async fn case_duplicates(mut reader: ShopReader) -> Result<CaseDuplicates, CaseDuplicatesError> {
    let mut first_ids = ValueMap::open().await?;
    let mut found = CaseDuplicates::default();
    loop {
        let page = reader.next_page(PAGE_ROWS).await?;
        if page.is_empty() {
            break;
        }
        let values: Vec<_> = page.iter().filter_map(|row| Some((fingerprint(row)?, row.id))).collect();
        let first = first_ids.insert(values.clone()).await?;
        for (value, id) in values {
            if let Some(first) = first.get(&value).filter(|first| **first < id) {
                found.count += 1;
                if found.ids.len() < SHOWN_PAIRS {
                    found.ids.push((*first, id));
                }
            }
        }
    }
    reader.close().await;
    Ok(found)
}

/// Of the canonical username; `None` for a username that no rule of ours allows.
fn fingerprint(row: &ShopRow) -> Option<Fingerprint> {
    let [username, ..] = &row.values;
    let username = Username::parse(&username.as_deref()?.into(), usize::MAX).ok()?;
    Some(Fingerprint::text(UniqueField::Username, username.canonical()))
}
