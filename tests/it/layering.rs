//! Who may import whom: `cli → server → rest, graphql → api, profile, auth → store → entity`, and never back.
//! `transfer` stands beside `server`; `request_id` and `deadline` are the ground floor.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The modules of `src/`, each with those it may name. A new one must be given its place here.
const MAY_NAME: [(&str, &[&str]); 10] = [
    ("cli", &["auth", "transfer", "profile", "request_id", "graphql", "server", "store"]),
    ("server", &["graphql", "playground", "profile", "request_id", "rest", "store"]),
    ("transfer", &["auth", "profile", "store"]),
    ("playground", &[]),
    ("rest", &["auth", "api", "profile"]),
    ("graphql", &["auth", "api", "profile"]),
    ("api", &["auth", "deadline", "request_id"]),
    ("profile", &["auth", "deadline", "request_id", "store"]),
    ("store", &["auth"]),
    ("auth", &["request_id"]),
];

/// Crates that only some layers may know.
const CRATES: [(&str, &[&str]); 6] = [
    ("async_graphql", &["graphql"]),
    ("async_graphql_axum", &["graphql"]),
    ("axum", &["cli", "graphql", "api", "playground", "rest", "server"]),
    ("clap", &["cli", "transfer"]),
    ("entity", &["transfer", "cli", "profile", "store"]),
    ("sea_orm", &["transfer", "profile", "store"]),
];

#[test]
fn imports_point_one_way() {
    let mut wrong = BTreeSet::new();
    for (file, layer, line) in code_lines() {
        let allowed = MAY_NAME.iter().find(|(name, _)| *name == layer).map_or(&[][..], |(_, allowed)| allowed);
        for named in modules_named(&line) {
            if named != layer && !allowed.contains(&named.as_str()) {
                wrong.insert(format!("{}: {layer} names {named}: {line}", file.display()));
            }
        }
        for (name, layers) in CRATES {
            if names_crate(&line, name) && !layers.contains(&layer.as_str()) {
                wrong.insert(format!("{}: {layer} names the crate {name}: {line}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_entities_and_the_migrations_know_nothing_of_the_server_or_of_each_other() {
    let read = |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    for (manifest, stranger) in [
        ("entity/Cargo.toml", "migration"),
        ("entity/Cargo.toml", "shop-profile"),
        ("migration/Cargo.toml", "entity"),
        ("migration/Cargo.toml", "shop-profile"),
    ] {
        assert!(!read(manifest).contains(&format!("\n{stranger} =")), "{manifest} depends on {stranger}");
    }
}

/// Every line of code in `src/`, with its file and the module that it belongs to. A `use` of several lines is one.
fn code_lines() -> Vec<(PathBuf, String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut lines = Vec::new();
    for file in rust_files(&source) {
        let layer = file.strip_prefix(&source).unwrap().iter().next().unwrap().to_string_lossy().into_owned();
        let layer = layer.trim_end_matches(".rs").to_owned();
        // The crate's root and the program name everything.
        if ["lib", "main"].contains(&&*layer) {
            continue;
        }
        let code = fs::read_to_string(&file).unwrap();
        let code = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        for statement in code.collect::<Vec<_>>().join(" ").split(';') {
            lines.push((file.clone(), layer.clone(), statement.trim().to_owned()));
        }
    }
    assert!(lines.len() > 100, "the sources are where they were");
    lines
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => Vec::from_iter(Some(path).filter(|path| path.extension().is_some_and(|name| name == "rs"))),
        })
        .collect()
}

/// The modules of this crate that a statement names: `crate::a::…`, `crate::{a::…, b}`.
fn modules_named(statement: &str) -> Vec<String> {
    let ident = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut named = Vec::new();
    for after in statement.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => named.push(ident(after)),
            Some(group) => named.extend(top_level_items(group).iter().map(|item| ident(item))),
        }
    }
    named
}

/// The items of a brace group whose opening brace is already gone.
fn top_level_items(group: &str) -> Vec<String> {
    let (mut depth, mut items) = (0, vec![String::new()]);
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(String::new()),
            c => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                items.last_mut().unwrap().push(c);
            }
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

/// Whether a statement has a path that begins with this crate's name.
fn names_crate(statement: &str, name: &str) -> bool {
    statement.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = statement[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    })
}

#[test]
fn the_scan_sees_what_it_should() {
    assert_eq!(modules_named("use crate::{ auth::{Key, Credential}, profile::Customer, }"), ["auth", "profile"]);
    assert_eq!(modules_named("let now = crate::store::now()"), ["store"]);
    assert!(names_crate("use axum::Router", "axum") && !names_crate("use async_graphql_axum::X", "axum"));
}
