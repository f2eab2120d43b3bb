"""The names, and what every text field has in common: kinds, white space, lengths, forbidden characters."""

from case import BAD_URL, NOT_A_STRING, Contract, label, patch

CONTROL = "Control characters are not allowed."

FIELDS = ("username", "avatar", "first_name", "last_name")

KINDS = [
    None, "", " ", "\u3000\t", 0, 5, -1, 1.5, 1e300, True, False, [], {}, [""], ["a"], {"a": 1}, {"first_name": "a"},
]  # fmt: skip

TRIMMED = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
KEPT = "\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u061c\xad\u115f\u3164\ufffe\ufffd\U000e0001\u0301"
CONTROLS = "\x01\x07\x08\x1b\x7f\x80\x9f"
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

NAMES = [
    "Sara", "سارا", "علی\u200cرضا", "محم\u0651د", "Zoë", "Zoe\u0308", "李小龍", "Ærøskøbing", "O'Brien", "Jean-Luc",
    "van der Berg", "a  b", "a\u00a0b", "a\u2028b", "a\u3000b", "😀", "👨\u200d👩\u200d👧", "🇮🇷", "<script>", "{{x}}",
    "%s", "null", "None", "0", "'; --", "\\", "/", "\"", "a\u200db\u200cc", "\ufb01", "ａｂ", "𝒜", "\u0130", "ß",
    "\ue000", "\U0010ffff", "\u0600",
]  # fmt: skip


def cases():
    for field in FIELDS:
        yield from kinds(field)
    for field in ("first_name", "last_name"):
        yield from lengths(field)
        yield from surrogates(field)
    for name in NAMES:
        yield patch(f"first_name {label(name)}", {"first_name": name})
    yield from white_space()
    for field in ("username", "avatar", "first_name"):
        yield from controls(field)
    yield from several_errors()
    yield from computed()


def kinds(field):
    for value in KINDS:
        number = type(value) in (int, float) and field != "avatar"
        rejected = Contract("strict strings", 400, {field: [NOT_A_STRING]}) if number else None
        yield patch(f"{field} {value!r}", {field: value}, rejected)


def lengths(field):
    for name, unit in (("letters", "a"), ("two-byte letters", "é"), ("Persian letters", "س"), ("astral letters", "😀")):
        for count in (149, 150, 151):
            yield patch(f"{field} of {count} {name}", {field: unit * count})
    yield patch(f"{field} of 150 combining characters", {field: "e" + "\u0301" * 149})
    yield patch(f"{field} of 151 combining characters", {field: "e" + "\u0301" * 150})
    yield patch(f"{field} of 150 letters in blanks", {field: "  " + "a" * 150 + " \u3000"})
    yield patch(f"{field} of 151 blanks", {field: " " * 151})
    yield patch(f"{field} of 151 with NUL", {field: "\0" + "a" * 150})
    yield patch(f"{field} of 60,000 letters", {field: "a" * 60_000})


def surrogates(field):
    for name, text in {
        "high": '"\\ud800"',
        "low": '"a\\udfff"',
        "swapped": '"\\ude00\\ud83d"',
        "high twice": '"\\ud83d\\ud83d\\ude00"',
        "with NUL": '"\\ud800\\u0000"',
        "with 151": '"\\udabc' + "a" * 150 + '"',
    }.items():
        yield patch(f"{field} surrogate {name}", f'{{"{field}":{text}}}'.encode())


def white_space():
    for space in TRIMMED + KEPT:
        mark = f"U+{ord(space):04X}"
        yield patch(f"first_name {mark} alone", {"first_name": space})
        yield patch(f"first_name around {mark}", {"first_name": f"{space}a{space}"})
        yield patch(f"username around {mark}", {"username": f"{space}reza{space}"})
    for space in TRIMMED:
        yield patch(f"avatar around U+{ord(space):04X}", {"avatar": f"{space}http://a.com/x{space}"})
    yield patch("avatar of blanks", {"avatar": "\u2003\u3000"})


def controls(field):
    """DRF itself rejects them in usernames; elsewhere the contract does, in the field's own words if it has any."""
    for character in CONTROLS + BIDI_CONTROLS + "\0":
        text = {"avatar": "http://a.com/x{}y", "username": "re{}za", "first_name": "re{}za"}[field].format(character)
        message = {"avatar": BAD_URL, "first_name": CONTROL}.get(field)
        rejected = Contract("control characters", 400, {field: [message]}) if message and character != "\0" else None
        yield patch(f"{field} with U+{ord(character):04X}", {field: text}, rejected)
    yield patch(f"{field} NUL first", {field: "\0" + "http://a.com/" * (field == "avatar")})


def several_errors():
    yield patch(
        "every field wrong, in another order",
        {"gender": "x", "last_name": "y" * 151, "first_name": None, "avatar": "nope", "username": ""},
    )
    yield patch("one right, one wrong", {"first_name": "A", "gender": "x"})
    yield patch("one wrong, one right", {"gender": "x", "first_name": "A"})
    yield patch("taken and others", {"username": "customer2", "gender": "x", "first_name": "z" * 151})
    yield patch("all null", dict.fromkeys((*FIELDS, "gender")))
    yield patch("all empty", dict.fromkeys((*FIELDS, "gender"), ""))
    yield patch("all lists", dict.fromkeys((*FIELDS, "gender"), []))
    yield patch("all true", dict.fromkeys((*FIELDS, "gender"), True))
    yield patch("all but the username empty", dict.fromkeys((*FIELDS[1:], "gender"), ""))


def computed():
    """What full_name and is_profile_completed follow from."""
    for first in ("", "A"):
        for last in ("", "B"):
            for gender in (None, "male"):
                yield patch(
                    f"names {first!r} {last!r}, {gender}", {"first_name": first, "last_name": last, "gender": gender}
                )
    yield patch("nothing changes", {"first_name": "Sara", "gender": "female"})
    everything = {
        "username": "reza",
        "avatar": "https://a.com/r.png",
        "first_name": "Reza",
        "last_name": "Karimi",
        "gender": "male",
    }
    yield patch("everything changes", everything)
    yield patch("the avatar goes", {"avatar": None})
