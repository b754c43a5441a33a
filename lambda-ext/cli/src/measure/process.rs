//! The operating system's counters of a process: Linux's `/proc`, and nothing elsewhere.

use std::fs;
use std::time::Duration;

/// The number of checks until the CPU time stands still. That of a busy process never does.
const MAX_CHECKS: u32 = 50;

/// The counters of a process at one moment; none if the system does not have them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counters {
    /// The CPU time of its threads, in µs.
    pub(super) cpu: Option<f64>,
    /// Resident memory, in KiB.
    pub(super) rss: Option<f64>,
    /// The peak of resident memory, in KiB.
    pub(super) peak_rss: Option<f64>,
    pub(super) threads: Option<f64>,
    /// Minor page faults, which need no disk.
    pub(super) page_faults: Option<f64>,
    /// Open TCP connections to the platform.
    pub(super) connections: Option<f64>,
}

/// Reads the counters once the process has finished its work on the current event: it may still be
/// busy when its request arrives.
pub(super) async fn counters(pid: u32, platform_port: u16) -> Counters {
    let mut cpu = None;
    for _ in 0..MAX_CHECKS {
        let now = cpu_time(pid);
        if now.is_none() || now == cpu {
            break;
        }
        cpu = now;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    Counters {
        cpu: cpu.map(|nanoseconds| nanoseconds / 1e3),
        rss: status_field(&status, "VmRSS:"),
        peak_rss: status_field(&status, "VmHWM:"),
        threads: status_field(&status, "Threads:"),
        page_faults: stat_field(&pid.to_string(), MINFLT),
        connections: connections(pid, platform_port),
    }
}

/// The minor page faults of all child processes that have ended.
pub(super) fn page_faults_of_children() -> Option<f64> {
    stat_field("self", CMINFLT)
}

/// The fields of `/proc/PID/stat` as proc(5) numbers them, from the third on: the second may contain
/// spaces.
const MINFLT: usize = 10 - 3;
const CMINFLT: usize = 11 - 3;

fn stat_field(process: &str, field: usize) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(field)?.parse().ok()
}

/// The CPU time of all threads, in ns. `/proc/PID/stat` has it in hundredths of a second only.
fn cpu_time(pid: u32) -> Option<f64> {
    let mut sum = 0.0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let schedstat = fs::read_to_string(thread.ok()?.path().join("schedstat"));
        // A thread that has just ended has none.
        let Ok(schedstat) = schedstat else { continue };
        sum += schedstat.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(sum)
}

fn status_field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Each emulated platform has a port of its own, so only the extension connects to it.
fn connections(pid: u32, platform_port: u16) -> Option<f64> {
    let ipv4 = fs::read_to_string(format!("/proc/{pid}/net/tcp")).ok()?;
    // A system without IPv6 lacks this table.
    let ipv6 = fs::read_to_string(format!("/proc/{pid}/net/tcp6")).unwrap_or_default();
    let lines = ipv4.lines().chain(ipv6.lines());
    let connected = lines.filter(|line| is_connected(line, platform_port));
    Some(super::stats::to_f64(connected.count()))
}

/// Returns true for a line of the kernel's table with an established connection to that port.
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
    use super::{is_connected, status_field};

    #[test]
    fn only_established_connections_to_the_platform_count() {
        let line = |local: &str, remote: &str, state: &str| {
            format!("   1: 0100007F:{local} 0100007F:{remote} {state} 00000000:00000000 00:0 0 0 1")
        };
        assert!(is_connected(&line("A2F2", "1F90", "01"), 8080));
        assert!(!is_connected(&line("1F90", "A2F2", "01"), 8080));
        assert!(!is_connected(&line("A2F2", "1F90", "08"), 8080));
        assert!(!is_connected("  sl  local_address rem_address   st", 8080));
    }

    #[test]
    fn field_of_the_status_is_its_number() {
        let status = "VmPeak:\t   9 kB\nVmRSS:\t    3256 kB\nThreads:\t2\n";
        assert_eq!(status_field(status, "VmRSS:"), Some(3256.0));
        assert_eq!(status_field(status, "Threads:"), Some(2.0));
        assert_eq!(status_field(status, "VmHWM:"), None);
    }
}
