//! Customers whose usernames look alike: `sara` in Latin and in Cyrillic letters, `paypal` and `paypaI`.
//!
//! Two usernames look alike when they have the same skeleton (Unicode TS 39, §4). They may well be two customers, so
//! nothing is rejected or merged because of it. The skeletons of all customers are compared in a temporary database of
//! SQLite, which holds what does not fit into its cache in a file, and deletes it when the connection ends.

use futures_util::TryStreamExt;
use sea_orm::sqlx::{
    self, Connection, QueryBuilder, Row as _, Sqlite, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use unicode_security::confusable_detection::skeleton;

use super::PAGE_ROWS;
use crate::store::{Store, StoreError};

/// Rows of one insert. Each has three parameters, of which SQLite takes 32,766.
const MAX_ROWS_PER_STATEMENT: usize = 2000;

/// A customer whose username looks like that of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookAlike {
    /// The same number for customers whose usernames look alike: 1, 2, 3, ...
    pub group: u64,
    /// The customer's id.
    pub id: i64,
    /// The customer's username.
    pub username: String,
}

/// The comparison stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum DuplicatesError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The temporary database failed.
    #[error("cannot compare usernames in a temporary file")]
    TemporaryFile(#[from] sqlx::Error),
}

/// Finds all customers whose usernames look like those of others, group by group; `progress` is given how many customers
/// are read.
///
/// # Errors
/// The database or the temporary database fails.
pub async fn duplicates(
    store: &Store,
    progress: impl Fn(u64),
    mut found: impl FnMut(LookAlike),
) -> Result<(), DuplicatesError> {
    let mut usernames = open().await?;
    let (mut after, mut done) = (i64::MIN, 0);
    loop {
        let page = store.usernames_after(after, PAGE_ROWS).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        done += page.len() as u64;
        for rows in page.chunks(MAX_ROWS_PER_STATEMENT) {
            insert(&mut usernames, rows).await?;
        }
        progress(done);
    }
    let look_alike = "SELECT dense_rank() OVER (ORDER BY skeleton), id, username FROM usernames WHERE skeleton IN \
                      (SELECT skeleton FROM usernames GROUP BY skeleton HAVING count(*) > 1) ORDER BY skeleton, id";
    let mut rows = sqlx::query(look_alike).fetch(&mut usernames);
    while let Some(row) = rows.try_next().await? {
        let group: i64 = row.try_get(0)?;
        found(LookAlike { group: group.cast_unsigned(), id: row.try_get(1)?, username: row.try_get(2)? });
    }
    Ok(())
}

async fn open() -> sqlx::Result<SqliteConnection> {
    // A file without a name is a temporary one: <https://sqlite.org/inmemorydb.html#temp_db>.
    let options = SqliteConnectOptions::new()
        .filename("")
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .statement_cache_capacity(2);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let create = "CREATE TABLE usernames (skeleton TEXT NOT NULL, id INTEGER NOT NULL, username TEXT NOT NULL)";
    sqlx::query(create).execute(&mut connection).await?;
    Ok(connection)
}

async fn insert(connection: &mut SqliteConnection, rows: &[(i64, String)]) -> sqlx::Result<()> {
    let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO usernames (skeleton, id, username) ");
    insert.push_values(rows, |mut row, (id, username)| {
        row.push_bind(skeleton_of(username)).push_bind(id).push_bind(username);
    });
    insert.build().execute(connection).await.map(drop)
}

/// The same for usernames that look alike. Case is folded last: `I` looks like `l`, `i` does not.
fn skeleton_of(username: &str) -> String {
    skeleton(username).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confusable_usernames_have_one_skeleton() {
        for (one, other) in [("sara", "s\u{430}r\u{430}"), ("paypal", "paypaI"), ("Sara", "sara")] {
            assert_eq!(skeleton_of(one), skeleton_of(other), "{one} {other}");
        }
        assert_ne!(skeleton_of("sara"), skeleton_of("sarah"));
    }
}
