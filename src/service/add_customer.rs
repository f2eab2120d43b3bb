//! A new customer, whom an operator adds.

use crate::{
    messages::MessageId,
    profile::{Customer, ErrorCode, Field, FieldError, NewCustomer},
    store::{Store, StoreError},
};

/// Why an operator's customer was not stored.
#[derive(Debug, thiserror::Error)]
pub enum WriteCustomerError {
    /// Other customers have some of the unique values.
    #[error("{} wrong fields", .0.len())]
    Invalid(Vec<FieldError>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Stores a new customer.
///
/// # Errors
///
/// Each [`WriteCustomerError`].
pub async fn add_customer(store: &Store, customer: &NewCustomer) -> Result<Customer, WriteCustomerError> {
    match store.add_customer(customer).await {
        Err(StoreError::Unique(_)) => {
            let (username, number, email) =
                (customer.username.canonical(), customer.mobile_number.as_deref(), customer.email.as_deref());
            let taken = store.find_taken(Some(username), number, email).await?;
            Err(WriteCustomerError::Invalid(taken_errors(taken, None)))
        }
        added => Ok(added?),
    }
}

/// The errors of the values that customers other than this one have, as [`Store::find_taken`] gives their ids.
pub(super) fn taken_errors(taken: [Option<i64>; 3], own: Option<i64>) -> Vec<FieldError> {
    let errors = [
        FieldError::username_taken(),
        taken_error(Field::MobileNumber, MessageId::MobileNumberTaken),
        taken_error(Field::Email, MessageId::EmailTaken),
    ];
    let errors = errors.into_iter().zip(taken).filter(|(_, owner)| owner.is_some() && *owner != own);
    errors.map(|(error, _)| error).collect()
}

fn taken_error(field: Field, message: MessageId) -> FieldError {
    FieldError::new(field, ErrorCode::Taken, message)
}
