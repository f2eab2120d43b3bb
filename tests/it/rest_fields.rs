//! The REST API: every field's rules, with DRF's own messages.

use serde_json::{Value, json};

use crate::support::{both_databases, shop::Shop};

const INVALID_USERNAME: &str =
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
const TAKEN: &str = "A user with that username already exists.";
const TOO_LONG: &str = "Ensure this field has no more than 150 characters.";
const NULL_CHARACTERS: &str = "Null characters are not allowed.";
const CONTROL_CHARACTERS: &str = "Control characters are not allowed.";
const SURROGATE: &str = "Surrogate characters are not allowed: U+D800.";

both_databases![
    an_invalid_value_is_rejected_in_drfs_words,
    every_invalid_field_is_reported_and_nothing_is_written,
    a_valid_value_is_stored_as_sent,
    null_and_empty_clear_what_may_be_empty,
    the_last_of_repeated_keys_counts,
    a_customers_own_username_is_not_taken,
];

/// The body of a 400.
fn errors(field: &str, messages: &[&str]) -> String {
    json!({ field: messages }).to_string()
}

async fn an_invalid_value_is_rejected_in_drfs_words(shop: Shop) {
    let sara = shop.customer("sara").await;
    shop.customer("neda").await;
    let before = shop.row(sara.id).await;
    let long = "a".repeat(151);
    let long_url = format!("http://x/{}", "a".repeat(2040));
    // JSON as text, for `json!` cannot say half a surrogate pair.
    let quoted = |text: &str| json!(text).to_string();
    for (field, value, messages) in [
        ("username", "null".into(), &["This field may not be null."][..]),
        ("username", quoted(""), &["This field may not be blank."]),
        ("username", quoted(" \u{1c}\u{2003}"), &["This field may not be blank."]),
        ("username", "5".into(), &["Not a valid string."]),
        ("username", "true".into(), &["Not a valid string."]),
        ("username", "[]".into(), &["Not a valid string."]),
        ("username", quoted("sa ra"), &[INVALID_USERNAME]),
        ("username", quoted("sara\u{200c}"), &[INVALID_USERNAME]),
        ("username", quoted("e\u{301}"), &[INVALID_USERNAME]),
        ("username", quoted(&long), &[TOO_LONG]),
        ("username", quoted("a\0"), &[INVALID_USERNAME, NULL_CHARACTERS]),
        ("username", r#""a\ud800""#.into(), &[INVALID_USERNAME, SURROGATE]),
        ("username", quoted("neda"), &[TAKEN]),
        ("username", quoted(" NeDa "), &[TAKEN]),
        ("username", quoted("ｎｅｄａ"), &[TAKEN]),
        ("avatar", "5".into(), &["Enter a valid URL."]),
        ("avatar", "{}".into(), &["Enter a valid URL."]),
        ("avatar", quoted("example.com/a.png"), &["Enter a valid URL."]),
        ("avatar", quoted("ftp://example.com/a.png"), &["Enter a valid URL."]),
        ("avatar", quoted("https:example.com"), &["Enter a valid URL."]),
        ("avatar", quoted("https:\\\\example.com"), &["Enter a valid URL."]),
        ("avatar", quoted("http://a b/"), &["Enter a valid URL."]),
        ("avatar", quoted("http://-example.com/a.jpg"), &["Enter a valid URL."]),
        ("avatar", quoted("http://x/\u{202e}gpj"), &["Enter a valid URL."]),
        ("avatar", quoted("http:///a.png"), &["Enter a valid URL."]),
        ("avatar", quoted(&long_url), &["Ensure this field has no more than 2048 characters."]),
        ("first_name", "null".into(), &["This field may not be null."]),
        ("first_name", "false".into(), &["Not a valid string."]),
        ("first_name", "[\"Sara\"]".into(), &["Not a valid string."]),
        ("first_name", quoted(&long), &[TOO_LONG]),
        ("first_name", quoted("a\0b"), &[NULL_CHARACTERS]),
        ("first_name", r#""\ud800""#.into(), &[SURROGATE]),
        ("last_name", "null".into(), &["This field may not be null."]),
        ("last_name", "1.5".into(), &["Not a valid string."]),
        ("last_name", quoted("a\u{7}b"), &[CONTROL_CHARACTERS]),
        ("last_name", quoted("a\nb"), &[CONTROL_CHARACTERS]),
        ("last_name", quoted("a\u{202e}b"), &[CONTROL_CHARACTERS]),
        ("last_name", quoted("\u{2066}b"), &[CONTROL_CHARACTERS]),
        ("gender", quoted("other"), &["\"other\" is not a valid choice."]),
        ("gender", quoted("MALE"), &["\"MALE\" is not a valid choice."]),
        ("gender", quoted(" male"), &["\" male\" is not a valid choice."]),
        ("gender", quoted(" "), &["\" \" is not a valid choice."]),
        ("gender", "1".into(), &["\"1\" is not a valid choice."]),
        ("gender", "true".into(), &["\"True\" is not a valid choice."]),
        ("gender", "1.0".into(), &["\"1.0\" is not a valid choice."]),
        ("gender", "[null]".into(), &["\"[null]\" is not a valid choice."]),
        ("gender", quoted(&long), &[&format!("\"{}\" is not a valid choice.", &long[..100])]),
    ] {
        let body = format!(r#"{{"{field}":{value}}}"#);
        shop.patch_bytes(body.clone())
            .token(&sara.token)
            .send()
            .await
            .about(&body)
            .assert(400, &errors(field, messages));
    }
    assert_eq!(shop.row(sara.id).await, before);
}

async fn every_invalid_field_is_reported_and_nothing_is_written(shop: Shop) {
    let sara = shop.customer("sara").await;
    shop.customer("neda").await;
    let before = shop.row(sara.id).await;
    // The answer's order is the contract's, whatever the body's.
    let body = r#"{"gender":"x","last_name":null,"first_name":"Sara","avatar":"x","username":"NEDA"}"#;
    shop.patch_bytes(body).token(&sara.token).send().await.assert(
        400,
        r#"{"username":["A user with that username already exists."],"avatar":["Enter a valid URL."],"last_name":["This field may not be null."],"gender":["\"x\" is not a valid choice."]}"#,
    );
    assert_eq!(shop.row(sara.id).await, before);
}

async fn a_valid_value_is_stored_as_sent(shop: Shop) {
    let sara = shop.customer("sara").await;
    for (field, sent, stored) in [
        ("username", "سارا۱۲", "سارا۱۲"),
        ("username", "ＳＡＲＡ", "ＳＡＲＡ"),
        ("username", " a.b@c+d-e_f\t", "a.b@c+d-e_f"),
        ("username", &"é".repeat(150), &"é".repeat(150)),
        ("username", &"\u{fdfa}".repeat(150), &"\u{fdfa}".repeat(150)),
        ("first_name", "\u{3000}Zoë  Ann\u{a0}", "Zoë  Ann"),
        ("first_name", "می\u{200c}نا", "می\u{200c}نا"),
        ("first_name", "e\u{301}", "e\u{301}"),
        ("first_name", &"😀".repeat(150), &"😀".repeat(150)),
        ("last_name", "<script>'; DROP TABLE customer; --", "<script>'; DROP TABLE customer; --"),
        ("last_name", "\u{200d}", "\u{200d}"),
        ("avatar", " https://example.com/a|b?c={d}#e\n", "https://example.com/a|b?c={d}#e"),
        ("avatar", "https://مثال.ایران/عکس.png", "https://مثال.ایران/عکس.png"),
        ("avatar", "HTTP://LOCALHOST", "HTTP://LOCALHOST"),
        ("gender", "female", "female"),
    ] {
        let answer = shop.patch(json!({ field: sent })).token(&sara.token).send().await;
        let answer = answer.about(format_args!("{field} {sent:?}")).assert_status(200);
        assert_eq!(answer.json()[field], stored, "{answer}");
        let read = shop.get().token(&sara.token).send().await.assert(200, &answer.body);
        assert_eq!(read.header("etag"), answer.header("etag"));
    }
    // A pair of surrogates is a character.
    let pair = shop.patch_bytes(r#"{"first_name":"\ud83d\ude00"}"#).token(&sara.token).send().await.assert_status(200);
    assert_eq!(pair.json()["first_name"], "😀");
}

async fn null_and_empty_clear_what_may_be_empty(shop: Shop) {
    let behrooz = shop.behrooz().await;
    let full = json!({"avatar": "http://a.b/", "first_name": "John", "last_name": "Doe", "gender": "male"});
    for (patch, field, value, full_name, completed) in [
        (json!({"avatar": null}), "avatar", Value::Null, "John Doe", true),
        (json!({"avatar": " "}), "avatar", Value::Null, "John Doe", true),
        (json!({"gender": null}), "gender", Value::Null, "John Doe", false),
        (json!({"gender": ""}), "gender", Value::Null, "John Doe", false),
        (json!({"first_name": ""}), "first_name", json!(""), "Doe", false),
        (json!({"last_name": " "}), "last_name", json!(""), "John", false),
    ] {
        shop.patch(full.clone()).token(&behrooz.token).send().await.assert_status(200);
        let answer = shop.patch(patch.clone()).token(&behrooz.token).send().await.about(&patch).assert_status(200);
        let customer = answer.json();
        assert_eq!(customer[field], value, "{answer}");
        assert_eq!(customer["full_name"], full_name, "{answer}");
        assert_eq!(customer["is_profile_completed"], completed, "{answer}");
    }
}

async fn the_last_of_repeated_keys_counts(shop: Shop) {
    let sara = shop.customer("sara").await;
    let body = r#"{"first_name":null,"first\u005fname":"Sara"}"#;
    let answer = shop.patch_bytes(body).token(&sara.token).send().await.assert_status(200);
    assert_eq!(answer.json()["first_name"], "Sara");
}

async fn a_customers_own_username_is_not_taken(shop: Shop) {
    let sara = shop.customer("sara").await;
    for (username, version) in [("sara", 1), ("SARA", 2), ("ｓａｒａ", 3), ("sara", 4)] {
        let answer = shop.patch(json!({"username": username})).token(&sara.token).send().await.assert_status(200);
        assert_eq!(
            (answer.json()["username"].as_str(), answer.header("etag")),
            (Some(username), &*format!("\"1-{version}\""))
        );
    }
}
