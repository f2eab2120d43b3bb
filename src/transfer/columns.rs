//! A file's fields, and what one row says in them.

use entity::customer;
use sea_orm::{ActiveValue::Set, Value as SqlValue};
use serde_json::Value;

use super::report::Finding;
use crate::{
    auth::{ApiToken, TokenDigest},
    profile::{FieldInput, NewCustomerInput},
    rest,
    store::{BulkCustomer, Identity},
};

/// What a file may say of a customer: the REST names, the operator's switch, and keys in clear.
pub(super) const FIELDS: [&str; 10] =
    ["id", "username", "mobile_number", "email", "avatar", "first_name", "last_name", "gender", "is_active", "keys"];
/// What a REST answer holds besides: computed, so that there is nothing to import.
const COMPUTED: [&str; 2] = ["full_name", "is_profile_completed"];
/// The largest integer that every JSON client reads exactly.
const MAX_ID: i64 = (1 << 53) - 1;
/// Longer keys do not fit into a request's headers.
const KEY_MAX_BYTES: usize = 4096;

/// What a field's name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// One of [`FIELDS`], by its place.
    Known(usize),
    /// Read over.
    Computed,
}

impl Field {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let known = FIELDS.iter().position(|field| *field == name).map(Self::Known);
        known.or_else(|| COMPUTED.contains(&name).then_some(Self::Computed))
    }
}

/// One row as the file has it: what it says in each field, `None` where it says nothing.
#[derive(Debug, Default)]
pub(super) struct RawRow([Option<Value>; FIELDS.len()]);

impl RawRow {
    /// Whether the field was still free.
    pub(super) fn set(&mut self, field: Field, value: Value) -> bool {
        match field {
            Field::Computed => true,
            Field::Known(at) => self.0[at].replace(value).is_none(),
        }
    }

    /// Applies the rules to every field and reports every error.
    pub(super) fn parse(self, line: u64) -> Result<Row, Vec<Finding>> {
        let given = std::array::from_fn(|at| self.0[at].is_some());
        let [id, username, mobile_number, email, avatar, first_name, last_name, gender, is_active, keys] = self.0;
        let mut errors = Vec::new();
        let mut refuse = |field, message: &'static str| errors.push(Finding::new(line, field, message));
        let id = parse_id(id).unwrap_or_else(|message| {
            refuse("id", message);
            None
        });
        let is_active = parse_bool(is_active).unwrap_or_else(|message| {
            refuse("is_active", message);
            None
        });
        let keys = parse_keys(keys).unwrap_or_else(|message| {
            refuse("keys", message);
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
                Ok(Row { line, given: Given(given), new: BulkCustomer { row: columns, keys } })
            }
            Ok(_) => Err(errors),
            Err(wrong) => {
                let of_profile = wrong.into_iter();
                errors.extend(of_profile.map(|error| Finding::new(line, rest::field_name(error.field), error.message)));
                Err(errors)
            }
        }
    }
}

/// Which of [`FIELDS`] the row has something to say about: an update leaves the others alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given([bool; FIELDS.len()]);

impl Given {
    /// The columns that an update sets.
    pub(super) fn columns(self) -> impl Iterator<Item = customer::Column> {
        const COLUMNS: [(&str, &[customer::Column]); 8] = [
            ("username", &[customer::Column::Username, customer::Column::CanonicalUsername]),
            ("mobile_number", &[customer::Column::MobileNumber]),
            ("email", &[customer::Column::Email]),
            ("avatar", &[customer::Column::Avatar]),
            ("first_name", &[customer::Column::FirstName]),
            ("last_name", &[customer::Column::LastName]),
            ("gender", &[customer::Column::Gender]),
            ("is_active", &[customer::Column::IsActive]),
        ];
        let is_given = move |name: &str| FIELDS.iter().position(|field| *field == name).is_some_and(|at| self.0[at]);
        COLUMNS.into_iter().filter(move |(name, _)| is_given(name)).flat_map(|(_, columns)| columns.iter().copied())
    }
}

