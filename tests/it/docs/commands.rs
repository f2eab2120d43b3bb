//! The commands of the documents: each is run, or stands in [`NOT_RUN`] with a reason.
//!
//! The blocks ```` ```sh ```` of a document are run from top to bottom by bash in one empty folder, with the program in
//! `PATH`; `cargo run --` is the program, too. A command that fails fails the test. A variable that one block sets is there
//! in the next. `shop-profile serve` goes on until the next one, on a port of its own. A block below with the word `printed`
//! holds what the commands print. What a server prints to be pasted into another terminal is pasted there, and the `printed`
//! block after that holds what it prints. `shp_…` stands for any API token. The blocks ```` ```bash ```` of
//! docs/moving-from-django.md need Django: tests/django/test_document.py runs those.

use std::{env, fs, path::Path, process::Stdio};

use tempfile::TempDir;
use tokio::process::Command;

use super::{
    files,
    markdown::{self, Block},
    read,
};
use crate::support::{
    binary::{self, Server},
    database::Database,
    django::{create_shop, execute},
};

/// Where the documents say that the server listens.
const DOCUMENTED_ADDRESS: &str = "127.0.0.1:8000";

/// The beginnings of commands that this test does not run, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("git clone ", "the network"),
    ("cargo ", "builds; `.ci/run` runs those that check something"),
    ("python3 benches/", "a benchmark"),
    ("sudo ", "changes the machine"),
    ("docker ", "needs a daemon"),
    ("kubectl ", "needs a cluster"),
];

/// The database of the documents' Django shop.
const DJANGO_SHOP: &str = "sqlite:///srv/shop/db.sqlite3";
/// A database of PostgreSQL in the documents, and an empty one into which a backup is restored.
const POSTGRES: &str = "postgres://USER:PASSWORD@HOST/DATABASE";
const RESTORED: &str = "postgres://USER:PASSWORD@HOST/RESTORED";
/// Who runs the commands of the systemd service, its settings and its folder: here they are in the home.
const SERVICE: [&str; 3] = ["sudo -u shop-profile ", "/etc/shop-profile.toml", "/var/lib/shop-profile"];

#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_a_document_works() {
    let mut documents = files(&["docs"], "md");
    documents.push("README.md".into());
    let databases = Databases::create().await;
    for document in documents {
        let blocks = markdown::blocks(&read(&document));
        if blocks.iter().any(|block| block.is("sh")) {
            run_blocks(&document, &blocks, &databases).await;
        }
    }
}

/// In place of those that the documents name. Without PostgreSQL the commands for it are not run.
struct Databases {
    django_shop: Database,
    django_shop_on_postgres: Option<Database>,
    postgres: Option<Database>,
    restored: Option<Database>,
    /// Whether PostgreSQL's backup programs are as new as the server.
    can_dump: bool,
}

impl Databases {
    async fn create() -> Self {
        let (django_shop, django_shop_on_postgres) = (Database::sqlite(), Database::postgres().await);
        for shop in [Some(&django_shop), django_shop_on_postgres.as_ref()].into_iter().flatten() {
            create_shop(shop).await;
            // The import would reject customer 3 for their values, and customer 1 because the documents' own has that id.
            let sql = "DELETE FROM authtoken_token WHERE user_id = 1; DELETE FROM shop_customer WHERE id IN (1, 3)";
            execute(shop, sql).await;
        }
        let (postgres, restored) = (Database::postgres().await, Database::postgres().await);
        let can_dump = match &postgres {
            Some(database) => database.can_dump().await,
            None => false,
        };
        Self { django_shop, django_shop_on_postgres, postgres, restored, can_dump }
    }

    /// The command with these databases; `None` if it needs one that is not there.
    fn located(&self, command: &str) -> Option<String> {
        let shop = self.django_shop.url();
        if command.starts_with("shop-profile django grants ") {
            return Some(format!("DATABASE_URL='{}' {command}", self.django_shop_on_postgres.as_ref()?.url()));
        }
        if command.starts_with("shop-profile django ") {
            return Some(format!("DATABASE_URL='{shop}' {command}"));
        }
        let command = command.replace(DJANGO_SHOP, &format!("'{shop}'"));
        if command.contains(RESTORED) || command.starts_with("pg_dump ") {
            return self.dump_or_restore(&command);
        }
        if command.contains(POSTGRES) {
            return Some(command.replace(POSTGRES, &format!("'{}'", self.postgres.as_ref()?.url())));
        }
        Some(command)
    }

    /// A command about a backup. The programs need sessions of their own, without a pooler.
    fn dump_or_restore(&self, command: &str) -> Option<String> {
        let (postgres, restored) = (self.postgres.as_ref()?.direct_url(), self.restored.as_ref()?.direct_url());
        let command = command.replace(POSTGRES, &format!("'{postgres}'")).replace(RESTORED, &format!("'{restored}'"));
        self.can_dump.then_some(command)
    }
}

#[test]
fn each_beginning_that_is_not_run_is_needed() {
    let documents: Vec<_> =
        files(&["docs"], "md").into_iter().chain(["README.md".into()]).map(|file| read(&file)).collect();
    let blocks: Vec<_> =
        documents.iter().flat_map(|text| markdown::blocks(text)).filter(|block| block.is("sh")).collect();
    let commands: Vec<_> = blocks.iter().flat_map(|block| block.text.lines()).map(with_the_program).collect();
    for (beginning, why) in NOT_RUN {
        let is_needed = commands.iter().any(|command| command.starts_with(beginning));
        assert!(is_needed, "no command of a document begins with {beginning:?} ({why})");
    }
}

