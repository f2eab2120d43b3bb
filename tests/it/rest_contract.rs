//! The REST face, every status and body of the contract.

use serde_json::json;

use crate::support::{both_databases, shop::Shop};

both_databases![the_documented_example];

async fn the_documented_example(shop: Shop) {
    let behrooz = shop.behrooz().await;
    shop.patch(json!({"first_name": "John", "last_name": "Doe", "gender": "male"})).key(&behrooz.key).send().await.assert(
        200,
        r#"{"id":1,"username":"behrooz3500","mobile_number":"09308744204","email":"behrooz21@hotmail.com","avatar":"http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg","first_name":"John","last_name":"Doe","full_name":"John Doe","gender":"male","is_profile_completed":true}"#,
    );
}
