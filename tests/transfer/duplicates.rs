//! `customer duplicates`.

use crate::support::{binary, both_databases, shop::Shop};

both_databases! {
    lists_usernames_that_look_alike,
}

async fn lists_usernames_that_look_alike(shop: Shop) {
    let duplicates = async || binary::run(shop.database.url(), &["customer", "duplicates"]).await;
    duplicates().await.assert(0, "", "");
    // Group by group in the order of the skeletons, each in the order of ids.
    for username in ["sara", "paypal", "reza", "s\u{430}r\u{430}", "paypaI"] {
        shop.customer(username).await;
    }
    let expected = "GROUP\tID\tUSERNAME\n1\t2\tpaypal\n1\t5\tpaypaI\n2\t1\tsara\n2\t4\ts\u{430}r\u{430}\n";
    duplicates().await.assert(0, expected, "");
}
