//! The rights that the server needs on a Django shop's tables, and nothing more.

use super::{DjangoOptions, DjangoShop, ShopColumn, ShopTable};
use crate::store::grants::TableRights;

/// PostgreSQL's version of a row, which the server's `ETag` is made of.
const ROW_VERSION: &str = "xmin";

/// What the server reads and writes, table by table.
pub(super) fn rights(shop: &DjangoShop, options: &DjangoOptions) -> Vec<TableRights> {
    let names = |columns: &[&ShopColumn]| columns.iter().map(|column| column.name.clone()).collect();
    let tokens = TableRights {
        table: shop.token_table.clone(),
        select: names(&[&shop.token_key, &shop.token_user_id]),
        update: Vec::new(),
    };
    let users = of_table(shop, options, &shop.user_table, &shop.user_id, false);
    let profile =
        shop.profile_table.as_ref().map(|profile| of_table(shop, options, &profile.table, &profile.user_id, true));
    [tokens, users].into_iter().chain(profile).collect()
}

fn of_table(
    shop: &DjangoShop,
    options: &DjangoOptions,
    table: &ShopTable,
    id: &ShopColumn,
    in_profile_table: bool,
) -> TableRights {
    let columns = shop.columns().into_iter().filter(|(_, column)| column.in_profile_table == in_profile_table);
    let (mut select, mut update) = (vec![id.name.clone()], Vec::new());
    for (field, column) in columns {
        select.push(column.name.clone());
        if options.is_written(field) {
            update.push(column.name.clone());
        }
    }
    select.push(ROW_VERSION.to_owned());
    let touched = shop.touch.iter().filter(|column| column.in_profile_table == in_profile_table);
    update.extend(touched.map(|column| column.name.clone()));
    TableRights { table: table.clone(), select, update }
}
