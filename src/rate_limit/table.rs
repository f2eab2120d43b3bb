//! A map of bounded size, whose entries expire.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::rate::Nanos;

/// How many entries a table has (docs/limits.md, "Rates").
const MAX_ENTRIES: usize = 65_536;
/// The parts of a table, each with a lock of its own.
const SHARDS: usize = 64;

/// What a table holds.
pub(super) trait Entry: Copy + Default {
    /// When the entry expires: from then on it means the same as a default one.
    fn until(&self) -> Nanos;
}

impl Entry for Nanos {
    fn until(&self) -> Nanos {
        *self
    }
}

/// A table. The hash is keyed, so that no client can choose keys that collide.
pub(super) struct Table<K, V> {
    hasher: RandomState,
    shards: Box<[Mutex<HashMap<K, V>>]>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl<K: Copy + Eq + Hash, V: Entry> Table<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.shard(key).get(key).copied()
    }

    /// Changes the entry of this key, which is a default one if there was none.
    pub(super) fn change<T>(&self, key: K, now: Nanos, change: impl FnOnce(&mut V) -> T) -> T {
        let mut shard = self.shard(&key);
        if let Some(entry) = shard.get_mut(&key) {
            return change(entry);
        }
        if shard.len() >= MAX_ENTRIES / SHARDS {
            make_room(&mut shard, now);
        }
        change(shard.entry(key).or_default())
    }

    pub(super) fn remove(&self, key: &K) {
        self.shard(key).remove(key);
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        // The map uses the other bits.
        let hash = self.hasher.hash_one(key) as usize;
        self.shards[hash % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

/// Removes the entries that have expired, and at least the quarter that expires first. A quarter at a time, so that the
/// entries are gone through once for many that are added.
fn make_room<K: Copy + Eq + Hash, V: Entry>(entries: &mut HashMap<K, V>, now: Nanos) {
    let mut ends: Vec<Nanos> = entries.values().map(Entry::until).collect();
    let quarter = ends.len() / 4;
    let (_, end, _) = ends.select_nth_unstable(quarter);
    let end = now.max(*end);
    entries.retain(|_, entry| entry.until() > end);
    // A removed entry may leave its place unusable, and the map would grow for the next ones.
    entries.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stays_bounded_and_keeps_what_expires_last() {
        let table = Table::<u64, Nanos>::default();
        let (spent, idle) = (0..100, 100..1_000_000);
        for key in spent.clone() {
            table.change(key, 0, |until| *until = 60_000);
        }
        for key in idle {
            table.change(key, 0, |until| *until = 1 + key % 1000);
        }
        assert!(table.len() <= MAX_ENTRIES, "{}", table.len());
        assert!(spent.into_iter().all(|key| table.get(&key) == Some(60_000)));
    }

    #[test]
    fn what_says_nothing_any_more_goes_first() {
        let mut entries: HashMap<u64, Nanos> = (0..1000).map(|key| (key, key)).collect();
        make_room(&mut entries, 900);
        assert_eq!(entries.len(), 99);
        let mut equal: HashMap<u64, Nanos> = (0..1000).map(|key| (key, 7)).collect();
        make_room(&mut equal, 0);
        assert!(equal.is_empty());
    }

    #[test]
    fn an_entry_is_changed_where_it_is_and_can_be_removed() {
        let table = Table::<u64, Nanos>::default();
        for until in [3, 4] {
            assert_eq!(table.change(1, 0, |entry| std::mem::replace(entry, until)), if until == 3 { 0 } else { 3 });
        }
        assert_eq!((table.get(&1), table.len()), (Some(4), 1));
        table.remove(&1);
        assert_eq!(table.get(&1), None);
    }
}
