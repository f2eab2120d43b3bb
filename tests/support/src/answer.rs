//! An answer, read whole and held to what every answer must be.

use std::fmt;

use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

/// The headers that we mean to send. Any other, say a library's name and version, fails the test.
const ALLOWED_HEADERS: [&str; 16] = [
    "allow",
    "cache-control",
    "connection",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "etag",
    "preference-applied",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-request-id",
];

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// What was asked, for the message of a failed assertion.
    about: String,
}

impl Answer {
    /// The answer, if it is one that we may give.
    #[track_caller]
    pub fn checked(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        let answer = Self {
            status: status.as_u16(),
            headers,
            body: String::from_utf8(body).expect("UTF-8"),
            about: String::new(),
        };
        for name in answer.headers.keys() {
            assert!(ALLOWED_HEADERS.contains(&name.as_str()), "an unexpected header: {name}\n{answer}");
        }
        for name in ["x-request-id", "x-content-type-options"] {
            assert!(answer.headers.contains_key(name), "no {name}\n{answer}");
        }
        assert_eq!(answer.headers.contains_key("www-authenticate"), answer.status == 401, "{answer}");
        assert_eq!(answer.headers.contains_key("retry-after"), [429, 503].contains(&answer.status), "{answer}");
        assert!(answer.status != 503 || (1..=10).contains(&answer.retry_after()), "{answer}");
        assert_eq!(
            answer.headers.contains_key("ratelimit"),
            answer.headers.contains_key("ratelimit-policy"),
            "{answer}"
        );
        assert!(answer.status != 429 || answer.headers.contains_key("ratelimit"), "{answer}");
        if answer.headers.contains_key("retry-after") {
            answer.assert_that_errors_say_when();
        }
        answer
    }

    /// GraphQL's errors say as the header does after how many seconds to try again.
    #[track_caller]
    fn assert_that_errors_say_when(&self) {
        let Ok(body) = serde_json::from_str::<Value>(&self.body) else { return };
        for error in body["errors"].as_array().into_iter().flatten() {
            assert_eq!(error["extensions"]["retryAfter"], self.retry_after(), "{self}");
        }
    }

    /// Says what was asked, so that a failed assertion in a table's row shows which row it is.
    pub fn about(self, what: impl fmt::Display) -> Self {
        Self { about: what.to_string(), ..self }
    }

    /// The whole answer: the status, the body and the type that belongs to it.
    #[track_caller]
    pub fn assert(self, status: u16, body: &str) -> Self {
        assert_eq!((self.status, &*self.body), (status, body), "\n{self}");
        let json = ["application/json", "application/json; charset=utf-8"];
        let is_json = self.headers.get("content-type").is_some_and(|value| json.iter().any(|json| value == json));
        assert_eq!(is_json, !body.is_empty(), "\n{self}");
        self
    }

    /// The status alone, where the body is asserted elsewhere or in pieces.
    #[track_caller]
    pub fn assert_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "\n{self}");
        self
    }

    /// A header's value; `""` if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }

    /// After how many seconds to try again.
    #[track_caller]
    pub fn retry_after(&self) -> u64 {
        self.header("retry-after").parse().unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    #[track_caller]
    pub fn assert_header(self, name: &str, value: &str) -> Self {
        assert_eq!(self.header(name), value, "{name}\n{self}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.about.is_empty() {
            writeln!(f, "{}\n", self.about)?;
        }
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n{}", self.body)
    }
}
