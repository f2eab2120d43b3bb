//! One row of a file.

use entity::customer;
use sea_orm::{ActiveValue::Set, Value as SqlValue};
use serde_json::Value;

use super::{
    fields::{FIELDS, FileField, PresentFields},
    parse::{parse_bool, parse_id, parse_tokens},
    report::RowError,
    value_map::{Fingerprint, UniqueField},
};
use crate::{
    profile::{FieldInput, NewCustomerInput},
    store::{BulkCustomer, UniqueValues},
};

/// One row as the file has it: the value of each field, `None` where the row does not have the field.
#[derive(Debug, Default)]
pub(super) struct RawRow([Option<Value>; FIELDS.len()]);

impl RawRow {
    /// Whether the field had no value before.
    pub(super) fn set(&mut self, field: FileField, value: Value) -> bool {
        match field {
            FileField::Computed => true,
            FileField::Known(at) => self.0[at].replace(value).is_none(),
        }
    }

    /// Applies the rules to every field and reports every error. `min_token_chars` is the least length of a token.
    pub(super) fn parse(self, line: u64, min_token_chars: usize) -> Result<Row, Vec<RowError>> {
        let present = std::array::from_fn(|at| self.0[at].is_some());
        let [id, username, mobile_number, email, avatar, first_name, last_name, gender, is_active, tokens] = self.0;
        let mut errors = Vec::new();
        let mut reject = |field, message: String| errors.push(RowError::new(line, field, message));
        let id = parse_id(id).unwrap_or_else(|message| {
            reject("id", message);
            None
        });
        let is_active = parse_bool(is_active).unwrap_or_else(|message| {
            reject("is_active", message.into());
            None
        });
        let tokens = parse_tokens(tokens, min_token_chars).unwrap_or_else(|message| {
            reject("tokens", message);
            Vec::new()
        });
        let input = NewCustomerInput {
            username: input(username),
            mobile_number: input(mobile_number),
            email: input(email),
            avatar: input(avatar),
            first_name: input(first_name),
            last_name: input(last_name),
            gender: input(gender),
        };
        match input.parse() {
            Ok(customer) if errors.is_empty() => {
                let mut columns = customer::ActiveModel::from(customer);
                columns.is_active = Set(is_active.unwrap_or(true));
                if let Some(id) = id {
                    columns.id = Set(id);
                }
                Ok(Row { line, present: PresentFields(present), new: BulkCustomer { row: columns, tokens } })
            }
            Ok(_) => Err(errors),
            Err(wrong) => {
                let of_profile = wrong.into_iter();
                errors.extend(
                    of_profile.map(|error| RowError::new(line, error.field.as_str(), error.operator_message())),
                );
                Err(errors)
            }
        }
    }
}

/// A row that breaks no rule, but whose unique values may be taken.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) present: PresentFields,
    /// What to store if the customer is new.
    pub(super) new: BulkCustomer,
}

impl Row {
    pub(super) fn id(&self) -> Option<i64> {
        self.new.row.id.try_as_ref().copied()
    }

    pub(super) fn username(&self) -> &str {
        self.new.row.username.try_as_ref().map_or("", String::as_str)
    }

    pub(super) fn canonical_username(&self) -> &str {
        self.new.row.canonical_username.try_as_ref().map_or("", String::as_str)
    }

    pub(super) fn mobile_number(&self) -> Option<&str> {
        self.new.row.mobile_number.try_as_ref()?.as_deref()
    }

    pub(super) fn email(&self) -> Option<&str> {
        self.new.row.email.try_as_ref()?.as_deref()
    }

    /// The values that no other customer may have.
    pub(super) fn unique_values(&self) -> UniqueValues {
        UniqueValues {
            id: self.id(),
            canonical_username: self.canonical_username().to_owned(),
            mobile_number: self.mobile_number().map(str::to_owned),
            email: self.email().map(str::to_owned),
            tokens: self.new.tokens.clone(),
        }
    }

    /// The values that no other row of the file may have.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = (UniqueField, Fingerprint)> {
        use UniqueField::{Email, Id, MobileNumber, Tokens, Username};
        let text = |field, value| (field, Fingerprint::text(field, value));
        let id = self.id().map(|id| (Id, Fingerprint::id(id)));
        let number = self.mobile_number().map(|number| text(MobileNumber, number));
        let email = self.email().map(|email| text(Email, email));
        let tokens = self.new.tokens.iter().map(|token| (Tokens, Fingerprint::token(token)));
        let fields = [id, Some(text(Username, self.canonical_username())), number, email];
        fields.into_iter().flatten().chain(tokens)
    }

    /// The row's value of a column.
    pub(super) fn value(&self, column: customer::Column) -> Option<SqlValue> {
        use sea_orm::ActiveModelTrait;
        self.new.row.get(column).into_value()
    }
}

fn input(value: Option<Value>) -> FieldInput {
    match value {
        None => FieldInput::Absent,
        Some(Value::Null) => FieldInput::Null,
        Some(Value::String(text)) => FieldInput::Text(text.into()),
        Some(other) => FieldInput::WrongType(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: serde_json::Value) -> Result<Row, Vec<(Option<String>, String)>> {
        let mut raw = RawRow::default();
        for (name, value) in json.as_object().unwrap() {
            assert!(raw.set(FileField::parse(name).unwrap(), value.clone()));
        }
        raw.parse(1, 20).map_err(|errors| errors.into_iter().map(|error| (error.field, error.message)).collect())
    }

    #[test]
    fn a_rest_answer_is_a_row() {
        let answer = serde_json::json!({
            "id": 1, "username": "sara", "mobile_number": null, "email": null, "avatar": null, "first_name": "",
            "last_name": "", "full_name": "", "gender": null, "is_profile_completed": false,
        });
        let row = row(answer).unwrap();
        assert_eq!((row.id(), row.username(), row.new.tokens.len()), (Some(1), "sara", 0));
        assert_eq!(row.new.row.is_active, Set(true));
    }

    #[test]
    fn the_rules_are_those_of_the_profile_and_every_error_is_told() {
        let wrong = serde_json::json!({"id": 0, "username": "sa ra", "gender": 5, "is_active": "maybe", "tokens": [1]});
        let fields: Vec<_> = row(wrong).unwrap_err().into_iter().filter_map(|(field, _)| field).collect();
        assert_eq!(fields, ["id", "is_active", "tokens", "username", "gender"]);
    }

    #[test]
    fn an_update_sets_what_the_row_names_and_nothing_else() {
        let row = row(serde_json::json!({"id": 7, "username": "sara", "email": null})).unwrap();
        let columns: Vec<_> = row.present.columns().map(|column| format!("{column:?}")).collect();
        assert_eq!(columns, ["Username", "CanonicalUsername", "Email"]);
    }
}
