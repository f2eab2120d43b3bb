//! What code and documents cite exists. The forms are those of CONTRIBUTING.md, "How to cite the documents".

use std::path::PathBuf;

use super::{files, markdown, read, root};

/// Where code cites the documents.
const CODE: [&str; 9] =
    ["src", "entity/src", "migration/src", "tests", "benches", "fuzz/fuzz_targets", "deploy", "graphiql/src", "docs"];

/// The beginnings of paths that documents name.
const FOLDERS: [&str; 11] = [
    "src/",
    "tests/",
    "docs/",
    "benches/",
    "deploy/",
    "entity/",
    "migration/",
    "graphiql/",
    "fuzz/",
    ".ci/",
    ".github/",
];

/// A document and perhaps a heading or an anchor of it.
#[derive(Debug)]
struct Citation {
    document: String,
    heading: Option<String>,
    anchor: Option<String>,
}

#[test]
fn each_cited_document_and_heading_exists() {
    let (mut wrong, mut found) = (Vec::new(), 0);
    for extension in ["rs", "py", "js", "mjs", "yaml", "md", "html", "service"] {
        for file in files(&CODE, extension).into_iter().chain(top_level(extension)) {
            for citation in citations(&joined_comments(&read(&file))) {
                found += 1;
                wrong.extend(problem(&citation).map(|problem| format!("{}: {problem}", file.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 10, "the scan found only {found} citations");
}

/// A link is relative to the document that it stands in.
#[test]
fn each_link_of_a_document_leads_somewhere() {
    let mut wrong = Vec::new();
    for file in files(&["docs", "tests", "benches"], "md").into_iter().chain(top_level("md")) {
        let folder = file.parent().unwrap();
        for link in links(&read(&file)) {
            let document = if link.document.is_empty() { file.clone() } else { folder.join(&link.document) };
            let link = Citation { document: document.display().to_string(), ..link };
            wrong.extend(problem(&link).map(|problem| format!("{}: {problem}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Paths of the repository that a document names in code spans, e.g. `` `src/server/` ``.
#[test]
fn each_path_that_a_document_names_exists() {
    let mut wrong = Vec::new();
    for file in files(&["docs"], "md").into_iter().chain(top_level("md")) {
        for path in markdown::code_spans(&markdown::prose(&read(&file))) {
            let is_path = FOLDERS.iter().any(|folder| path.starts_with(folder)) && !path.contains([' ', '*', '…']);
            if is_path && !root().join(path).exists() {
                wrong.push(format!("{}: there is no {path}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files beside README.md.
fn top_level(extension: &str) -> Vec<PathBuf> {
    let names = root().read_dir().unwrap().map(|entry| PathBuf::from(entry.unwrap().file_name()));
    names.filter(|name| name.extension().is_some_and(|found| found == extension)).collect()
}

fn problem(citation: &Citation) -> Option<String> {
    let Citation { document, heading, anchor } = citation;
    if !root().join(document).exists() {
        return Some(format!("there is no {document}"));
    }
    if !document.ends_with(".md") {
        return None;
    }
    let headings = markdown::headings(&read(document));
    if let Some(heading) = heading.as_ref().filter(|heading| !headings.contains(heading)) {
        return Some(format!("{document} has no heading {heading:?}"));
    }
    let leads_nowhere = |anchor: &&String| !headings.iter().any(|heading| markdown::anchor(heading) == **anchor);
    anchor.as_ref().filter(leads_nowhere).map(|anchor| format!("{document} has no heading for #{anchor}"))
}

/// A comment that goes over several lines becomes one line.
fn joined_comments(text: &str) -> String {
    let mut joined = String::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        let comment = ["//!", "///", "//", "#"].iter().find_map(|mark| trimmed.strip_prefix(mark));
        match comment {
            Some(comment) => joined.push_str(comment),
            None => {
                joined.push('\n');
                joined.push_str(line);
            }
        }
    }
    joined
}

/// Names of documents, e.g. `docs/limits.md`, with what follows: `, "A heading"` or `#an-anchor`.
fn citations(text: &str) -> Vec<Citation> {
    let mut citations = Vec::new();
    for (end, _) in text.match_indices(".md") {
        let end = end + ".md".len();
        let start =
            text[..end].rfind(|c: char| !c.is_ascii_alphanumeric() && !"/-_.".contains(c)).map_or(0, |at| at + 1);
        let document = text[start..end].trim_start_matches("./");
        let is_own =
            document.starts_with("docs/") || !document.contains('/') && document.starts_with(char::is_uppercase);
        let is_link = text[..start].ends_with("](");
        if !is_own || is_link || document.len() <= ".md".len() || text[..start].ends_with("//") {
            continue;
        }
        let rest = text[end..].trim_start_matches('`');
        let heading = rest.strip_prefix(", \"").and_then(|rest| Some(rest.split_once('"')?.0.to_owned()));
        let anchor = rest.strip_prefix('#').map(|rest| {
            rest.split(|c: char| !c.is_alphanumeric() && !"-_".contains(c)).next().unwrap_or_default().to_owned()
        });
        citations.push(Citation { document: document.to_owned(), heading, anchor });
    }
    citations
}

/// The targets of Markdown links that stay within the repository.
fn links(text: &str) -> Vec<Citation> {
    let targets = text.match_indices("](").filter_map(|(at, _)| Some(text[at + 2..].split_once(')')?.0));
    let own = targets.filter(|target| !target.contains("://") && !target.contains(' '));
    let parts = own.map(|target| target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor))));
    parts
        .map(|(path, anchor)| Citation { document: path.into(), heading: None, anchor: anchor.map(str::to_owned) })
        .collect()
}

#[test]
fn citations_are_recognised_in_both_forms_and_over_line_ends() {
    let text =
        joined_comments("/// See docs/limits.md,\n/// \"Connections\" and `docs/rest-api.md#versions`.\nfn f() {}\n");
    let expected = [("docs/limits.md", Some("Connections"), None), ("docs/rest-api.md", None, Some("versions"))];
    let found = citations(&text);
    let found: Vec<_> = found.iter().map(|it| (&*it.document, it.heading.as_deref(), it.anchor.as_deref())).collect();
    assert_eq!(found, expected);
    assert_eq!(links("[a](docs/b.md#c) [d](https://e.f)").len(), 1);
}
