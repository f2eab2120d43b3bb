//! The integration tests: the contract, held by clients that know nothing of the code behind the socket.
//!
//! Almost every test runs on SQLite and on PostgreSQL, from one source: see `support::both_databases`.
//! `TEST_POSTGRES_URL` names a server to use instead of a private one; `REQUIRE_POSTGRES=1` makes its absence a
//! failure, as `REQUIRE_PYTHON=1` does for the Python client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says no by panicking")]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod audit;
mod auth;
mod backup;
mod cli;
mod cli_config;
mod cli_database;
mod cli_delete;
mod cli_operators;
mod cli_roles;
mod cli_walkthrough;
mod cli_wrong_config;
mod connections;
mod corpus;
mod cost;
mod demo;
mod django_check;
mod docs;
mod doctor;
mod dry_run;
mod durability;
mod faults;
mod faults_postgres;
mod faults_sqlite;
mod graphql_contract;
mod graphql_http;
mod group_commit;
mod languages;
mod layering;
mod log;
mod metrics;
mod migrations;
mod openapi;
#[cfg(feature = "otlp")]
mod otlp;
mod parity;
mod pooler;
mod properties;
mod races;
mod rate_limits;
mod readiness;
mod request_log;
mod rest_contract;
mod rest_fields;
mod schema;
mod serve_options;
mod server;
mod shadow_compare;
mod shadow_proxy;
mod signals;
mod token_flood;
mod versions;
mod wait_for_database;
mod wal;

use test_support as support;
