//! How choices are written on the command line and in environment variables.

use clap::{ValueEnum, builder::PossibleValue};

use crate::transfer::{Format, OnConflict};

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Csv, Self::Jsonl]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Csv => PossibleValue::new("csv").help("Comma-separated values with a first line of field names"),
            Self::Jsonl => PossibleValue::new("jsonl").help("One JSON object a line"),
        })
    }
}

impl ValueEnum for OnConflict {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Fail, Self::Skip, Self::Update]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Fail => PossibleValue::new("fail").help("Reject the row"),
            Self::Skip => PossibleValue::new("skip").help("Skip the row: the customer stays as they are"),
            Self::Update => PossibleValue::new("update").help("Set the fields that the row has"),
        })
    }
}

/// A switch, by an option or by an environment variable, in any case.
pub(super) fn switch(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err("expected on or off (or true, false, yes, no, 1, 0)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_a_word_or_a_digit_in_any_case() {
        for (text, value) in [("on", true), ("TRUE", true), ("Yes", true), ("1", true)] {
            assert_eq!(switch(text), Ok(value), "{text}");
        }
        for (text, value) in [("off", false), ("False", false), ("NO", false), ("0", false)] {
            assert_eq!(switch(text), Ok(value), "{text}");
        }
        for text in ["", "2", "maybe", " on"] {
            assert!(switch(text).is_err(), "{text:?}");
        }
    }
}
