//! The table of customers.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // Not the default on SQLite, where a failing step would leave half of itself behind.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("customer")
                    .col(big_pk_auto("id"))
                    .col(string_len("username", 150))
                    .col(text("username_key"))
                    .col(string_null("mobile_number"))
                    .col(string_null("email"))
                    .col(string_len_null("avatar", 2048))
                    .col(string_len("first_name", 150).default(""))
                    .col(string_len("last_name", 150).default(""))
                    .col(string_len_null("gender", 6))
                    .col(boolean("is_active").default(true))
                    .col(big_integer("version").default(1))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .check(("customer_gender_check", Expr::col("gender").is_in(["male", "female"])))
                    .to_owned(),
            )
            .await?;
        for column in ["username_key", "mobile_number", "email"] {
            manager
                .create_index(
                    Index::create()
                        .unique()
                        .name(format!("customer_{column}_unique"))
                        .table("customer")
                        .col(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("customer").to_owned()).await
    }
}
