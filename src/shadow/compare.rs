//! Where two answers to the same request differ.

use std::collections::BTreeSet;

use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value};

use super::answer::{Answer, COMPARED_HEADERS};

/// The longest name of a JSON key that the report shows, in bytes.
const MAX_SHOWN_KEY_BYTES: usize = 64;
/// The fields that a PATCH can change.
pub(super) const WRITABLE: [&str; 5] = ["username", "avatar", "first_name", "last_name", "gender"];

/// Where a difference is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Status,
    Header(HeaderName),
    /// The whole of it.
    Body,
    /// A key of the JSON object that the body is.
    Key(String),
    /// A field of the row, read after the old server's answer.
    Stored(String),
}

/// What is different there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Kind {
    Status,
    Header,
    /// Only our answer has the field.
    MissingField,
    /// Only the old server's answer has the field.
    ExtraField,
    Value,
    /// The values are of different JSON types.
    Type,
    /// The same JSON in other bytes: another order of keys, spaces, escapes.
    Bytes,
    /// At least one of the bodies is no JSON object.
    Body,
    /// What the old server answered is not what is stored.
    StoredRow,
}

/// One difference between the old server's answer and ours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) place: Place,
    pub(super) kind: Kind,
    /// The old server's.
    pub(super) upstream: Value,
    pub(super) ours: Value,
}

impl Difference {
    /// Whether another write of the same client at the same time can have made it.
    pub(super) fn may_be_a_race(&self) -> bool {
        matches!(
            (&self.place, self.kind),
            (Place::Key(_), Kind::Value | Kind::Type) | (Place::Stored(_), Kind::StoredRow)
        )
    }
}

impl Place {
    /// The place in words that hold nothing of a customer. A key that is no identifier may hold anything.
    pub(super) fn shown(&self) -> String {
        let key = |key: &str| {
            let is_identifier = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
            let is_token = key.len() >= 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_shown = is_identifier && !is_token && key.len() <= MAX_SHOWN_KEY_BYTES && !key.starts_with("shp_");
            if is_shown { key.to_owned() } else { "(other)".to_owned() }
        };
        match self {
            Self::Status => "status".to_owned(),
            Self::Header(name) => name.to_string(),
            Self::Body => "body".to_owned(),
            Self::Key(name) => key(name),
            Self::Stored(name) => format!("stored.{}", key(name)),
        }
    }
}

/// The differences of two answers. Answers with different statuses differ in that: the rest follows from it.
pub(super) fn differences(upstream: &Answer, ours: &Answer, method: &Method) -> Vec<Difference> {
    if upstream.status != ours.status {
        let (upstream, ours) = (upstream.status.as_u16().into(), ours.status.as_u16().into());
        return vec![Difference { place: Place::Status, kind: Kind::Status, upstream, ours }];
    }
    let headers = COMPARED_HEADERS.into_iter().filter_map(|name| header_difference(upstream, ours, name));
    let mut differences: Vec<_> = headers.collect();
    let has_body = method != Method::HEAD && !matches!(ours.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if has_body && upstream.body != ours.body {
        differences.extend(body_differences(upstream, ours));
    }
    differences
}

fn header_difference(upstream: &Answer, ours: &Answer, name: HeaderName) -> Option<Difference> {
    let (upstream, ours) = (upstream.header(&name), ours.header(&name));
    let is_equal = match (upstream, ours) {
        // The order of a list of methods means nothing.
        (Some(upstream), Some(ours)) if name == header::ALLOW => methods(upstream) == methods(ours),
        _ => upstream == ours,
    };
    let shown = |value: Option<&HeaderValue>| {
        value.map_or(Value::Null, |value| String::from_utf8_lossy(value.as_bytes()).into_owned().into())
    };
    let difference =
        || Difference { place: Place::Header(name), kind: Kind::Header, upstream: shown(upstream), ours: shown(ours) };
    (!is_equal).then(difference)
}

fn methods(value: &HeaderValue) -> BTreeSet<&[u8]> {
    value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|method| !method.is_empty()).collect()
}

