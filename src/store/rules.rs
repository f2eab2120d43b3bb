//! The rules of the profile as the tables have them, read again when a Django shop may have changed its columns.

use std::{
    ops::Deref,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::Mutex;

use super::{
    DatabaseUrl, Store,
    django::{DjangoOptions, InspectError, inspect_django},
    layout::{Dialect, DjangoLayout, Layout},
};
use crate::profile::ProfileRules;

static NATIVE: ProfileRules = ProfileRules::NATIVE;

/// The rules in force.
pub enum Rules {
    /// Of shop-profile's own tables.
    Native(&'static ProfileRules),
    /// Of a Django shop's tables, as they were when they were read.
    Django(Arc<ProfileRules>),
}

impl Deref for Rules {
    type Target = ProfileRules;

    fn deref(&self) -> &ProfileRules {
        match self {
            Self::Native(rules) => rules,
            Self::Django(rules) => rules,
        }
    }
}

/// Where the rules come from.
pub(super) enum RulesSource {
    Native,
    Django(Box<ShopRules>),
}

/// The rules of a Django shop, and what is needed to read them again.
pub(super) struct ShopRules {
    url: DatabaseUrl,
    options: DjangoOptions,
    present: RwLock<Arc<ProfileRules>>,
    /// Held by the one reading that is under way. Each opens a connection, and any client can ask for one by a value that
    /// is too long.
    reading: Mutex<()>,
}

impl RulesSource {
    /// Of the shop that was found by these options.
    pub(super) fn django(url: &DatabaseUrl, options: &DjangoOptions, rules: ProfileRules) -> Self {
        let present = RwLock::new(Arc::new(rules));
        Self::Django(Box::new(ShopRules {
            url: url.clone(),
            options: options.clone(),
            present,
            reading: Mutex::new(()),
        }))
    }

    pub(super) fn present(&self) -> Rules {
        match self {
            Self::Native => Rules::Native(&NATIVE),
            Self::Django(shop) => Rules::Django(shop.present.read().unwrap_or_else(PoisonError::into_inner).clone()),
        }
    }

    /// The rules as the columns of a Django shop have them now. PostgreSQL holds values to the columns itself, so that a
    /// column which becomes narrower later is noticed. SQLite does not: there the rules of the start stay in force, and
    /// each value that breaks them is judged by the columns as they are then.
    pub(super) async fn read_again(&self, layout: &DjangoLayout) -> Result<Option<Rules>, InspectError> {
        let Self::Django(shop) = self else { return Ok(None) };
        let _reading = shop.reading.lock().await;
        let rules = Arc::new(layout.rules(&inspect_django(&shop.url, &shop.options).await?));
        if layout.dialect == Dialect::Postgres {
            *shop.present.write().unwrap_or_else(PoisonError::into_inner) = rules.clone();
        }
        Ok(Some(Rules::Django(rules)))
    }
}

impl Store {
    /// The rules of the profile on these tables.
    pub fn rules(&self) -> Rules {
        self.rules.present()
    }

    /// The rules by a Django shop's columns as they are now: a migration may have changed them. `None` for
    /// shop-profile's own tables, whose rules never change.
    ///
    /// # Errors
    /// The tables cannot be read any more.
    pub async fn read_rules_again(&self) -> Result<Option<Rules>, InspectError> {
        match &self.sql.layout {
            Layout::Native(_) => Ok(None),
            Layout::Django(layout) => self.rules.read_again(layout).await,
        }
    }
}
