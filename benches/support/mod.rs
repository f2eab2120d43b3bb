//! The two operations by each way that leads to the resolver, on a SQLite file of their own.

use std::{
    cell::Cell,
    error::Error,
    fmt, fs,
    path::{Path, PathBuf},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use http_body_util::BodyExt;
use shop_profile::{
    auth::{ApiToken, Credential},
    profile::{FieldInput, PatchInput},
    rate_limit::{Operation, RateLimits},
    server::{self, Options},
    service::{Caller, ProfileService, UpdateMyProfile},
};
use test_support::shop::{add_customer_with, named, open_store};
use tokio::runtime::Runtime;
use tower::ServiceExt;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A file or folder for what was measured.
pub(crate) fn output(name: &str) -> Result<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&directory)?;
    Ok(directory.join(name))
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    ResolverRead,
    ResolverUpdate,
    RestGet,
    RestPatch,
    GraphqlMe,
    GraphqlUpdate,
}

impl Case {
    pub(crate) const ALL: [Self; 6] = [
        Self::ResolverRead,
        Self::RestGet,
        Self::GraphqlMe,
        Self::ResolverUpdate,
        Self::RestPatch,
        Self::GraphqlUpdate,
    ];
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResolverRead => "resolver, me",
            Self::RestGet => "REST, GET",
            Self::GraphqlMe => "GraphQL, me",
            Self::ResolverUpdate => "resolver, update",
            Self::RestPatch => "REST, PATCH",
            Self::GraphqlUpdate => "GraphQL, updateMyProfile",
        })
    }
}

/// Counted, as on every server, and never exceeded.
const RATE_LIMITS: RateLimits = RateLimits { updates: u32::MAX, reads: u32::MAX, failed_tokens: u32::MAX };

const FIELDS: &str = "id username mobileNumber email avatar firstName lastName fullName gender isProfileCompleted";

/// One customer behind one token, and no socket.
pub(crate) struct Shop {
    runtime: Runtime,
    profile: ProfileService,
    app: Router,
    token: ApiToken,
    /// Each update writes a name of its own: one that changes nothing is another kind of work.
    updates: Cell<u64>,
    _directory: tempfile::TempDir,
}

impl Shop {
    pub(crate) fn open() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}", directory.path().join("shop.db").display());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let token = ApiToken::generate()?;
        let store = runtime.block_on(async {
            let store = open_store(&url.parse()?).await;
            add_customer_with(&store, named("sara"), &token).await;
            Ok::<_, Box<dyn Error>>(store)
        })?;
        // Some tasks start with the runtime around them.
        let options = Options { rate_limits: RATE_LIMITS, ..Options::default() };
        let app = runtime.block_on(async { server::router(store.clone(), &options, Default::default()) });
        let (profile, updates) = (ProfileService::new(store, RATE_LIMITS, Default::default()), Cell::new(0));
        Ok(Self { runtime, profile, app, token, updates, _directory: directory })
    }

    /// One request and its answer, checked.
    pub(crate) fn run(&self, case: Case) -> Result<()> {
        let name = format!("Name{}", self.updates.replace(self.updates.get() + 1));
        self.runtime.block_on(async {
            match case {
                Case::ResolverRead => {
                    self.profile.me(&self.caller(Operation::Read)).await.map(drop).map_err(Into::into)
                }
                Case::ResolverUpdate => self.update(name).await,
                Case::RestGet => self.send("GET", "/api/shop/customers/me", String::new()).await,
                Case::RestPatch => {
                    let body = format!(r#"{{"first_name":"{name}","last_name":"Ahmadi"}}"#);
                    self.send("PATCH", "/api/shop/customers/me", body).await
                }
                Case::GraphqlMe => {
                    self.send("POST", "/graphql", format!(r#"{{"query":"{{ me {{ {FIELDS} }} }}"}}"#)).await
                }
                Case::GraphqlUpdate => self.send("POST", "/graphql", mutation(&name)).await,
            }
        })
    }

    fn caller(&self, operation: Operation) -> Caller {
        self.profile.admit(Credential::from(&self.token), operation, 1)
    }

    async fn update(&self, name: String) -> Result<()> {
        let text = |text: String| FieldInput::Text(text.into());
        let input =
            PatchInput { first_name: text(name), last_name: text("Ahmadi".to_owned()), ..PatchInput::default() };
        let update = UpdateMyProfile { input, ..UpdateMyProfile::default() };
        self.profile.update_my_profile(&self.caller(Operation::Update), update).await?;
        Ok(())
    }

    async fn send(&self, method: &str, path: &str, body: String) -> Result<()> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, format!("Token {}", self.token.expose_secret()))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))?;
        let answer = self.app.clone().oneshot(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status == StatusCode::OK && !body.starts_with(br#"{"errors""#) {
            Ok(())
        } else {
            Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into())
        }
    }
}

fn mutation(name: &str) -> String {
    let query = "mutation Update($input: UpdateMyProfileInput!) { updateMyProfile(input: $input)";
    let variables = format!(r#"{{"input":{{"firstName":"{name}","lastName":"Ahmadi"}}}}"#);
    format!(
        r#"{{"query":"{query} {{ customer {{ {FIELDS} }} userErrors {{ field code message }} }} }}","variables":{variables}}}"#
    )
}
