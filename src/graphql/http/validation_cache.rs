//! The validation cache: a request that has passed validation need not pass it again. Validation took a third of an
//! update's instructions, and its result is the same for the same document, operation and kinds of variables.
//!
//! Validation looks at a string variable's content only where an enum is expected. The key therefore contains numbers,
//! and strings that could be enum values (`A-Z_`), as they are, and treats all other strings as equal.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_graphql::Variables;
use async_graphql_value::ConstValue;

use super::{document_cache::DocumentHash, metrics::CacheMetrics};

/// How many keys are kept: 64 KB. One more and all are forgotten; a client that fills it costs others a validation.
const MAX_KEYS: usize = 4096;

/// What the result of a validation depends on, as a keyed hash: no client can make two requests that share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ValidationKey(u64);

/// The requests that passed.
pub(super) struct ValidationCache {
    hasher: RandomState,
    passed: Mutex<HashSet<ValidationKey>>,
    metrics: CacheMetrics,
}

impl ValidationCache {
    pub(super) fn new(metrics: CacheMetrics) -> Self {
        Self { hasher: RandomState::new(), passed: Mutex::default(), metrics }
    }

    pub(super) fn key(&self, document: &DocumentHash, operation: Option<&str>, variables: &Variables) -> ValidationKey {
        let mut hasher = self.hasher.build_hasher();
        (document, operation, variables.len()).hash(&mut hasher);
        for (name, value) in variables.iter() {
            name.hash(&mut hasher);
            hash_kind(value, &mut hasher);
        }
        ValidationKey(hasher.finish())
    }

    pub(super) fn contains(&self, key: ValidationKey) -> bool {
        let is_known = self.lock().contains(&key);
        if is_known {
            self.metrics.hits.inc()
        } else {
            self.metrics.misses.inc()
        };
        is_known
    }

    pub(super) fn insert(&self, key: ValidationKey) {
        let mut passed = self.lock();
        if passed.len() >= MAX_KEYS {
            self.metrics.evictions.inc_by(passed.len() as u64);
            passed.clear();
        }
        passed.insert(key);
        self.metrics.entries.set(passed.len() as i64);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<ValidationKey>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash_kind(value: &ConstValue, hasher: &mut impl Hasher) {
    std::mem::discriminant(value).hash(hasher);
    match value {
        ConstValue::Null | ConstValue::Binary(_) => {}
        ConstValue::Boolean(value) => value.hash(hasher),
        ConstValue::Number(number) => number.hash(hasher),
        ConstValue::Enum(name) => name.hash(hasher),
        ConstValue::String(text) => is_enum_value(text).then_some(text).hash(hasher),
        ConstValue::List(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| hash_kind(item, hasher));
        }
        ConstValue::Object(fields) => {
            fields.len().hash(hasher);
            for (name, value) in fields {
                name.hash(hasher);
                hash_kind(value, hasher);
            }
        }
    }
}

/// Whether the text could be an enum value. All of the schema's are written like this, which a test asserts.
fn is_enum_value(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_schema, types::TypeKind, types::TypeSystemDefinition};
    use serde_json::json;

    use super::*;

    fn cache() -> ValidationCache {
        ValidationCache::new(CacheMetrics::default())
    }

    fn key(cache: &ValidationCache, variables: serde_json::Value) -> ValidationKey {
        cache.key(&[0; 32], None, &Variables::from_json(variables))
    }

    #[test]
    fn strings_share_a_key_and_enum_values_and_kinds_do_not() {
        let cache = cache();
        let sara = key(&cache, json!({"input": {"firstName": "Sara"}}));
        assert_eq!(sara, key(&cache, json!({"input": {"firstName": "Neda Ahmadi"}})));
        let others = [
            json!({"input": {"firstName": "MALE"}}),
            json!({"input": {"firstName": "FEMALE"}}),
            json!({"input": {"firstName": null}}),
            json!({"input": {"firstName": 5}}),
            json!({"input": {"firstName": 6}}),
            json!({"input": {"firstName": true}}),
            json!({"input": {"firstName": ["Sara"]}}),
            json!({"input": {"lastName": "Sara"}}),
            json!({"input": {"firstName": "Sara", "lastName": "Ahmadi"}}),
            json!({"other": {"firstName": "Sara"}}),
            json!({}),
        ]
        .map(|variables| key(&cache, variables));
        assert!(!others.contains(&sara));
        assert_eq!(HashSet::from(others).len(), others.len());
        let variables = Variables::from_json(json!({"input": {"firstName": "Sara"}}));
        assert_ne!(sara, cache.key(&[1; 32], None, &variables));
        assert_ne!(sara, cache.key(&[0; 32], Some("Update"), &variables));
    }

    #[test]
    fn a_full_cache_of_validations_is_emptied() {
        let cache = cache();
        for number in 0..=MAX_KEYS {
            cache.insert(key(&cache, json!({ "number": number })));
        }
        let counted = [cache.lock().len() as u64, cache.metrics.entries.get() as u64, cache.metrics.evictions.get()];
        assert_eq!(counted, [1, 1, MAX_KEYS as u64]);
        assert!(cache.contains(key(&cache, json!({ "number": MAX_KEYS }))));
    }

    #[test]
    fn every_enum_value_of_the_schema_is_seen_as_one() {
        let mut values = 0;
        for definition in parse_schema(crate::graphql::types_sdl()).unwrap().definitions {
            if let TypeSystemDefinition::Type(ty) = definition
                && let TypeKind::Enum(definition) = ty.node.kind
            {
                for value in definition.values {
                    assert!(is_enum_value(&value.node.value.node), "{}", value.node.value.node);
                    values += 1;
                }
            }
        }
        assert!(values > 0);
    }
}
