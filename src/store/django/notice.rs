//! What the owner of a Django shop must know, in a sentence each.

use super::ShopTable;

/// Something that is no obstacle, but that the owner must know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// Triggers run when a row is written.
    #[error("triggers of {0}, which run when the server changes a row, as when Django does: {list}", list = .1.join(", "))]
    Triggers(ShopTable, Vec<String>),
    /// Rewrite rules change statements.
    #[error("rewrite rules of {0}, which may turn the server's statements into others: {list}", list = .1.join(", "))]
    Rules(ShopTable, Vec<String>),
    /// Row-level security may hide rows.
    #[error("{0} has row-level security: the server's role needs a policy that shows it every row")]
    RowSecurity(ShopTable),
    /// The database checks a column.
    #[error("the constraint {constraint} checks {column}: a value that it rejects is an error of the field")]
    Check {
        /// The column.
        column: String,
        /// The constraint.
        constraint: String,
    },
    /// Texts that differ in case are equal.
    #[error("{0} is compared without regard to case, by the database's own collation or type")]
    IgnoresCase(String),
    /// A unique index that is more, or less, than one column.
    #[error(
        "the unique index {index} concerns {column}, with a condition, an expression or other columns: a value that it rejects is an error of the field"
    )]
    UniqueIndex {
        /// The column.
        column: String,
        /// The index.
        index: String,
    },
    /// A lookup without an index.
    #[error("no index finds {0}: the server reads the whole table to say that a username is taken; add an index")]
    NoIndex(String),
    /// Columns that Django may set to now.
    #[error("{}", dates(.0))]
    Dates(Vec<String>),
    /// Django's migrations say something about its age.
    #[error("{0}")]
    Version(String),
    /// Tokens of another kind.
    #[error("{table} has tokens of {package}: the server does not accept them, only Django REST Framework's authtoken")]
    OtherTokens {
        /// The table.
        table: String,
        /// What makes it.
        package: &'static str,
    },
    /// The role lacks a right.
    #[error("the role {role} has no right to {what}: see shop-profile django grants {role}")]
    NoRight {
        /// The role of the connection.
        role: String,
        /// What it may not do.
        what: String,
    },
    /// Users without a row in the profile's table.
    #[error("{0} active users have no row in {1}: their tokens are not accepted here until Django makes one")]
    NoProfile(i64, ShopTable),
    /// Usernames that differ in case alone.
    #[error(
        "look-alike usernames: {count} differ in case or width alone from that of an earlier customer, as those of the ids {}. \
         Here, as in Django, they are different customers; an import takes the first", pairs(.ids)
    )]
    LookAlike {
        /// How many.
        count: u64,
        /// Some of the customers' ids, in pairs.
        ids: Vec<(i64, i64)>,
    },
    /// What Django does beside statements.
    #[error("{0}")]
    Django(&'static str),
}

impl Notice {
    /// What is true of every Django shop.
    pub(super) const ALWAYS: [Self; 4] = [
        Self::Django(
            "the unique index of the username decides whether one is taken, exactly as in Django; limits and NULL are as the columns \
             have them",
        ),
        Self::Django(
            "post_save and pre_save signals, Model.save() and model clean() do not see what the server writes; neither do \
             the admin's log and Django's caches",
        ),
        Self::Django(
            "a Django view or admin form that saves the whole row undoes a change that the server made between its read and \
             its write; update_fields avoids that",
        ),
        Self::Django("django-rest-knox, JSON Web Tokens and sessions are not accepted: only authtoken's tokens are"),
    ];
}

fn dates(columns: &[String]) -> String {
    match columns {
        [] => "no other column holds a date that Django may set with auto_now".to_owned(),
        columns => format!(
            "the database does not tell which dates Django sets with auto_now. If one of these is, add --touch COLUMN: {}",
            columns.join(", ")
        ),
    }
}

fn pairs(ids: &[(i64, i64)]) -> String {
    ids.iter().map(|(one, other)| format!("{one} and {other}")).collect::<Vec<_>>().join(", ")
}
