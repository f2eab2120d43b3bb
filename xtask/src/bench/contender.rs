//! Who is measured, and how each is started.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{operation::Operation, process::Server};
use crate::{Result, root};

/// The kinds of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// The contenders; what each is, its own file under `benches/peers/` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Contender {
    ShopProfile,
    AxumSqlx,
    /// PostgreSQL's own load generator with the PATCH's statement: the database alone.
    Pgbench,
    Drf,
    Fastify,
    Apollo,
}

impl Contender {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ShopProfile => "shop-profile",
            Self::AxumSqlx => "axum + sqlx",
            Self::Pgbench => "pgbench",
            Self::Drf => "DRF",
            Self::Fastify => "fastify",
            Self::Apollo => "Apollo Server",
        }
    }

    /// Whether it takes part in this.
    pub(super) fn does(self, database: Database, operation: Operation) -> bool {
        use Operation::{Get, Me, Patch, Update};
        match self {
            Self::ShopProfile => true,
            Self::AxumSqlx | Self::Drf => matches!(operation, Get | Patch),
            Self::Pgbench => database == Database::Postgres && operation == Patch,
            Self::Fastify => database == Database::Postgres && matches!(operation, Get | Patch),
            Self::Apollo => database == Database::Postgres && matches!(operation, Me | Update),
        }
    }

    /// Starts it on a database of its own layout; `None` for the one that is no server.
    pub(super) fn start(self, database_url: &str) -> Result<Option<Server>> {
        let mut command = match self {
            Self::ShopProfile => server(&[]),
            Self::AxumSqlx => Command::new(release("axum-sqlx")),
            Self::Pgbench => return Ok(None),
            Self::Drf => gunicorn()?,
            Self::Fastify => node("fastify")?,
            Self::Apollo => node("apollo")?,
        };
        Server::start(command.env("DATABASE_URL", database_url)).map(Some)
    }
}

/// Our own server, on a port that is free.
pub(super) fn server(options: &[&str]) -> Command {
    let mut command = Command::new(release("shop-profile"));
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(options);
    command
}

pub(super) fn release(binary: &str) -> PathBuf {
    root().join("target/release").join(binary)
}

fn peer(name: &str) -> PathBuf {
    root().join("benches/peers").join(name)
}

fn gunicorn() -> Result<Command> {
    let mut command = python("gunicorn")?;
    command.args(["--no-control-socket", "--workers", "2", "--bind", "127.0.0.1:0"]);
    command.arg("django.core.wsgi:get_wsgi_application()");
    Ok(command)
}

/// A program of the DRF peer's virtual environment, which is made when it is not there.
pub(super) fn python(program: &str) -> Result<Command> {
    let environment = super::work_dir().join("venv");
    if !environment.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        run(Command::new(environment.join("bin/pip"))
            .args(["install", "--quiet", "-r", "requirements.txt"])
            .current_dir(peer("drf")))?;
    }
    let mut command = Command::new(environment.join("bin").join(program));
    command.current_dir(peer("drf")).env("DJANGO_SETTINGS_MODULE", "shop.settings");
    Ok(command)
}

fn node(name: &str) -> Result<Command> {
    let directory = peer(name);
    if !directory.join("node_modules").exists() {
        run(Command::new("npm").args(["ci", "--silent"]).current_dir(&directory))?;
    }
    let mut command = Command::new("node");
    command.arg("server.js").current_dir(&directory).env("NODE_ENV", "production");
    Ok(command)
}

/// Runs a command to its good end.
pub(super) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", command.get_program().display()).into()) }
}

/// `sqlite://` and the absolute path.
pub(super) fn sqlite_url(file: &Path) -> Result<String> {
    Ok(format!("sqlite://{}", std::path::absolute(file)?.display()))
}
