//! One row of a file.

use entity::customer;
use sea_orm::{ActiveValue::Set, Value as SqlValue};
use serde_json::Value;

use super::{
    fields::{FIELDS, FileField, PresentFields},
    report::RowError,
    value_map::{Fingerprint, UniqueField},
};
use crate::{
    auth::{ApiToken, TokenDigest},
    profile::{FieldInput, NewCustomerInput},
    rest,
    store::{BulkCustomer, UniqueValues},
};

/// The largest id that a file may name: half of the integers that every JSON client reads exactly. The ids that the
/// database assigns afterwards are above it, and need room.
const MAX_ID: i64 = (1 << 52) - 1;
/// The longest token, in bytes. Longer ones do not fit into a request's headers.
const MAX_TOKEN_BYTES: usize = 4096;

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
                let mut columns = customer.into_row();
                columns.is_active = Set(is_active.unwrap_or(true));
                if let Some(id) = id {
                    columns.id = Set(id);
                }
                Ok(Row { line, present: PresentFields(present), new: BulkCustomer { row: columns, tokens } })
            }
            Ok(_) => Err(errors),
            Err(wrong) => {
                let of_profile = wrong.into_iter();
                errors
                    .extend(of_profile.map(|error| RowError::new(line, rest::field_name(error.field), error.message)));
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

fn parse_id(value: Option<Value>) -> Result<Option<i64>, String> {
    let id = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(digits)) => digits.parse().ok(),
        Some(_) => None,
    };
    match id.ok_or("A valid integer is required.")? {
        id @ 1..=MAX_ID => Ok(Some(id)),
        _ => Err(format!("Ensure this value is between 1 and {MAX_ID}.")),
    }
}

fn parse_bool(value: Option<Value>) -> Result<Option<bool>, &'static str> {
    match value {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(value)),
        Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err("Must be a valid boolean."),
        },
        Some(_) => Err("Must be a valid boolean."),
    }
}

/// Hashes the tokens: the plaintext goes no further, and no message shows it.
fn parse_tokens(value: Option<Value>, min_chars: usize) -> Result<Vec<TokenDigest>, String> {
    const NOT_TOKENS: &str = "Expected a list of tokens.";
    let digest = |token: &str| digest(token, min_chars);
    let digests: Result<Vec<_>, String> = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(words)) => words.split_ascii_whitespace().map(digest).collect(),
        Some(Value::Array(tokens)) => tokens.iter().map(|token| digest(token.as_str().ok_or(NOT_TOKENS)?)).collect(),
        Some(_) => return Err(NOT_TOKENS.into()),
    };
    let mut digests = digests?;
    digests.sort_unstable_by_key(|digest| digest.0);
    digests.dedup();
    Ok(digests)
}

/// A token that no request could carry is a mistake in the file. One that is short, say a number from the next column,
/// could be guessed.
fn digest(token: &str, min_chars: usize) -> Result<TokenDigest, String> {
    let is_one_word = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() || !byte.is_ascii());
    if !is_one_word || token.len() > MAX_TOKEN_BYTES {
        Err(format!("A token is one word of at most {MAX_TOKEN_BYTES} bytes."))
    } else if token.chars().count() < min_chars {
        Err(format!("A token has at least {min_chars} characters: a shorter one could be guessed."))
    } else {
        Ok(ApiToken::from_plaintext(token).digest())
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
    fn hashes_tokens_and_shows_none() {
        let drf = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b";
        let row_of = |tokens: serde_json::Value| row(serde_json::json!({"username": "sara", "tokens": tokens}));
        let digest = ApiToken::from_plaintext(drf).digest();
        assert_eq!(row_of(serde_json::json!([drf, drf])).unwrap().new.tokens, [digest]);
        assert_eq!(row_of(serde_json::json!(format!(" {drf} "))).unwrap().new.tokens, [digest]);
        let short = &drf[..19];
        for bad in [
            serde_json::json!(["a b"]),
            serde_json::json!([""]),
            serde_json::json!({"token": drf}),
            serde_json::json!("1"),
            serde_json::json!([drf, short]),
        ] {
            let errors = row_of(bad.clone()).unwrap_err();
            let shows_none = |message: &str| !message.contains(short);
            assert!(
                errors.iter().all(|(field, message)| field.as_deref() == Some("tokens") && shows_none(message)),
                "{bad}: {errors:?}"
            );
        }
        assert!(row_of(serde_json::json!([&drf[..20]])).is_ok());
    }

    #[test]
    fn leaves_room_above_the_largest_id() {
        let row_of = |id: i64| row(serde_json::json!({"id": id, "username": "sara"}));
        assert!(row_of((1 << 52) - 1).is_ok());
        let expected = (Some("id".to_owned()), "Ensure this value is between 1 and 4503599627370495.".to_owned());
        assert_eq!(row_of(1 << 52).unwrap_err(), [expected]);
    }

    #[test]
    fn an_update_sets_what_the_row_names_and_nothing_else() {
        let row = row(serde_json::json!({"id": 7, "username": "sara", "email": null})).unwrap();
        let columns: Vec<_> = row.present.columns().map(|column| format!("{column:?}")).collect();
        assert_eq!(columns, ["Username", "CanonicalUsername", "Email"]);
    }
}
