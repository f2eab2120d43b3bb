//! Which language a request gets. The rules are those of Django 5.2 (`django.utils.translation.trans_real`), whose
//! clients' headers keep their meaning: they differ from RFC 9110, section 12.5.4.

use std::fmt;

use super::{ENGLISH, Language};

/// How much of an `Accept-Language` is read, in characters. A longer one is cut at its last comma before that.
const MAX_HEADER_CHARS: usize = 500;

/// The languages of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Languages {
    /// Every message is in this language, whatever the client asks for: Django's `LANGUAGE_CODE`.
    Fixed(Language),
    /// `Accept-Language` chooses among these; without a match it is the first: Django's `LocaleMiddleware`. Not empty.
    Negotiated(Vec<Language>),
}

impl Default for Languages {
    /// Every message is English.
    fn default() -> Self {
        Self::Fixed(ENGLISH)
    }
}

impl fmt::Display for Languages {
    /// As the options have it: `fa`, `en,fa`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(language) => f.write_str(language.tag()),
            Self::Negotiated(languages) => {
                let tags: Vec<_> = languages.iter().map(|language| language.tag()).collect();
                f.write_str(&tags.join(","))
            }
        }
    }
}

impl Languages {
    /// The language for a request with this `Accept-Language`; `""` if it has none.
    pub fn choose(&self, accept_language: &str) -> Language {
        match self {
            Self::Fixed(language) => *language,
            Self::Negotiated(languages) => {
                let default = languages.first().copied().unwrap_or(ENGLISH);
                let header = accept_language.to_ascii_lowercase();
                let ranges = Self::parse(&header);
                let mut before_any = ranges.iter().take_while(|range| **range != "*");
                before_any.find_map(|range| find(languages, range)).unwrap_or(default)
            }
        }
    }

    /// Whether the answer depends on the request's `Accept-Language`.
    pub fn is_negotiated(&self) -> bool {
        matches!(self, Self::Negotiated(_))
    }

    /// The language ranges of a header in lower case, by falling weight. None if a part of it has another form.
    fn parse(header: &str) -> Vec<&str> {
        let header = match header.char_indices().nth(MAX_HEADER_CHARS) {
            Some((end, _)) => header[..end].rfind(',').map_or("", |comma| &header[..comma]),
            None => header,
        };
        let mut rest = header;
        let mut ranges = Vec::new();
        while !rest.is_empty() {
            let Some((range, after)) = parse_range(rest) else { return Vec::new() };
            ranges.push(range);
            rest = after;
        }
        ranges.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        ranges.into_iter().map(|(range, _)| range).collect()
    }
}

/// The first language range of a list, its weight in thousandths, and what follows it.
fn parse_range(list: &str) -> Option<((&str, u16), &str)> {
    let end = list.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '*'))).unwrap_or(list.len());
    let (range, rest) = list.split_at(end);
    if range != "*" && !is_language_tag(range) {
        return None;
    }
    let (weight, rest) = match rest.trim_start().strip_prefix(';') {
        Some(parameter) => {
            let value = parameter.trim_start().strip_prefix("q=")?;
            let end = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
            (parse_weight(&value[..end])?, &value[end..])
        }
        None => (1000, rest),
    };
    match rest.trim_start().strip_prefix(',') {
        Some(next) => Some(((range, weight), next.trim_start())),
        None => rest.is_empty().then_some(((range, weight), "")),
    }
}

/// `en`, `fa-ir`, `es-419`: letters, then parts of letters and digits, each of 1 to 8 characters.
fn is_language_tag(range: &str) -> bool {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut parts = range.split('-');
    let language = parts.next().unwrap_or_default();
    is_part(language) && language.bytes().all(|byte| byte.is_ascii_alphabetic()) && parts.all(is_part)
}

/// `0`, `0.85`, `1.000`: in thousandths.
fn parse_weight(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths = format!("{decimals:0<3}").parse().ok().filter(|_| is_number)?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// The language of this tag, or of the tag without its last parts; then one that is a variant of the tag's language.
fn find(languages: &[Language], tag: &str) -> Option<Language> {
    let with_tag = |tag: &str| languages.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(tag));
    let mut shorter = Some(tag);
    while let Some(tag) = shorter {
        if let Some(language) = with_tag(tag) {
            return Some(language);
        }
        shorter = tag.rsplit_once('-').map(|(start, _)| start);
    }
    let primary = tag.split('-').next().unwrap_or(tag);
    let is_variant = |language: &&Language| language.tag().split_once('-').is_some_and(|(start, _)| start == primary);
    languages.iter().find(is_variant).copied()
}
