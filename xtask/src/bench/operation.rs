//! The four requests, and what a right answer to each must contain.

use std::io::Write;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What is asked of a contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Operation {
    /// `GET /api/shop/customers/me`
    Get,
    /// `PATCH /api/shop/customers/me` with two names
    Patch,
    /// `query { me { … } }`: the ten fields of the REST answer
    Me,
    /// `mutation { updateMyProfile { … } }`: the work and the answer of the PATCH
    Update,
}

const FIELDS: &str = "id username mobileNumber email avatar firstName lastName fullName gender isProfileCompleted";

impl Operation {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Me => "me",
            Self::Update => "updateMyProfile",
        }
    }

    /// The request of a customer. The `nonce` is the new first name, so that every update changes something.
    pub(super) fn write_request(self, out: &mut Vec<u8>, customer: u64, nonce: u64) -> std::io::Result<()> {
        let (method, path, body) = match self {
            Self::Get => ("GET", "/api/shop/customers/me", String::new()),
            Self::Patch => {
                let body = format!(r#"{{"first_name":"N{nonce:x}","last_name":"Ahmadi"}}"#);
                ("PATCH", "/api/shop/customers/me", body)
            }
            Self::Me => ("POST", "/graphql", format!(r#"{{"query":"query Me {{ me {{ {FIELDS} }} }}"}}"#)),
            Self::Update => {
                let query = "mutation Update($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) {";
                let errors = "userErrors { field code message }";
                let variables = format!(r#"{{"input":{{"firstName":"N{nonce:x}","lastName":"Ahmadi"}}}}"#);
                let body =
                    format!(r#"{{"query":"{query} customer {{ {FIELDS} }} {errors} }} }}","variables":{variables}}}"#);
                ("POST", "/graphql", body)
            }
        };
        out.clear();
        write!(out, "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Token {customer:040x}\r\n")?;
        if !body.is_empty() {
            write!(out, "content-type: application/json\r\ncontent-length: {}\r\n", body.len())?;
        }
        write!(out, "accept: application/json\r\n\r\n{body}")
    }

    /// What the answer must contain: the customer who asked, or the value that was just written.
    pub(super) fn expected(self, customer: u64, nonce: u64) -> String {
        match self {
            Self::Get | Self::Me => format!(r#""username":"customer{customer}""#),
            Self::Patch => format!(r#""first_name":"N{nonce:x}""#),
            Self::Update => format!(r#""firstName":"N{nonce:x}""#),
        }
    }
}
