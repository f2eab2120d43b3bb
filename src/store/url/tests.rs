use super::*;

fn parse(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    text.parse()
}

#[test]
fn shows_host_port_and_database_and_no_password() {
    for (text, shown) in [
        ("postgres://shop:secret@db.example/profiles?sslmode=require", "postgres://db.example:5432/profiles"),
        ("postgresql://shop:se%2Fcret@db.example:18432/shop", "postgres://db.example:18432/shop"),
        ("postgres://shop:sec@ret@db.example/shop", "postgres://db.example:5432/shop"),
        ("postgres:///shop?host=/run/pg&password=secret", "postgres:///run/pg/shop"),
        ("postgres://x/y?host=db.example&port=7&dbname=z", "postgres://db.example:7/z"),
        ("sqlite://shop.db?mode=ro", "sqlite://shop.db?mode=ro"),
    ] {
        let url = parse(text).unwrap();
        assert_eq!((url.to_string().as_str(), format!("{url:?}")), (shown, format!("DatabaseUrl({shown})")));
    }
}

#[test]
fn rejects_what_is_no_database_url() {
    use DatabaseUrlError::{MalformedPostgres, MalformedSqlite, UnknownScheme};
    for (text, error) in [
        ("", UnknownScheme),
        ("shop.db", UnknownScheme),
        ("mysql://localhost/shop", UnknownScheme),
        ("postgres:", MalformedPostgres),
        ("postgres:shop", MalformedPostgres),
        ("postgres://shop:secret@db:54x32/shop", MalformedPostgres),
        ("sqlite://shop.db?mode=nonsense", MalformedSqlite),
        ("sqlite://", MalformedSqlite),
    ] {
        assert_eq!(parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn rejects_passwords_that_are_not_percent_encoded() {
    for text in [
        "postgres://shop:p@ss/word@db.example/shop",
        "postgres://shop:12/word@db.example/shop",
        "postgres://shop:12?word@db.example/shop",
        "postgres://shop:12?word=1@db.example/shop",
        "postgres://shop:12#word@db.example/shop",
        "postgres://shop:pass#word@db.example/shop",
        "postgres://shop@db.example/shop#word",
        "postgres://shop@db.example/shop/word",
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error, DatabaseUrlError::MalformedPostgres, "{text}");
        assert!(error.to_string().contains("percent-encode") && !error.to_string().contains("word@"), "{text}");
    }
}

#[test]
fn names_a_wrong_parameter_without_its_value() {
    let wrong = |parameter: &str| parse(&format!("postgres://db.example/shop?{parameter}")).unwrap_err().to_string();
    assert_eq!(wrong("pasword=hunter3"), "the database URL has the unknown parameter \"pasword\"");
    assert!(wrong("Hunter3=1").starts_with("malformed database URL"));
    for parameter in ["sslmode=hunter3", "port=hunter3", "hostaddr=hunter3", "statement-cache-capacity=hunter3"] {
        let message = wrong(parameter);
        assert!(message.contains("has a wrong value: expected ") && !message.contains("hunter3"), "{message}");
    }
    parse("postgres://db.example/shop?options[role]=x&sslmode=prefer&application_name=y").unwrap();
}

#[test]
fn knows_the_file_of_a_sqlite_database() {
    let sqlite = |text: &str| match parse(text) {
        Ok(DatabaseUrl(Kind::Sqlite(url))) => (url.file, url.may_create),
        other => panic!("{text}: {other:?}"),
    };
    let file = |path: &str| Some(PathBuf::from(path));
    assert_eq!(sqlite("sqlite://a/shop%20b.db"), (file("a/shop b.db"), true));
    assert_eq!(sqlite("sqlite:/a/shop.db?mode=rwc"), (file("/a/shop.db"), true));
    assert_eq!(sqlite("sqlite:///a/shop.db?mode=ro"), (file("/a/shop.db"), false));
    assert_eq!(sqlite("sqlite://shop.db?mode=rw"), (file("shop.db"), false));
    for text in ["sqlite::memory:", "sqlite://:memory:", "sqlite://x?mode=memory"] {
        assert_eq!(sqlite(text).0, None, "{text}");
    }
}
