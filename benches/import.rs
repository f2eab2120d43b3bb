//! What a million customers with one token each take, against the database's own way to load the same file:
//!
//! ```text
//! cargo test --release --test transfer -- --ignored --nocapture --test-threads=1 million
//! ```
//!
//! The other is one statement (`COPY`, or the `.import` of Debian's `sqlite3`) into an empty table that has the file's
//! columns and a unique index for each that is unique with us. It checks no rule, hashes no token, has no second
//! table, and is all or nothing. `SHOP_PROFILE_BULK_ROWS` sets another number of rows.

use std::{
    env,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DbBackend};
use tempfile::TempDir;

use crate::{
    files::migrate,
    support::{binary, database::Database, say},
};

const COLUMNS: &str = "id,username,mobile_number,email,avatar,first_name,last_name,gender,is_active,tokens";
/// Peak memory that an import may take, however long the file is.
const MOST_MEMORY_KB: u64 = 100 * 1024;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; see the command above"]
async fn million_on_sqlite() {
    million(Database::sqlite(), Database::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; see the command above"]
async fn million_on_postgres() {
    match Database::postgres().await {
        Some(database) => million(database, Some(Database::sqlite())).await,
        None => say("NOT RUN: there is no PostgreSQL."),
    }
}

async fn million(database: Database, other: Option<Database>) {
    let rows = env::var("SHOP_PROFILE_BULK_ROWS").map_or(1_000_000, |rows| rows.parse().unwrap());
    let folder = TempDir::with_prefix("shop-million-").unwrap();
    let file = folder.path().join("customers.csv");
    write_file(&file, rows);
    let backend = database.backend();
    let native = load_natively(&database, &file).await;
    migrate(&database).await;
    let (import, memory) = run(database.url(), &["customer", "import", file.to_str().unwrap()]);
    tell(backend, "native load", rows, native, None);
    tell(backend, "import", rows, import, Some(memory));
    let share = native.as_secs_f64() / import.as_secs_f64();
    say(&format!("{backend:?}: import: {share:.2} of the native load's rows/s"));
    let resume = ["customer", "import", file.to_str().unwrap(), "--on-conflict", "update"];
    let (again, memory_again) = run(database.url(), &resume);
    tell(backend, "import again, update", rows, again, Some(memory_again));
    assert!(memory.max(memory_again) < MOST_MEMORY_KB, "{memory} kB, {memory_again} kB");
    if let Some(other) = other {
        copy(&database, &other, rows).await;
    }
}

/// To the other kind of database, and an old token used there.
async fn copy(from: &Database, to: &Database, rows: u64) {
    let (time, memory) = run("sqlite://nowhere.db", &["copy", "--from", from.url(), "--to", to.url()]);
    tell(to.backend(), "copied to, compared", rows, time, Some(memory));
    let server = binary::Server::start(to.url(), &[]).await;
    let key = key(rows / 2);
    let me = server.get().key(&key).send().await.assert_status(200);
    let patched = server.patch(serde_json::json!({"first_name": "New"})).key(&key).send().await.assert_status(200);
    assert_eq!((&me.json()["id"], patched.json()["first_name"].as_str()), (&patched.json()["id"], Some("New")));
}

fn tell(backend: DbBackend, what: &str, rows: u64, time: Duration, memory: Option<u64>) {
    let rate = rows as f64 / time.as_secs_f64();
    let memory = memory.map_or_else(String::new, |kb| format!(", peak {} MB", kb / 1024));
    say(&format!("{backend:?}: {what}: {rows} rows in {:.1} s, {rate:.0} rows/s{memory}", time.as_secs_f64()));
}

/// Runs the program to its end: how long it took and its peak memory in kB.
fn run(database_url: &str, arguments: &[&str]) -> (Duration, u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop-profile"));
    command.args(arguments).env_clear().env("DATABASE_URL", database_url);
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    loop {
        if let Some(ended) = child.try_wait().unwrap() {
            assert!(ended.success(), "{arguments:?}: {ended}");
            return (start.elapsed(), peak);
        }
        let peak_now = fs::read_to_string(&status).ok().and_then(|text| {
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().trim_end_matches(" kB").parse().ok())
        });
        peak = peak.max(peak_now.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn load_natively(database: &Database, file: &Path) -> Duration {
    let db = database.connect().await;
    let id = match database.backend() {
        DbBackend::Sqlite => "integer PRIMARY KEY AUTOINCREMENT",
        _ => "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    };
    let table = format!(
        "CREATE TABLE native (id {id}, username varchar(150) NOT NULL UNIQUE, mobile_number varchar UNIQUE, email \
         varchar UNIQUE, avatar varchar(2048), first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, \
         gender varchar(6) CHECK (gender IN ('male', 'female')), is_active boolean NOT NULL, tokens text UNIQUE)"
    );
    db.execute_unprepared(&table).await.unwrap();
    let start = Instant::now();
    let mut command = match database.backend() {
        DbBackend::Sqlite => {
            let import = format!(".import --csv --skip 1 {} native", file.display());
            let mut command = Command::new("sqlite3");
            command.arg(database.url().trim_start_matches("sqlite://")).arg(import);
            command
        }
        _ => {
            let copy = format!("\\copy native ({COLUMNS}) from '{}' with (format csv, header)", file.display());
            let mut command = Command::new("psql");
            command.args(["-q", database.url(), "-c"]).arg(copy);
            command
        }
    };
    assert!(command.status().unwrap().success());
    let time = start.elapsed();
    db.execute_unprepared("DROP TABLE native").await.unwrap();
    time
}

/// A bijection of 64-bit numbers (SplitMix64), so that what is unique comes in no order, as in a shop.
fn scatter(n: u64) -> u64 {
    let mut x = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// 40 hexadecimal digits, as DRF makes them.
fn key(n: u64) -> String {
    format!("{:016x}{:016x}{:08x}", scatter(n), scatter(!n), n)
}

fn write_file(path: &Path, rows: u64) {
    const FIRST: [&str; 8] = ["Sara", "Reza", "Mina", "Ali", "سارا", "رضا", "Zoë", "John"];
    const LAST: [&str; 8] = ["Ahmadi", "Karimi", "Doe", "Ghorbanie", "احمدی", "Müller", "Smith", "O'Neill"];
    let mut file = BufWriter::new(File::create(path).unwrap());
    writeln!(file, "{COLUMNS}").unwrap();
    for n in 1..=rows {
        let random = scatter(n);
        let (first, last) = (FIRST[(random % 8) as usize], LAST[(random / 8 % 8) as usize]);
        let gender = if random & 64 == 0 { "male" } else { "female" };
        // Multiplying by an odd prime keeps numbers below 10^9 unique.
        let mobile = n * 387_420_489 % 1_000_000_007;
        writeln!(
            file,
            "{n},user{random:x},09{mobile:010},u{random:x}@example.org,https://cdn.example.org/{n}.jpg,{first},{last},\
             {gender},true,{}",
            key(n)
        )
        .unwrap();
    }
    file.flush().unwrap();
}
