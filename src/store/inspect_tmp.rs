//! Temporary.
#![allow(missing_docs, clippy::unwrap_used)]
use super::{DatabaseUrl, django::*, url::Kind};
use crate::profile::Field;
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Row};
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InspectError(String);
pub async fn inspect_django(url: &DatabaseUrl, options: &DjangoOptions) -> Result<DjangoShop, InspectError> {
    let columns = match &url.0 {
        Kind::Postgres(p) => {
            let mut c = p.text.parse::<sqlx::postgres::PgConnectOptions>().unwrap().connect().await.unwrap();
            let rows = sqlx::query("SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped").fetch_all(&mut c).await.unwrap();
            rows.iter()
                .map(|r| (r.get::<String, _>(0), r.get::<String, _>(1), r.get::<String, _>(2), r.get::<bool, _>(3)))
                .collect::<Vec<_>>()
        }
        Kind::Sqlite(s) => {
            let mut c = s.text.parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap().connect().await.unwrap();
            let rows = sqlx::query(AssertSqlSafe("SELECT m.name, p.name, p.type, p.\"notnull\" FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'".to_owned())).fetch_all(&mut c).await.unwrap();
            rows.iter()
                .map(|r| (r.get::<String, _>(0), r.get::<String, _>(1), r.get::<String, _>(2), r.get::<bool, _>(3)))
                .collect::<Vec<_>>()
        }
    };
    let has = |t: &str| columns.iter().any(|c| c.0 == t);
    let user = ["shop_customer", "accounts_user", "auth_user"].into_iter().find(|t| has(t)).unwrap();
    let find = |table: &str, name: &str, in_profile: bool| {
        let c = columns.iter().find(|c| c.0 == table && c.1 == name)?;
        let max = c.2.split_once('(').and_then(|(_, r)| r.trim_end_matches(')').parse().ok());
        Some(ShopColumn {
            in_profile_table: in_profile,
            name: name.into(),
            column_type: ColumnType::Text,
            declared_type: c.2.clone(),
            max_chars: max,
            nullable: !c.3,
        })
    };
    let field = |f: Field| {
        let name = options.column(ShopField::Profile(f)).map_or(f.as_str().to_owned(), |c| c.name.clone());
        find(user, &name, false)
            .or_else(|| find("profiles_profile", &name, true))
            .ok_or_else(|| InspectError(format!("no column for {name}: --column {name}=")))
    };
    let t = |n: &str| ShopTable { schema: url.is_postgres().then(|| "public".into()), name: n.into() };
    Ok(DjangoShop {
        user_table: t(user),
        user_id: find(user, "id", false).unwrap(),
        token_table: t("authtoken_token"),
        token_key: find("authtoken_token", "key", false).unwrap(),
        token_user_id: find("authtoken_token", "user_id", false).unwrap(),
        profile_table: find("profiles_profile", "user_id", true)
            .map(|user_id| ProfileTable { table: t("profiles_profile"), user_id }),
        username: field(Field::Username)?,
        mobile_number: field(Field::MobileNumber)?,
        email: field(Field::Email)?,
        avatar: field(Field::Avatar)?,
        first_name: field(Field::FirstName)?,
        last_name: field(Field::LastName)?,
        gender: field(Field::Gender)?,
        is_active: find(user, "is_active", false).unwrap(),
        touch: options.touch.iter().map(|c| find(user, &c.name, false).unwrap()).collect(),
    })
}
