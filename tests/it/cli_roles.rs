//! Commands under a PostgreSQL role without the right to change the schema, and on a read-only server.

use sea_orm::ConnectionTrait;

use crate::support::{
    Subject,
    binary::{self, Server},
    database::Database,
    shop::Shop,
};

/// `url` with a setting of the connection.
pub fn with_setting(url: &str, name: &str, value: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options[{name}]={value}")
}

/// A role that may read and write rows and do nothing else. Dropped with what it was granted.
pub struct Role<'a> {
    database: &'a Database,
    pub name: String,
}

impl<'a> Role<'a> {
    pub async fn new(database: &'a Database, name: &str) -> Self {
        let name = format!("shop_it_{name}_{}", std::process::id());
        let db = database.connect().await;
        for sql in [
            format!("CREATE ROLE {name}"),
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_owned(),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}"),
        ] {
            db.execute_unprepared(&sql).await.unwrap();
        }
        Self { database, name }
    }

    pub fn url(&self) -> String {
        with_setting(self.database.direct_url(), "role", &self.name)
    }

    pub async fn drop(self) {
        let db = self.database.connect().await;
        db.execute_unprepared(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_ddl_rights_can_serve_and_read() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let sara = shop.customer("sara").await;
    let role = Role::new(&shop.database, "rows").await;
    let url = role.url();

    for arguments in [&["--no-migrate"][..], &[]] {
        let server = Server::start(&url, arguments).await;
        server.get().token(&sara.token).send().await.assert_status(200);
        server.patch(serde_json::json!({"first_name": "S"})).token(&sara.token).send().await.assert_status(200);
    }
    for arguments in ["migrate --status", "migrate", "customer show sara", "customer export", "token list sara"] {
        binary::run(&url, &arguments.split(' ').collect::<Vec<_>>()).await.ok();
    }
    role.drop().await;
}

/// What docs/operations.md grants, and what is said to a role that may not see the migrations.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_rights_are_enough_and_none_is_too_much() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let sara = shop.customer("sara").await;
    let role = Role::new(&shop.database, "least").await;
    let db = shop.database.connect().await;
    db.execute_unprepared(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}", role.name)).await.unwrap();
    let grant = async |sql: &str| db.execute_unprepared(&sql.replace("shop_profile", &role.name)).await.unwrap();

    grant("GRANT SELECT, UPDATE ON customer, api_token TO shop_profile").await;
    for arguments in [&["migrate", "--status"][..], &["serve", "--no-migrate", "--listen", "127.0.0.1:0"], &["doctor"]]
    {
        let ended = binary::run(&role.url(), arguments).await;
        ended.assert_code(1);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains("GRANT SELECT ON seaql_migrations TO the role"), "{ended:?}");
    }
    grant("GRANT SELECT ON seaql_migrations TO shop_profile").await;
    let server = Server::start(&role.url(), &["--no-migrate"]).await;
    server.patch(serde_json::json!({"first_name": "S"})).token(&sara.token).send().await.assert_status(200);

    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap();
    let grants: Vec<_> = document.lines().filter(|line| line.starts_with("GRANT ")).collect();
    assert_eq!(grants.len(), 3, "{grants:?}");
    for sql in grants {
        grant(sql).await;
    }
    for arguments in ["customer add --username omid", "token issue omid", "customer deactivate omid", "token revoke 2"]
    {
        binary::run(&role.url(), &arguments.split(' ').collect::<Vec<_>>()).await.ok();
    }
    role.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_ddl_rights_is_told_what_migrating_needs() {
    let Some(database) = Database::postgres().await else { return };
    let role = Role::new(&database, "empty").await;
    for arguments in [&["migrate"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let ended = binary::run(&role.url(), arguments).await;
        ended.assert_code(1);
        let needs = "cannot migrate the database: permission denied for schema public: the role needs the right CREATE";
        assert!(ended.stderr.contains(needs) && !ended.stderr.contains("at line"), "{ended:?}");
    }
    let pending = binary::run(&role.url(), &["serve", "--no-migrate", "--listen", "127.0.0.1:0"]).await;
    assert!(pending.stderr.contains("(3 pending): run `shop-profile migrate`"), "{pending:?}");
    role.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_read_work_on_a_read_only_server() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    shop.customer("sara").await;
    let url = with_setting(shop.database.direct_url(), "default_transaction_read_only", "on");
    for arguments in ["migrate --status", "migrate", "customer show sara", "customer export", "token list sara"] {
        binary::run(&url, &arguments.split(' ').collect::<Vec<_>>()).await.ok();
    }
    let empty = shop.database.another().await;
    let url = with_setting(empty.direct_url(), "default_transaction_read_only", "on");
    let ended = binary::run(&url, &["migrate"]).await;
    let read_only = "cannot execute CREATE TABLE in a read-only transaction: run `shop-profile migrate` on the primary";
    assert!(ended.code == Some(1) && ended.stderr.contains(read_only), "{ended:?}");
    binary::run(&url, &["migrate", "--status"]).await.assert_code(1);
}