/// A row that breaks no rule, but whose unique values may be taken.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) given: Given,
    /// What is to be stored if the customer is new.
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

    /// What nobody else may have.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            id: self.id(),
            canonical_username: self.canonical_username().to_owned(),
            mobile_number: self.mobile_number().map(str::to_owned),
            email: self.email().map(str::to_owned),
            keys: self.new.keys.clone(),
        }
    }

    /// The value that the row wants in a column.
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

fn parse_id(value: Option<Value>) -> Result<Option<i64>, &'static str> {
    let id = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(digits)) => digits.parse().ok(),
        Some(_) => None,
    };
    match id.ok_or("A valid integer is required.")? {
        id @ 1..=MAX_ID => Ok(Some(id)),
        _ => Err("Ensure this value is between 1 and 9007199254740991."),
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

/// Keys in clear end here: what goes on are digests. No message shows one.
fn parse_keys(value: Option<Value>) -> Result<Vec<TokenDigest>, &'static str> {
    const NOT_KEYS: &str = "Expected a list of keys.";
    let digests: Result<Vec<_>, _> = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(words)) => words.split_ascii_whitespace().map(digest).collect(),
        Some(Value::Array(keys)) => keys.iter().map(|key| digest(key.as_str().ok_or(NOT_KEYS)?)).collect(),
        Some(_) => return Err(NOT_KEYS),
    };
    let mut digests = digests?;
    digests.sort_unstable_by_key(|digest| digest.0);
    digests.dedup();
    Ok(digests)
}

/// A key that no request could carry is a mistake in the file.
fn digest(key: &str) -> Result<TokenDigest, &'static str> {
    let is_one_word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic() || !byte.is_ascii());
    if is_one_word && key.len() <= KEY_MAX_BYTES {
        Ok(ApiToken::from_plaintext(key).digest())
    } else {
        Err("A key is one word of at most 4096 bytes.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: serde_json::Value) -> Result<Row, Vec<(Option<String>, String)>> {
        let mut raw = RawRow::default();
        for (name, value) in json.as_object().unwrap() {
            assert!(raw.set(Field::parse(name).unwrap(), value.clone()));
        }
        raw.parse(1).map_err(|errors| errors.into_iter().map(|error| (error.field, error.message)).collect())
    }

    #[test]
    fn a_rest_answer_is_a_row() {
        let answer = serde_json::json!({
            "id": 1, "username": "sara", "mobile_number": null, "email": null, "avatar": null, "first_name": "",
            "last_name": "", "full_name": "", "gender": null, "is_profile_completed": false,
        });
        let row = row(answer).unwrap();
        assert_eq!((row.id(), row.username(), row.new.keys.len()), (Some(1), "sara", 0));
        assert_eq!(row.new.row.is_active, Set(true));
    }

    #[test]
    fn the_rules_are_those_of_the_profile_and_every_error_is_told() {
        let wrong = serde_json::json!({"id": 0, "username": "sa ra", "gender": 5, "is_active": "maybe", "keys": [1]});
        let fields: Vec<_> = row(wrong).unwrap_err().into_iter().filter_map(|(field, _)| field).collect();
        assert_eq!(fields, ["id", "is_active", "keys", "username", "gender"]);
    }

    #[test]
    fn a_key_is_digested_on_the_way_in_and_never_echoed() {
        let drf = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b";
        let row_of = |keys: serde_json::Value| row(serde_json::json!({"username": "sara", "keys": keys}));
        let digest = ApiToken::from_plaintext(drf).digest();
        assert_eq!(row_of(serde_json::json!([drf, drf])).unwrap().new.keys, [digest]);
        assert_eq!(row_of(serde_json::json!(format!(" {drf} "))).unwrap().new.keys, [digest]);
        for bad in [serde_json::json!(["a b"]), serde_json::json!([""]), serde_json::json!({"key": drf})] {
            let errors = row_of(bad).unwrap_err();
            assert!(errors.iter().all(|(field, message)| field.as_deref() == Some("keys") && !message.contains(drf)));
        }
    }

    #[test]
    fn an_update_sets_what_the_row_names_and_nothing_else() {
        let row = row(serde_json::json!({"id": 7, "username": "sara", "email": null})).unwrap();
        let columns: Vec<_> = row.given.columns().map(|column| format!("{column:?}")).collect();
        assert_eq!(columns, ["Username", "CanonicalUsername", "Email"]);
    }
}