/// The command with the built program in place of cargo.
fn with_the_program(command: &str) -> String {
    command.replace("cargo run -- ", "shop-profile ")
}

async fn run_blocks(document: &Path, blocks: &[Block], databases: &Databases) {
    let mut terminal = Terminal::open();
    for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.is("sh")) {
        let place = format!("{}:{}", document.display(), block.line);
        let is_printed = |block: &&Block| block.info.iter().any(|word| word == "printed");
        let shown: Vec<_> =
            blocks[index + 1..].iter().take_while(is_printed).map(|block| block.text.trim_end()).collect();
        let printed = terminal.run(&place, &block.text, &shown, databases).await;
        for (printed, shown) in printed.iter().zip(&shown) {
            assert_eq!(without_tokens(printed.trim_end()), *shown, "{place}");
        }
        assert!(printed.len() >= shown.len(), "{place}: only {printed:?} was printed");
    }
}

/// The text with `shp_…` in place of each API token.
fn without_tokens(text: &str) -> String {
    let mut parts = text.split("shp_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "shp_…" + part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()))
}

/// A person's terminal: a folder, the variables of the shell, and the server that was started in it.
struct Terminal {
    folder: TempDir,
    home: TempDir,
    server: Option<Server>,
}

impl Terminal {
    fn open() -> Self {
        let (folder, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        fs::write(home.path().join("variables"), "").unwrap();
        fs::create_dir(home.path().join("state")).unwrap();
        let settings = read("deploy/shop-profile.toml");
        let settings = settings.replace(SERVICE[2], &home.path().join("state").display().to_string());
        fs::write(home.path().join("shop-profile.toml"), settings).unwrap();
        Self { folder, home, server: None }
    }

    /// Runs the commands of a block and gives what they print: one text, or what a server prints and what comes of it.
    async fn run(&mut self, place: &str, block: &str, shown: &[&str], databases: &Databases) -> Vec<String> {
        let (mut script, mut printed) = (String::new(), String::new());
        for command in block.replace("\\\n", "").lines().map(with_the_program) {
            let command = self.of_service(&command);
            if let Some(options) = command.strip_prefix("shop-profile serve") {
                printed += &self.execute(place, &std::mem::take(&mut script)).await;
                self.serve(options).await;
                if let Some(welcome) = shown.first() {
                    return self.follow(place, welcome.lines().count()).await;
                }
            } else if !NOT_RUN.iter().any(|(beginning, _)| command.starts_with(beginning)) {
                script += &databases.located(&command).map(|command| command + "\n").unwrap_or_default();
            }
        }
        vec![printed + &self.execute(place, &script).await]
    }

    /// The first lines that the server prints, and what the commands among them print.
    async fn follow(&mut self, place: &str, lines: usize) -> Vec<String> {
        let server = self.server.as_mut().expect("a server");
        let address = server.address.to_string();
        let mut welcome = format!("listening on http://{address}\n");
        for _ in 1..lines {
            welcome += &(server.line().await + "\n");
        }
        let is_command = |line: &&str| ["  export ", "  curl "].iter().any(|start| line.starts_with(start));
        let script: String = welcome.lines().filter(is_command).map(|line| format!("{line}\n")).collect();
        vec![welcome.replace(&address, DOCUMENTED_ADDRESS), self.execute(place, &script).await]
    }

    /// A command of the systemd service's user, as this user's.
    fn of_service(&self, command: &str) -> String {
        let [user, settings, folder] = SERVICE;
        let home = self.home.path().display();
        let Some(command) = command.strip_prefix(user) else { return command.to_owned() };
        command.replace(settings, &format!("{home}/shop-profile.toml")).replace(folder, &format!("{home}/state"))
    }

    async fn execute(&self, place: &str, script: &str) -> String {
        let address = self.server.as_ref().map(|server| server.address.to_string());
        let address = address.as_deref().unwrap_or(DOCUMENTED_ADDRESS);
        let variables = self.home.path().join("variables");
        let variables = variables.display();
        let script = format!("set -aeo pipefail\n. {variables}\n{script}export -p > {variables}\n");
        let output = self.shell(&script.replace(DOCUMENTED_ADDRESS, address)).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (printed, complaints) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{place}: {}\n{printed}\n{complaints}", output.status);
        printed.replace(address, DOCUMENTED_ADDRESS)
    }

    async fn serve(&mut self, options: &str) {
        // An ampersand or a comment after the command is not an option of it.
        let options = options.split(['&', '#']).next().unwrap_or_default().split_whitespace();
        let mut serve = binary::command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.args(options).current_dir(self.folder.path());
        self.server = Some(Server::spawn(serve).await);
    }

    fn shell(&self, script: &str) -> Command {
        let programs = Path::new(env!("CARGO_BIN_EXE_shop-profile")).parent().unwrap();
        let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap_or_default());
        let mut shell = Command::new("bash");
        shell.args(["-c", script]).current_dir(self.folder.path()).stdin(Stdio::null()).kill_on_drop(true);
        shell.env_clear().env("PATH", path).env("HOME", self.home.path()).env("NO_PROXY", "*");
        shell
    }
}
