//! The options of the languages, which `serve` and `shadow` share.

use super::config::Config;
use crate::messages::{LANGUAGES, Language, Languages};

const LANGUAGE: &str = "language";
const MANY: &str = "languages";

/// The languages of the messages.
#[derive(clap::Args)]
pub(super) struct LanguageArgs {
    /// The language of every message, whatever the client asks for: `en` or `fa`. English without it.
    #[arg(long, value_name = "LANGUAGE", value_parser = language, env = "SHOP_PROFILE_LANGUAGE")]
    language: Option<Language>,
    /// The languages among which each request's `Accept-Language` chooses, e.g. `en,fa`; the first of them where it
    /// names none.
    #[arg(long, value_name = "LANGUAGES", value_delimiter = ',', value_parser = language, env = "SHOP_PROFILE_LANGUAGES")]
    languages: Vec<Language>,
}

impl LanguageArgs {
    /// Options that contradict each other: both are given in the same place.
    pub(super) fn conflict(&self, config: &Config) -> Option<&'static str> {
        let both = self.language.is_some() && !self.languages.is_empty();
        (both && config.nearer(LANGUAGE, MANY).is_eq()).then_some(
            "--language cannot be used with --languages: it is for every client, whatever the client asks for",
        )
    }

    /// What the server is to do. Of the two options the one counts that is given nearer to the command.
    pub(super) fn languages(&self, config: &Config) -> Languages {
        let is_one = self.languages.is_empty() || config.nearer(LANGUAGE, MANY).is_gt();
        match (self.language.filter(|_| is_one), &*self.languages) {
            (Some(language), _) => Languages::Fixed(language),
            (None, []) => Languages::default(),
            (None, languages) => Languages::Negotiated(languages.to_vec()),
        }
    }
}

fn language(tag: &str) -> Result<Language, String> {
    let known = || LANGUAGES.map(Language::tag).join(", ");
    Language::from_tag(tag).ok_or_else(|| format!("expected one of {}", known()))
}
