//! From the bytes of a PATCH to a [`PatchInput`], as lenient and as strict as DRF's JSON parser: the last of repeated
//! keys counts, unknown keys and their values are ignored, `NaN` and a byte order mark are rejected.

use std::borrow::Cow;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header},
};
use encoding_rs::Encoding;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_bytes::ByteBuf;
use serde_json::value::RawValue;

use super::{
    echo,
    error::{IgnoredField, RestError},
};
use crate::{
    api,
    messages::MessageId,
    profile::{FieldInput, JsonString, PatchInput, ProfileRules, clip},
};

/// The deepest nesting of a body. No client nests at all; Python's parser gives up not much later.
const MAX_DEPTH: usize = 900;
/// The largest body that is parsed before its client is authenticated. A patch with every field at its limit is
/// smaller, so that the usual patch takes one statement, which authenticates by itself.
const MAX_UNAUTHENTICATED_BYTES: usize = 4_096;
/// How many ignored fields a strict client is told of: a bound on our work and on the answer.
const MAX_IGNORED_FIELDS: usize = 20;

/// The media types of a body.
pub(super) const MEDIA_TYPES: [&str; 2] = ["application/json", "application/merge-patch+json"];
/// The fields of a profile that no patch changes.
pub(super) const READ_ONLY_FIELDS: [&str; 5] = ["id", "mobile_number", "email", "full_name", "is_profile_completed"];

/// The body of a PATCH that may be parsed.
#[derive(Debug, Default)]
pub(super) struct PatchBody {
    bytes: Bytes,
    charset: Option<String>,
}

/// What a PATCH says.
#[derive(Default)]
pub(super) struct Patch {
    pub(super) input: PatchInput,
    /// Fields that do nothing, each once, in the body's order; only for a strict client.
    pub(super) ignored_fields: Vec<IgnoredField>,
}

/// Content type and size, in this order. An empty body is an empty patch, whatever its content type.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<PatchBody, RestError> {
    if api::is_known_empty(&body) {
        return Ok(PatchBody::default());
    }
    let charset = accepted_charset(headers.get(header::CONTENT_TYPE))?;
    let bytes = api::read(headers, body).await.map_err(RestError::Body)?;
    Ok(PatchBody { bytes, charset })
}

impl PatchBody {
    /// Whether anybody may have it parsed: it costs little.
    pub(super) fn is_small(&self) -> bool {
        self.bytes.len() <= MAX_UNAUTHENTICATED_BYTES
    }

    /// Parses the body. `strict`: whether to collect the fields that do nothing. `rules`: which of them are read-only.
    pub(super) fn parse(self, strict: bool, rules: &ProfileRules) -> Result<Patch, RestError> {
        if self.bytes.is_empty() {
            return Ok(Patch::default());
        }
        parse(&decode(&self.bytes, self.charset.as_deref())?, strict, rules.is_avatar_read_only())
    }
}

/// The label of the body's charset, when its content type is one that we read.
fn accepted_charset(content_type: Option<&HeaderValue>) -> Result<Option<String>, RestError> {
    // Header values are Latin-1 to Django; the echo is the value as sent.
    let sent: String =
        content_type.map_or(String::new(), |value| value.as_bytes().iter().copied().map(char::from).collect());
    let mut parts = sent.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    if !MEDIA_TYPES.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Err(RestError::UnsupportedMediaType(sent));
    }
    Ok(parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset").then(|| value.to_ascii_lowercase().replace('_', "-"))
    }))
}

