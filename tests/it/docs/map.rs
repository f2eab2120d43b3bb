//! ARCHITECTURE.md, "Map of the code": it names what `src/` holds, and nothing else.

use std::{collections::BTreeSet, path::Path};

use super::{files, markdown, read, root};

/// A row of the map: the paths in its first cell, and the folders and files of them that its second cell names.
fn rows() -> Vec<(Vec<String>, Vec<String>)> {
    let text = read("ARCHITECTURE.md");
    let (_, section) = text.split_once("## Map of the code\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let spans = |cell: &String| markdown::code_spans(cell).into_iter().map(str::to_owned).collect();
    markdown::rows(section).iter().map(|row| (spans(&row[0]), spans(&row[1]))).collect()
}

/// Each path of `src/` that the map names, without the slash at its end.
fn named() -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (places, contents) in rows() {
        let places = places.into_iter().filter(|place| place.starts_with("src/"));
        for place in places {
            if place.ends_with('/') {
                let inner = contents.iter().filter(|span| span.ends_with('/') || span.ends_with(".rs"));
                named.extend(inner.map(|inner| format!("{place}{}", inner.trim_end_matches('/'))));
            }
            named.insert(place.trim_end_matches('/').to_owned());
        }
    }
    named
}

/// What stands in `src/`, and each folder below that is a module of several files. A folder beside a file of its name
/// belongs to the file.
fn modules() -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for file in files(&["src"], "rs") {
        let folder = file.parent().unwrap();
        if folder == Path::new("src") {
            modules.insert(file.display().to_string());
        }
        if file.ends_with("mod.rs") && !folder.ends_with("tests") {
            modules.insert(folder.display().to_string());
        }
    }
    modules
}

#[test]
fn the_map_names_every_module_of_src() {
    let missing: Vec<_> = modules().difference(&named()).cloned().collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name {missing:#?}");
}

#[test]
fn the_map_names_nothing_that_src_lacks() {
    let named = named();
    assert!(named.len() > 20, "{named:?}");
    let wrong: Vec<_> = named.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(wrong.is_empty(), "ARCHITECTURE.md names {wrong:#?}");
}
