//! Media types: which one the client wants, and whether it sent the one we read.

use mime::Mime;

/// A media type that an answer can have. In their order the later one is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MediaType {
    /// The one that every client reads. Any status but 200 may hide the body from an old one.
    Json,
    /// GraphQL's own, with the status codes that the specification gives it. Only clients that know it name it.
    GraphqlResponse,
}

impl MediaType {
    /// The value of `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// How closely a range matches the media type; the closest range decides on it, whatever its place in the list.
    fn specificity(self, range: &Mime) -> Option<u8> {
        if !may_be_utf8(range) {
            return None;
        }
        match (self, range.essence_str()) {
            (Self::Json, "*/*") => Some(0),
            (Self::Json, "application/*") => Some(1),
            (Self::Json, "application/json") | (Self::GraphqlResponse, "application/graphql-response+json") => Some(2),
            _ => None,
        }
    }
}

/// The media type that the values of `Accept`, all of them together, ask for; `None` if they accept
/// nothing that we have.
pub(crate) fn negotiate<'a>(accept: impl Iterator<Item = &'a [u8]>) -> Option<MediaType> {
    let parts = accept.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let mut parts = parts.filter(|part| !part.is_empty()).peekable();
    if parts.peek().is_none() {
        return Some(MediaType::Json);
    }
    let ranges: Vec<Range> = parts.filter_map(Range::parse).collect();
    [MediaType::Json, MediaType::GraphqlResponse]
        .into_iter()
        .filter_map(|media_type| Some((quality(media_type, &ranges)?, media_type)))
        .filter(|(quality, _)| *quality > 0)
        .max()
        .map(|(_, media_type)| media_type)
}

/// Whether a body of this `Content-Type` is read: JSON in UTF-8, said or unsaid.
pub(crate) fn is_json_body(content_type: &[u8]) -> bool {
    parse(content_type).is_some_and(|mime| mime.essence_str() == "application/json" && may_be_utf8(&mime))
}

/// One part of `Accept`: a range of media types and how much the client likes it, in thousandths.
struct Range {
    mime: Mime,
    quality: u16,
}

impl Range {
    fn parse(part: &[u8]) -> Option<Self> {
        let mime = parse(part)?;
        let quality = mime.get_param("q").map_or(Some(1.0), |q| q.as_str().parse().ok())?;
        // No number outside is a quality, `NaN` least of all.
        (0.0..=1.0).contains(&quality).then(|| Self { mime, quality: (quality * 1000.0_f32).round() as u16 })
    }
}

fn quality(media_type: MediaType, ranges: &[Range]) -> Option<u16> {
    ranges
        .iter()
        .filter_map(|range| Some((media_type.specificity(&range.mime)?, range.quality)))
        .max()
        .map(|(_, quality)| quality)
}

fn may_be_utf8(mime: &Mime) -> bool {
    mime.params().filter(|(name, _)| *name == mime::CHARSET).all(|(_, charset)| charset == mime::UTF_8)
}

fn parse(media_type: &[u8]) -> Option<Mime> {
    let text = std::str::from_utf8(media_type).ok()?;
    // The grammar lets white space stand around a semicolon, the mime crate only after it.
    text.split(';').map(str::trim).collect::<Vec<_>>().join(";").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{MediaType::*, *};

    fn accept(values: &[&str]) -> Option<MediaType> {
        negotiate(values.iter().map(|value| value.as_bytes()))
    }

    #[test]
    fn accept_selects_json_unless_it_names_graphql_response_json() {
        assert_eq!(accept(&[]), Some(Json));
        for value in [
            "",
            " , ",
            "*/*",
            "application/*",
            "application/json",
            "Application/JSON; charset=UTF-8",
            "text/html, */*;q=0.1",
        ] {
            assert_eq!(accept(&[value]), Some(Json), "{value}");
        }
        assert_eq!(accept(&["application/graphql-response+json"]), Some(GraphqlResponse));
        assert_eq!(accept(&["application/graphql-response+json; charset=\"utf-8\""]), Some(GraphqlResponse));
    }

    #[test]
    fn qualities_count_and_a_tie_goes_to_graphql() {
        for value in [
            "application/graphql-response+json, application/json",
            "application/json, application/graphql-response+json",
            "application/graphql-response+json,application/json;q=0.9",
            "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
            "*/*, application/graphql-response+json",
            "application/json;q=0.500, application/graphql-response+json;q=0.501",
            "application/json;Q=0.1 , application/graphql-response+json ; q=0.2",
        ] {
            assert_eq!(accept(&[value]), Some(GraphqlResponse), "{value}");
        }
        for value in [
            "application/json, application/graphql-response+json;q=0.999",
            "application/graphql-response+json;q=0, application/json;q=0.001",
            "application/graphql-response+json;q=0, */*",
            "application/graphql-response+json;charset=utf-16, application/json",
        ] {
            assert_eq!(accept(&[value]), Some(Json), "{value}");
        }
    }

    #[test]
    fn the_closest_range_decides() {
        assert_eq!(accept(&["*/*, application/json;q=0"]), None);
        assert_eq!(accept(&["application/*;q=0, */*"]), None);
        assert_eq!(accept(&["application/*;q=0, application/json;q=0.1"]), Some(Json));
        assert_eq!(
            accept(&["application/json;q=0.2, */*;q=1, application/graphql-response+json;q=0.3"]),
            Some(GraphqlResponse)
        );
    }

    #[test]
    fn several_headers_are_one_list() {
        assert_eq!(accept(&["application/json", "application/graphql-response+json"]), Some(GraphqlResponse));
        assert_eq!(accept(&["*/*", "application/json;q=0"]), None);
    }

    #[test]
    fn unreadable_ranges_are_ignored() {
        assert_eq!(
            accept(&["gibberish, application/json;q=2, application/graphql-response+json;q=x, */*"]),
            Some(Json)
        );
        assert_eq!(negotiate([&b"\xff, application/json"[..]].into_iter()), Some(Json));
        for value in [
            "gibberish",
            "text/html",
            "application/json;charset=utf-16",
            "*/*;charset=latin1",
            "application/json;q=NaN",
        ] {
            assert_eq!(accept(&[value]), None, "{value}");
        }
    }

    #[test]
    fn recognises_the_content_type_of_json() {
        for value in [
            "application/json",
            "APPLICATION/JSON",
            "application/json;charset=utf-8",
            "application/json; charset=\"UTF-8\"",
            "application/json; x=y",
            " application/json ; charset=utf-8 ",
        ] {
            assert!(is_json_body(value.as_bytes()), "{value}");
        }
        for value in [
            "",
            "text/plain",
            "application/graphql+json",
            "application/json-patch",
            "application/json;charset=utf-16",
            "application/json;charset=utf-8;charset=utf-16",
            "application/json, text/plain",
            "application/*",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!is_json_body(value.as_bytes()), "{value}");
        }
    }
}
