//! The statements on a Django shop's tables. A patch writes the columns that it names and no others, under the condition
//! of the live token, in one statement.
//!
//! On PostgreSQL the tables have aliases: `t` has the tokens, `u` the users, and `p`, where there is one, is the
//! one-to-one table that has some of the fields. SQLite knows no alias in what an update returns: there each table has
//! its own name.

use crate::{
    profile::{Field, Patch},
    store::{
        django::{ProfileTable, ShopColumn},
        layout::{Dialect, DjangoLayout},
    },
};

/// The fields in the order in which their columns are selected, after the id and before the version.
const FIELDS: [Field; 7] = [
    Field::Username,
    Field::MobileNumber,
    Field::Email,
    Field::Avatar,
    Field::FirstName,
    Field::LastName,
    Field::Gender,
];

/// A column that a patch changes, and the parameter that has its value.
struct Change<'a> {
    column: &'a ShopColumn,
    parameter: u32,
}

impl DjangoLayout {
    /// The columns of [`Self::profile_columns`], then whether the customer is active. `$1`: the token.
    pub(super) fn token_owner(&self) -> String {
        let (profile, is_active) = (self.profile_columns(), self.qualified(&self.shop.is_active));
        format!("SELECT {profile}, {is_active} FROM {} WHERE {} = $1", self.joined("LEFT JOIN"), self.token_key())
    }

    /// `$1`: the username. It is compared as the column compares, which the shop's unique index does too.
    pub(super) fn find_username(&self) -> String {
        let username = &self.shop.username;
        // PostgreSQL would compare a `text` with it by case.
        let value = if username.declared_type == "citext" { "$1::citext" } else { "$1" };
        let id = self.dialect.integer(&self.user_id());
        format!("SELECT {id} FROM {} WHERE {} = {value}", self.users(), self.qualified(username))
    }

    /// Reads no row: only whether the tables and columns are there, and may be read.
    pub(super) fn any_customer(&self) -> String {
        format!("SELECT 1 WHERE EXISTS (SELECT {} FROM {} LIMIT 0)", self.profile_columns(), self.joined("LEFT JOIN"))
    }

    /// `$1`: the present; then, in this order, the token, the columns, and what is expected of the customer.
    pub(super) fn update(&self, patch: &Patch, is_conditional: bool, parameter: &mut impl FnMut() -> u32) -> String {
        let token = parameter();
        let changes: Vec<_> =
            patch.fields().map(|field| Change { column: self.shop.column(field), parameter: parameter() }).collect();
        let differs: Vec<_> = changes.iter().map(|change| self.differs(change)).collect();
        let expected = if is_conditional { self.expected(parameter) } else { String::new() };
        let is_active = self.qualified(&self.shop.is_active);
        let condition = format!("{is_active} AND ({}){expected}", differs.join(" OR "));
        let [user, profile] = [false, true].map(|in_profile_table| self.assignments(&changes, in_profile_table));
        match &self.shop.profile_table {
            None => self.update_user(&user, "", token, &condition),
            Some(table) => {
                let (profiles, joined) = (self.profiles(table), self.is_profile_of_user(table));
                match (user.is_empty(), profile.is_empty()) {
                    (_, true) => self.update_user(&user, &profiles, token, &format!("{joined} AND {condition}")),
                    (true, _) => self.update_profile(&profile, table, token, &condition),
                    _ => self.update_both([&user, &profile], table, token, &condition),
                }
            }
        }
    }

    fn update_user(&self, set: &str, also_from: &str, token: u32, condition: &str) -> String {
        let from = if also_from.is_empty() { String::new() } else { format!(" FROM {also_from}") };
        let (users, id, owner, columns) = (self.users(), self.user_id(), self.owner(token), self.profile_columns());
        format!("UPDATE {users} SET {set}{from} WHERE {id} = ({owner}) AND {condition} RETURNING {columns}")
    }

    /// Of the one-to-one table alone.
    fn update_profile(&self, set: &str, table: &ProfileTable, token: u32, condition: &str) -> String {
        format!(
            "UPDATE {profiles} SET {set} FROM {users} WHERE {joined} AND {id} = ({owner}) AND {condition} RETURNING \
             {columns}",
            profiles = self.profiles(table),
            users = self.users(),
            joined = self.is_profile_of_user(table),
            id = self.user_id(),
            owner = self.owner(token),
            columns = self.profile_columns(),
        )
    }

