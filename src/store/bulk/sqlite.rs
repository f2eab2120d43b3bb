//! SQLite: inserts of several hundred rows at once.

use entity::{api_token, customer};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    Iterable, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};

use super::Table;

/// Thirteen columns of a customer make 6,500 of the 32,766 parameters that SQLite takes.
const ROWS_PER_STATEMENT: usize = 500;

/// Unique values come in no order, so that every batch touches most pages of their indexes. In a larger cache a page is
/// changed many times before it is written; in a larger log, many times before it is moved into the database. Who
/// writes in bulk has no other connection that would look after the log: SQLite does it, at a commit.
pub(super) async fn make_room(db: &DatabaseConnection) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA cache_size = -32768").await?;
    db.execute_unprepared("PRAGMA wal_autocheckpoint = 65536").await?;
    Ok(())
}

/// A transaction that is a writer from the start: one that becomes a writer half-way may find that it cannot.
pub(super) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    db.begin_with_options(options).await
}

/// AUTOINCREMENT notes by itself the highest id that was ever stored; nobody else writes while this transaction does.
pub(super) async fn reserve_ids(
    transaction: &DatabaseTransaction,
    table: Table,
    above: i64,
    count: usize,
) -> Result<Vec<i64>, DbErr> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT COALESCE(MAX(seq), 0) AS seq FROM sqlite_sequence WHERE name = ?";
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [table.name().into()]);
    let row = transaction.query_one_raw(statement).await?;
    let highest: i64 = row.map_or(Ok(0), |row| row.try_get("", "seq"))?;
    Ok((highest.max(above) + 1..).take(count).collect())
}

pub(super) async fn insert_customers(db: &DatabaseTransaction, rows: &[customer::Model]) -> Result<(), DbErr> {
    insert::<customer::Entity, customer::ActiveModel>(db, rows).await
}

pub(super) async fn insert_tokens(db: &DatabaseTransaction, rows: &[api_token::Model]) -> Result<(), DbErr> {
    insert::<api_token::Entity, api_token::ActiveModel>(db, rows).await
}

/// The statement's text depends on the number of rows alone, so that SQLite prepares it once. (`insert_many` would
/// build it anew for every batch, which takes longer than the insert.)
async fn insert<E, A>(db: &DatabaseTransaction, rows: &[E::Model]) -> Result<(), DbErr>
where
    E: EntityTrait,
    A: ActiveModelTrait<Entity = E> + From<E::Model>,
    E::Model: Clone,
{
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        let values: Vec<Value> = rows.iter().flat_map(|row| values(A::from(row.clone()))).collect();
        let sql = insert_sql::<E>(rows.len());
        db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?;
    }
    Ok(())
}

fn values<A: ActiveModelTrait>(mut row: A) -> Vec<Value> {
    <A::Entity as EntityTrait>::Column::iter().filter_map(|column| row.take(column).into_value()).collect()
}

fn insert_sql<E: EntityTrait>(rows: usize) -> String {
    use sea_orm::IdenStatic;
    let columns: Vec<_> = E::Column::iter().map(|column| column.as_str()).collect();
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let table = sea_orm::EntityName::table_name(&E::default());
    format!("INSERT INTO {table} ({}) VALUES {}", columns.join(", "), vec![row; rows].join(", "))
}
