//! The language of the messages. That Persian is Django's to the byte, and that the choice is, tests/django checks
//! beside a real Django.

use axum::http::Method;
use serde_json::{Value, json};
use shop_profile::{
    messages::{ENGLISH, Languages, PERSIAN},
    server::{ConnectionLimits, Options},
};

use crate::support::{
    answer::Answer,
    binary::{self, Server, serve},
    database::Database,
    shop::Shop,
};

const NOT_PROVIDED: &str = r#"{"detail":"اطلاعات برای اعتبارسنجی ارسال نشده است."}"#;

async fn shop(languages: Languages) -> Shop {
    let options = Options { languages, ..Options::default() };
    Shop::with(Database::sqlite(), &options, ConnectionLimits::default()).await
}

/// `Content-Language`, and every member of `Vary`.
fn language_headers(answer: &Answer) -> (&str, Vec<&str>) {
    let vary = answer.headers.get_all("vary").iter().flat_map(|value| value.to_str().unwrap().split(", "));
    (answer.header("content-language"), vary.collect())
}

#[tokio::test]
async fn one_language_is_for_every_client() {
    let shop = shop(Languages::Fixed(PERSIAN)).await;
    for asked in ["fa", "en", "*"] {
        let answer = shop.get().header("accept-language", asked).send().await.assert(401, NOT_PROVIDED);
        assert_eq!(language_headers(&answer), ("", vec!["authorization"]), "{asked}");
    }
}

#[tokio::test]
async fn a_request_chooses_among_several_and_every_answer_names_the_language() {
    let shop = shop(Languages::Negotiated(vec![ENGLISH, PERSIAN])).await;
    let sara = shop.customer("sara").await;
    let persian = "fa-IR, en;q=0.5";
    shop.get().header("accept-language", persian).send().await.assert(401, NOT_PROVIDED);
    for (asked, language) in [(persian, "fa"), ("", "en"), ("de", "en"), ("*, fa", "en")] {
        for (method, path, status) in [
            (Method::GET, "/api/shop/customers/me", 200),
            (Method::OPTIONS, "/api/shop/customers/me", 204),
            (Method::PUT, "/api/shop/customers/me", 405),
            (Method::GET, "/nowhere", 404),
            (Method::GET, "/graphql", 400),
        ] {
            let request = shop.request(method, path).token(&sara.token).header("accept-language", asked);
            let answer = request.send().await.about(format!("{path} {asked}")).assert_status(status);
            let (named, vary) = language_headers(&answer);
            assert_eq!((named, vary.last()), (language, Some(&"accept-language")), "{path} {asked}");
        }
    }
}

#[tokio::test]
async fn what_is_not_for_customers_has_no_choice_of_language() {
    let shop = shop(Languages::Negotiated(vec![ENGLISH, PERSIAN])).await;
    for path in ["/healthz", "/openapi.json"] {
        let answer = shop.request(Method::GET, path).header("accept-language", "fa").send().await.assert_status(200);
        let (named, vary) = language_headers(&answer);
        assert_eq!(named, "", "{path}");
        assert!(!vary.contains(&"accept-language"), "{path}");
    }
}

#[tokio::test]
async fn graphql_errors_have_the_language_and_their_codes_stay() {
    let shop = shop(Languages::Negotiated(vec![ENGLISH, PERSIAN])).await;
    let error = async |query: &str| {
        let request = shop.graphql(query, Value::Null).header("accept-language", "fa");
        let error = request.send().await.json()["errors"][0].clone();
        (error["message"].as_str().unwrap().to_owned(), error["extensions"]["code"].as_str().unwrap().to_owned())
    };
    for (query, message, code) in [
        ("{ me { id } }", "اطلاعات برای اعتبارسنجی ارسال نشده است.", "UNAUTHENTICATED"),
        ("{", "خطای نحوی.", "GRAPHQL_PARSE_FAILED"),
        ("query ($n: Int!) { __typename }", "متغیر \"$n\" از نوع الزامی \"Int!\" فرستاده نشده است.", "BAD_USER_INPUT"),
    ] {
        assert_eq!(error(query).await, (message.to_owned(), code.to_owned()), "{query}");
    }
}

/// A client may write its own text from the code and the values.
#[tokio::test]
async fn a_user_error_has_the_values_of_its_message() {
    let shop = shop(Languages::Fixed(PERSIAN)).await;
    let sara = shop.customer("sara").await;
    let query = "mutation ($input: UpdateMyProfileInput!) {
        updateMyProfile(input: $input) { userErrors { code params { name value } } }
    }";
    let input = json!({ "firstName": "é".repeat(163), "lastName": null });
    let answer = shop.graphql(query, json!({ "input": input })).token(&sara.token).send().await;
    let params = json!([{"name": "max", "value": "150"}, {"name": "actual", "value": "163"}]);
    assert_eq!(
        answer.json()["data"]["updateMyProfile"]["userErrors"],
        json!([{"code": "TOO_LONG", "params": params}, {"code": "NULL", "params": []}])
    );
}

#[tokio::test]
async fn serve_takes_one_language_or_a_list() {
    let database = Database::sqlite();
    let server = Server::start(database.url(), &["--language", "FA"]).await;
    server.get().send().await.assert(401, NOT_PROVIDED);

    let mut command = serve(database.url(), &[]);
    command.env("SHOP_PROFILE_LANGUAGES", "en,fa");
    let server = Server::spawn(command).await;
    assert!(server.logged("started").await.contains("languages=en,fa"));
    server.get().send().await.assert_header("content-language", "en");
    server.get().header("accept-language", "fa").send().await.assert(401, NOT_PROVIDED);
}

#[tokio::test]
async fn a_language_without_a_file_or_two_ways_to_choose_are_wrong_usage() {
    for (arguments, said) in [
        (&["--language", "de"][..], "expected one of en, fa"),
        (&["--languages", "en,de"], "expected one of en, fa"),
        (&["--language", "fa", "--languages", "en,fa"], "--language cannot be used with --languages"),
    ] {
        let ended = binary::run("sqlite://unused.db", &[&["serve"], arguments].concat()).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(said), "{ended:?}");
    }
}