    /// Locks both rows under the condition first. So it sees what another transaction commits meanwhile in either of
    /// them, and undoes nothing.
    fn update_both(&self, [user, profile]: [&str; 2], table: &ProfileTable, token: u32, condition: &str) -> String {
        let [of_user, of_profile] = [false, true].map(|in_profile_table| self.returned_columns(in_profile_table));
        format!(
            "WITH live AS (SELECT {id} AS id FROM {joined} WHERE {key} = ${token} AND {condition} \
             FOR NO KEY UPDATE OF u, p), \
             u AS (UPDATE {users} SET {user} WHERE {id} IN (SELECT id FROM live) RETURNING {of_user}), \
             p AS (UPDATE {profiles} SET {profile} WHERE {user_id} IN (SELECT id FROM live) RETURNING {of_profile}) \
             SELECT {columns} FROM u JOIN p ON {is_profile_of_user}",
            id = self.user_id(),
            joined = self.joined("JOIN"),
            key = self.token_key(),
            users = self.users(),
            profiles = self.profiles(table),
            user_id = self.qualified(&table.user_id),
            columns = self.profile_columns(),
            is_profile_of_user = self.is_profile_of_user(table),
        )
    }

    /// The id of the customer of a token.
    fn owner(&self, token: u32) -> String {
        format!("SELECT {} FROM {} WHERE {} = ${token}", self.token_user_id(), self.tokens(), self.token_key())
    }

    /// The tables as they belong together. A customer without a row in the one-to-one table is still a customer.
    fn joined(&self, join_profile: &str) -> String {
        let (tokens, users) = (self.tokens(), self.users());
        let joined = format!("{tokens} JOIN {users} ON {} = {}", self.user_id(), self.token_user_id());
        match &self.shop.profile_table {
            None => joined,
            Some(table) => {
                format!("{joined} {join_profile} {} ON {}", self.profiles(table), self.is_profile_of_user(table))
            }
        }
    }

    fn is_profile_of_user(&self, table: &ProfileTable) -> String {
        format!("{} = {}", self.qualified(&table.user_id), self.user_id())
    }

    /// What to select for a profile, in the order in which it is decoded: the id, the seven texts, the version.
    fn profile_columns(&self) -> String {
        let id = self.dialect.integer(&self.user_id());
        let texts = FIELDS.map(|field| self.dialect.text(&self.qualified(self.shop.column(field))));
        [&[id] as &[_], &texts, &[self.version()]].concat().join(", ")
    }

    /// The columns of one table that [`Self::profile_columns`] needs, each once.
    fn returned_columns(&self, in_profile_table: bool) -> String {
        let (id, xmin) = match &self.shop.profile_table {
            Some(table) if in_profile_table => (self.qualified(&table.user_id), "p.xmin"),
            _ => (self.user_id(), "u.xmin"),
        };
        let mut names = vec![id];
        for column in FIELDS.map(|field| self.shop.column(field)) {
            let name = self.qualified(column);
            if column.in_profile_table == in_profile_table && !names.contains(&name) {
                names.push(name);
            }
        }
        names.push(xmin.to_owned());
        names.join(", ")
    }

    /// The version of the row, or of the two rows: PostgreSQL's `xmin` has 32 bits. SQLite has none: there it is a digest
    /// of the values.
    fn version(&self) -> String {
        match (self.dialect, &self.shop.profile_table) {
            (Dialect::Sqlite, _) => "0".to_owned(),
            (Dialect::Postgres, None) => "u.xmin::text::bigint".to_owned(),
            (Dialect::Postgres, Some(_)) => {
                "((u.xmin::text::bigint & 2147483647) << 32 | coalesce(p.xmin::text::bigint, 0))".to_owned()
            }
        }
    }

    /// What is expected of the customer: the version, or on SQLite every value.
    fn expected(&self, parameter: &mut impl FnMut() -> u32) -> String {
        let id = format!(" AND {} = ${}", self.user_id(), parameter());
        match self.dialect {
            Dialect::Postgres => format!("{id} AND {} = ${}", self.version(), parameter()),
            Dialect::Sqlite => FIELDS.into_iter().fold(id, |text, field| {
                let column = self.dialect.compared(&self.qualified(self.shop.column(field)));
                format!("{text} AND {column} IS NOT DISTINCT FROM ${}", parameter())
            }),
        }
    }

    fn differs(&self, change: &Change<'_>) -> String {
        format!("{} IS DISTINCT FROM ${}", self.dialect.compared(&self.qualified(change.column)), change.parameter)
    }

    /// What is set in one of the tables; nothing where none of its columns is changed.
    fn assignments(&self, changes: &[Change<'_>], in_profile_table: bool) -> String {
        let changed = changes.iter().filter(|change| change.column.in_profile_table == in_profile_table);
        let mut set: Vec<_> =
            changed.map(|change| format!("{} = ${}", change.column.quoted(), change.parameter)).collect();
        if !set.is_empty() {
            let touched = self.shop.touch.iter().filter(|column| column.in_profile_table == in_profile_table);
            set.extend(touched.map(|column| format!("{} = {}", column.quoted(), self.dialect.present(column))));
        }
        set.join(", ")
    }
}
