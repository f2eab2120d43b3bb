//! Spans, made from the records of requests and sent by OTLP over HTTP.
//!
//! A span of tracing around the request would be entered and left at every poll (see `request_id`). A span is made when
//! the request has come to its end instead, and goes into a queue, which a thread sends in batches.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use opentelemetry::{
    InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId, Value,
    trace::{SpanContext, SpanKind, Status, TraceState},
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter as OtlpExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{
        BatchSpanProcessor, IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanExporter, SpanLinks,
        SpanProcessor,
    },
};
use url::Url;

use super::CollectorUrlError;
use crate::{
    request_notes::{Api, Operation},
    server::request_record::RequestRecord,
};

/// Where collectors take spans.
const PATH: &str = "v1/traces";
/// How long a batch may take to be sent, repetitions included.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the end of the process may wait for the last batch.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Where a collector is: a URL without TLS, without a path and without a password.
#[derive(Clone, Debug)]
pub struct CollectorUrl(Url);

impl FromStr for CollectorUrl {
    type Err = CollectorUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| CollectorUrlError::Malformed)?;
        let has_origin_alone = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_password = !url.username().is_empty() || url.password().is_some();
        let is_usable = url.scheme() == "http" && has_origin_alone && !has_password;
        if is_usable { Ok(Self(url)) } else { Err(CollectorUrlError::Malformed) }
    }
}

/// What sends spans. Clones share one queue; what finds it full is dropped.
#[derive(Clone, Debug)]
pub struct Spans {
    processor: Arc<BatchSpanProcessor>,
    scope: InstrumentationScope,
}

impl Spans {
    /// Starts the thread that sends spans.
    ///
    /// # Errors
    /// One of OpenTelemetry's own environment variables (`OTEL_…`) cannot be used.
    pub fn start(collector: &CollectorUrl) -> Result<Self, ExporterBuildError> {
        let endpoint = format!("{}{PATH}", collector.0);
        let otlp = OtlpExporter::builder().with_http().with_endpoint(endpoint).with_timeout(EXPORT_TIMEOUT).build()?;
        let mut exporter = Exporter { otlp, is_failing: AtomicBool::new(false) };
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name(env!("CARGO_PKG_NAME")).with_attribute(version);
        exporter.set_resource(&resource.build());
        let processor = Arc::new(BatchSpanProcessor::builder(exporter).build());
        Ok(Self { processor, scope: InstrumentationScope::builder(env!("CARGO_PKG_NAME")).build() })
    }

    /// Sends the span of a request that has come to its end, unless its client says that its trace is not kept. An
    /// operator's health checks have none.
    pub(in crate::server) fn send(&self, record: &RequestRecord) {
        let parent = record.trace_parent;
        if record.api == Api::Health || parent.is_some_and(|parent| !parent.is_sampled) {
            return;
        }
        let ids = RandomIdGenerator::default();
        let trace_id = parent.map_or_else(|| ids.new_trace_id(), |parent| TraceId::from(parent.trace_id.get()));
        let context = SpanContext::new(trace_id, ids.new_span_id(), TraceFlags::SAMPLED, false, TraceState::default());
        let end_time = SystemTime::now();
        self.processor.on_end(SpanData {
            span_context: context,
            parent_span_id: parent.map_or(SpanId::INVALID, |parent| SpanId::from(parent.span_id.get())),
            parent_span_is_remote: parent.is_some(),
            span_kind: SpanKind::Server,
            name: name(record).into(),
            start_time: end_time.checked_sub(record.took).unwrap_or(end_time),
            end_time,
            attributes: attributes(record),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: if is_failure(record) { Status::error("") } else { Status::Unset },
            instrumentation_scope: self.scope.clone(),
        });
    }

    /// Sends what is waiting, for at most two seconds.
    pub async fn stop(self) {
        let stopped = tokio::task::spawn_blocking(move || self.processor.shutdown_with_timeout(STOP_TIMEOUT)).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!("the last spans were not sent");
        }
    }
}

/// `rest read`
fn name(record: &RequestRecord) -> String {
    let api: &str = record.api.into();
    let operation = record.notes.operation.map(<&str>::from);
    [Some(api), operation].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Whether the server, not the client, is why there is no result.
fn is_failure(record: &RequestRecord) -> bool {
    record.status.is_some_and(|status| status.is_server_error())
}

/// What the log line says, by OpenTelemetry's names where it has some. Whose request it was is left out: that stays in the
/// log, where the request's id finds it.
fn attributes(record: &RequestRecord) -> Vec<KeyValue> {
    let RequestRecord { id, method, path, api, notes, status, bytes, .. } = record;
    let outcome: &'static str = record.outcome().into();
    let method = if *method == "other" { "_OTHER" } else { *method };
    let graphql = |operation| match operation {
        Operation::Read => "query",
        Operation::Update => "mutation",
    };
    let operation_type = notes.operation.filter(|_| *api == Api::Graphql).map(graphql);
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let attributes: [(&'static str, Option<Value>); 10] = [
        ("http.request.method", Some(method.into())),
        ("url.path", (*path != "other").then(|| (*path).into())),
        ("http.response.status_code", status.map(|status| i64::from(status.as_u16()).into())),
        ("http.response.body.size", bytes.map(|bytes| number(bytes).into())),
        ("error.type", is_failure(record).then(|| outcome.into())),
        ("graphql.operation.type", operation_type.map(Into::into)),
        ("graphql.operation.name", notes.operation_name().map(|name| name.to_owned().into())),
        ("shop_profile.root_fields", (!notes.root_fields.is_empty()).then(|| notes.root_fields.to_string().into())),
        ("shop_profile.outcome", Some(outcome.into())),
        ("shop_profile.request_id", Some(id.to_string().into())),
    ];
    attributes.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key, value?))).collect()
}

/// Sends batches, and logs when that begins to fail and when it works again.
#[derive(Debug)]
struct Exporter {
    otlp: OtlpExporter,
    is_failing: AtomicBool,
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.otlp.export(batch).await;
        match (&result, self.is_failing.swap(result.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => {
                let error: &dyn std::error::Error = error;
                tracing::warn!(error, "the collector takes no spans: they are dropped");
            }
            (Ok(()), true) => tracing::info!("the collector takes spans again"),
            _ => {}
        }
        result
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_an_origin_without_tls() {
        for text in ["http://127.0.0.1:4318", "http://collector:4318/", "http://[::1]:4318"] {
            assert!(text.parse::<CollectorUrl>().is_ok(), "{text}");
        }
        for text in [
            "",
            "127.0.0.1:4318",
            "https://collector:4318",
            "http://collector:4318/v1/traces",
            "http://collector:4318/?a",
            "http://user:word@collector:4318",
            "grpc://collector:4317",
        ] {
            assert!(text.parse::<CollectorUrl>().is_err(), "{text}");
        }
    }
}
