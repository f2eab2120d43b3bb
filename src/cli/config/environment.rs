//! Environment variables that no option reads: a mistyped name has no effect.

use std::collections::BTreeSet;

use clap::Command;

use super::setting::nearest;

const PREFIX: &str = "SHOP_PROFILE_";

/// One line for each variable with our prefix that no option of any sub-command reads.
pub(super) fn unknown(command: &Command) -> Vec<String> {
    let known = known(command);
    let in_kubernetes = std::env::var_os("KUBERNETES_SERVICE_HOST").is_some();
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let ours = names.filter(|name| name.starts_with(PREFIX) && !known.contains(name));
    let unknown = ours.filter(|name| !(in_kubernetes && is_service_link(name)));
    let line = |name: String| {
        let words = |name: &str| name.trim_start_matches(PREFIX).to_owned();
        let rests: Vec<_> = known.iter().filter(|name| name.starts_with(PREFIX)).map(|name| words(name)).collect();
        let nearest = nearest(&words(&name), rests.iter().map(String::as_str)).unwrap_or_default();
        format!("{name} (environment variable): no option reads it: the nearest known one is {PREFIX}{nearest}")
    };
    unknown.map(line).collect()
}

/// Kubernetes sets these in each container for a service called `shop-profile`, or `shop-profile-…`.
fn is_service_link(name: &str) -> bool {
    ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"].iter().any(|mark| format!("{name}_").contains(&format!("{mark}_")))
}

/// Whether an option may read this environment variable.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX) || name.starts_with("DATABASE_URL")
}

fn known(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env());
    let own = own.map(|name| name.to_string_lossy().into_owned());
    own.chain(command.get_subcommands().flat_map(known)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_variables_that_kubernetes_sets_for_a_service() {
        for name in [
            "SHOP_PROFILE_SERVICE_HOST",
            "SHOP_PROFILE_SERVICE_PORT_HTTP",
            "SHOP_PROFILE_PORT",
            "SHOP_PROFILE_PORT_80_TCP_ADDR",
            "SHOP_PROFILE_METRICS_SERVICE_PORT",
        ] {
            assert!(is_service_link(name), "{name}");
        }
        for name in ["SHOP_PROFILE_LISTN", "SHOP_PROFILE_REPORTS", "SHOP_PROFILE_IMPORT"] {
            assert!(!is_service_link(name), "{name}");
        }
    }
}
