"""Genders: two words and nothing else. Scalars are echoed as Python's `str` shows them, lists and objects as sent."""

import json

from case import Contract, Text, label, patch

VALUES = [
    None, "", "male", "female", "Male", "MALE", "Female", "m", "f", "other", "unknown", "null", "none", " ", "\n",
    "male ", " male", "\u200cmale", "male\0", "\0", "m\u0430le", "ｍａｌｅ", "x", "مرد", "زن", "😀", '"quoted"', "it's",
    "a\\b", "%s", "%(input)s", "{input}", "<b>", "\x01", "\x7f", "\u202emale", "x" * 99, "x" * 100, "x" * 101,
    "😀" * 150, "x" * 2000, 0, 1, -1, 5, 1.0, -0.0, 1.5, 1e15, 1e16, 1e22, 1.5e-7, 123456.789, 5e-324,
    1.7976931348623157e308, 123456789012345678901234567890, True, False, [], {}, ["male"], ["male", "female"],
    {"a": None}, {"b": 1, "a": [{}]}, [1, True, None, "x"], [[]], [1.0, 1e22], ["it's"], ['"'], ["'\""],
    ["\n\t\r\\", "\u200c", "é", "😀", "\xa0", "\u2028", "\x7f", "\0"], ["x" * 120], {"male": "male"},
]  # fmt: skip

RAW = [
    b"1E5", b"-0", b"1.10", b"1e400", b"-1e400", b'{"a":1,"a":2}', b"9" * 30, b"0.1e1", b"100E-2", b"1e-7",
    b'"\\u006dale"',
]  # fmt: skip


def cases():
    for value in VALUES:
        as_sent = echo(json.dumps(value)) if isinstance(value, (list, dict)) else None
        yield patch(f"gender {label(value)}", {"gender": value}, as_sent)
    for value in RAW:
        as_sent = echo(value.decode()) if value.startswith(b"{") else None
        yield patch(f"gender raw {label(value.decode())}", b'{"gender":%s}' % value, as_sent)
    rejected = Contract("surrogates", 400, {"gender": [Text()]})
    yield patch("gender surrogate", b'{"gender":"\\ud800"}', rejected)
    yield patch("gender surrogate in a list", b'{"gender":["\\ud800"]}', rejected)


def echo(text):
    return Contract("containers", 400, {"gender": [f'"{text[:100]}" is not a valid choice.']})
