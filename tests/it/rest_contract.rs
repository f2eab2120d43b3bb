//! The REST API: every status of the contract, with the whole body and the headers that matter.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{api::ME, both_databases, shop::Shop};

const BEHROOZ: &str = r#"{"id":1,"username":"behrooz3500","mobile_number":"09308744204","email":"behrooz21@hotmail.com","avatar":"http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg","first_name":"behrooz","last_name":"ghorbanie","full_name":"behrooz ghorbanie","gender":"male","is_profile_completed":true}"#;
const JOHN: &str = r#"{"id":1,"username":"behrooz3500","mobile_number":"09308744204","email":"behrooz21@hotmail.com","avatar":"http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg","first_name":"John","last_name":"Doe","full_name":"John Doe","gender":"male","is_profile_completed":true}"#;
const SARA: &str = r#"{"id":1,"username":"sara","mobile_number":null,"email":null,"avatar":null,"first_name":"","last_name":"","full_name":"","gender":null,"is_profile_completed":false}"#;
const CONFLICT: &str = r#"{"detail":"The profile has changed meanwhile. Read it again before you update it."}"#;

both_databases![
    a_read_shows_the_ten_keys,
    a_patch_is_answered_as_documented,
    an_empty_body_and_an_empty_object_change_nothing,
    accepts_path_and_content_type_variants,
    a_wrong_method_is_405_with_allow,
    a_preflight_needs_no_token,
    a_wrong_content_type_is_415,
    a_body_that_is_not_json_is_400,
    json_that_is_not_an_object_is_400,
    a_body_above_the_limit_is_413,
    read_only_and_unknown_keys_are_ignored_unless_the_client_is_strict,
    checks_run_in_the_documented_order,
    unknown_paths_are_404,
    an_id_of_64_bits_is_shown_exactly,
];

