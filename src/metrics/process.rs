//! What the kernel says of this process, under the names that Prometheus' own clients use.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

/// The unit of times in `/proc/PID/stat`: `USER_HZ`, which is 100 wherever Linux runs this server.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads `/proc` whenever Prometheus asks. What cannot be read is left out: on other systems than Linux, all of it.
#[derive(Debug)]
pub(crate) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        if let Some(seconds) = cpu_seconds() {
            let help = "Time that the process has used of the processors, in seconds";
            encode(&mut encoder, "process_cpu_seconds", help, &ConstCounter::new(seconds))?;
        }
        if let Some(bytes) = resident_bytes() {
            let help = "Memory of the process that is in RAM";
            encode(&mut encoder, "process_resident_memory_bytes", help, &ConstGauge::new(bytes))?;
        }
        if let Some(descriptors) = open_descriptors() {
            let help = "File descriptors of the process that are open";
            encode(&mut encoder, "process_open_fds", help, &ConstGauge::new(descriptors))?;
        }
        Ok(())
    }
}

fn encode(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

/// In user mode and in the kernel.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in parentheses, may hold blanks. The fields after it begin with the third.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(14 - 3).map(str::parse::<u32>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((f64::from(user) + f64::from(system)) / TICKS_PER_SECOND)
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))?;
    resident.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The one among them by which they are counted is closed again.
fn open_descriptors() -> Option<u64> {
    u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count().checked_sub(1)?).ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn the_kernel_knows_this_process() {
        let files: Vec<_> = (0..20).map(|_| File::open("/dev/null").unwrap()).collect();
        assert!(open_descriptors().unwrap() >= files.len() as u64);
        assert!((1_000_000..100_000_000_000).contains(&resident_bytes().unwrap()));
        let before = cpu_seconds().unwrap();
        while cpu_seconds().unwrap() < before + 0.02 {}
    }
}
