//! `customer duplicates`: customers whose usernames look alike.

use super::{CliError, print, progress};
use crate::{store::Store, transfer};

pub(super) async fn run(store: &Store) -> Result<(), CliError> {
    let (customers, _) = store.count_rows().await.map_err(CliError::failed)?;
    let bar = progress::rows(customers);
    let mut is_first = true;
    let result = transfer::duplicates(
        store,
        |rows| bar.set_position(rows),
        |customer| {
            if std::mem::take(&mut is_first) {
                bar.finish_and_clear();
                print("GROUP\tID\tUSERNAME");
            }
            print(&format!("{}\t{}\t{}", customer.group, customer.id, customer.username));
        },
    );
    let result = result.await;
    bar.finish_and_clear();
    result.map_err(CliError::failed)
}
