//! How the choices of import and export are written on the command line.

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
