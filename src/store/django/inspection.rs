//! Finds a Django shop's tables and columns by what the catalogue and the operator say.

use sea_orm::sqlx;

use super::{
    ColumnType, DjangoOptions, DjangoShop, Finding, InspectError, ProfileTable, ShopColumn, ShopField, TableName,
    catalogue::{Catalogue, Column, Table},
};

/// What was found of a shop, and what is missing.
#[derive(Default)]
pub(super) struct Inspection {
    pub(super) tokens: Option<Table>,
    pub(super) token_key: Option<ShopColumn>,
    pub(super) token_user_id: Option<ShopColumn>,
    pub(super) users: Option<Table>,
    pub(super) user_id: Option<ShopColumn>,
    /// The tables that are one-to-one with the users, with the column that references them.
    pub(super) one_to_one: Vec<(Table, String)>,
    /// Which of them has fields of the profile.
    pub(super) profile: Option<usize>,
    /// In the order of [`ShopField::ALL`].
    pub(super) columns: [Option<ShopColumn>; ShopField::ALL.len()],
    pub(super) touch: Vec<ShopColumn>,
    pub(super) findings: Vec<Finding>,
}

impl Inspection {
    /// Reads the catalogue.
    pub(super) async fn of<C: Catalogue>(catalogue: &mut C, options: &DjangoOptions) -> sqlx::Result<Self> {
        let mut found = Self::default();
        found.tokens = found.table(catalogue, &options.token_table, "--token-table").await?;
        found.find_users(catalogue, options).await?;
        found.find_ids();
        if let Some(users) = found.users.clone() {
            found.find_one_to_one(catalogue, &users, options).await?;
            found.find_fields(&users, options);
            found.find_touch(&users, options);
            found.check_unique(&users);
            if let Some(profile) = found.profile_table()
                && !C::ONE_STATEMENT_WRITES_TWO_TABLES
            {
                found.findings.push(Finding::ProfileTableOnSqlite(profile.table.clone()));
            }
        }
        Ok(found)
    }

