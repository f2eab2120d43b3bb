//! A line of the report, as JSON.

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use super::compare::Difference;
use crate::store::now;

/// A request whose answers differ.
pub(super) struct Entry<'a> {
    pub(super) request: String,
    pub(super) method: &'a str,
    /// Of the old server's answer and of ours.
    pub(super) statuses: (u16, u16),
    /// Each with the number of the rule that explains it.
    pub(super) differences: &'a [(Difference, Option<usize>)],
    /// What no line may hold, whatever is shown: the client's token.
    pub(super) secret: Option<&'a str>,
}

impl Entry<'_> {
    /// Its line in the report. `shows_values`: whether it shows what differs.
    pub(super) fn line(&self, shows_values: bool) -> String {
        let difference = |(difference, rule): &(Difference, Option<usize>)| {
            let kind: &'static str = difference.kind.into();
            let mut shown = Map::from_iter([
                ("place".to_owned(), difference.place.shown().into()),
                ("kind".to_owned(), kind.into()),
                ("rule".to_owned(), json!(rule)),
            ]);
            if shows_values {
                shown.insert("upstream".to_owned(), without(&difference.upstream, self.secret));
                shown.insert("ours".to_owned(), without(&difference.ours, self.secret));
            }
            Value::Object(shown)
        };
        let mut rules: Vec<usize> = self.differences.iter().filter_map(|(_, rule)| *rule).collect();
        rules.sort_unstable();
        rules.dedup();
        json!({
            "time": now().to_rfc3339_opts(SecondsFormat::Millis, true),
            "request": self.request,
            "method": self.method,
            "status": {"upstream": self.statuses.0, "ours": self.statuses.1},
            "explained": self.differences.iter().all(|(_, rule)| rule.is_some()),
            "rules": rules,
            "differences": self.differences.iter().map(difference).collect::<Vec<_>>(),
        })
        .to_string()
        // Line ends to some programs, and allowed in JSON.
        .replace('\u{85}', "\\u0085")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
    }
}

/// The value without the client's token, should an answer hold it.
fn without(value: &Value, secret: Option<&str>) -> Value {
    match (value, secret) {
        (Value::String(text), Some(secret)) => text.replace(secret, "(token)").into(),
        (Value::Array(values), _) => values.iter().map(|value| without(value, secret)).collect(),
        (Value::Object(fields), _) => {
            fields.iter().map(|(key, value)| (key.clone(), without(value, secret))).collect::<Map<_, _>>().into()
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shadow::compare::{Kind, Place};

    fn differences() -> [(Difference, Option<usize>); 2] {
        let difference = |key: &str, kind, upstream: Value, ours: Value| Difference {
            place: Place::Key(key.into()),
            kind,
            upstream,
            ours,
        };
        [
            (difference("first_name", Kind::Value, "Sara\u{2028}".into(), "secret-token".into()), Some(3)),
            (difference("a b", Kind::Type, Value::Null, json!(["secret-token"])), None),
        ]
    }

    fn written(shows_values: bool) -> Value {
        let differences = differences();
        let entry = Entry {
            request: "1-2".into(),
            method: "PATCH",
            statuses: (200, 200),
            differences: &differences,
            secret: Some("secret-token"),
        };
        let text = entry.line(shows_values);
        assert!(!text.contains('\u{2028}'), "{text}");
        let mut line: Value = serde_json::from_str(&text).unwrap();
        assert!(line.as_object_mut().unwrap().remove("time").is_some());
        line
    }

    #[test]
    fn a_line_says_what_differs_and_shows_values_when_asked() {
        assert_eq!(
            written(false),
            json!({
                "request": "1-2", "method": "PATCH", "status": {"upstream": 200, "ours": 200},
                "explained": false, "rules": [3],
                "differences": [
                    {"place": "first_name", "kind": "value", "rule": 3},
                    {"place": "(other)", "kind": "type", "rule": null},
                ],
            })
        );
        let shown = written(true)["differences"].clone();
        assert_eq!(shown[0]["upstream"], "Sara\u{2028}");
        assert_eq!((&shown[0]["ours"], &shown[1]["ours"]), (&json!("(token)"), &json!(["(token)"])));
    }
}
