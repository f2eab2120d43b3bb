//! What an operator changes of a customer, and customers cannot.

use super::add_customer::{WriteCustomerError, taken_errors};
use crate::{
    profile::{Contacts, Customer},
    store::{CustomerRef, Store, StoreError},
};

/// Changes a customer's mobile number and e-mail address, and says whether anything changed; `None` when there is no such
/// customer. A change of nothing leaves the version alone.
///
/// # Errors
///
/// Each [`WriteCustomerError`].
pub async fn set_contacts(
    store: &Store,
    who: &CustomerRef,
    contacts: &Contacts,
) -> Result<Option<(Customer, bool)>, WriteCustomerError> {
    match store.set_contacts(who, contacts).await {
        Err(StoreError::Unique(_)) => {
            let own = store.find_customer(who).await?.map(|customer| customer.id);
            let [mobile_number, email] =
                [&contacts.mobile_number, &contacts.email].map(|value| value.as_ref()?.as_deref());
            let taken = store.find_taken(None, mobile_number, email).await?;
            Err(WriteCustomerError::Invalid(taken_errors(taken, own)))
        }
        stored => Ok(stored?.map(|(customer, is_changed)| (customer.into(), is_changed))),
    }
}