    /// The tables that were found.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        [self.users.as_ref(), self.tokens.as_ref(), self.profile_table()].into_iter().flatten()
    }

    /// The table with a part of the profile.
    pub(super) fn profile_table(&self) -> Option<&Table> {
        self.one_to_one.get(self.profile?).map(|(table, _)| table)
    }

    /// The column of the profile's table that references the user.
    pub(super) fn profile_user_id(&self) -> Option<ShopColumn> {
        let (table, column) = self.one_to_one.get(self.profile?)?;
        table.column(column).map(|column| column.of_shop(true))
    }

    /// The shop.
    ///
    /// # Errors
    /// [`InspectError::Missing`]: everything that is missing.
    pub(super) fn into_shop(self) -> Result<DjangoShop, InspectError> {
        if !self.findings.is_empty() {
            return Err(InspectError::Missing(self.findings));
        }
        let profile_table = self.profile_table().map(|table| table.table.clone()).zip(self.profile_user_id());
        let profile_table = profile_table.map(|(table, user_id)| ProfileTable { table, user_id });
        let [username, mobile_number, email, avatar, first_name, last_name, gender, is_active] = self.columns;
        let shop = || {
            Some(DjangoShop {
                user_table: self.users?.table,
                user_id: self.user_id?,
                token_table: self.tokens?.table,
                token_key: self.token_key?,
                token_user_id: self.token_user_id?,
                profile_table,
                username: username?,
                mobile_number: mobile_number?,
                email: email?,
                avatar: avatar?,
                first_name: first_name?,
                last_name: last_name?,
                gender: gender?,
                is_active: is_active?,
                touch: self.touch,
            })
        };
        // What was not found is a finding, so nothing is missing here.
        shop().ok_or(InspectError::Missing(Vec::new()))
    }

    async fn table<C: Catalogue>(
        &mut self,
        catalogue: &mut C,
        name: &TableName,
        option: &'static str,
    ) -> sqlx::Result<Option<Table>> {
        let table = catalogue.table(name).await?;
        match &table {
            None => {
                let schemas = catalogue.schemas_with(&name.name).await?;
                self.findings.push(Finding::NoTable { name: name.clone(), option, schemas });
            }
            Some(table) if table.is_view => self.findings.push(Finding::View(table.table.clone())),
            Some(_) => {}
        }
        Ok(table)
    }

    async fn find_users<C: Catalogue>(&mut self, catalogue: &mut C, options: &DjangoOptions) -> sqlx::Result<()> {
        let reference = self.tokens.as_ref().and_then(|tokens| {
            let by_name = tokens.foreign_keys.iter().find(|key| key.column == "user_id");
            by_name.or(tokens.foreign_keys.first()).cloned()
        });
        self.users = match (&options.user_table, &reference, &self.tokens) {
            (Some(name), ..) => self.table(catalogue, name, "--user-table").await?,
            (None, Some(reference), _) => self.table(catalogue, &reference.table, "--user-table").await?,
            (None, None, Some(tokens)) => {
                self.findings.push(Finding::NoUserReference(tokens.table.clone()));
                None
            }
            (None, None, None) => None,
        };
        if let (Some(reference), Some(users), Some(tokens)) = (reference, &self.users, &self.tokens)
            && reference.table != users.name()
        {
            let (tokens, named) = (tokens.table.clone(), users.table.clone());
            self.findings.push(Finding::OtherUsers { tokens, references: reference.table, named });
        }
        Ok(())
    }

    /// The key of the tokens and the ids of the users.
    fn find_ids(&mut self) {
        let reference = self.tokens.as_ref().zip(self.users.as_ref());
        let reference = reference.and_then(|(tokens, users)| {
            tokens.reference_to(users).map(|(key, references)| (key.column.clone(), references))
        });
        let (token_user_id, user_id) = reference.unzip();
        if let Some(tokens) = self.tokens.clone() {
            self.token_key = self.named_column(&tokens, "key", ColumnType::Text);
            let user_id = token_user_id.as_deref().unwrap_or("user_id");
            self.token_user_id = self.named_column(&tokens, user_id, ColumnType::Integer);
            if self.token_key.is_some() && !tokens.is_unique("key") {
                self.not_unique(&tokens, "key", "a token belongs to one customer");
            }
        }
        if let Some(users) = self.users.clone() {
            match user_id.as_deref().or(users.primary_key()).and_then(|name| users.column(name)) {
                Some(column) => {
                    self.check_type(&column.name, &users, column, &[ColumnType::Integer]);
                    self.user_id = Some(column.of_shop(false));
                }
                None => self.findings.push(Finding::NoPrimaryKey(users.table.clone())),
            }
        }
    }

    /// A column of the tokens' table.
    fn named_column(&mut self, tokens: &Table, name: &str, expected: ColumnType) -> Option<ShopColumn> {
        let Some(column) = tokens.column(name) else {
            let name = if name == "key" { "key" } else { "user_id" };
            self.findings.push(Finding::NotTokens(tokens.table.clone(), name));
            return None;
        };
        self.check_type("token", tokens, column, &[expected]);
        Some(column.of_shop(false))
    }

    async fn find_one_to_one<C: Catalogue>(
        &mut self,
        catalogue: &mut C,
        users: &Table,
        options: &DjangoOptions,
    ) -> sqlx::Result<()> {
        let fields = ShopField::ALL.into_iter().map(|field| options.wanted_column(field));
        let mut wanted = fields.chain(options.touch.iter().cloned());
        // Most shops have everything in the user table.
        if wanted.all(|column| column.table.is_none() && users.column(&column.name).is_some()) {
            return Ok(());
        }
        let token_table = self.tokens.as_ref().map(Table::name);
        for name in catalogue.tables_referencing(&users.table).await? {
            if Some(&name) == token_table.as_ref() || name == users.name() {
                continue;
            }
            let Some(table) = catalogue.table(&name).await? else { continue };
            let user_id = self.user_id.as_ref().map(|column| column.name.as_str());
            let references = table.foreign_keys.iter().filter(|key| key.table == users.name()).find(|key| {
                let references = key.references.as_deref().or(users.primary_key());
                table.is_unique(&key.column) && references == user_id
            });
            if let Some(column) = references.map(|key| key.column.clone()) {
                self.one_to_one.push((table, column));
            }
        }
        Ok(())
    }

    fn check_unique(&mut self, users: &Table) {
        if let Some(id) = self.user_id.clone()
            && !users.is_unique(&id.name)
        {
            self.not_unique(users, &id.name, "a row is found by it");
        }
        let username = self.columns[0].clone().filter(|column| !column.in_profile_table);
        if let Some(username) = username
            && !users.is_unique(&username.name)
            && users.unique_expressions(&username.name).next().is_none()
        {
            self.not_unique(users, &username.name, "the database decides whether a username is taken");
        }
    }

    pub(super) fn check_type(&mut self, what: &str, table: &Table, column: &Column, expected: &[ColumnType]) {
        if expected.contains(&column.column_type) {
            return;
        }
        let expected = match expected {
            [ColumnType::Text, ..] => "varchar or text",
            [ColumnType::Integer, ..] => "an integer",
            [ColumnType::Boolean, ..] => "boolean",
            _ => "a timestamp or a date",
        };
        let (what, table, declared_type) = (what.to_owned(), table.table.clone(), column.declared_type.clone());
        self.findings.push(Finding::Type { what, table, column: column.name.clone(), declared_type, expected });
    }

    pub(super) fn generated(&mut self, what: &str, table: &Table, column: &Column) {
        let (what, table, column) = (what.to_owned(), table.table.clone(), column.name.clone());
        self.findings.push(Finding::Generated { what, table, column });
    }

    fn not_unique(&mut self, table: &Table, column: &str, why: &'static str) {
        self.findings.push(Finding::NotUnique { table: table.table.clone(), column: column.to_owned(), why });
    }
}
