//! From the bytes of a PATCH to a [`PatchInput`], as forgiving and as strict as DRF's JSON parser: the last of repeated
//! keys wins, unknown keys and what is in them do not matter, `NaN` and a byte order mark are refused.

use std::borrow::Cow;

use axum::{
    extract::Request,
    http::{HeaderValue, header},
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_bytes::ByteBuf;
use serde_json::value::RawValue;

use super::{
    error::{Ignored, RestError},
    python,
};
use crate::{
    api,
    profile::{FieldInput, JsonString, PatchInput},
};

/// The deepest nesting of a body. No client nests at all; Python's parser gives up not much later.
const MAX_DEPTH: usize = 900;

/// What a PATCH says.
#[derive(Default)]
pub(super) struct PatchBody {
    pub(super) input: PatchInput,
    /// Keys that do nothing, each once, in the body's order.
    pub(super) ignored: Vec<Ignored>,
}

/// Content type, size, parsing: in this order. An empty body is an empty patch, whatever it calls itself.
pub(super) async fn read(request: Request) -> Result<PatchBody, RestError> {
    let (parts, body) = request.into_parts();
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    if api::is_known_empty(&body) {
        return Ok(PatchBody::default());
    }
    let charset = accepted_charset(content_type)?;
    let bytes = api::read(&parts.headers, body).await.map_err(RestError::Body)?;
    if bytes.is_empty() {
        return Ok(PatchBody::default());
    }
    parse(&decode(&bytes, charset)?)
}

/// The label of the body's charset, when its content type is one that we read.
fn accepted_charset(content_type: Option<&HeaderValue>) -> Result<Option<String>, RestError> {
    // Header values are Latin-1 to Django; the echo is the value as sent.
    let sent: String =
        content_type.map_or(String::new(), |value| value.as_bytes().iter().copied().map(char::from).collect());
    let mut parts = sent.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    if !["application/json", "application/merge-patch+json"].iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Err(RestError::UnsupportedMediaType(sent));
    }
    Ok(parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset").then(|| value.to_ascii_lowercase().replace('_', "-"))
    }))
}

/// The text of the body. A charset that nobody knows is taken for UTF-8, as Django takes it.
fn decode(bytes: &[u8], charset: Option<String>) -> Result<Cow<'_, str>, RestError> {
    let (encoding, well_formed) = match charset.as_deref() {
        // To the web's decoders ASCII is Windows-1252; to Python it is ASCII.
        Some("us-ascii" | "ascii") => (encoding_rs::UTF_8, bytes.is_ascii()),
        // Python's own name of ISO 8859-1.
        Some("latin-1") => (encoding_rs::WINDOWS_1252, true),
        label => {
            let known = label.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
            (known.unwrap_or(encoding_rs::UTF_8), true)
        }
    };
    let (text, malformed) = if encoding == encoding_rs::UTF_8 {
        // With its byte order mark, which JSON must not have.
        encoding.decode_without_bom_handling(bytes)
    } else {
        let (text, _, malformed) = encoding.decode(bytes);
        (text, malformed)
    };
    if malformed || !well_formed {
        return Err(RestError::Malformed("the text is not in its charset".into()));
    }
    Ok(text)
}

/// An object's entries; the values stay text until somebody asks, so that what is ignored cannot be wrong.
struct Entries<'a>(Vec<(JsonString, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry::<ByteBuf, &RawValue>()? {
                    entries.push((text(&key), value));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor)
    }
}

fn parse(json: &str) -> Result<PatchBody, RestError> {
    if depth(json) > MAX_DEPTH {
        return Err(RestError::Malformed("nested too deeply".into()));
    }
    let whole: &RawValue = serde_json::from_str(json).map_err(|error| malformed(&error))?;
    if !whole.get().starts_with('{') {
        return Err(RestError::NotAnObject(python::type_name(whole.get())));
    }
    let Entries(entries) = serde_json::from_str(whole.get()).map_err(|error| malformed(&error))?;
    let mut body = PatchBody::default();
    for (key, value) in entries {
        let PatchInput { username, avatar, first_name, last_name, gender } = &mut body.input;
        let field = match key.as_str() {
            "username" => username,
            "avatar" => avatar,
            "first_name" => first_name,
            "last_name" => last_name,
            "gender" => gender,
            other => {
                let entry = (other.to_owned(), ignored_because(other));
                if !body.ignored.contains(&entry) {
                    body.ignored.push(entry);
                }
                continue;
            }
        };
        *field = input(value.get());
    }
    Ok(body)
}

