//! **The messages**: every text that a client reads, in every language, and how the language is chosen.
//!
//! The rest of the code names a message and gives its parameters; the text is made when the answer is written. A
//! language is a file beside this one, named in [`LANGUAGES`].

mod en;
mod fa;
mod negotiation;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt, future::Future};

use tokio::task::futures::TaskLocalFuture;

pub use en::{ENGLISH, MessageId};
pub use fa::PERSIAN;
pub use negotiation::Languages;

/// The languages that have a file.
pub const LANGUAGES: [Language; 2] = [ENGLISH, PERSIAN];

tokio::task_local! {
    static CURRENT: Language;
}

/// A language in which messages are written.
#[derive(Clone, Copy)]
pub struct Language {
    tag: &'static str,
    /// The text of a message, with `{name}` where a parameter stands; `None` if it stays English.
    template: fn(MessageId) -> Option<&'static str>,
}

impl Language {
    /// The language with this tag, e.g. `fa`. The case does not matter.
    pub fn from_tag(tag: &str) -> Option<Self> {
        LANGUAGES.into_iter().find(|language| language.tag.eq_ignore_ascii_case(tag))
    }

    /// The language tag (RFC 5646), as `Content-Language` has it.
    pub fn tag(self) -> &'static str {
        self.tag
    }

    /// The language of the request that the running task works on; English outside of a request.
    pub fn current() -> Self {
        CURRENT.try_with(|language| *language).unwrap_or(ENGLISH)
    }

    /// Has the messages of this work written in this language.
    pub fn scope<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, work)
    }

    fn template(self, id: MessageId) -> &'static str {
        (self.template)(id).unwrap_or_else(|| id.english())
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl Eq for Language {}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag)
    }
}

/// A message and its parameters. `Display` shows its text in the [current](Language::current) language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    id: MessageId,
    params: Vec<(&'static str, String)>,
}

impl Message {
    /// Adds a parameter. It replaces `{name}` in the text, if the text has that; programs see it in any case.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, value.to_string()));
        self
    }

    /// The parameters, by name.
    pub fn params(&self) -> &[(&'static str, String)] {
        &self.params
    }

    /// The text in the current language.
    pub fn text(&self) -> Cow<'static, str> {
        self.text_in(Language::current())
    }

    /// The text in this language.
    pub fn text_in(&self, language: Language) -> Cow<'static, str> {
        let template = language.template(self.id);
        if self.params.is_empty() { template.into() } else { self.fill(template).into() }
    }

    /// In one pass: a parameter's value may look like a parameter.
    fn fill(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len());
        let mut parts = template.split('{');
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            let value = self.params.iter().find(|(param, _)| *param == name).map(|(_, value)| value.as_str());
            text.push_str(value.unwrap_or_default());
            text.push_str(rest);
        }
        text
    }
}

impl From<MessageId> for Message {
    fn from(id: MessageId) -> Self {
        Self { id, params: Vec::new() }
    }
}

impl MessageId {
    /// The message with this parameter.
    pub fn with(self, name: &'static str, value: impl ToString) -> Message {
        Message::from(self).with(name, value)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}
