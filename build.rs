//! Builds the pages of `graphiql/` (GraphiQL and the reference of the REST API) with npm, for `src/playground` to embed.
//!
//! The crate builds without them too (no npm, no network, no feature `graphiql`): the server then says at `/graphiql`
//! and `/docs` how to get them.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// What the pages are made of. Nothing but a change here builds them again.
const SOURCES: [&str; 8] =
    [".npmrc", "docs.html", "index.html", "licenses.js", "package-lock.json", "package.json", "src", "vite.config.js"];

/// What GraphiQL shows the documentation of. Its sources find it where the checkout has it: above their folder.
const SCHEMA: &str = "schema.graphql";

fn main() -> io::Result<()> {
    for source in SOURCES {
        println!("cargo::rerun-if-changed=graphiql/{source}");
    }
    println!("cargo::rerun-if-changed={SCHEMA}");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let wanted = env::var_os("CARGO_FEATURE_GRAPHIQL").is_some();
    let pages = wanted.then(|| build(out.join("graphiql")).inspect_err(warn)).and_then(Result::ok);
    fs::write(out.join("graphiql.rs"), embed(pages.as_deref())?)
}

fn warn(why: &io::Error) {
    println!(
        "cargo::warning=the server is built without its pages for browsers: {why}. \
         To have them, install Node.js 20.19 (or 22.12) or later with npm, then `touch graphiql/package.json` and build again"
    );
}

/// Builds the pages in a copy of their sources, so that the checkout may be read-only and two builds at once do not meet.
fn build(work: PathBuf) -> io::Result<PathBuf> {
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    for source in SOURCES {
        copy(&Path::new("graphiql").join(source), &work.join(source))?;
    }
    copy(Path::new(SCHEMA), &work.with_file_name(SCHEMA))?;
    // No package runs a script of its own on this machine; devDependencies even where NODE_ENV says "production".
    npm(&work, &["ci", "--ignore-scripts", "--include=dev"])?;
    npm(&work, &["run", "build"])?;
    // 230 MB that are not needed again.
    fs::remove_dir_all(work.join("node_modules"))?;
    Ok(work.join("dist"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::create_dir_all(to.parent().unwrap_or(to)).and_then(|()| fs::copy(from, to)).map(drop);
    }
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

fn npm(work: &Path, arguments: &[&str]) -> io::Result<()> {
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(work)
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("npm cannot be run ({error})")))?;
    if output.status.success() {
        return Ok(());
    }
    let log = work.join("npm.log");
    fs::write(&log, [output.stdout, output.stderr].concat())?;
    Err(io::Error::other(format!("`npm {}` failed, see {}", arguments.join(" "), log.display())))
}

/// The Rust source of the constants that `src/playground` includes.
fn embed(pages: Option<&Path>) -> io::Result<String> {
    let Some(pages) = pages else {
        let none = "Option<&str> = None;\n";
        return Ok(format!("const GRAPHIQL: {none}const DOCS: {none}static ASSETS: [Asset; 0] = [];\n"));
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(pages.join("assets"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".gz").map(str::to_owned));
    }
    names.sort();
    let mut code = String::new();
    for (constant, file) in [("GRAPHIQL", "index.html"), ("DOCS", "docs.html")] {
        let _ = writeln!(code, "const {constant}: Option<&str> = Some(include_str!({:?}));", pages.join(file));
    }
    let _ = writeln!(code, "static ASSETS: [Asset; {}] = [", names.len());
    for name in names {
        let file = pages.join("assets").join(format!("{name}.gz"));
        let _ = writeln!(code, "    Asset::new({name:?}, include_bytes!({file:?})),");
    }
    code.push_str("];\n");
    Ok(code)
}
