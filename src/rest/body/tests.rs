use super::*;

fn first_name(json: &str) -> FieldInput {
    parse(json, false, false).unwrap_or_else(|error| panic!("{json}: {error:?}")).input.first_name
}

fn ignored_fields(json: &str) -> Vec<String> {
    parse(json, true, false).unwrap().ignored_fields.into_iter().map(|field| field.name).collect()
}

#[test]
fn the_last_of_repeated_keys_counts_and_escaped_keys_are_read() {
    assert_eq!(first_name(r#"{"first_name":5,"first\u005fname":"b"}"#), FieldInput::Text("b".into()));
}

#[test]
fn the_value_of_an_ignored_key_is_not_checked() {
    for json in [r#"{"x":1e999}"#, r#"{"x":"\ud800"}"#, r#"{"\ud800":[{}]}"#, r#"{"x":123456789012345678901234567890}"#]
    {
        assert_eq!(first_name(json), FieldInput::Absent, "{json}");
    }
}

#[test]
fn a_lone_surrogate_is_remembered_and_a_pair_is_a_character() {
    assert_eq!(first_name(r#"{"first_name":"a\ud83d\ude00"}"#), FieldInput::Text("a😀".into()));
    assert_eq!(
        first_name(r#"{"first_name":"a\udc00b\ud800"}"#),
        FieldInput::Text(JsonString::with_surrogate("a\u{fffd}b\u{fffd}".into(), 0xdc00))
    );
}

#[test]
fn text_that_is_not_json_is_malformed() {
    for json in ["", " ", "{", "{\"x\":NaN}", "\u{feff}{}", "{} x", "{\"x\":01}", "{'x':1}", "{\"x\":\"\t\"}", "[1,]"] {
        assert!(matches!(parse(json, true, false), Err(RestError::Malformed(_))), "{json:?}");
    }
    let nested = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(parse(&nested(MAX_DEPTH), true, false).is_ok());
    assert!(matches!(parse(&nested(MAX_DEPTH + 1), true, false), Err(RestError::Malformed(_))));
}

#[test]
fn json_that_is_not_an_object_is_named_as_python_names_it() {
    for (json, kind) in [
        ("[]", Some("list")),
        ("\"x\"", Some("str")),
        (" -0 ", Some("int")),
        ("1e5", Some("float")),
        ("true", Some("bool")),
        ("null", None),
    ] {
        assert!(matches!(parse(json, false, false), Err(RestError::NotAnObject(got)) if got == kind), "{json}");
    }
}

#[test]
fn a_strict_client_is_told_of_few_fields_by_short_names() {
    assert_eq!(ignored_fields(r#"{"x":1,"id":2,"x":3}"#), ["x", "id"]);
    assert!(parse(r#"{"x":1}"#, false, false).unwrap().ignored_fields.is_empty(), "a lenient client is told of none");
    let long = "é".repeat(101);
    assert_eq!(ignored_fields(&format!(r#"{{"{long}":1,"{long}x":2}}"#)), ["é".repeat(100)]);
    let many: Vec<_> = (0..MAX_IGNORED_FIELDS + 1).map(|index| format!("\"k{index}\":0")).collect();
    assert_eq!(ignored_fields(&format!("{{{}}}", many.join(","))).len(), MAX_IGNORED_FIELDS);
}

#[test]
fn a_read_only_avatar_is_ignored_as_other_read_only_fields_are() {
    let patch = parse(r#"{"avatar":5}"#, true, true).unwrap();
    assert_eq!(patch.input.avatar, FieldInput::Absent);
    assert_eq!(patch.ignored_fields[0].reason, MessageId::ReadOnly);
}

#[test]
fn a_byte_order_mark_is_accepted_in_utf_16_only() {
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let with_mark = utf_16("\u{feff}{}");
    for (charset, bytes) in [
        (None, &b"\xef\xbb\xbf{}"[..]),
        (Some("iso-8859-1"), b"\xef\xbb\xbf{}"),
        (Some("windows-1252"), b"\xef\xbb\xbf{}"),
        (Some("utf-16"), b"\xef\xbb\xbf{}"),
        (Some("latin1"), &with_mark),
        (Some("utf-16le"), &with_mark),
        (Some("unknown"), b"\xef\xbb\xbf{}"),
    ] {
        let parsed = decode(bytes, charset).and_then(|text| parse(&text, false, false));
        assert!(matches!(parsed, Err(RestError::Malformed(_))), "{charset:?}");
    }
    let big_endian: Vec<_> = "\u{feff}{}".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [&with_mark, &utf_16("{}"), &big_endian] {
        assert_eq!(decode(bytes, Some("utf-16")).unwrap(), "{}", "{bytes:?}");
    }
}

#[test]
fn bodies_in_latin_1_windows_1252_and_ascii_are_decoded_as_declared() {
    assert_eq!(decode(b"\x80\xe9", Some("latin-1")).unwrap(), "\u{80}é");
    assert_eq!(decode(b"\x80\xe9", Some("windows-1252")).unwrap(), "€é");
    assert_eq!(decode(b"{}", Some("us-ascii")).unwrap(), "{}");
    assert!(decode(b"\xe9", Some("us-ascii")).is_err());
    assert!(decode(b"\xff", Some("utf-8")).is_err());
}
