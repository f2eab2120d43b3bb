//! **The domain**: what a customer's profile is, what a patch may say, and what is wrong with it.
//!
//! This is the only place with rules, and it is pure: it knows no database, no HTTP and no GraphQL. The APIs translate
//! what a client sent into a [`PatchInput`], and show a [`Customer`] or the [`FieldError`]s; the
//! [service](crate::service) applies the patch.

mod avatar;
mod contacts;
mod customer;
mod error;
mod json;
mod media;
mod new_customer;
mod patch;
mod pattern;
mod rules;
mod text;
mod username;

pub use avatar::{AVATAR_MAX_CHARS, AvatarUrl};
pub use contacts::Contacts;
pub use customer::{Customer, Gender, Precondition, ProfileVersion, StoredGender};
pub use error::{ErrorCode, Field, FieldError};
pub(crate) use json::escape_line_separators;
pub use media::MediaUrl;
pub use new_customer::{NewCustomer, NewCustomerInput};
pub use patch::{FieldInput, Patch, PatchInput, ValidationErrors};
pub use pattern::{AVATAR_PATTERN, NAME_PATTERN, USERNAME_PATTERN, USERNAME_UNICODE_PATTERN};
pub use rules::{CompletingFields, FieldRules, ProfileRules};
pub use text::{JsonString, NAME_MAX_CHARS, PersonName, clip};
pub use username::{USERNAME_MAX_CHARS, Username};
