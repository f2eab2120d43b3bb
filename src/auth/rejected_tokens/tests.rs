use std::io;

use super::*;

#[test]
fn a_summary_counts_reasons_addresses_and_tokens() {
    let [one, two]: [IpAddr; 2] = [[203, 0, 113, 7].into(), [203, 0, 113, 9].into()];
    let mut summary = Summary::default();
    summary.add(Rejection::Unknown, Some(one), None);
    summary.add(Rejection::Mistyped, Some(two), None);
    summary.add(Rejection::Revoked, Some(one), Some(5));
    assert_eq!((summary.count, summary.reasons), (3, [1, 1, 0, 1, 0, 0]));
    assert_eq!(summary.clients.to_string(), "203.0.113.7 (2), 203.0.113.9 (1)");
    assert_eq!(summary.tokens.to_string(), "5 (1)");
}

#[test]
fn a_summary_lists_a_bounded_number_of_addresses() {
    let mut summary = Summary::default();
    for host in 0..=255 {
        summary.add(Rejection::Unknown, Some([203, 0, 113, host].into()), None);
    }
    assert_eq!((summary.clients.listed.len(), summary.clients.others), (MAX_LISTED_VALUES, 256 - 8));
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that this writes.
fn lines_of(work: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time().with_target(false);
    tracing::subscriber::with_default(subscriber.with_writer(move || writer.clone()).finish(), work);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_line_has_only_the_fields_that_have_a_value() {
    let mut summary = Summary::default();
    summary.add(Rejection::Expired, None, Some(5));
    assert_eq!(lines_of(|| summary.log()), ["INFO tokens rejected count=1 expired=1 tokens=5 (1)"]);

    let mut summary = Summary::default();
    for host in 0..=8 {
        summary.add(Rejection::Unknown, Some([203, 0, 113, host].into()), None);
    }
    let clients: Vec<_> = (0..8).map(|host| format!("203.0.113.{host} (1)")).collect();
    let expected = format!("INFO tokens rejected count=9 unknown=9 clients={} other_clients=1", clients.join(", "));
    assert_eq!(lines_of(|| summary.log()), [expected]);
}

#[test]
fn what_is_left_is_logged_when_the_service_is_dropped() {
    let lines = lines_of(|| {
        let rejected = RejectedTokens::default();
        let clone = rejected.clone();
        rejected.record(Rejection::Revoked, Some(7));
        drop(rejected);
        tracing::info!("one clone is left");
        drop(clone);
    });
    assert_eq!(lines, ["INFO one clone is left", "INFO tokens rejected count=1 revoked=1 tokens=7 (1)"]);
    assert_eq!(lines_of(|| drop(RejectedTokens::default())), Vec::<String>::new());
}

#[test]
fn logging_a_summary_resets_it() {
    let rejected = RejectedTokens::default();
    for _ in 0..1000 {
        rejected.record(Rejection::Unknown, None);
    }
    assert_eq!(rejected.0.lock().count, 1000);
    rejected.0.log();
    assert_eq!(*rejected.0.lock(), Summary::default());
}
