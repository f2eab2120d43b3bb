"""PATCH: every field with every kind of value."""

from case import BAD_URL, BAD_USERNAME, NOT_A_STRING, TAKEN, label

from .case import patched, rejected

NULL, BLANK = "This field may not be null.", "This field may not be blank."
TOO_LONG = "Ensure this field has no more than 150 characters."
CONTROL, NUL = "Control characters are not allowed.", "Null characters are not allowed."
SURROGATE = "Surrogate characters are not allowed: U+D800."

NOT_STRINGS = [0, 7, -1, 1.5, 1e300, True, False, [], ["x"], {}, {"a": None}]

NAMES = [
    "Sara", "سارا", "علی\u200cرضا", "क्\u200dष", "Zoe\u0308", "李小龍", "O'Brien", "a  b", "<b>&amp;</b>", "😀", "%s",
    "null",
    '"', "\\", "'; DROP TABLE customer; --", "x" * 150, "س" * 150, "😀" * 150,
]  # fmt: skip

TRIMMED = [" a ", "\ta\n", "\u00a0a\u3000", "\x1ca\x1f", "\u2028a\u2029", "\x85a"]
KEPT = ["\u200ca", "a\u200d", "\u200ba", "\ufeffa"]
CONTROLS = "\x01\x08\x1b\x7f\x9f\u202a\u202e\u2066\u2069"

USERNAMES = [
    "reza", "Reza", "a", "r.e_z@a+1-2", "سارا", "李四", "ＳＡＲＡ", "²", "Ⅷ", "१२", "x" * 150, "𝒜" * 150, "customer1",
    "Customer1", "customer22",
]  # fmt: skip
NO_USERNAMES = ["a b", "a/b", "a\u200cb", "e\u0301", "😀", "$", "a\u00adb", "a,b", "a\nb", "a\x07b", "\u202ea"]
ALIKE = ["CUSTOMER2", "Customer2", "ｃustomer2", "customer²"]


def cases():
    yield from usernames()
    for field in ("first_name", "last_name"):
        yield from names(field)
    yield from genders()
    yield from several()


def usernames():
    for name in USERNAMES:
        yield patched(f"username {label(name)}", {"username": name})
    for name in NO_USERNAMES:
        yield rejected(f"username {label(name)}", {"username": name}, {"username": [BAD_USERNAME]})
    for value in NOT_STRINGS:
        yield rejected(f"username {value!r}", {"username": value}, {"username": [NOT_A_STRING]})
    yield rejected("username null", {"username": None}, {"username": [NULL]})
    for blank in ("", " ", "\u3000\t"):
        yield rejected(f"username {blank!a}", {"username": blank}, {"username": [BLANK]})
    yield patched("username in blanks", {"username": " reza\n"}, {"username": "reza"})
    yield rejected("username of 151", {"username": "x" * 151}, {"username": [TOO_LONG]})
    yield rejected(
        "username of 151 with a space", {"username": "a " + "x" * 149}, {"username": [BAD_USERNAME, TOO_LONG]}
    )
    yield rejected("username with NUL", {"username": "a\0"}, {"username": [BAD_USERNAME, NUL]})
    yield rejected("username with a surrogate", {"username": "a\ud800"}, {"username": [BAD_USERNAME, SURROGATE]})
    taken = {"username": [TAKEN]}
    yield rejected("username taken", {"username": "customer2"}, taken)
    yield rejected("username of a deactivated customer", {"username": "customer3"}, taken)
    for name in ALIKE:
        alike = rejected(f"username that looks taken: {label(name)}", {"username": name}, taken)
        yield alike.differently_on_django(200, {"username": name})


