//! Finds the column of each field.

use super::{
    ColumnName, ColumnType, DjangoOptions, Finding, ShopField, ShopTable, TableName,
    catalogue::{Column, Table},
    inspection::Inspection,
};

/// A column that was found: of the user table, or of a one-to-one table.
struct Found {
    profile: Option<usize>,
    column: Column,
}

impl Inspection {
    pub(super) fn find_fields(&mut self, users: &Table, options: &DjangoOptions) {
        let mut profiles: Vec<usize> = Vec::new();
        for (at, field) in ShopField::ALL.into_iter().enumerate() {
            let name = options.wanted_column(field);
            let Some(found) = self.find_field(users, field, &name) else { continue };
            let table = self.table_of(users, &found).clone();
            let expected = if field == ShopField::IsActive { ColumnType::Boolean } else { ColumnType::Text };
            self.check_type(field.as_str(), &table, &found.column, &[expected]);
            if options.is_written(field) && found.column.is_generated {
                self.generated(field.as_str(), &table, &found.column);
            }
            if field == ShopField::IsActive && found.profile.is_some() {
                self.findings.push(Finding::ActiveElsewhere(users.table.clone()));
            }
            if let Some(profile) = found.profile
                && !profiles.contains(&profile)
            {
                profiles.push(profile);
            }
            self.columns[at] = Some(found.column.of_shop(found.profile.is_some()));
        }
        self.profile = profiles.first().copied();
        if profiles.len() > 1 {
            let profiles = profiles.iter().map(|at| self.one_to_one[*at].0.table.clone()).collect();
            self.findings.push(Finding::SeveralProfileTables { user: users.table.clone(), profiles });
        }
    }

    /// The column of a field: in the named table, else in the user table, else in the one-to-one table that has it.
    fn find_field(&mut self, users: &Table, field: ShopField, name: &ColumnName) -> Option<Found> {
        let found = match &name.table {
            Some(table) => match self.in_named_table(users, table, &name.name) {
                Ok(found) => found,
                Err(Some(table)) => return self.no_column(field, name, vec![table]),
                Err(None) => {
                    let (table, users) = (table.clone(), users.table.clone());
                    self.findings.push(Finding::NotOneToOne(table, field.to_string(), users));
                    return None;
                }
            },
            None => match self.anywhere(users, &name.name) {
                Ok(found) => found,
                Err(tables) if tables.is_empty() => {
                    let searched = self.searched(users);
                    return self.no_column(field, name, searched);
                }
                Err(tables) => {
                    self.findings.push(Finding::SeveralColumns { field, column: name.name.clone(), tables });
                    return None;
                }
            },
        };
        Some(found)
    }

    /// # Errors
    /// The table, when it lacks the column; `None` when there is no such one-to-one table.
    fn in_named_table(&self, users: &Table, name: &TableName, column: &str) -> Result<Found, Option<ShopTable>> {
        let (profile, table) = if names(name, users) {
            (None, users)
        } else {
            let at = self.one_to_one.iter().position(|(table, _)| names(name, table)).ok_or(None)?;
            (Some(at), &self.one_to_one[at].0)
        };
        let column = table.column(column).ok_or_else(|| Some(table.table.clone()))?;
        Ok(Found { profile, column: column.clone() })
    }

    /// # Errors
    /// The one-to-one tables that have the column: none, or several.
    fn anywhere(&self, users: &Table, column: &str) -> Result<Found, Vec<ShopTable>> {
        if let Some(column) = users.column(column) {
            return Ok(Found { profile: None, column: column.clone() });
        }
        let with = self.one_to_one.iter().enumerate();
        let with = with.filter_map(|(at, (table, _))| Some((at, table, table.column(column)?)));
        match &with.collect::<Vec<_>>()[..] {
            [(at, _, column)] => Ok(Found { profile: Some(*at), column: (*column).clone() }),
            several => Err(several.iter().map(|(_, table, _)| table.table.clone()).collect()),
        }
    }

    fn no_column(&mut self, field: ShopField, name: &ColumnName, tables: Vec<ShopTable>) -> Option<Found> {
        self.findings.push(Finding::NoColumn { field, column: name.name.clone(), tables });
        None
    }

    /// Where a column was looked for.
    fn searched(&self, users: &Table) -> Vec<ShopTable> {
        let one_to_one = self.one_to_one.iter().map(|(table, _)| table.table.clone());
        std::iter::once(users.table.clone()).chain(one_to_one).collect()
    }

    pub(super) fn find_touch(&mut self, users: &Table, options: &DjangoOptions) {
        for name in &options.touch {
            let found = match &name.table {
                Some(table) => self.in_named_table(users, table, &name.name).ok(),
                None => self.anywhere(users, &name.name).ok(),
            };
            // A table that has no field of the profile is not written, so it cannot be touched.
            let Some(found) = found.filter(|found| found.profile.is_none() || found.profile == self.profile) else {
                let profile = self.profile_table().map(|table| table.table.clone());
                let tables = std::iter::once(users.table.clone()).chain(profile).collect();
                self.findings.push(Finding::NoTouchColumn { column: name.clone(), tables });
                continue;
            };
            let table = self.table_of(users, &found).clone();
            let times = [ColumnType::TimestampWithTimeZone, ColumnType::Timestamp, ColumnType::Date];
            self.check_type("--touch", &table, &found.column, &times);
            if found.column.is_generated {
                self.generated("--touch", &table, &found.column);
            }
            self.touch.push(found.column.of_shop(found.profile.is_some()));
        }
    }

    fn table_of<'a>(&'a self, users: &'a Table, found: &Found) -> &'a Table {
        found.profile.map_or(users, |at| &self.one_to_one[at].0)
    }
}

/// Whether the operator means this table.
fn names(name: &TableName, table: &Table) -> bool {
    name.name == table.table.name && (name.schema.is_none() || name.schema == table.table.schema)
}
