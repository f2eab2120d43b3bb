//! The contenders' processes: started, metered, stopped.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::Result;

/// `utime` and `stime` count hundredths of a second on every Linux.
const TICK: Duration = Duration::from_millis(10);
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A child that ends with this value, by SIGTERM first: some have children of their own to stop.
pub(super) struct Process(Child);

impl Process {
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let child = command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        Ok(Self(child))
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        let end = Instant::now() + STOP_WITHIN;
        while Instant::now() < end {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that has said where it listens.
pub(super) struct Server {
    pub(super) process: Process,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Waits until the command prints an address, which all contenders do in their own words.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let (output, input) = std::io::pipe()?;
        command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
        let process = Process::start(command)?;
        // The parent's own copy of the pipe would keep it open for ever.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut said = String::new();
        let mut lines = BufReader::new(output);
        loop {
            let start = said.len();
            if lines.read_line(&mut said)? == 0 {
                return Err(format!("{} ended: {said}", command.get_program().display()).into());
            }
            if let Some(address) = listening_address(&said[start..]) {
                // Whatever it says from now on must not fill the pipe.
                std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
                return Ok(Self { process, address });
            }
        }
    }
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("http://")?;
    let end = address.find(|char: char| !char.is_ascii_digit() && !".:".contains(char)).unwrap_or(address.len());
    address[..end].parse().ok()
}

/// What a process and all its descendants have used up to now.
#[derive(Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) cpu: Duration,
    /// Resident memory now. Pages that processes share count once in each.
    pub(super) rss_bytes: u64,
}

struct Stat {
    parent: u32,
    ticks: u32,
    rss_bytes: u64,
}

/// Reads `/proc` once for the whole tree.
pub(super) fn usage_of_tree(root: u32) -> Result<Usage> {
    let mut stats = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(id) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // A process may end between the two looks.
        if let Some(stat) = fs::read_to_string(format!("/proc/{id}/stat")).ok().and_then(|line| parse_stat(&line)) {
            stats.insert(id, stat);
        }
    }
    let mut usage = Usage::default();
    for (&id, stat) in &stats {
        if is_within(&stats, id, root) {
            usage.cpu += TICK * stat.ticks;
            usage.rss_bytes += stat.rss_bytes;
        }
    }
    Ok(usage)
}

fn is_within(stats: &HashMap<u32, Stat>, mut id: u32, root: u32) -> bool {
    while id != root {
        match stats.get(&id) {
            Some(stat) => id = stat.parent,
            None => return false,
        }
    }
    true
}

/// Fields are numbered from 1 in proc(5); the name in the second may hold spaces.
fn parse_stat(line: &str) -> Option<Stat> {
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    // Own time, and that of the children that have ended.
    let ticks = (14..=17).map(number).sum::<Option<u64>>()?;
    Some(Stat { parent: number(4)? as u32, ticks: ticks as u32, rss_bytes: number(24)? * 4096 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contenders_first_words_give_its_address() {
        for line in [
            "listening on http://127.0.0.1:4000\n",
            "listening on http://127.0.0.1:4000/\n",
            "[2026-11-23 12:00:00 +0000] [7] [INFO] Listening at: http://127.0.0.1:4000 (7)\n",
        ] {
            assert_eq!(listening_address(line), Some(SocketAddr::from(([127, 0, 0, 1], 4000))), "{line}");
        }
        assert_eq!(listening_address("starting"), None);
    }

    #[test]
    fn a_stat_line_is_read_past_a_strange_name() {
        let line = "7 (a) b) S 3 7 7 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 100 5000 6 0 0";
        let stat = parse_stat(line).unwrap();
        assert_eq!((stat.parent, stat.ticks, stat.rss_bytes), (3, 100, 6 * 4096));
    }
}