def names(field):
    for name in NAMES:
        yield patched(f"{field} {label(name)}", {field: name})
    for value in NOT_STRINGS:
        yield rejected(f"{field} {value!r}", {field: value}, {field: [NOT_A_STRING]})
    yield rejected(f"{field} null", {field: None}, {field: [NULL]})
    for blank in ("", "  ", "\u2003"):
        yield patched(f"{field} {blank!a}", {field: blank}, {field: ""})
    for text in TRIMMED:
        yield patched(f"{field} {text!a}", {field: text}, {field: "a"})
    for text in KEPT:
        yield patched(f"{field} {text!a}", {field: text})
    yield patched(f"{field} of 150 in blanks", {field: f" {'x' * 150}  "}, {field: "x" * 150})
    for unit in ("x", "س", "😀"):
        yield rejected(f"{field} of 151 {label(unit)}", {field: unit * 151}, {field: [TOO_LONG]})
    for character in CONTROLS:
        yield rejected(f"{field} with U+{ord(character):04X}", {field: f"a{character}b"}, {field: [CONTROL]})
    yield rejected(f"{field} with NUL", {field: "a\0b"}, {field: [NUL]})
    yield rejected(f"{field} with a surrogate", {field: "a\ud800"}, {field: [SURROGATE]})


def genders():
    for value in ("male", "female"):
        yield patched(f"gender {value}", {"gender": value})
    for value in (None, ""):
        yield patched(f"gender {value!r}", {"gender": value}, {"gender": None})
    for text in ("Male", "FEMALE", "m", "other", " male", "male ", " ", "زن", '"', "\u202emale", "x" * 100):
        yield rejected(f"gender {label(text)}", {"gender": text}, {"gender": [f'"{text}" is not a valid choice.']})
    yield rejected("gender of 101", {"gender": "x" * 101}, {"gender": [f'"{"x" * 100}" is not a valid choice.']})
    yield rejected(
        "gender of 300 emoji", {"gender": "😀" * 300}, {"gender": [f'"{"😀" * 100}" is not a valid choice.']}
    )
    for raw, shown in (
        ("0", "0"), ("1", "1"), ("1.5", "1.5"), ("true", "True"), ("false", "False"), ("[]", "[]"), ('["male"]', '["male"]'),
        ('{"a":null}', '{"a":null}'),
    ):  # fmt: skip
        body = b'{"gender":%s}' % raw.encode()
        yield rejected(f"gender {raw}", body, {"gender": [f'"{shown}" is not a valid choice.']})


def several():
    """All or nothing; every wrong field, in the contract's order."""
    wrong = {"gender": "x", "last_name": None, "first_name": "a\x07", "avatar": "x", "username": "customer2"}
    errors = {
        "username": [TAKEN],
        "avatar": [BAD_URL],
        "first_name": [CONTROL],
        "last_name": [NULL],
        "gender": ['"x" is not a valid choice.'],
    }
    yield rejected("every field wrong", wrong, errors)
    yield rejected("one wrong of five", wrong | {"gender": "male"}, {k: v for k, v in errors.items() if k != "gender"})
    yield rejected("a right one and a wrong one", {"first_name": "A", "gender": "x"}, {"gender": errors["gender"]})
    yield rejected(
        "taken beside a wrong one",
        {"gender": "x", "username": "customer2"},
        {k: errors[k] for k in ("username", "gender")},
    )
    all_cleared = {"avatar": None, "first_name": "", "last_name": "", "gender": None}
    yield patched("all cleared", all_cleared)
    yield patched("nothing changes", {"first_name": "Sara", "gender": "female"})
    yield patched("all five", {
        "username": "reza", "avatar": "https://a.example/r.png", "first_name": "Reza", "last_name": "K", "gender": "male",
    })  # fmt: skip
    for first, last, gender in (
        ("", "B", "male"),
        ("A", "", "male"),
        ("A", "B", None),
        ("", "", None),
        ("A", "B", "male"),
    ):
        patch = {"first_name": first, "last_name": last, "gender": gender}
        yield patched(f"{first!r} {last!r} {gender}", patch)
    read_only = {"id": 9, "mobile_number": "1", "email": "x", "full_name": "x", "is_profile_completed": False}
    for key, value in read_only.items():
        yield patched(f"read-only {key}", {key: value}, {})
    for key in ("is_active", "is_superuser", "password", "version", "token", "pk", "firstName", "__proto__", ""):
        yield patched(f"unknown {key!r}", {key: "x", "first_name": "A"}, {"first_name": "A"})