async fn a_read_shows_the_ten_keys(shop: Shop) {
    let behrooz = shop.behrooz().await;
    let get = shop.get().token(&behrooz.token).send().await.assert(200, BEHROOZ);
    for (name, value) in [
        ("content-type", "application/json"),
        ("etag", r#""1-1""#),
        ("vary", "authorization"),
        ("cache-control", "private, no-cache"),
        ("allow", "GET, HEAD, PATCH, OPTIONS"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(get.header(name), value, "{name}\n{get}");
    }
    let head = shop.request(Method::HEAD, ME).token(&behrooz.token).send().await.assert_status(200);
    assert_eq!(head.body, "");
    for name in ["content-type", "content-length", "etag", "vary", "cache-control", "allow"] {
        assert_eq!(head.header(name), get.header(name), "{name}\n{head}");
    }
    assert_ne!(head.header("x-request-id"), get.header("x-request-id"));

    let shop = shop.another().await;
    let sara = shop.customer("sara").await;
    shop.get().token(&sara.token).send().await.assert(200, SARA);
}

async fn a_patch_is_answered_as_documented(shop: Shop) {
    let behrooz = shop.behrooz().await;
    let patch = json!({"first_name": "John", "last_name": "Doe", "gender": "male"});
    let answer = shop.patch(patch).token(&behrooz.token).send().await.assert(200, JOHN);
    assert_eq!((answer.header("etag"), answer.header("content-type")), (r#""1-2""#, "application/json"));
    shop.get().token(&behrooz.token).send().await.assert(200, JOHN).assert_header("etag", r#""1-2""#);
}

async fn an_empty_body_and_an_empty_object_change_nothing(shop: Shop) {
    let sara = shop.customer("sara").await;
    let before = shop.row(sara.id).await;
    for body in ["", "{}", " {\r\n\t} "] {
        shop.patch_bytes(body).token(&sara.token).send().await.assert(200, SARA).assert_header("etag", r#""1-1""#);
    }
    // Without a body there is nothing to have a type.
    shop.request(Method::PATCH, ME).token(&sara.token).send().await.assert(200, SARA);
    assert_eq!(shop.row(sara.id).await, before);
}

async fn accepts_path_and_content_type_variants(shop: Shop) {
    let behrooz = shop.behrooz().await;
    for path in [ME, "/api/shop/customers/me/", "/api/shop/customers/me?a=b", "/api/shop/customers/%6de"] {
        shop.request(Method::GET, path).token(&behrooz.token).send().await.about(path).assert(200, BEHROOZ);
    }
    for content_type in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/merge-patch+json",
    ] {
        let patch = shop.patch(json!({"first_name": "John", "last_name": "Doe"}));
        let answer = patch.header("content-type", content_type).token(&behrooz.token).send().await;
        answer.about(content_type).assert(200, JOHN);
    }
    shop.get().header("accept", "text/html").token(&behrooz.token).send().await.assert(200, JOHN);
}

async fn a_wrong_method_is_405_with_allow(shop: Shop) {
    let sara = shop.customer("sara").await;
    for method in ["PUT", "POST", "DELETE", "TRACE", "PROPFIND"] {
        let request = shop.request(method.parse().unwrap(), ME).token(&sara.token);
        let body = format!(r#"{{"detail":"Method \"{method}\" not allowed."}}"#);
        request.send().await.assert(405, &body).assert_header("allow", "GET, HEAD, PATCH, OPTIONS");
    }
}

async fn a_preflight_needs_no_token(shop: Shop) {
    let preflight = shop.request(Method::OPTIONS, ME).header("origin", "https://elsewhere.example");
    let answer = preflight.header("access-control-request-method", "PATCH").send().await;
    answer.assert(204, "").assert_header("allow", "GET, HEAD, PATCH, OPTIONS");
}

async fn a_wrong_content_type_is_415(shop: Shop) {
    let sara = shop.customer("sara").await;
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""]
    {
        let patch = shop.patch(json!({"first_name": "Sara"})).header("content-type", content_type).token(&sara.token);
        let body = format!(r#"{{"detail":"Unsupported media type \"{content_type}\" in request."}}"#);
        patch.send().await.about(content_type).assert(415, &body);
    }
    assert_eq!(shop.row(sara.id).await.version, 1);
}

async fn a_body_that_is_not_json_is_400(shop: Shop) {
    let sara = shop.customer("sara").await;
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(900), "]".repeat(900));
    for (body, problem) in [
        (&b"{"[..], "unexpected end: line 1 column 1"),
        (b" ", "unexpected end: line 1 column 1"),
        (b"{\"first_name\": NaN}", "unexpected character: line 1 column 16"),
        (b"{'first_name': 1}", "unexpected character: line 1 column 2"),
        (b"{}\n{}", "unexpected character: line 2 column 1"),
        (b"\xef\xbb\xbf{}", "unexpected character: line 1 column 1"),
        (b"{\"first_name\": \"\xff\"}", "the text is not in its charset"),
        (b"first_name=Sara", "unexpected character: line 1 column 2"),
        (deep.as_bytes(), "nested too deeply"),
    ] {
        let answer = shop.patch_bytes(body.to_vec()).token(&sara.token).send().await;
        answer.about(body.escape_ascii()).assert(400, &format!(r#"{{"detail":"JSON parse error - {problem}"}}"#));
    }
    assert_eq!(shop.row(sara.id).await.version, 1);
}

async fn json_that_is_not_an_object_is_400(shop: Shop) {
    let sara = shop.customer("sara").await;
    for (body, problem) in [
        ("[]", "Invalid data. Expected a dictionary, but got list."),
        (r#""first_name""#, "Invalid data. Expected a dictionary, but got str."),
        ("1", "Invalid data. Expected a dictionary, but got int."),
        ("1.0", "Invalid data. Expected a dictionary, but got float."),
        ("true", "Invalid data. Expected a dictionary, but got bool."),
        ("null", "No data provided"),
    ] {
        let answer = shop.patch_bytes(body).token(&sara.token).send().await;
        answer.about(body).assert(400, &format!(r#"{{"non_field_errors":["{problem}"]}}"#));
    }
}

async fn a_body_above_the_limit_is_413(shop: Shop) {
    let sara = shop.customer("sara").await;
    let too_large = r#"{"detail":"Request body too large: the limit is 65536 bytes."}"#;
    let full = format!("{{{}}}", " ".repeat(65_534));
    shop.patch_bytes(full).token(&sara.token).send().await.assert(200, SARA);
    let head = format!(
        "PATCH {ME} HTTP/1.1\r\nHost: shop\r\nAuthorization: Token {}\r\nContent-Type: application/json\r\n",
        sara.token
    );
    // The announcement is enough: not a byte of the body is sent.
    let announced = format!("{head}Content-Length: 65537\r\n\r\n");
    shop.connection().await.exchange(announced).await.assert(413, too_large);
    // 0x10001 bytes, without an announced length.
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n10001\r\n{}", " ".repeat(65_537));
    shop.connection().await.exchange(chunked).await.assert(413, too_large);
}

async fn read_only_and_unknown_keys_are_ignored_unless_the_client_is_strict(shop: Shop) {
    let sara = shop.customer("sara").await;
    let before = shop.row(sara.id).await;
    let body = r#"{"id":7,"email":"a@b.c","mobile_number":5,"full_name":"x","is_profile_completed":true,"version":9,"is_active":false,"x":[{}]}"#;
    let lenient = shop.patch_bytes(body).token(&sara.token).send().await.assert(200, SARA);
    assert_eq!(lenient.header("preference-applied"), "");
    let strict = shop.patch_bytes(body).header("prefer", "handling=strict").token(&sara.token).send().await;
    strict
        .assert(
            400,
            r#"{"id":["This field is read-only."],"email":["This field is read-only."],"mobile_number":["This field is read-only."],"full_name":["This field is read-only."],"is_profile_completed":["This field is read-only."],"version":["Unknown field."],"is_active":["Unknown field."],"x":["Unknown field."]}"#,
        )
        .assert_header("preference-applied", "handling=strict");
    assert_eq!(shop.row(sara.id).await, before);

    // Wrong fields come first, and a right one is not written either.
    let body = r#"{"x":1,"gender":"x","first_name":"Sara"}"#;
    let strict =
        shop.patch_bytes(body).header("prefer", "respond-async, handling=strict").token(&sara.token).send().await;
    strict.assert(400, r#"{"gender":["\"x\" is not a valid choice."],"x":["Unknown field."]}"#);
    assert_eq!(shop.row(sara.id).await, before);

    let strict =
        shop.patch(json!({"first_name": "Sara"})).header("prefer", "handling=strict").token(&sara.token).send();
    strict.await.assert_status(200).assert_header("preference-applied", "handling=strict");
}

async fn checks_run_in_the_documented_order(shop: Shop) {
    let sara = shop.customer("sara").await;
    shop.customer("neda").await;
    let long = "x".repeat(65_537);
    let unknown_token = r#"{"detail":"Invalid token."}"#;

    shop.request(Method::PUT, "/api/shop/customers")
        .token("wrong")
        .send()
        .await
        .assert(404, r#"{"detail":"Not found."}"#);
    shop.request(Method::PUT, ME).token("wrong").send().await.assert(401, unknown_token);
    let patch = |body: &str| shop.patch_bytes(body.to_owned());
    patch("{").token("wrong").send().await.assert(401, unknown_token);
    for body in [format!("{{\"x\":\"{}\"}}", "x".repeat(60_000)), "[".repeat(60_000)] {
        patch(&body).token("wrong").send().await.assert(401, unknown_token);
    }
    patch("x").header("content-type", "text/plain").token("wrong").send().await.assert(401, unknown_token);
    patch(r#"{"gender":"x"}"#).token("wrong").send().await.assert(401, unknown_token);

    let patch = |body: &str| patch(body).header("if-match", r#""1-7""#).token(&sara.token);
    let put = shop.request(Method::PUT, ME).header("content-type", "text/plain").body("x").token(&sara.token);
    put.send().await.assert_status(405);
    patch(&long).header("content-type", "text/plain").send().await.assert_status(415);
    // Unread, so that the connection ends; who is not told would send the next request there and lose it.
    patch(&long).send().await.assert_status(413).assert_header("connection", "close");
    patch("{").send().await.assert_status(400);
    patch(r#"{"gender":"x"}"#).send().await.assert(400, r#"{"gender":["\"x\" is not a valid choice."]}"#);
    let taken = r#"{"username":["A user with that username already exists."]}"#;
    patch(r#"{"username":"neda"}"#).send().await.assert(400, taken);
    let conflict = patch(r#"{"first_name":"Sara"}"#).send().await.assert(412, CONFLICT);
    conflict.assert_header("etag", r#""1-1""#);
    assert_eq!(shop.row(sara.id).await.version, 1);
}

async fn unknown_paths_are_404(shop: Shop) {
    for path in ["/api/shop/customers/1", "/api/shop/customers/me/x", "/api/shop/customers/ME", "//", "/.env"] {
        shop.request(Method::GET, path).send().await.about(path).assert(404, r#"{"detail":"Not found."}"#);
    }
}

async fn an_id_of_64_bits_is_shown_exactly(shop: Shop) {
    // The largest there is, far beyond what a JavaScript number holds.
    let sara = shop.customer_with_id(i64::MAX, "sara").await;
    let patch = shop.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
    patch.assert_header("etag", r#""9223372036854775807-2""#);
    let get = shop.get().token(&sara.token).send().await.assert_status(200);
    assert!(get.body.starts_with(r#"{"id":9223372036854775807,"#), "{get}");
    let me = shop.graphql("{ me { id version } }", Value::Null).token(&sara.token).send().await;
    me.assert(200, r#"{"data":{"me":{"id":"9223372036854775807","version":"9223372036854775807-2"}}}"#);
}
