use std::sync::{
    Mutex, MutexGuard,
    mpsc::{Receiver, SyncSender, sync_channel},
};

use super::*;

/// Stderr, as a test breaks it.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Disk>>);

#[derive(Default)]
struct Disk {
    written: Vec<u8>,
    /// How many more bytes the disk takes.
    room: usize,
}

impl Output {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.disk().written.clone()).unwrap()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.disk();
        let count = bytes.len().min(disk.room);
        if count == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.written.extend_from_slice(&bytes[..count]);
        disk.room -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Stderr as a pipe that is not read: a write blocks until the test allows it.
struct Pipe(Receiver<()>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_drops_lines_and_their_number_is_reported() {
    let output = Output::default();
    output.disk().room = 12;
    let (reports, reported) = mpsc::channel();
    let writer = LogWriter::start(output.clone(), false, move |lines| reports.send(lines).unwrap());
    for line in ["first\n", "second\n", "third\n"] {
        writer.enqueue(line.as_bytes());
    }
    writer.flush();
    assert_eq!((output.text().as_str(), writer.dropped_lines()), ("first\nsecond", 2));
    output.disk().room = 1000;
    writer.enqueue(b"fourth\n");
    writer.flush();
    assert_eq!(output.text(), "first\nsecond\nfourth\n", "a cut line does not swallow the next one");
    assert_eq!(reported.try_iter().collect::<Vec<_>>(), [2]);
}

#[test]
fn a_pipe_that_is_not_read_drops_lines_and_blocks_no_caller() {
    let (allow, allowed): (SyncSender<()>, _) = sync_channel(0);
    let (reports, reported) = mpsc::channel();
    let writer = LogWriter::start(Pipe(allowed), false, move |lines| reports.send(lines).unwrap());
    let line = [vec![b'x'; MAX_QUEUED_BYTES / 4 - 1], vec![b'\n']].concat();
    for _ in 0..10 {
        writer.enqueue(&line);
    }
    assert_eq!(writer.dropped_lines(), 6, "four fill the queue, whether the thread is writing them or not");
    writer.flush();
    for _ in 0..4 {
        allow.send(()).unwrap();
    }
    assert_eq!(reported.recv(), Ok(6));
}

#[test]
fn lines_are_written_together_and_whole() {
    #[derive(Clone, Default)]
    struct Writes(Arc<Mutex<Vec<Vec<u8>>>>);
    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(bytes.to_vec());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let writes = Writes::default();
    let lines = ["short\n".repeat(3), "x".repeat(MAX_WRITTEN_BYTES) + "\n", "no end".to_owned()].concat();
    let mut thread = WriterThread::new(Arc::default(), writes.clone(), false, |_| {});
    thread.write_lines(lines.as_bytes());
    let writes = writes.0.lock().unwrap();
    assert_eq!(writes.iter().map(Vec::len).collect::<Vec<_>>(), [18, MAX_WRITTEN_BYTES + 1, 6]);
    assert_eq!(writes.concat(), lines.as_bytes());
}

#[test]
fn lines_that_were_queued_are_written_when_the_last_writer_is_gone() {
    let output = Output::default();
    output.disk().room = 100;
    let (ended, end) = mpsc::channel::<()>();
    let writer = LogWriter::start(output.clone(), false, move |_| drop(ended.clone()));
    writer.clone().enqueue(b"last\n");
    drop(writer);
    assert_eq!(end.recv(), Err(mpsc::RecvError), "the thread has ended");
    assert_eq!(output.text(), "last\n");
}
