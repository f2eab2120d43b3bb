//! By which indexes SQLite finds the rows of a Django shop's tables. (PostgreSQL's plans: `tests/django/test_plans.py`.)

use sea_orm::sqlx::{self, Connection, SqliteConnection};
use test_support::{database::Database, django::create_shop};

use crate::{
    profile::{FieldInput, Patch, PatchInput, ProfileRules},
    store::{
        django::{DjangoOptions, inspect_django},
        layout::{Dialect, DjangoLayout},
    },
};

#[tokio::test]
async fn sqlite_scans_no_table() {
    let database = Database::sqlite();
    create_shop(&database).await;
    let options = DjangoOptions::default();
    let shop = inspect_django(&database.url().parse().unwrap(), &options).await.unwrap();
    let layout = DjangoLayout::new(shop, Dialect::Sqlite, &options);
    let mut statements = vec![layout.token_owner(), layout.find_username()];
    for is_conditional in [false, true] {
        let mut parameters = 1..;
        statements.push(layout.update(&every_field(), is_conditional, &mut || parameters.next().unwrap()));
    }
    let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
    for statement in statements {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
                .fetch_all(&mut connection)
                .await
                .unwrap();
        let steps: Vec<_> = plan.into_iter().map(|(_, _, _, step)| step).collect();
        assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{statement}: {steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{statement}: {steps:?}");
    }
    connection.close().await.unwrap();
}

fn every_field() -> Patch {
    let text = |text: &str| FieldInput::Text(text.into());
    let input = PatchInput {
        username: text("reza"),
        avatar: text("https://a.example/"),
        first_name: text("Reza"),
        last_name: text("Karimi"),
        gender: text("male"),
    };
    input.parse(&ProfileRules::NATIVE).unwrap()
}
