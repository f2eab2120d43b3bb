//! The examples of docs/rest-api.md and docs/graphql-over-http.md, sent over a socket to a server.
//!
//! An example is a block ```` ```http ```` with a request and one with its response. The examples below one heading
//! meet one shop, in their order; the next heading has a new shop. In a request, `$TOKEN` and the other names of
//! [`Example::fill_in`] stand for values. Of the response the status, the headers that are shown and the whole body are
//! compared; JSON may be laid out for people.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::Value;
use shop_profile::{
    auth::ApiToken,
    graphql::Code,
    rate_limit::RateLimits,
    server::{self, ConnectionLimits},
    store::TokenRef,
};
use tokio::task::JoinSet;

use super::{
    markdown::{self, Block},
    read,
};
use crate::support::{answer::Answer, database::Database, shop::Shop};

const DOCUMENTS: [&str; 2] = ["docs/rest-api.md", "docs/graphql-over-http.md"];

#[tokio::test(flavor = "multi_thread")]
async fn each_example_is_answered_as_documented() {
    let mut sections = JoinSet::new();
    for document in DOCUMENTS {
        let examples = markdown::blocks(&read(document)).into_iter().filter(|block| block.is("http"));
        let examples: Vec<Block> = examples.collect();
        assert!(examples.len() > 20, "{document} has examples");
        for section in examples.chunk_by(|one, next| one.heading == next.heading) {
            let section = section.iter().map(|block| (block.info.clone(), block.text.clone(), block.line)).collect();
            sections.spawn(send_section(document, section));
        }
    }
    let mut wrong = sections.join_all().await.concat();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_status_of_the_rest_api_has_an_example() {
    let text = read("docs/rest-api.md");
    let shown = shown_statuses(&text);
    let listed: BTreeSet<String> = markdown::rows(&text)
        .iter()
        .filter_map(|row| row.first().filter(|cell| cell.len() == 3 && cell.parse::<u16>().is_ok()).cloned())
        .collect();
    assert!(listed.len() > 10, "{listed:?}");
    assert_eq!(listed, shown);
}

#[test]
fn each_error_code_of_graphql_is_listed() {
    let rows = markdown::rows(&read("docs/graphql-over-http.md"));
    for code in Code::ALL {
        let is_listed = rows.iter().any(|row| markdown::code_spans(&row[0]).contains(&code.as_str()));
        assert!(is_listed, "docs/graphql-over-http.md lacks {}", code.as_str());
    }
}

fn shown_statuses(text: &str) -> BTreeSet<String> {
    let blocks = markdown::blocks(text).into_iter().filter(|block| block.is("http"));
    let lines: Vec<String> = blocks.map(|block| block.text).collect();
    lines.iter().filter_map(|text| Some(text.strip_prefix("HTTP/1.1 ")?.get(..3)?.to_owned())).collect()
}

/// The info string, the text and the line of each block below one heading.
type Section = Vec<(Vec<String>, String, usize)>;

/// What is answered otherwise than documented.
async fn send_section(document: &'static str, section: Section) -> Vec<String> {
    let first = &section[0].0;
    let rate_limits =
        if has(first, "one-update") { RateLimits { updates: 1, ..RateLimits::OFF } } else { RateLimits::OFF };
    let introspection = !has(first, "introspection-off");
    let options = server::Options { introspection, rate_limits, ..server::Options::default() };
    let shop = Shop::with(Database::sqlite(), &options, ConnectionLimits::default()).await;
    let names = Names::of(&shop).await;
    let mut wrong = Vec::new();
    for pair in section.chunks(2) {
        let [(info, request, line), (_, response, _)] = pair else {
            panic!("{document}:{}: a request without a response", pair[0].2)
        };
        prepare(&shop, info).await;
        let place = format!("{document}:{line}");
        let answer = shop.connection().await.exchange(written_out(&names.fill_in(request))).await;
        // How long a client has to wait depends on the moment.
        let response = names.fill_in(response).replace("$SECONDS", answer.header("retry-after"));
        let difference = compare(&response, &answer).err();
        wrong.extend(difference.map(|difference| format!("{place}: {difference}\n{answer}\n")));
    }
    wrong
}

fn has(info: &[String], option: &str) -> bool {
    info.iter().any(|word| word == option)
}

/// What happens to the server before the request is sent.
async fn prepare(shop: &Shop, info: &[String]) {
    if has(info, "damaged-database") {
        use sea_orm::ConnectionTrait;
        let damage = "ALTER TABLE customer DROP COLUMN avatar";
        shop.database.connect().await.execute_unprepared(damage).await.unwrap();
    }
    if has(info, "database-unavailable") {
        shop.store.close().await;
    }
}

/// What the names in the examples stand for.
struct Names(Vec<(&'static str, String)>);

impl Names {
    /// Customer 1 is the contract's example, customer 2 has nothing but a username, customer 3 is deactivated.
    async fn of(shop: &Shop) -> Self {
        let behrooz = shop.behrooz().await;
        let sara = shop.customer("sara").await;
        let gone = shop.customer("gone").await;
        shop.store.set_active(gone.id, false).await.unwrap();
        let revoked = ApiToken::generate().unwrap();
        let id = shop.store_token(behrooz.id, &revoked, None).await;
        shop.store.revoke_tokens(&TokenRef::Id(id)).await.unwrap();
        Self(vec![
            ("$TOKEN_OF_SARA", sara.token),
            ("$TOKEN_OF_A_DEACTIVATED_CUSTOMER", gone.token),
            ("$REVOKED_TOKEN", revoked.expose_secret().to_owned()),
            ("$TOKEN", behrooz.token),
        ])
    }

    fn fill_in(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// The bytes of a request, with `Host` and, where the document shows none, `Content-Length`.
fn written_out(request: &str) -> String {
    let (head, body) = request.trim_end().split_once("\n\n").unwrap_or((request.trim_end(), ""));
    let mut head = head.replace('\n', "\r\n") + "\r\nHost: shop.example";
    if !body.is_empty() && !head.contains("Content-Length:") {
        head += &format!("\r\nContent-Length: {}", body.len());
    }
    format!("{head}\r\n\r\n{body}")
}

fn compare(documented: &str, answer: &Answer) -> Result<(), String> {
    let equal = |what: &str, shown: &str, given: &str| {
        if shown == given { Ok(()) } else { Err(format!("{what}: the document shows {shown:?}")) }
    };
    let (head, body) = documented.trim_end().split_once("\n\n").unwrap_or((documented.trim_end(), ""));
    let mut lines = head.lines();
    let status = StatusCode::from_u16(answer.status).unwrap();
    equal("status", lines.next().unwrap_or_default(), &format!("HTTP/1.1 {status}"))?;
    for line in lines {
        let (name, value) = line.split_once(": ").ok_or_else(|| format!("{line:?} is no header"))?;
        equal(name, value, answer.header(&name.to_lowercase()))?;
    }
    // `preserve_order` keeps the members of an object in their order, and compact is how the server writes them.
    let compact = serde_json::from_str::<Value>(body).map_or(body.to_owned(), |json| json.to_string());
    equal("body", &compact, answer.body.trim_end())
}
