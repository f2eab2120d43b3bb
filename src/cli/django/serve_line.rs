//! The command that starts the server with these options.

use crate::store::DjangoOptions;

/// `shop-profile serve …` for a POSIX shell. The database's URL stays in the environment: it may hold a password.
pub(super) fn serve_line(options: &DjangoOptions) -> String {
    let default = DjangoOptions::default();
    let DjangoOptions { user_table, token_table, columns, complete_profile, media_url, touch } = options;
    let mut words = ["shop-profile", "serve", "--layout", "django"].map(str::to_owned).to_vec();
    let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
    if let Some(table) = user_table {
        add("--user-table", table.to_string());
    }
    if *token_table != default.token_table {
        add("--token-table", token_table.to_string());
    }
    for (field, column) in columns {
        add("--column", format!("{field}={column}"));
    }
    if let Some(fields) = complete_profile {
        add("--complete-profile", fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(","));
    }
    if let Some(url) = media_url {
        add("--media-url", url.to_string());
    }
    for column in touch {
        add("--touch", column.to_string());
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// One word for a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_read_otherwise() {
        assert_eq!(serve_line(&DjangoOptions::default()), "shop-profile serve --layout django");
        let options = DjangoOptions {
            columns: vec![("gender".parse().unwrap(), "it's $x".parse().unwrap())],
            media_url: Some("https://cdn.example/a&b/".parse().unwrap()),
            touch: vec!["changed".parse().unwrap()],
            ..DjangoOptions::default()
        };
        let line = r"shop-profile serve --layout django --column 'gender=it'\''s $x' --media-url 'https://cdn.example/a&b/' --touch changed";
        assert_eq!(serve_line(&options), line);
    }
}
