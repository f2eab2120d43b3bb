# The commands of CONTRIBUTING.md. `just` lists them.

program := env("TEST_PROGRAM", justfile_directory() / "target/debug/shop-profile")

default:
    @just --list

# Format, lints, documentation and tests of everything in Rust
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
    cargo test --workspace

# All that must pass before a change lands
ci:
    .ci/run

# A shop with one customer, gone when it is stopped
demo:
    cargo run -- serve --demo

# schema.graphql as the code defines it
schema:
    cargo run -- schema > schema.graphql

# The official GraphQL over HTTP audits and real clients
clients:
    cargo build
    cd tests/clients && npm ci && TEST_PROGRAM={{ program }} npm test

# The playground in Chromium
browser:
    cargo build
    cd tests/browser && npm ci && TEST_PROGRAM={{ program }} npm test

# The recorded requests of Django REST Framework
reference:
    cargo build
    python3 tests/reference/compare.py --binary {{ program }}

# Three servers and haproxy while one of everything dies
cluster:
    cargo test --test cluster -- --ignored --nocapture

# Ten minutes of arbitrary documents or requests
fuzz target="graphql":
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{ target }} -- -max_total_time=600 -detect_leaks=0

# What each operation costs in instructions
instructions:
    cargo bench --bench instructions

# The server beside its peers
bench *options="--quick":
    python3 benches/bench.py {{ options }}

# Licences, sources and known vulnerabilities of the dependencies
deny:
    cargo deny check

# The files of deploy/
deploy:
    python3 deploy/check.py
