//! Where and when it was measured.

use std::{fs, process::Command};

use serde::{Deserialize, Serialize};

use crate::Result;

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The day, UTC.
    pub(crate) date: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_gb: u64,
    pub(crate) kernel: String,
}

impl Machine {
    pub(super) fn this() -> Result<Self> {
        let cpu = field(&fs::read_to_string("/proc/cpuinfo")?, "model name");
        let memory = field(&fs::read_to_string("/proc/meminfo")?, "MemTotal");
        let kilobytes: u64 = memory.split(' ').next().unwrap_or_default().parse()?;
        Ok(Self {
            date: output("date", &["-u", "+%Y-%m-%d"])?,
            cpu,
            cores: std::thread::available_parallelism()?.get(),
            memory_gb: kilobytes.div_ceil(1024 * 1024),
            kernel: output("uname", &["-sr"])?,
        })
    }
}

/// The first `name : value` of a file in /proc.
fn field(text: &str, name: &str) -> String {
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(key, _)| key.trim() == name).map_or(String::new(), |(_, value)| value.trim().to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
