//! A response as it is compared: what a client of the API reads of it.

use std::io::Read;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};
use flate2::read::{GzDecoder, ZlibDecoder};
use serde_json::Value;

/// The largest body after it was decompressed, in bytes.
const MAX_DECODED_BYTES: u64 = 256 * 1024;

/// The headers that are compared, but for the body's own.
pub(super) const COMPARED_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::WWW_AUTHENTICATE, header::ALLOW];

/// A response, read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// In the order of [`COMPARED_HEADERS`].
    headers: [Option<HeaderValue>; 3],
    pub(super) etag: Option<HeaderValue>,
    /// Without its content coding.
    pub(super) body: Bytes,
}

/// The body has a content coding that cannot be undone, or it is too large without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undecodable;

impl Answer {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Result<Self, Undecodable> {
        let compared = COMPARED_HEADERS.map(|name| headers.get(name).cloned());
        let etag = headers.get(header::ETAG).cloned();
        let body = if body.is_empty() { body } else { decode(headers, body)? };
        Ok(Self { status, headers: compared, etag, body })
    }

    /// A header of [`COMPARED_HEADERS`].
    pub(super) fn header(&self, name: &HeaderName) -> Option<&HeaderValue> {
        let index = COMPARED_HEADERS.iter().position(|compared| compared == name)?;
        self.headers[index].as_ref()
    }

    /// The body, if it is JSON.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The messages of a 400, by field; empty for any other answer.
    pub(super) fn field_errors(&self) -> Vec<(String, Vec<String>)> {
        let is_rejected = self.status == StatusCode::BAD_REQUEST;
        let Some(Value::Object(fields)) = self.json().filter(|_| is_rejected) else { return Vec::new() };
        let messages = |value: Value| match value {
            Value::Array(messages) => messages.into_iter().map(|message| message.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let errors = fields.into_iter().map(|(field, value)| Some((field, messages(value)?)));
        errors.collect::<Option<_>>().unwrap_or_default()
    }
}

fn decode(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Undecodable> {
    let coding = headers.get(header::CONTENT_ENCODING).map_or(&b"identity"[..], HeaderValue::as_bytes);
    match coding.to_ascii_lowercase().as_slice() {
        b"identity" => Ok(body),
        b"gzip" | b"x-gzip" => read(GzDecoder::new(&*body)),
        b"deflate" => read(ZlibDecoder::new(&*body)),
        _ => Err(Undecodable),
    }
}

fn read(decoder: impl Read) -> Result<Bytes, Undecodable> {
    let mut decoded = Vec::new();
    let read = decoder.take(MAX_DECODED_BYTES + 1).read_to_end(&mut decoded).map_err(|_| Undecodable)?;
    if read as u64 > MAX_DECODED_BYTES { Err(Undecodable) } else { Ok(decoded.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn coded(coding: &'static str, body: Vec<u8>) -> Result<Answer, Undecodable> {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(coding))]);
        Answer::new(StatusCode::OK, &headers, body.into())
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_compressed_body_is_compared_without_its_coding() {
        assert_eq!(coded("gzip", gzip(b"{}")).unwrap().body, "{}");
        assert_eq!(coded("br", b"x".to_vec()), Err(Undecodable));
        assert_eq!(coded("gzip", b"x".to_vec()), Err(Undecodable));
        assert_eq!(coded("gzip", gzip(&vec![b' '; MAX_DECODED_BYTES as usize + 1])), Err(Undecodable));
    }
}
