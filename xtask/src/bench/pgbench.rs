//! The PATCH's statement without a server around it.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::Result;

/// The statement of `benches/peers/axum-sqlx` with two fields. The key's digest is computed by the database: pgbench
/// has no SHA-256.
const SCRIPT: &str = "\
\\set customer random(1, :customers)
\\set nonce random(1, 2000000000)
UPDATE customer SET first_name = 'N' || (:nonce)::text, last_name = 'Ahmadi', version = version + 1, updated_at = CURRENT_TIMESTAMP \
WHERE is_active AND id = (SELECT customer_id FROM api_token \
WHERE digest = sha256(convert_to(lpad(to_hex((:customer)::integer), 40, '0'), 'UTF8')) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)) \
RETURNING id, username, mobile_number, email, avatar, first_name, last_name, gender;
";

/// Runs pgbench and gives the latency of every transaction in microseconds, ascending, and the time it took.
pub(super) fn run(url: &str, connections: usize, customers: u64, duration: Duration) -> Result<(Vec<u32>, Duration)> {
    let directory = super::work_dir().join("pgbench");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory)?;
    std::fs::write(directory.join("patch.sql"), SCRIPT)?;
    let start = Instant::now();
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--log", "--file=patch.sql"])
        .arg(format!("--define=customers={customers}"))
        .arg(format!("--client={connections}"))
        .arg(format!("--time={}", duration.as_secs().max(1)))
        .arg(url)
        .current_dir(&directory)
        .output()
        .map_err(|error| format!("pgbench: {error}"))?;
    let elapsed = start.elapsed();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let mut latencies = Vec::new();
    for entry in std::fs::read_dir(&directory)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "sql") {
            // client, transaction, latency, …
            let log = std::fs::read_to_string(path)?;
            latencies.extend(log.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u32>().ok()));
        }
    }
    latencies.sort_unstable();
    Ok((latencies, elapsed))
}
