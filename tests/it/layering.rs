//! Who may import whom: `cli → server → rest, graphql → api, service → store → profile, auth`, and never back.
//! `rate_limit` stands beside `store`, and `transfer` beside `server`; `profile` knows only the `messages`; these, `metrics`,
//! `request_notes` and `deadline` know nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The modules of `src/`, each with those it may name. A new one must be given its place here.
const MAY_NAME: [(&str, &str); 20] = [
    ("cli", "audit auth messages transfer profile rate_limit request_id graphql rest server service shadow store"),
    ("server", "graphql held_body messages metrics playground rate_limit request_id request_notes rest service store"),
    ("transfer", "auth profile store"),
    ("shadow", "api held_body metrics request_id request_notes rest store"),
    ("playground", ""),
    ("rest", "auth api messages profile rate_limit request_id request_notes service"),
    ("graphql", "auth api messages metrics profile rate_limit request_id request_notes service"),
    ("api", "auth deadline messages rate_limit request_id"),
    ("service", "audit auth deadline messages metrics profile rate_limit request_id store"),
    ("store", "auth metrics profile"),
    ("rate_limit", "auth messages request_notes"),
    ("auth", "messages request_id"),
    ("messages", ""),
    ("profile", "messages"),
    ("deadline", ""),
    ("held_body", ""),
    ("metrics", ""),
    ("request_id", "request_notes"),
    ("request_notes", ""),
    ("audit", "request_id"),
];

/// Crates that only some layers may know.
const CRATES: [(&str, &[&str]); 7] = [
    ("async_graphql", &["graphql"]),
    ("async_graphql_axum", &["graphql"]),
    ("axum", &["cli", "graphql", "api", "held_body", "playground", "rest", "server", "shadow"]),
    ("clap", &["cli", "transfer"]),
    ("entity", &["transfer", "cli", "store"]),
    ("prometheus_client", &["metrics"]),
    ("sea_orm", &["transfer", "store"]),
];

#[test]
fn imports_point_one_way() {
    let mut wrong = BTreeSet::new();
    for (file, layer, line) in code_lines() {
        let allowed = MAY_NAME.iter().find(|(name, _)| *name == layer).map_or("", |(_, allowed)| allowed);
        for named in modules_named(&line) {
            if named != layer && !allowed.split(' ').any(|allowed| allowed == named) {
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

/// Where the two databases differ, each has a method of the same name, and `store/mod.rs` chooses.
#[test]
fn only_the_dispatch_of_the_store_matches_on_the_database() {
    let mut wrong = BTreeSet::new();
    for (file, _, line) in code_lines() {
        let is_dispatch = file.ends_with("src/store/mod.rs");
        let tells_apart = ["Engine::Sqlite(", "Engine::Postgres(", "get_database_backend", "match DbBackend"];
        // What an engine's opening gives is made once for each.
        let is_construction = line.contains("Ok(Opened { engine: Engine::");
        if !is_dispatch && !is_construction && tells_apart.iter().any(|word| line.contains(word)) {
            wrong.insert(format!("{}: {line}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Files that import each other cannot be read one after the other. SeaORM's relations need a pair of entities, and a
/// folder's `mod.rs` may be named by its files.
#[test]
fn no_files_import_each_other_in_a_cycle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = root.join("src");
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let modules: BTreeSet<String> = rust_files(&source).iter().map(|file| module_of(&source, file)).collect();
    for file in rust_files(&source) {
        let module = module_of(&source, &file);
        let code = fs::read_to_string(&file).unwrap();
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<_> = code.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
        for statement in code.join(" ").split(';').filter(|statement| is_import(statement)) {
            for path in paths_of(statement, &module) {
                let named =
                    (0..=path.len()).rev().map(|end| path[..end].join("::")).find(|name| modules.contains(name));
                // Its own folder above, or a file below: the folder's name is not a file that is read before.
                if let Some(named) =
                    named.filter(|named| !module.starts_with(&format!("{named}::")) && *named != module)
                {
                    imports.entry(module.clone()).or_default().insert(named);
                }
            }
        }
    }
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 100, "the imports are found: {imports:#?}");
    // What imports nothing that is left, or is imported by nothing that is left, is part of no circle.
    loop {
        let before = imports.len();
        let importers: BTreeSet<_> = imports.keys().cloned().collect();
        let imported: BTreeSet<_> = imports.values().flatten().cloned().collect();
        imports.values_mut().for_each(|named| named.retain(|named| importers.contains(named)));
        imports.retain(|module, named| !named.is_empty() && imported.contains(module));
        if imports.len() == before {
            break;
        }
    }
    assert!(imports.is_empty(), "{imports:#?}");
}

/// `src/store/sqlite/mod.rs` is `store::sqlite`.
fn module_of(source: &Path, file: &Path) -> String {
    let path = file.strip_prefix(source).unwrap().with_extension("");
    let parts = path.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| part != "mod").collect::<Vec<_>>().join("::")
}

fn is_import(statement: &str) -> bool {
    let words: Vec<_> = statement.split_whitespace().collect();
    // What a folder shows of its files to others is no import.
    words.contains(&"use") && !words.iter().any(|word| word.starts_with("pub"))
}

/// The paths that a `use` names, from the crate's root.
fn paths_of(statement: &str, module: &str) -> Vec<Vec<String>> {
    let Some((_, tree)) = statement.split_once("use ") else { return Vec::new() };
    let own: Vec<String> = module.split("::").map(str::to_owned).collect();
    let mut paths = Vec::new();
    expand(tree.trim(), &mut Vec::new(), &mut paths);
    paths.into_iter().filter_map(|path| from_root(path, &own)).collect()
}

fn from_root(path: Vec<String>, own: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([own, &path[1..]].concat()),
        "super" => Some([&own[..own.len() - ups], &path[ups..]].concat()),
        _ => None,
    }
}

/// `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    match tree.split_once('{') {
        None => {
            let parts = tree.split("::").map(|part| part.split_whitespace().next().unwrap_or_default().to_owned());
            paths.push(prefix.iter().cloned().chain(parts).collect());
        }
        Some((head, rest)) => {
            let depth = prefix.len();
            prefix.extend(head.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()));
            for item in top_level_items(rest) {
                expand(item.trim(), prefix, paths);
            }
            prefix.truncate(depth);
        }
    }
}

#[test]
fn entity_and_migration_depend_on_neither_the_server_nor_each_other() {
    let read = |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    for (manifest, package) in [
        ("entity/Cargo.toml", "migration"),
        ("entity/Cargo.toml", "shop-profile"),
        ("migration/Cargo.toml", "entity"),
        ("migration/Cargo.toml", "shop-profile"),
    ] {
        assert!(!read(manifest).contains(&format!("\n{package} =")), "{manifest} depends on {package}");
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
fn the_scan_finds_modules_and_crates() {
    assert_eq!(modules_named("use crate::{ auth::{Key, Credential}, profile::Customer, }"), ["auth", "profile"]);
    assert_eq!(modules_named("let now = crate::store::now()"), ["store"]);
    assert!(names_crate("use axum::Router", "axum") && !names_crate("use async_graphql_axum::X", "axum"));
}