fn ignored_because(key: &str) -> &'static str {
    match key {
        "id" | "mobile_number" | "email" | "full_name" | "is_profile_completed" => "This field is read-only.",
        _ => "Unknown field.",
    }
}

/// The JSON is valid.
fn input(json: &str) -> FieldInput {
    match json.as_bytes().first() {
        Some(b'n') => FieldInput::Null,
        // A string is read as bytes, for only those can hold a lone surrogate.
        Some(b'"') => {
            serde_json::from_str::<ByteBuf>(json).map_or(FieldInput::Null, |bytes| FieldInput::Text(text(&bytes)))
        }
        _ => FieldInput::WrongType(python::to_string(json)),
    }
}

/// WTF-8, as serde_json gives a string with lone surrogates (`ED A0..BF 80..BF` in what is otherwise UTF-8).
fn text(wtf8: &[u8]) -> JsonString {
    let mut surrogate = None;
    let mut value = String::with_capacity(wtf8.len());
    let mut rest = wtf8;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                value.push_str(valid);
                break;
            }
            Err(error) => {
                let (valid, invalid) = rest.split_at(error.valid_up_to());
                value.push_str(&String::from_utf8_lossy(valid));
                value.push(char::REPLACEMENT_CHARACTER);
                if let [0xed, second, third, ..] = invalid {
                    let unit = 0xd000 | (u32::from(second & 0x3f) << 6) | u32::from(third & 0x3f);
                    surrogate.get_or_insert(unit);
                }
                rest = invalid.get(3..).unwrap_or_default();
            }
        }
    }
    match surrogate {
        Some(unit) => JsonString::with_surrogate(value, unit),
        None => value.into(),
    }
}

/// The place, in our words: a library's own text is not for clients.
fn malformed(error: &serde_json::Error) -> RestError {
    let problem = if error.is_eof() { "unexpected end" } else { "unexpected character" };
    RestError::Malformed(format!("{problem}: line {} column {}", error.line(), error.column()).into())
}

/// How deep brackets nest, without recursion. Strings may hold brackets.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_name(json: &str) -> FieldInput {
        parse(json).unwrap_or_else(|error| panic!("{json}: {error:?}")).input.first_name
    }

    #[test]
    fn the_last_of_repeated_keys_wins_and_escaped_keys_count() {
        assert_eq!(first_name(r#"{"first_name":5,"first\u005fname":"b"}"#), FieldInput::Text("b".into()));
    }

    #[test]
    fn what_is_ignored_cannot_be_wrong() {
        for json in
            [r#"{"x":1e999}"#, r#"{"x":"\ud800"}"#, r#"{"\ud800":[{}]}"#, r#"{"x":123456789012345678901234567890}"#]
        {
            assert_eq!(first_name(json), FieldInput::Absent, "{json}");
        }
    }

    #[test]
    fn a_lone_surrogate_is_remembered_and_a_pair_is_a_character() {
        assert_eq!(first_name(r#"{"first_name":"a\ud83d\ude00"}"#), FieldInput::Text("a😀".into()));
        assert_eq!(
            first_name(r#"{"first_name":"a\udc00b\ud800"}"#),
            FieldInput::Text(JsonString::with_surrogate("a\u{fffd}b\u{fffd}".into(), 0xdc00))
        );
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for json in
            ["", " ", "{", "{\"x\":NaN}", "\u{feff}{}", "{} x", "{\"x\":01}", "{'x':1}", "{\"x\":\"\t\"}", "[1,]"]
        {
            assert!(matches!(parse(json), Err(RestError::Malformed(_))), "{json:?}");
        }
        let nested = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert!(matches!(parse(&nested(MAX_DEPTH + 1)), Err(RestError::Malformed(_))));
    }

    #[test]
    fn json_that_is_no_object_is_named_as_python_names_it() {
        for (json, kind) in [
            ("[]", Some("list")),
            ("\"x\"", Some("str")),
            (" -0 ", Some("int")),
            ("1e5", Some("float")),
            ("true", Some("bool")),
            ("null", None),
        ] {
            assert!(matches!(parse(json), Err(RestError::NotAnObject(got)) if got == kind), "{json}");
        }
    }
}
