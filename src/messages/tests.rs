use super::*;

/// A translation lacks a text only where Django REST Framework has none, or where programs compare it.
#[test]
fn every_language_has_every_message_and_its_parameters() {
    use MessageId::*;
    let stay_english = [
        JsonTooDeep,
        JsonUnexpectedCharacter,
        JsonUnexpectedEnd,
        JsonWrongCharset,
        NoData,
        PersistedQueryNotFound,
        PersistedQueryNotSupported,
    ];
    for language in LANGUAGES {
        let all = <MessageId as strum::VariantArray>::VARIANTS;
        let lacking: Vec<_> = all.iter().filter(|id| (language.template)(**id).is_none()).collect();
        let allowed: &[MessageId] = if language == ENGLISH { &[] } else { &stay_english };
        assert!(lacking.iter().all(|id| allowed.contains(id)), "{language:?} lacks {lacking:?}");
        for id in all {
            assert_eq!(placeholders(language.template(*id)), placeholders(id.english()), "{language:?} {id:?}");
        }
    }
}

fn placeholders(template: &str) -> std::collections::BTreeSet<&str> {
    template.split('{').skip(1).map(|part| part.split_once('}').expect("a placeholder ends").0).collect()
}

#[test]
fn a_parameter_is_put_in_as_it_is() {
    let message = MessageId::InvalidChoice.with("input", "{max} {input}").with("max", 1);
    assert_eq!(message.text(), "\"{max} {input}\" is not a valid choice.");
    assert_eq!(message.text_in(PERSIAN), "\"{max} {input}\" یک انتخاب معتبر نیست.");
}

#[test]
fn a_message_without_a_translation_is_english() {
    assert_eq!(Message::from(MessageId::NoData).text_in(PERSIAN), "No data provided");
}

#[tokio::test]
async fn the_language_is_that_of_the_request() {
    let message = Message::from(MessageId::Null);
    let persian = PERSIAN.scope(async { message.to_string() }).await;
    assert_eq!(persian, "این مقدار نباید توهی باشد.");
    assert_eq!(message.to_string(), "This field may not be null.");
}

/// tests/django/accept_language.py wrote down what Django itself answers.
#[test]
fn the_language_is_chosen_as_django_chooses_it() {
    let english_first = Languages::Negotiated(vec![ENGLISH, PERSIAN]);
    let persian_first = Languages::Negotiated(vec![PERSIAN, ENGLISH]);
    let recorded = include_str!("../../tests/it/fixtures/accept-language.tsv");
    let mut count = 0;
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        let [one, other, header] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("three columns: {line}") };
        let header: String = serde_json::from_str(header).unwrap();
        assert_eq!(english_first.choose(&header).tag(), one, "{header:?}");
        assert_eq!(persian_first.choose(&header).tag(), other, "{header:?}");
        count += 1;
    }
    assert!(count > 600, "{count} headers");
}

#[test]
fn a_language_stands_for_its_variants() {
    const BRAZILIAN: Language = Language { tag: "pt-br", template: |_| None };
    let languages = Languages::Negotiated(vec![ENGLISH, BRAZILIAN]);
    for (header, tag) in [("pt-br", "pt-br"), ("pt", "pt-br"), ("pt-pt", "pt-br"), ("p", "en")] {
        assert_eq!(languages.choose(header).tag(), tag, "{header}");
    }
}

#[test]
fn a_fixed_language_ignores_the_header() {
    assert_eq!(Languages::Fixed(PERSIAN).choose("en"), PERSIAN);
    assert_eq!(Languages::default().choose("fa"), ENGLISH);
}
