//! What an operator may not have meant.

use std::net::SocketAddr;

use super::Args;

/// What the server warns of when it starts at this address.
pub(super) fn of(args: &Args, address: SocketAddr, names_database: bool) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if args.demo && names_database {
        warnings.push(
            "--demo serves a throwaway database: the database that DATABASE_URL or --database-url names is not used",
        );
    }
    if args.rates.trusts_everyone() {
        warnings.push(
            "--trusted-proxies has a network of all addresses: any client chooses the address that it is counted and \
             logged by",
        );
    }
    if !address.ip().is_loopback() {
        warnings.push(
            "the server listens beyond this machine without TLS: API tokens can be read on the way unless a proxy with \
             TLS is in front",
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Serve {
        #[command(flatten)]
        args: Args,
    }

    fn args(arguments: &[&str]) -> Args {
        Serve::parse_from([&["serve"], arguments].concat()).args
    }

    #[test]
    fn warns_of_what_an_operator_may_not_have_meant() {
        let warn = |arguments: &[&str], address: &str, names_database| {
            let warnings = of(&args(arguments), address.parse().unwrap(), names_database);
            warnings.iter().map(|warning| warning.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(warn(&[], "127.0.0.1:1", true).is_empty());
        assert!(warn(&["--demo"], "[::1]:1", false).is_empty());
        assert_eq!(warn(&["--demo"], "127.0.0.1:1", true), ["--demo"]);
        assert_eq!(warn(&[], "0.0.0.0:1", true), ["the"]);
        assert_eq!(warn(&["--demo"], "192.0.2.1:1", true), ["--demo", "the"]);
        assert!(warn(&["--trusted-proxies", "10.0.0.0/8, fd00::/8"], "[::1]:1", false).is_empty());
        for network in ["0.0.0.0/0", "10.0.0.0/8,::/0"] {
            assert_eq!(warn(&["--trusted-proxies", network], "[::1]:1", false), ["--trusted-proxies"], "{network}");
        }
    }
}
