//! The numbered rules of docs/moving-from-django.md, those of `shadow` and those of tests/reference: one list.

use shop_profile::shadow::RULES;

use super::read;

#[test]
fn the_rules_are_the_same_in_the_document_the_code_and_the_reference() {
    let document = read("docs/moving-from-django.md");
    let (_, section) = document.split_once("## Where the answers differ on purpose\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let numbered = section.lines().filter_map(|line| {
        let (number, rest) = line.split_once(". **")?;
        let (name, sentence) = rest.split_once("**: ")?;
        Some((number.parse::<usize>().ok()?, name, sentence))
    });
    let documented: Vec<_> = numbered.collect();
    let coded: Vec<_> = RULES.iter().enumerate().map(|(index, rule)| (index + 1, rule.name)).collect();
    assert_eq!(documented.iter().map(|(number, name, _)| (*number, *name)).collect::<Vec<_>>(), coded);
    let reference = read("tests/reference/rules.py");
    for (_, name, sentence) in documented {
        assert!(reference.contains(&format!("    \"{name}\": \"{sentence}\",\n")), "{name}: {sentence}");
    }
    assert_eq!(reference.lines().filter(|line| line.starts_with("    \"")).count(), coded.len());
}
