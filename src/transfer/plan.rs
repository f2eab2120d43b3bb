//! What to do with each row of a batch, given what is stored.

use std::collections::HashMap;

use entity::customer;
use sea_orm::ActiveModelTrait;

use super::{
    report::RowError,
    row::Row,
    value_map::{Fingerprint, UniqueField},
};
use crate::{
    profile::FieldError,
    store::{BulkCustomer, Conflicts, CustomerUpdate},
};

/// What to do with a row whose customer exists: by the id if the row has one, else by the username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum OnConflict {
    /// Reject the row.
    Fail,
    /// Skip the row: the customer stays as they are.
    Skip,
    /// Set the fields that the row has.
    Update,
}

/// What to do with a row.
enum RowAction<'a> {
    Insert(&'a BulkCustomer),
    Update(Box<CustomerUpdate>),
    /// The customer is already as the row says.
    Unchanged,
    Skip,
    /// The customer exists, and such rows are rejected.
    Exists(RowError),
    Reject(Vec<RowError>),
}

/// What to do with the rows of a batch.
#[derive(Default)]
pub(super) struct ImportPlan<'a> {
    pub(super) new: Vec<&'a BulkCustomer>,
    pub(super) changed: Vec<CustomerUpdate>,
    pub(super) unchanged: u64,
    pub(super) skipped: u64,
    pub(super) rejected: u64,
    /// How many of the rejected rows are about customers that exist.
    pub(super) existing: u64,
    pub(super) errors: Vec<RowError>,
    /// Unique values that the updates take away from customers, with the customer's id.
    pub(super) released: HashMap<Fingerprint, i64>,
}

impl<'a> ImportPlan<'a> {
    /// Plans the rows in their order: each as if those before it were stored already. `released` are the values that
    /// earlier batches have taken away from customers, where this is not stored.
    pub(super) fn new(
        rows: &'a [Row],
        stored: Conflicts,
        released: HashMap<Fingerprint, i64>,
        on_conflict: OnConflict,
    ) -> Self {
        let mut existing = ExistingCustomers::new(stored, released);
        let mut plan = Self::default();
        for row in rows {
            match existing.plan(row, on_conflict) {
                RowAction::Insert(customer) => plan.new.push(customer),
                RowAction::Update(update) => {
                    plan.released.extend(existing.release(&update));
                    plan.changed.push(*update);
                }
                RowAction::Unchanged => plan.unchanged += 1,
                RowAction::Skip => plan.skipped += 1,
                RowAction::Exists(error) => {
                    plan.rejected += 1;
                    plan.existing += 1;
                    plan.errors.push(error);
                }
                RowAction::Reject(errors) => {
                    plan.rejected += 1;
                    plan.errors.extend(errors);
                }
            }
        }
        plan
    }
}

/// The stored customers that have a value of one of the rows, by each of their unique values.
struct ExistingCustomers {
    stored: Conflicts,
    by_username: HashMap<String, i64>,
    by_mobile_number: HashMap<String, i64>,
    by_email: HashMap<String, i64>,
    /// Values that a customer has in `stored`, but not any more.
    released: HashMap<Fingerprint, i64>,
}

impl ExistingCustomers {
    fn new(stored: Conflicts, released: HashMap<Fingerprint, i64>) -> Self {
        let customers = || stored.customers.values();
        let with = |value: &Option<String>, customer: &customer::Model| Some((value.clone()?, customer.id));
        Self {
            by_username: customers().map(|customer| (customer.canonical_username.clone(), customer.id)).collect(),
            by_mobile_number: customers().filter_map(|customer| with(&customer.mobile_number, customer)).collect(),
            by_email: customers().filter_map(|customer| with(&customer.email, customer)).collect(),
            stored,
            released,
        }
    }

