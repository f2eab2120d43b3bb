//! Clients that patch without a pause, and what they know about what is stored.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{answer::Answer, api::Api, binary::Server, shop::Customer};

/// How long the tests wait for what a fault brings about, and for its end. PostgreSQL's own deadlines are 10 s.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a client waits after a connection failed: the server may be gone.
const PAUSE: Duration = Duration::from_millis(20);

/// One client for each customer.
pub struct Load {
    stop: CancellationToken,
    clients: Vec<JoinHandle<Patches>>,
    progress: Vec<Arc<Progress>>,
    answers: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// What one client has seen.
#[derive(Default)]
struct Progress {
    /// 200s without any other answer between them.
    served_in_a_row: AtomicUsize,
    not_served: AtomicUsize,
}

/// What a client knows about its customer's first name.
pub struct Patches {
    token: String,
    /// The last name that was answered 200.
    stored: String,
    /// The names after it whose answer did not come, or did not say whether they are stored.
    uncertain: Vec<String>,
    /// The names that were answered 503.
    rejected: Vec<String>,
}

impl Load {
    /// Begins, and waits until every client has been answered.
    pub async fn start(server: &Server, customers: Vec<Customer>) -> Self {
        let (stop, answers) = (CancellationToken::new(), Arc::default());
        let mut load = Self { stop, clients: Vec::new(), progress: Vec::new(), answers };
        for customer in customers {
            let progress = Arc::<Progress>::default();
            load.progress.push(progress.clone());
            let patches = Patches::of(customer);
            // A connection of its own for each client.
            let api = Api::at(server.address);
            load.clients.push(tokio::spawn(patches.send(api, load.stop.clone(), progress, load.answers.clone())));
        }
        load.is_served(1).await;
        load
    }

    /// Waits until every client has so many 200s in a row, from now on.
    pub async fn is_served(&self, answers: usize) {
        self.progress.iter().for_each(|client| client.served_in_a_row.store(0, Ordering::Relaxed));
        self.wait("every client is served", |client| client.served_in_a_row.load(Ordering::Relaxed) >= answers).await;
    }

    /// Waits until every client has one more answer that is not 200.
    pub async fn is_rejected(&self) {
        self.progress.iter().for_each(|client| client.not_served.store(0, Ordering::Relaxed));
        self.wait("every client is rejected", |client| client.not_served.load(Ordering::Relaxed) > 0).await;
    }

    /// Waits until every client has so many more 200s, and nothing else.
    pub async fn stays_served(&self, answers: usize) {
        self.progress.iter().for_each(|client| client.not_served.store(0, Ordering::Relaxed));
        self.is_served(answers).await;
        let not_served: usize = self.progress.iter().map(|client| client.not_served.load(Ordering::Relaxed)).sum();
        assert_eq!(not_served, 0, "{:?}", self.answers.lock().unwrap());
    }

    async fn wait(&self, what: &str, is_true: impl Fn(&Progress) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !self.progress.iter().all(|client| is_true(client)) {
            assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}: {:?}", self.answers.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the clients after the request that they are at.
    pub async fn stop(self) -> Vec<Patches> {
        self.stop.cancel();
        let answers = self.answers.lock().unwrap().clone();
        crate::support::say(&format!("answers: {answers:?}"));
        join_all(self.clients).await.into_iter().map(|client| client.expect("an answer that is expected")).collect()
    }
}

impl Patches {
    fn of(customer: Customer) -> Self {
        Self { token: customer.token, stored: String::new(), uncertain: Vec::new(), rejected: Vec::new() }
    }

    async fn send(
        mut self,
        api: Api,
        stop: CancellationToken,
        progress: Arc<Progress>,
        answers: Arc<Mutex<BTreeMap<String, usize>>>,
    ) -> Self {
        for number in 1.. {
            let name = format!("n{number}");
            let answer = api.patch(json!({"first_name": name})).token(&self.token).try_send().await;
            let status = answer.as_ref().map_or("no answer".into(), |answer| answer.status.to_string());
            *answers.lock().unwrap().entry(status).or_default() += 1;
            match answer {
                Ok(answer) if answer.status == 200 => {
                    self.stored = name;
                    self.uncertain.clear();
                    progress.served_in_a_row.fetch_add(1, Ordering::Relaxed);
                }
                other => {
                    progress.served_in_a_row.store(0, Ordering::Relaxed);
                    progress.not_served.fetch_add(1, Ordering::Relaxed);
                    match other {
                        Ok(answer) if says_not_stored(&answer) => self.rejected.push(name),
                        Ok(_) => self.uncertain.push(name),
                        Err(_) => {
                            self.uncertain.push(name);
                            tokio::time::sleep(PAUSE).await;
                        }
                    }
                }
            }
            if stop.is_cancelled() {
                break;
            }
        }
        self
    }

    /// Asks what is stored.
    pub async fn assert_stored(&self, server: &Server) {
        let answer = server.get().token(&self.token).send().await.assert_status(200);
        let name = answer.json()["first_name"].as_str().unwrap().to_owned();
        assert!(!self.rejected.contains(&name), "stored {name}, and it was answered 503");
        assert!(
            name == self.stored || self.uncertain.contains(&name),
            "stored {name}, answered 200 {}, uncertain {:?}",
            self.stored,
            self.uncertain
        );
        let patch = server.patch(json!({"first_name": "after"})).token(&self.token).send().await;
        assert_eq!(patch.assert_status(200).json()["first_name"], "after");
    }
}

/// Whether a 503 says that nothing was stored. There is one that cannot know.
#[track_caller]
fn says_not_stored(answer: &Answer) -> bool {
    assert_eq!(answer.status, 503, "{answer}");
    answer.json()["detail"] == "Service temporarily unavailable, try again later."
}