fn body_differences(upstream: &Answer, ours: &Answer) -> Vec<Difference> {
    let (Some(Value::Object(upstream_object)), Some(Value::Object(our_object))) = (upstream.json(), ours.json()) else {
        return vec![Difference { place: Place::Body, kind: Kind::Body, upstream: text(upstream), ours: text(ours) }];
    };
    let differences = object_differences(&upstream_object, &our_object);
    if differences.is_empty() {
        return vec![Difference { place: Place::Body, kind: Kind::Bytes, upstream: text(upstream), ours: text(ours) }];
    }
    differences
}

fn text(answer: &Answer) -> Value {
    String::from_utf8_lossy(&answer.body).into_owned().into()
}

fn object_differences(upstream: &Map<String, Value>, ours: &Map<String, Value>) -> Vec<Difference> {
    let extra = upstream.keys().filter(|key| !ours.contains_key(*key));
    let keys = ours.keys().chain(extra);
    keys.filter_map(|key| {
        let (upstream, ours) = (upstream.get(key), ours.get(key));
        let kind = match (upstream, ours) {
            (None, _) => Kind::MissingField,
            (_, None) => Kind::ExtraField,
            (Some(upstream), Some(ours)) if upstream == ours => return None,
            (Some(upstream), Some(ours)) if std::mem::discriminant(upstream) != std::mem::discriminant(ours) => {
                Kind::Type
            }
            _ => Kind::Value,
        };
        let value = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
        Some(Difference { place: Place::Key(key.clone()), kind, upstream: value(upstream), ours: value(ours) })
    })
    .collect()
}

/// A PATCH as the rows show it.
pub(super) struct Stored<'a> {
    /// The row before, and after the old server's answer.
    pub(super) before: &'a Answer,
    pub(super) after: &'a Answer,
    /// The answer to the dry run.
    pub(super) ours: &'a Answer,
    pub(super) upstream: &'a Answer,
}

/// What the rows say of a PATCH.
#[derive(Debug, PartialEq)]
pub(super) enum StoredRow {
    /// These differences; none when what was answered is stored, and what was rejected is not.
    Compared(Vec<Difference>),
    /// The customer's token stopped or began to work between the two looks at the row.
    Moved,
}

impl Stored<'_> {
    pub(super) fn compare(&self) -> StoredRow {
        if self.before.status != self.after.status {
            return StoredRow::Moved;
        }
        let (Some(Value::Object(before)), Some(Value::Object(after))) = (self.before.json(), self.after.json()) else {
            return StoredRow::Compared(Vec::new());
        };
        if self.after.status != StatusCode::OK {
            return StoredRow::Compared(Vec::new());
        }
        match self.upstream.json() {
            Some(Value::Object(answered)) if self.upstream.status == StatusCode::OK => self.accepted(&answered, &after),
            // Without a profile in the answer there is nothing to hold the row to but the row itself.
            _ if self.upstream.status.is_success() => StoredRow::Compared(Vec::new()),
            _ => StoredRow::Compared(stored_differences(&before, &after)),
        }
    }

    /// The row must be what was answered, in the fields that the PATCH does not name too.
    fn accepted(&self, answered: &Map<String, Value>, after: &Map<String, Value>) -> StoredRow {
        let ours = match self.ours.json() {
            Some(Value::Object(ours)) if self.ours.status == StatusCode::OK => ours,
            _ => Map::new(),
        };
        // Where the row is as we would have answered, the answer alone is wrong, and it is compared with ours already.
        let is_answer_alone = |field: &str| ours.get(field).is_some_and(|expected| Some(expected) == after.get(field));
        let differences = stored_differences(answered, after);
        let of_row = differences.into_iter().filter(|difference| match &difference.place {
            Place::Stored(field) => !is_answer_alone(field),
            _ => true,
        });
        StoredRow::Compared(of_row.collect())
    }
}

/// Fields of an answer that are not as in the row. Fields that the row has not are compared elsewhere.
fn stored_differences(answered: &Map<String, Value>, row: &Map<String, Value>) -> Vec<Difference> {
    let fields = row.iter().filter_map(|(field, stored)| Some((field, answered.get(field)?, stored)));
    let different = fields.filter(|(_, answered, stored)| answered != stored);
    different
        .map(|(field, answered, stored)| Difference {
            place: Place::Stored(field.clone()),
            kind: Kind::StoredRow,
            upstream: answered.clone(),
            ours: stored.clone(),
        })
        .collect()
}
