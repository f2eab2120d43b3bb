//! A new customer, whom an operator adds or imports.

use crate::{
    messages::MessageId,
    profile::{Customer, ErrorCode, Field, FieldError, NewCustomer},
    store::{Store, StoreError},
};

/// Why a customer was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddCustomerError {
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
/// Each [`AddCustomerError`].
pub async fn add_customer(store: &Store, customer: &NewCustomer) -> Result<Customer, AddCustomerError> {
    match store.add_customer(customer).await {
        Err(StoreError::Unique(_)) => {
            let taken = store.find_taken(customer).await?;
            let errors = [
                FieldError::username_taken(),
                taken_error(Field::MobileNumber, MessageId::MobileNumberTaken),
                taken_error(Field::Email, MessageId::EmailTaken),
            ];
            let errors = errors.into_iter().zip(taken).filter(|(_, owner)| owner.is_some());
            Err(AddCustomerError::Invalid(errors.map(|(error, _)| error).collect()))
        }
        added => Ok(added?),
    }
}

fn taken_error(field: Field, message: MessageId) -> FieldError {
    FieldError::new(field, ErrorCode::Taken, message)
}
