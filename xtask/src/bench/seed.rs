//! The same customers for everyone: number n is `customer<n>`, its key is n in 40 hexadecimal digits.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    contender::{Contender, python, release, run, sqlite_url},
    postgres::Cluster,
};
use crate::Result;

/// Rows as the server itself would write them; both databases understand it.
const CUSTOMERS: &str = "\
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count) \
    INSERT INTO customer (id, username, canonical_username, mobile_number, email, first_name, last_name, gender, is_active, version, created_at, updated_at) \
    SELECT n, 'customer' || n, 'customer' || n, '0930' || (10000000 + n), 'customer' || n || '@example.com', 'Sara', 'Ahmadi', 'female', true, 1, \
    '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00' FROM numbers";
const TOKENS: &str = "\
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count) \
    INSERT INTO api_token (digest, customer_id, name, created_at) \
    SELECT digest(n), n, '', '2026-01-01T00:00:00+00:00' FROM numbers";
/// For the session that seeds; SQLite is lent the function by the script below.
const POSTGRES_DIGEST: &str = "\
    CREATE FUNCTION pg_temp.digest(integer) RETURNS bytea LANGUAGE sql AS \
    $$ SELECT sha256(convert_to(lpad(to_hex($1), 40, '0'), 'UTF8')) $$";
/// The indexes that no constraint stands for.
const POSTGRES_INDEXES: &str = "pg_indexes WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint) ORDER BY indexname";
/// Indexes are made when the rows are there: a digest in each row would go to another page of a large index. Nobody
/// needs a half-made seed: no journal.
const SQLITE_SCRIPT: &str = r#"
import hashlib, sqlite3, sys
file, *statements = sys.argv[1:]
db = sqlite3.connect(file, isolation_level=None)
db.create_function("digest", 1, lambda n: hashlib.sha256(b"%040x" % n).digest(), deterministic=True)
schema = lambda: set(db.execute("SELECT type, name, sql FROM sqlite_master"))
made = schema()
indexes = [(name, sql) for type, name, sql in made if type == "index" and sql]
drops, creates = [f"DROP INDEX {name}" for name, _ in indexes], [sql for _, sql in indexes]
settings = "PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-500000"
for statement in (*settings, *drops, *statements, *creates, "PRAGMA journal_mode=WAL"):
    db.execute(statement)
assert schema() == made
db.close()
"#;

/// A file of this contender's own, made afresh from the seed.
pub(super) fn sqlite_copy(contender: Contender, customers: u64, directory: &Path) -> Result<PathBuf> {
    let layout = if contender == Contender::Drf { "drf" } else { "shop" };
    let seed = super::work_dir().join(format!("{layout}-{customers}.db"));
    if !seed.exists() {
        let unfinished = seed.with_extension("unfinished");
        let _ = std::fs::remove_file(&unfinished);
        eprintln!("seeding {}", seed.display());
        match contender {
            Contender::Drf => seed_drf(&sqlite_url(&unfinished)?, customers)?,
            _ => seed_sqlite(&unfinished, customers)?,
        }
        std::fs::rename(&unfinished, &seed)?;
    }
    let copy = directory.join(format!("{contender:?}-{customers}.db"));
    std::fs::copy(&seed, &copy)?;
    Ok(copy)
}

/// The database of this contender's layout: those who know ours share one.
pub(super) fn postgres_database(contender: Contender, customers: u64, cluster: &Cluster) -> Result<String> {
    let layout = if contender == Contender::Drf { "drf" } else { "shop" };
    let database = format!("{layout}_{customers}");
    if !cluster.has(&database)? {
        let unfinished = format!("{database}_unfinished");
        eprintln!("seeding {database}");
        cluster.create(&unfinished)?;
        match contender {
            Contender::Drf => seed_drf(&cluster.url(&unfinished), customers)?,
            _ => seed_postgres(&unfinished, customers, cluster)?,
        }
        cluster.query("postgres", &format!("ALTER DATABASE {unfinished} RENAME TO {database}"))?;
    }
    cluster.query(&database, "VACUUM ANALYZE")?;
    cluster.query(&database, "CHECKPOINT")?;
    Ok(database)
}

fn seed_drf(url: &str, customers: u64) -> Result<()> {
    run(python("python")?.args(["seed.py", &customers.to_string()]).env("DATABASE_URL", url))
}

/// The tables are made by the server's own migrations.
fn migrate(url: &str) -> Result<()> {
    run(Command::new(release("shop-profile"))
        .args(["migrate", "--log=warn"])
        .env("DATABASE_URL", url)
        .stdout(Stdio::null()))
}

fn statements(customers: u64) -> [String; 2] {
    [CUSTOMERS, TOKENS].map(|sql| sql.replace(":count", &customers.to_string()))
}

fn seed_sqlite(file: &Path, customers: u64) -> Result<()> {
    migrate(&sqlite_url(file)?)?;
    run(Command::new("python3").args(["-c", SQLITE_SCRIPT]).arg(file).args(statements(customers)))
}

/// The indexes last, as on SQLite, and foreign keys that hold by themselves are not checked.
fn seed_postgres(database: &str, customers: u64, cluster: &Cluster) -> Result<()> {
    migrate(&cluster.url(database))?;
    let query = |sql: &str| cluster.query(database, sql);
    let made = query(&format!("SELECT indexdef || ';' FROM {POSTGRES_INDEXES}"))?;
    let drops = query(&format!("SELECT 'DROP INDEX ' || indexname || ';' FROM {POSTGRES_INDEXES}"))?;
    let [customers, tokens] = statements(customers);
    let tokens = tokens.replace("digest(n)", "pg_temp.digest(n)");
    let settings = "SET session_replication_role = replica; SET maintenance_work_mem = '512MB'";
    query(&format!("{settings}; {drops} {POSTGRES_DIGEST}; {customers}; {tokens}; {made}"))?;
    if query(&format!("SELECT indexdef || ';' FROM {POSTGRES_INDEXES}"))? != made {
        return Err("the seed's indexes are not those of the migrations".into());
    }
    Ok(())
}
