//! **The domain**: what a customer's profile is, what a patch may say, and the two operations both faces reach.
//!
//! This is the only place with rules. It knows neither HTTP nor GraphQL: the faces translate their own wire shapes
//! into a [`PatchInput`] and a [`Credential`](crate::auth::Credential), and a [`Customer`] or a [`ProfileError`] back.

mod avatar;
mod customer;
mod error;
mod json;
mod new_customer;
mod patch;
mod service;
mod text;
mod username;

pub use avatar::{AVATAR_MAX_CHARS, AvatarUrl};
pub use customer::{Customer, Gender, Precondition, ProfileVersion};
pub use error::{ErrorCode, Field, FieldError, ProfileError};
pub use new_customer::{NewCustomer, NewCustomerInput};
pub use patch::{FieldInput, Patch, PatchInput};
pub use service::{ProfileService, UpdateMyProfile};
pub use text::{JsonString, NAME_MAX_CHARS, PersonName, clip};
pub use username::{USERNAME_MAX_CHARS, Username};
