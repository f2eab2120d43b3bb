use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("failed")]
struct Failure(#[source] io::Error);

/// The line of an event with a value of each kind.
fn line(format: Format) -> String {
    let written = Written::default();
    let writer = written.clone();
    let lines = Lines { format, writer: move || writer.clone() };
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
        let error = Failure(io::Error::other("the \"disk\""));
        let (kind, error, none) = (error.0.kind(), &error as &dyn Error, None::<u64>);
        let text = "a \"b\"\\\n\u{9b}ü";
        tracing::warn!(target: "shop", text, shown = %text, ?kind, none, yes = true, less = -1, error, "it\nended");
    });
    let bytes = written.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn text_is_one_line_whatever_the_values_are() {
    let line = line(Format::Text);
    let (time, rest) = line.split_once(' ').unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok() && time.len() == 27, "{time}");
    let expected = " WARN shop: it\\u000aended text=\"a \\u0022b\\u0022\\u005c\\u000a\\u009bü\" \
                    shown=a \"b\"\\\\u000a\\u009bü kind=Other yes=true less=-1 error=failed error.sources=[the \"disk\"]\n";
    assert_eq!(rest, expected);
}

#[test]
fn json_is_one_object_a_line() {
    let line = line(Format::Json);
    let parsed: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&parsed["level"], &parsed["target"]), (&json!("WARN"), &json!("shop")));
    let fields = &parsed["fields"];
    let text = json!("a \"b\"\\\n\u{9b}ü");
    assert_eq!((&fields["message"], &fields["text"], &fields["shown"]), (&json!("it\nended"), &text, &text));
    assert_eq!((&fields["yes"], &fields["less"], fields.get("none")), (&json!(true), &json!(-1), None));
    assert_eq!((&fields["error"], &fields["error.sources"]), (&json!("failed"), &json!("the \"disk\"")));
    assert!(line.ends_with("}\n") && line.matches('\n').count() == 1, "{line}");
}
