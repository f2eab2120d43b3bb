//! README's table of options against their definitions: each setting has a row, with its variable, its default and the help
//! that `--help` prints.

use clap::{Arg, Command};

use super::read;

#[test]
fn the_table_of_options_is_that_of_the_program() {
    let text = read("README.md");
    let start = text.find("| option | variable | default | |").expect("a table of options");
    let table: String =
        text[start..].lines().take_while(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect();
    let program = shop_profile::cli::command();
    let mut expected = "| option | variable | default | |\n|---|---|---|---|\n".to_owned();
    expected += &rows(&program, "");
    for server in ["serve", "shadow"] {
        expected += &rows(program.find_subcommand(server).unwrap(), &format!("{server} "));
    }
    assert_eq!(table, expected, "the table in README.md should be:\n{expected}");
}

fn rows(command: &Command, prefix: &str) -> String {
    let settings = command.get_arguments().filter(|arg| arg.get_long().is_some() && arg.get_env().is_some());
    settings.map(|arg| row(arg, prefix)).collect()
}

fn row(arg: &Arg, prefix: &str) -> String {
    let (option, variable) = (arg.get_long().unwrap(), arg.get_env().unwrap().to_string_lossy());
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = match defaults.join(",").as_str() {
        "" if arg.is_required_set() => "required".to_owned(),
        "" => "none".to_owned(),
        value => format!("`{value}`"),
    };
    let help = arg.get_help().expect("help").to_string().replace('|', "\\|");
    format!("| `{prefix}--{option}` | `{variable}` | {default} | {help} |\n")
}
