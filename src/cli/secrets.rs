//! No message shows a password or a token.

/// Replaces each of these values, or the part of it after `--option=`, that is a secret.
pub(super) fn hide<'a>(message: &str, given: impl Iterator<Item = &'a str>) -> String {
    let values = given.flat_map(|value| [Some(value), value.split_once('=').map(|(_, value)| value)]).flatten();
    values.filter(|value| is_secret(value)).fold(message.to_owned(), |text, secret| text.replace(secret, NOT_SHOWN))
}

/// What stands in place of a secret.
pub(super) const NOT_SHOWN: &str = "(not shown)";

/// Whether a word looks like a token, ours or Django REST Framework's, or like a database URL.
pub(super) fn is_secret(word: &str) -> bool {
    let is_url = ["postgres:", "postgresql:"].iter().any(|scheme| word.starts_with(scheme))
        || (word.contains("://") && word.contains('@'));
    let is_hex = word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_url || is_hex || word.starts_with("shp_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_tokens_and_database_urls() {
        let url = "postgres://shop:p@ss/word@db.example/shop";
        let option = format!("--databse-url={url}");
        let message = format!("unexpected argument '{url}' and 'shp_abc' in '{option}', not 'sara'");
        let shown = hide(&message, [url, "shp_abc", &option, "sara"].into_iter());
        assert_eq!(
            shown,
            "unexpected argument '(not shown)' and '(not shown)' in '--databse-url=(not shown)', not 'sara'"
        );
        assert!(is_secret("9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"));
        assert!(!is_secret("sara@example.com") && !is_secret("https://shop.example") && !is_secret("09308744204"));
    }
}
