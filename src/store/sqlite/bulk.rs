//! SQLite: inserts of several hundred rows at once.

use std::time::{Duration, Instant};

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    Iterable, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use crate::store::bulk::{BulkTransaction, RowToInsert, Table, column_names, values};

/// Thirteen columns of a customer make 6,500 of the 32,766 parameters that SQLite takes.
const ROWS_PER_STATEMENT: usize = 500;

/// How long [`checkpoint_wal`] tries: a running server's own checkpoint of a large WAL takes seconds.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_secs(20);
const CHECKPOINT_PAUSE: Duration = Duration::from_millis(100);

/// Enlarges the cache and the WAL, and stops waiting for the disk at each commit.
///
/// Unique values come in random order, so every batch touches most pages of their indexes. In a larger cache, a page
/// changes many times before it is written to the WAL; in a larger WAL, many times before it is moved into the
/// database. SQLite checkpoints at a commit meanwhile; the store's own checkpoints are stopped.
///
/// The risk of `synchronous=NORMAL`: a power cut may undo the last commits of this connection. It undoes them in order
/// from the end and the file stays sound (<https://sqlite.org/pragma.html#pragma_synchronous>), so the operator runs the
/// import again. Commits of a running server are as durable as ever.
pub(super) async fn relax_durability(db: &DatabaseConnection) -> Result<(), DbErr> {
    for pragma in ["cache_size = -32768", "wal_autocheckpoint = 65536", "synchronous = NORMAL"] {
        db.execute_unprepared(&format!("PRAGMA {pragma}")).await?;
    }
    Ok(())
}

/// Moves the WAL into the database, which makes all of it durable, and truncates it. It waits for other connections
/// that checkpoint or read the WAL at this moment.
pub(super) async fn checkpoint_wal(db: &DatabaseConnection) -> Result<(), DbErr> {
    let start = Instant::now();
    while start.elapsed() < CHECKPOINT_TIMEOUT {
        let checkpoint = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
        let busy: i64 = db.query_one_raw(checkpoint).await?.map_or(Ok(0), |row| row.try_get("", "busy"))?;
        if busy == 0 {
            return Ok(());
        }
        tokio::time::sleep(CHECKPOINT_PAUSE).await;
    }
    let seconds = CHECKPOINT_TIMEOUT.as_secs();
    Err(DbErr::Custom(format!(
        "all rows were written, but the WAL could not be checkpointed within {seconds} s because another process is \
         reading it"
    )))
}

/// Begins a transaction that holds the write lock from the start: one that asks for it later may not get it.
pub(super) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    db.begin_with_options(options).await
}

/// A transaction of bulk inserts.
pub(in crate::store) struct Bulk(pub(super) DatabaseTransaction);

impl BulkTransaction for Bulk {
    /// AUTOINCREMENT records the highest id that was ever stored. No other connection writes during this transaction.
    async fn reserve_ids(&mut self, table: Table, above: i64, count: usize) -> Result<Vec<i64>, DbErr> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let sql = "SELECT COALESCE(MAX(seq), 0) AS seq FROM sqlite_sequence WHERE name = ?";
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [table.name().into()]);
        let row = self.0.query_one_raw(statement).await?;
        let highest: i64 = row.map_or(Ok(0), |row| row.try_get("", "seq"))?;
        Ok((highest.max(above) + 1..).take(count).collect())
    }

    /// SQLite works on a thread of its own: while it inserts some rows, this task builds the next statement.
    async fn insert<E, A>(&mut self, mut rows: impl Iterator<Item = RowToInsert<E::Model>>) -> Result<(), DbErr>
    where
        E: EntityTrait,
        A: ActiveModelTrait<Entity = E> + From<E::Model>,
    {
        let mut next = statement::<E, A>(&mut rows)?;
        while let Some(insert) = next {
            let (done, prepared) = tokio::join!(self.0.execute_raw(insert), async { statement::<E, A>(&mut rows) });
            done?;
            next = prepared?;
        }
        Ok(())
    }

    async fn commit(self) -> Result<(), DbErr> {
        self.0.commit().await
    }
}

/// The insert of the next rows, if there are any. Its text depends on their number alone, so that SQLite prepares it
/// once. (`insert_many` would build the text again for every batch, which takes longer than the insert.)
fn statement<E, A>(rows: &mut impl Iterator<Item = RowToInsert<E::Model>>) -> Result<Option<Statement>, DbErr>
where
    E: EntityTrait,
    A: ActiveModelTrait<Entity = E> + From<E::Model>,
{
    let (mut count, mut parameters) = (0, Vec::new());
    for row in rows.take(ROWS_PER_STATEMENT) {
        parameters.extend(values(A::from(row?)));
        count += 1;
    }
    let statement = || Statement::from_sql_and_values(DbBackend::Sqlite, insert_sql::<E>(count), parameters);
    Ok((count > 0).then(statement))
}

/// A unique value that is taken fails the whole transaction. `OR FAIL` tells SQLite that it need not be able to undo
/// this statement alone; otherwise it would copy every page before it changes it.
fn insert_sql<E: EntityTrait>(rows: usize) -> String {
    let row = format!("({})", vec!["?"; E::Column::iter().count()].join(", "));
    let (table, columns) = (E::default(), column_names::<E>());
    format!("INSERT OR FAIL INTO {} ({columns}) VALUES {}", table.table_name(), vec![row; rows].join(", "))
}
