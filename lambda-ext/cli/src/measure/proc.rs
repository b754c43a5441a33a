//! What the operating system has counted of a process: Linux's /proc, and nothing elsewhere.

use std::fs;
use std::time::Duration;

/// Until a process that waits is found still, which one that works on its own account never is.
const SETTLING: u32 = 50;

/// A process at one moment. What is none is not told here.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    /// The time that its threads have been on a CPU, as the scheduler counts it, in µs.
    pub(crate) cpu: Option<f64>,
    /// Resident memory, in KiB.
    pub(crate) rss: Option<f64>,
    /// The most resident memory until now, in KiB.
    pub(crate) peak_rss: Option<f64>,
    /// How many threads it has.
    pub(crate) threads: Option<f64>,
    /// Page faults that took no disk.
    pub(crate) faults: Option<f64>,
    /// Its network's open TCP connections to that port of the platform.
    pub(crate) connections: Option<f64>,
}

/// Reads a process once it does no more for the event that it has just had: the time that a
/// request arrives is not yet that when its sender sleeps.
pub(crate) async fn read(pid: u32, platform: u16) -> Reading {
    let mut before = None;
    for _ in 0..SETTLING {
        let now = on_cpu(pid);
        if now.is_none() || now == before {
            break;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    Reading {
        cpu: before.map(|nanoseconds| nanoseconds / 1e3),
        rss: field(&status, "VmRSS:"),
        peak_rss: field(&status, "VmHWM:"),
        threads: field(&status, "Threads:"),
        faults: stat(&pid.to_string(), MINFLT),
        connections: connections(pid, platform),
    }
}

/// The page faults of all children that have been waited for.
pub(crate) fn faults_of_children() -> Option<f64> {
    stat("self", CMINFLT)
}

/// The fields of `/proc/PID/stat` as proc(5) numbers them, from the third: the second may have
/// blanks in it.
const MINFLT: usize = 10 - 3;
const CMINFLT: usize = 11 - 3;

fn stat(process: &str, field: usize) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(field)?.parse().ok()
}

/// The nanoseconds of all threads that are there; those of `/proc/PID/stat` are counted in
/// hundredths of a second.
fn on_cpu(pid: u32) -> Option<f64> {
    let mut sum = 0.0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let schedstat = fs::read_to_string(thread.ok()?.path().join("schedstat"));
        // One that has just ended takes its time with it.
        let Ok(schedstat) = schedstat else { continue };
        sum += schedstat.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(sum)
}

fn field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Every environment has a port of its own, so whoever is connected to it is the extension.
fn connections(pid: u32, platform: u16) -> Option<f64> {
    let tables =
        ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")));
    let [Ok(ipv4), ipv6] = tables else {
        return None;
    };
    let ipv6 = ipv6.unwrap_or_default();
    let lines = ipv4.lines().chain(ipv6.lines());
    let found = lines.filter(|line| is_connected(line, platform)).count();
    Some(super::stats::to_f64(found))
}

/// Whether a line of the kernel's table is an established connection to that port.
fn is_connected(line: &str, port: u16) -> bool {
    const ESTABLISHED: &str = "01";
    let mut columns = line.split_whitespace().skip(2);
    let (Some(remote), Some(state)) = (columns.next(), columns.next()) else {
        return false;
    };
    let remote = remote.rsplit_once(':');
    let remote = remote.and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
    remote == Some(port) && state == ESTABLISHED
}

#[cfg(test)]
mod tests {
    use super::{field, is_connected};

    #[test]
    fn a_connection_to_the_platform_is_told_from_its_other_end_and_from_closed_ones() {
        let line = |local: &str, remote: &str, state: &str| {
            format!("   1: 0100007F:{local} 0100007F:{remote} {state} 00000000:00000000 00:0 0 0 1")
        };
        assert!(is_connected(&line("A2F2", "1F90", "01"), 8080));
        assert!(!is_connected(&line("1F90", "A2F2", "01"), 8080));
        assert!(!is_connected(&line("A2F2", "1F90", "08"), 8080));
        assert!(!is_connected("  sl  local_address rem_address   st", 8080));
    }

    #[test]
    fn a_field_of_the_status_is_its_number() {
        let status = "VmPeak:\t   9 kB\nVmRSS:\t    3256 kB\nThreads:\t2\n";
        assert_eq!(field(status, "VmRSS:"), Some(3256.0));
        assert_eq!(field(status, "Threads:"), Some(2.0));
        assert_eq!(field(status, "VmHWM:"), None);
    }
}