/// The text of the body. An unknown charset is read as UTF-8, as Django reads it. A byte order mark stays in
/// the text, where JSON does not allow it; only in `utf-16` does it belong to the encoding.
fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Result<Cow<'a, str>, RestError> {
    let (encoding, bytes) = match charset {
        // To the web's decoders these two are Windows-1252; to Python they are what they say.
        Some("us-ascii" | "ascii" | "ansi-x3.4-1968") if !bytes.is_ascii() => return Err(wrong_charset()),
        Some("iso-8859-1" | "iso8859-1" | "latin-1" | "latin1" | "l1" | "cp819" | "ibm819" | "8859" | "iso-ir-100") => {
            return Ok(encoding_rs::mem::decode_latin1(bytes));
        }
        Some("utf-16") => match bytes {
            [0xfe, 0xff, text @ ..] => (encoding_rs::UTF_16BE, text),
            [0xff, 0xfe, text @ ..] => (encoding_rs::UTF_16LE, text),
            _ => (encoding_rs::UTF_16LE, bytes),
        },
        label => {
            let known = label.and_then(|label| Encoding::for_label(label.as_bytes()));
            (known.unwrap_or(encoding_rs::UTF_8), bytes)
        }
    };
    match encoding.decode_without_bom_handling(bytes) {
        (_, true) => Err(wrong_charset()),
        (text, false) => Ok(text),
    }
}

fn wrong_charset() -> RestError {
    RestError::Malformed(MessageId::JsonWrongCharset.into())
}

/// An object's entries. The values stay text until they are needed, so that an ignored one cannot be wrong.
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

pub(super) fn parse(json: &str, strict: bool, is_avatar_read_only: bool) -> Result<Patch, RestError> {
    if depth(json) > MAX_DEPTH {
        return Err(RestError::Malformed(MessageId::JsonTooDeep.into()));
    }
    // The whole first: reading a string as bytes, as `Entries` does, would let control characters through.
    let whole: &RawValue = serde_json::from_str(json).map_err(|error| malformed(&error))?;
    if !whole.get().starts_with('{') {
        return Err(RestError::NotAnObject(echo::type_name(whole.get())));
    }
    let Entries(entries) = serde_json::from_str(whole.get()).map_err(|error| malformed(&error))?;
    let mut patch = Patch::default();
    for (key, value) in entries {
        let PatchInput { username, avatar, first_name, last_name, gender } = &mut patch.input;
        let field = match key.as_str() {
            "username" => username,
            "avatar" if !is_avatar_read_only => avatar,
            "first_name" => first_name,
            "last_name" => last_name,
            "gender" => gender,
            other => {
                if strict {
                    note_ignored(&mut patch.ignored_fields, other);
                }
                continue;
            }
        };
        *field = input(value.get());
    }
    Ok(patch)
}

/// The list is short, so that looking through it for each key stays cheap however many keys there are.
fn note_ignored(ignored: &mut Vec<IgnoredField>, key: &str) {
    let name = clip(key);
    if ignored.len() < MAX_IGNORED_FIELDS && ignored.iter().all(|field| field.name != name) {
        ignored.push(IgnoredField { name: name.to_owned(), reason: reason_ignored(key) });
    }
}

pub(super) fn reason_ignored(key: &str) -> MessageId {
    // The avatar is ignored only where it is a file.
    if READ_ONLY_FIELDS.contains(&key) || key == "avatar" { MessageId::ReadOnly } else { MessageId::UnknownField }
}

/// The JSON is valid.
fn input(json: &str) -> FieldInput {
    match json.as_bytes().first() {
        Some(b'n') => FieldInput::Null,
        // As bytes, which can hold a lone surrogate.
        Some(b'"') => {
            serde_json::from_str::<ByteBuf>(json).map_or(FieldInput::Null, |bytes| FieldInput::Text(text(&bytes)))
        }
        _ => FieldInput::WrongType(echo::to_string(json)),
    }
}

/// Reads WTF-8, in which serde_json gives a string with lone surrogates (`ED A0..BF 80..BF` in what is otherwise UTF-8).
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

/// Where the error is, in our words: a library's own text is not for clients.
fn malformed(error: &serde_json::Error) -> RestError {
    let problem = if error.is_eof() { MessageId::JsonUnexpectedEnd } else { MessageId::JsonUnexpectedCharacter };
    RestError::Malformed(problem.with("line", error.line()).with("column", error.column()))
}

/// How deep brackets nest, counted without recursion. Brackets in strings do not count.
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
mod tests;
