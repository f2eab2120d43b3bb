//! Avatars that Django keeps as files: the database has a path, clients are shown a URL.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Django's `filepath_to_uri` keeps these, and the unreserved characters, as they are.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b'\'')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

/// The URL below which a shop's files are: Django's `MEDIA_URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaUrl(String);

impl MediaUrl {
    /// Django adds the slash at the end where it is missing.
    pub fn new(url: &str) -> Self {
        Self(format!("{}/", url.trim_end_matches('/')))
    }

    /// The URL of a stored path, as Django's `FileSystemStorage.url` gives it; none for no path.
    pub fn of(&self, path: &str) -> Option<String> {
        // A back slash is what Windows wrote. A path cannot leave the URL.
        let path = path.replace('\\', "/");
        let Self(url) = self;
        (!path.is_empty()).then(|| format!("{url}{}", utf8_percent_encode(path.trim_start_matches('/'), ESCAPED)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_escaped_as_django_escapes_it() {
        let media = MediaUrl::new("https://cdn.example/media");
        for (path, url) in [
            ("users/1.png", "users/1.png"),
            ("a b/é&=?#%;:'()*!~+,$@.png", "a%20b/%C3%A9%26%3D%3F%23%25%3B%3A'()*!~%2B%2C%24%40.png"),
            ("/rooted.png", "rooted.png"),
            (r"a\b.png", "a/b.png"),
            ("-._~", "-._~"),
        ] {
            assert_eq!(media.of(path), Some(format!("https://cdn.example/media/{url}")), "{path}");
        }
        assert_eq!(media.of(""), None);
    }
}
