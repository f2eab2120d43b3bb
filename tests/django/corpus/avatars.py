"""PATCH: avatars, and the length that a Django shop's column has."""

from case import BAD_URL, label

from .case import patched, rejected

ACCEPTED = [
    "http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg", "https://a.example", "HTTPS://A.EXAMPLE/x",
    "http://localhost/x", "http://intranet/x", "http://[::1]:80/", "http://user:pw@a.example/",
    "http://a.example:65535/",
    "http://a.example/?x=1#f", "http://a.example/عکس.jpg", "http://مثال.ایران/", "http://a.example/%zz",
    "http://a.example/a|b",
]  # fmt: skip

REJECTED = [
    "x", "a.example/x.jpg", "/x.jpg", "//a.example/x", "ftp://a.example/x", "javascript:alert(1)",
    "data:image/png;base64,AA",
    "mailto:a@b.example", "file:///etc/passwd", "https:host", "https:/host", "http:///a.example",
    "http:\\\\a.example\\x",
    "http://a.example\\x", "http://", "http://?", "http:// a.example", "http://a .example/", "http://a.example/a b",
    "http://a.example/a\tb", "http://a.example/a\nb", "http://a.example/\u200b", "http://a.example/\u202e",
    "http://-a.example",
    "http://a-.example/", "http://a..example/", "http://a.example:99999/", "http://a.example:x/", "http://1.2.3/",
    "http://127.1/",
    "http://256.1.1.1/", "http://[::g]/", "http://@a.example/", "http://%61.example/", "http://a.example/\x01",
    "http://a\u3002example/",
]  # fmt: skip

COLUMN = 200  # characters, of the shop's


def cases():
    for url in ACCEPTED:
        yield patched(f"avatar {label(url, 90)}", {"avatar": url})
    for url in REJECTED:
        yield rejected(f"avatar {label(url, 90)}", {"avatar": url}, {"avatar": [BAD_URL]})
    for value in (0, 1.5, True, [], {}, ["http://a.example"]):
        yield rejected(f"avatar {value!r}", {"avatar": value}, {"avatar": [BAD_URL]})
    for value in (None, "", " ", "\u3000"):
        yield patched(f"avatar {value!a}", {"avatar": value}, {"avatar": None})
    yield patched("avatar in blanks", {"avatar": " https://a.example/x\n"}, {"avatar": "https://a.example/x"})
    yield from lengths()


def lengths():
    for unit in ("x", "é", "😀"):
        yield patched(f"avatar of {COLUMN} {label(unit)}", {"avatar": url(COLUMN, unit)})
        for count in (COLUMN + 1, 2048):
            accepted = patched(f"avatar of {count} {label(unit)}", {"avatar": url(count, unit)})
            yield accepted.differently_on_django(400, too_long(COLUMN))
        too_long_everywhere = rejected(f"avatar of 2049 {label(unit)}", {"avatar": url(2049, unit)}, too_long(2048))
        yield too_long_everywhere.differently_on_django(400, too_long(COLUMN))


def url(count, unit):
    start = "https://a.example/"
    return start + unit * (count - len(start))


def too_long(limit):
    return {"avatar": [f"Ensure this field has no more than {limit} characters."]}
