//! Many customers, each of whom changes their last name once a second, one patch after the other: below the rate at
//! which a token is told to slow down.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use shop_profile::{
    auth::ApiToken,
    profile::{FieldInput, NewCustomerInput},
    service,
    store::{CustomerRef, NewToken, Store},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::topology::Topology;

const CUSTOMERS: u32 = 120;
const PAUSE: Duration = Duration::from_secs(1);

/// What came of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Answer(u16),
    /// The connection broke: the patch may have been made or not.
    Broken,
}

pub(crate) struct Load {
    clients: JoinSet<Caller>,
    stop: CancellationToken,
    successes: Arc<AtomicU64>,
}

impl Load {
    pub(crate) async fn start(topology: &Topology) -> Self {
        let store = Arc::new(topology.store().await);
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        let (stop, successes) = (CancellationToken::new(), Arc::new(AtomicU64::new(0)));
        let mut clients = JoinSet::new();
        for number in 0..CUSTOMERS {
            let client = Caller::new(&store, number).await;
            let late = PAUSE * number / CUSTOMERS;
            let (http, stop, successes) = (http.clone(), stop.clone(), successes.clone());
            clients.spawn(client.run(http, topology.address, late, stop, successes));
        }
        store.close().await;
        Self { clients, stop, successes }
    }

    pub(crate) fn successes(&self) -> u64 {
        self.successes.load(Ordering::Relaxed)
    }

    pub(crate) async fn stop(self) -> Report {
        self.stop.cancel();
        Report(self.clients.join_all().await)
    }
}

/// A new customer's id and token.
pub(crate) async fn add_customer(store: &Arc<Store>, username: &str) -> (i64, String) {
    let username = FieldInput::Text(username.into());
    let customer = NewCustomerInput { username, ..Default::default() }.parse().unwrap();
    let id = service::add_customer(store, &customer).await.unwrap().id;
    let token = ApiToken::generate().unwrap();
    let new = NewToken { digest: token.digest(), name: String::new(), expires_at: None };
    store.issue_token(id, new).await.unwrap();
    (id, token.expose_secret().to_owned())
}

/// One customer: what they sent and what came of it.
pub(crate) struct Caller {
    id: i64,
    token: String,
    outcomes: Vec<(Instant, Outcome)>,
}

impl Caller {
    async fn new(store: &Arc<Store>, number: u32) -> Self {
        let (id, token) = add_customer(store, &format!("customer{number}")).await;
        Self { id, token, outcomes: Vec::new() }
    }

    async fn run(
        mut self,
        http: Client,
        address: SocketAddr,
        late: Duration,
        stop: CancellationToken,
        successes: Arc<AtomicU64>,
    ) -> Self {
        tokio::time::sleep(late).await;
        let mut ticks = tokio::time::interval(PAUSE);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            ticks.tick().await;
            let outcome = self.patch(&http, address).await;
            successes.fetch_add(u64::from(outcome == Outcome::Answer(200)), Ordering::Relaxed);
            self.outcomes.push((Instant::now(), outcome));
        }
        self
    }

    /// The n-th patch sets the last name to n.
    async fn patch(&self, http: &Client, address: SocketAddr) -> Outcome {
        let request = http.patch(format!("http://{address}/api/shop/customers/me"));
        let request = request.header("authorization", format!("Token {}", self.token));
        let request = request.header("content-type", "application/json");
        let body = serde_json::json!({"last_name": self.outcomes.len().to_string()}).to_string();
        match request.body(body).send().await {
            Ok(response) => Outcome::Answer(response.status().as_u16()),
            Err(_) => Outcome::Broken,
        }
    }

    /// The customer's row holds the last patch that was answered 200, or a later one whose fate was not known; and
    /// its version has counted every one that was answered 200.
    async fn assert_stored(&self, store: &Store) -> u64 {
        let row = store.find_customer(&CustomerRef::Id(self.id)).await.unwrap().unwrap();
        let is_success = |(_, outcome): &&(Instant, Outcome)| *outcome == Outcome::Answer(200);
        let answered = self.outcomes.iter().filter(is_success).count();
        let last_answered = self.outcomes.iter().rposition(|outcome| is_success(&outcome)).expect("one got through");
        let stored: usize = row.last_name.parse().unwrap();
        assert!(stored >= last_answered, "customer {}: {stored} is stored, {last_answered} was answered", self.id);
        let unknown = self.outcomes.len() - answered;
        let made = (row.version - 1).cast_unsigned() as usize;
        assert!(
            (answered..=answered + unknown).contains(&made),
            "customer {}: {made} made, {answered} answered",
            self.id
        );
        answered as u64
    }
}

/// What came of all patches.
pub(crate) struct Report(Vec<Caller>);

impl Report {
    fn all(&self) -> impl Iterator<Item = (Instant, Outcome)> {
        self.0.iter().flat_map(|client| client.outcomes.iter().copied())
    }

    pub(crate) fn counts(&self) -> BTreeMap<Outcome, u64> {
        self.all().fold(BTreeMap::new(), |mut counts, (_, outcome)| {
            *counts.entry(outcome).or_default() += 1;
            counts
        })
    }

    pub(crate) fn failures(&self, from: Instant, to: Instant) -> usize {
        self.all().filter(|(at, outcome)| (from..to).contains(at) && *outcome != Outcome::Answer(200)).count()
    }

    pub(crate) fn first_success_after(&self, moment: Instant) -> Option<Duration> {
        let successes = self.all().filter(|(at, outcome)| *at >= moment && *outcome == Outcome::Answer(200));
        successes.map(|(at, _)| at - moment).min()
    }

    pub(crate) async fn assert_all_stored(&self, topology: &Topology) -> u64 {
        let store = topology.store().await;
        let mut answered = 0;
        for client in &self.0 {
            answered += client.assert_stored(&store).await;
        }
        answered
    }
}
