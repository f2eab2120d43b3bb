//! What becomes of a row, given what is stored.

use std::collections::HashMap;

use entity::customer;
use sea_orm::ActiveModelTrait;

use super::{columns::Row, report::Finding};
use crate::{
    profile::FieldError,
    store::{BulkCustomer, CustomerUpdate, Rivals},
};

/// What to do with a row whose customer exists: by the id if the row names one, else by the username.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// Refuse the row.
    Fail,
    /// Leave the customer as they are.
    Skip,
    /// Set what the row names.
    Update,
}

/// What becomes of a row.
pub(super) enum Verdict<'a> {
    Insert(&'a BulkCustomer),
    Update(Box<CustomerUpdate>),
    /// It says what is stored already.
    Unchanged,
    Skipped,
    Refused(Vec<Finding>),
}

/// What is stored, by everything that is unique.
pub(super) struct Stored {
    rivals: Rivals,
    by_username: HashMap<String, i64>,
    by_mobile_number: HashMap<String, i64>,
    by_email: HashMap<String, i64>,
}

impl From<Rivals> for Stored {
    fn from(rivals: Rivals) -> Self {
        let customers = || rivals.customers.values();
        Self {
            by_username: customers().map(|customer| (customer.canonical_username.clone(), customer.id)).collect(),
            by_mobile_number: customers()
                .filter_map(|customer| Some((customer.mobile_number.clone()?, customer.id)))
                .collect(),
            by_email: customers().filter_map(|customer| Some((customer.email.clone()?, customer.id))).collect(),
            rivals,
        }
    }
}

impl Stored {
    pub(super) fn judge<'a>(&self, row: &'a Row, on_conflict: OnConflict) -> Verdict<'a> {
        let own = self.own(row);
        match (own, on_conflict) {
            (Some(_), OnConflict::Skip) => return Verdict::Skipped,
            (Some(_), OnConflict::Fail) => return Verdict::Refused(vec![exists(row)]),
            (Some(_), OnConflict::Update) | (None, _) => {}
        }
        let taken = self.taken(row, own.map(|customer| customer.id));
        match own {
            _ if !taken.is_empty() => Verdict::Refused(taken),
            None => Verdict::Insert(&row.new),
            Some(customer) => self.update(row, customer),
        }
    }

    /// The customer that the row speaks of. A username that differs in case alone is somebody else's row.
    fn own(&self, row: &Row) -> Option<&customer::Model> {
        let by_username = || {
            let customer = self.rivals.customers.get(self.by_username.get(row.canonical_username())?)?;
            (customer.username == row.username()).then_some(customer)
        };
        match row.id() {
            Some(id) => self.rivals.customers.get(&id),
            None => by_username(),
        }
    }

    /// The row's unique values that other customers have.
    fn taken(&self, row: &Row, own: Option<i64>) -> Vec<Finding> {
        let is_other = |owner: Option<&i64>| owner.is_some_and(|owner| Some(*owner) != own);
        let mut findings = Vec::new();
        let mut refuse = |field, message: String| findings.push(Finding::new(row.line, field, message));
        if let Some(owner) = self.by_username.get(row.canonical_username()).filter(|owner| is_other(Some(owner))) {
            refuse("username", self.username_taken(row, *owner));
        }
        if is_other(row.mobile_number().and_then(|number| self.by_mobile_number.get(number))) {
            refuse("mobile_number", "A user with that mobile number already exists.".into());
        }
        if is_other(row.email().and_then(|email| self.by_email.get(email))) {
            refuse("email", "A user with that email already exists.".into());
        }
        if row.new.keys.iter().any(|key| is_other(self.rivals.keys.get(key))) {
            refuse("keys", "Another customer has one of these keys.".into());
        }
        findings
    }

    fn username_taken(&self, row: &Row, owner: i64) -> String {
        match self.rivals.customers.get(&owner) {
            Some(customer) if customer.username != row.username() => format!(
                "The username of customer {owner} differs from this one only in case, width or invisible letters."
            ),
            _ => FieldError::username_taken().message.into_owned(),
        }
    }

    fn update<'a>(&self, row: &'a Row, customer: &customer::Model) -> Verdict<'a> {
        let mut changes = customer::ActiveModel::from(customer.clone());
        for column in row.given.columns() {
            if let Some(value) = row.value(column) {
                changes.set_if_not_equals(column, value);
            }
        }
        let new_keys: Vec<_> = row.new.keys.iter().filter(|key| !self.rivals.keys.contains_key(key)).copied().collect();
        if changes.is_changed() || !new_keys.is_empty() {
            Verdict::Update(Box::new(CustomerUpdate { id: customer.id, changes, new_keys }))
        } else {
            Verdict::Unchanged
        }
    }
}

fn exists(row: &Row) -> Finding {
    if row.id().is_some() {
        Finding::new(row.line, "id", "A user with that id already exists.")
    } else {
        Finding::new(row.line, "username", FieldError::username_taken().message)
    }
}