    fn plan<'a>(&self, row: &'a Row, on_conflict: OnConflict) -> RowAction<'a> {
        let own = self.own(row);
        match (own, on_conflict) {
            (Some(_), OnConflict::Skip) => return RowAction::Skip,
            (Some(_), OnConflict::Fail) => return RowAction::Exists(exists(row)),
            (Some(_), OnConflict::Update) | (None, _) => {}
        }
        let taken = self.taken(row, own.map(|customer| customer.id));
        match own {
            _ if !taken.is_empty() => RowAction::Reject(taken),
            None => RowAction::Insert(&row.new),
            Some(customer) => self.update(row, customer),
        }
    }

    /// The customer that the row is about. When a row without an id has a username that differs in case alone, it is
    /// about another customer.
    fn own(&self, row: &Row) -> Option<&customer::Model> {
        let by_username = || {
            let customer = self.stored.customers.get(self.by_username.get(row.canonical_username())?)?;
            (customer.username == row.username()).then_some(customer)
        };
        match row.id() {
            Some(id) => self.stored.customers.get(&id),
            None => by_username(),
        }
    }

    /// The row's unique values that other customers have.
    fn taken(&self, row: &Row, own: Option<i64>) -> Vec<RowError> {
        let is_taken = |value: Fingerprint, owner: Option<&i64>| {
            owner.is_some_and(|owner| Some(*owner) != own && self.released.get(&value) != Some(owner))
        };
        let mut errors = Vec::new();
        let mut reject = |field: UniqueField, message: String| {
            errors.push(RowError::new(row.line, field.as_str(), message));
        };
        let username = Fingerprint::text(UniqueField::Username, row.canonical_username());
        if let Some(owner) =
            self.by_username.get(row.canonical_username()).filter(|owner| is_taken(username, Some(owner)))
        {
            reject(UniqueField::Username, self.username_taken(row, *owner));
        }
        let is_taken_text = |field, value: Option<&str>, owners: &HashMap<String, i64>| {
            value.is_some_and(|value| is_taken(Fingerprint::text(field, value), owners.get(value)))
        };
        if is_taken_text(UniqueField::MobileNumber, row.mobile_number(), &self.by_mobile_number) {
            reject(UniqueField::MobileNumber, "A user with that mobile number already exists.".into());
        }
        if is_taken_text(UniqueField::Email, row.email(), &self.by_email) {
            reject(UniqueField::Email, "A user with that email already exists.".into());
        }
        let tokens = &self.stored.tokens;
        if row.new.tokens.iter().any(|token| is_taken(Fingerprint::token(token), tokens.get(token))) {
            reject(UniqueField::Tokens, "Another customer has one of these tokens.".into());
        }
        errors
    }

    fn username_taken(&self, row: &Row, owner: i64) -> String {
        match self.stored.customers.get(&owner) {
            Some(customer) if customer.username != row.username() => format!(
                "The username of customer {owner} differs from this one only in case, width or invisible letters."
            ),
            _ => FieldError::username_taken().message.to_string(),
        }
    }

    fn update<'a>(&self, row: &Row, customer: &customer::Model) -> RowAction<'a> {
        let mut changes = customer::ActiveModel::from(customer.clone());
        for column in row.present.columns() {
            if let Some(value) = row.value(column) {
                changes.set_if_not_equals(column, value);
            }
        }
        let is_new = |token: &_| !self.stored.tokens.contains_key(token);
        let new_tokens: Vec<_> = row.new.tokens.iter().filter(|token| is_new(token)).copied().collect();
        if changes.is_changed() || !new_tokens.is_empty() {
            RowAction::Update(Box::new(CustomerUpdate { id: customer.id, changes, new_tokens }))
        } else {
            RowAction::Unchanged
        }
    }

    /// Makes the values that an update takes away from its customer free for the rows after it, and gives them.
    fn release(&mut self, update: &CustomerUpdate) -> Vec<(Fingerprint, i64)> {
        let Some(customer) = self.stored.customers.get(&update.id) else { return Vec::new() };
        let (changes, id) = (&update.changes, update.id);
        let values = [
            (changes.canonical_username.is_set(), UniqueField::Username, Some(customer.canonical_username.as_str())),
            (changes.mobile_number.is_set(), UniqueField::MobileNumber, customer.mobile_number.as_deref()),
            (changes.email.is_set(), UniqueField::Email, customer.email.as_deref()),
        ];
        let released = values.into_iter().filter(|(is_changed, ..)| *is_changed);
        let released = released.filter_map(|(_, field, value)| Some((Fingerprint::text(field, value?), id)));
        let released: Vec<_> = released.collect();
        self.released.extend(released.iter().copied());
        released
    }
}

fn exists(row: &Row) -> RowError {
    if row.id().is_some() {
        RowError::new(row.line, "id", "A user with that id already exists.")
    } else {
        RowError::new(row.line, "username", FieldError::username_taken().message.text())
    }
}
