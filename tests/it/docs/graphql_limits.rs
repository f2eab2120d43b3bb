//! The limits of docs/graphql-over-http.md: a document at each of them passes, and one past it is answered with the code
//! and the message of its row.

use serde_json::json;

use super::{markdown, read};
use crate::support::{Subject, database::Database, shop::Shop};

/// A document with so many of what the code's limit counts.
fn document(code: &str, count: usize) -> String {
    let many = |part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<Vec<_>>().join(" ");
    match code {
        "DOCUMENT_TOO_LARGE" => format!("{{ __typename }} #{}", "x".repeat(count - 16)),
        "TOO_MANY_TOKENS" => format!("{{ __type(name: {}", "1 ".repeat(count - 5)),
        "TOO_DEEPLY_NESTED" => format!("{{ a(b: {}", "[".repeat(count - 2)),
        "TOO_MANY_OPERATIONS" => many(&|index| format!("query Q{index} {{ __typename }}")),
        "TOO_MANY_FRAGMENTS" => {
            format!("{{ __typename }} {}", many(&|index| format!("fragment F{index} on Query {{ __typename }}")))
        }
        "TOO_MANY_VARIABLES" => format!("query ({}) {{ __typename }}", many(&|index| format!("$v{index}: Int"))),
        "TOO_MANY_DIRECTIVES" => format!("{{ {} }}", "__typename @include(if: true) ".repeat(count)),
        "TOO_DEEP" => format!("{}{}", "{ x ".repeat(count), "}".repeat(count)),
        "TOO_MANY_FIELDS" => format!("{{ {} }}", "__typename ".repeat(count)),
        "TOO_MANY_ALIASES" => format!("{{ {} }}", many(&|index| format!("a{index}: __typename"))),
        "INTROSPECTION_TOO_DEEP" => {
            let lists = "fields { type { ".repeat(count);
            format!("{{ __type(name: \"Query\") {{ {lists} name {} }} }}", "} }".repeat(count))
        }
        "TOO_MANY_ROOT_FIELDS" => {
            let update = |index| format!("a{index}: updateMyProfile(input: {{}}) {{ userErrors {{ code }} }}");
            format!("mutation {{ {} }}", many(&update))
        }
        code => panic!("no document for {code}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_at_a_limit_passes_and_one_past_it_has_the_documented_code_and_message() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let text = read("docs/graphql-over-http.md");
    let rows = markdown::rows(&text).into_iter().filter(|row| row.len() == 3 && row[2].contains("the limit is"));
    let limits = read("src/graphql/http/limits/mod.rs");
    let mut codes = 0;
    for row in rows {
        let code = markdown::code_spans(&row[0])[0].to_owned();
        assert!(limits.contains(&format!("`{code}`")), "a search for {code} leads to its limit");
        let limit: usize = row[1].split(' ').next().unwrap().replace(',', "").parse().unwrap();
        let within = shop.graphql(&document(&code, limit), json!({})).token(&sara.token).send().await;
        assert!(!within.body.contains(&code), "{code} at its limit: {within}");
        let query = document(&code, limit + 1);
        let answer = shop.graphql(&query, json!({})).token(&sara.token).send().await;
        let error = &answer.json()["errors"][0];
        assert_eq!((&error["extensions"]["code"], &error["message"]), (&json!(code), &json!(row[2])), "{query}");
        codes += 1;
    }
    assert_eq!(codes, 12);
}
