"""What is JSON and what is not, and what a body may be if it is."""

from case import NOT_A_STRING, PARSE_ERROR, Contract, patch

BYTES = [
    # values that are no object
    b"[]", b'""', b'"x"', b"0", b"-0", b"1", b"1.5", b"-1.5", b"1e5", b"1E400", b"-1e999", b"1e-999", b"true",
    b"false", b"null", b'[{"first_name":"A"}]', b"[null]", b" null ", b'"{}"', b"9" * 400,
    # white space
    b" ", b"\n", b"\t{}\n", b" {} ", b"\r\n{\r\n}\r\n", b"\x0c{}", b"\x0b{}", b"\xc2\xa0{}", b"\xe2\x80\xa8{}",
    b"\0{}",
    # numbers
    b"NaN", b"Infinity", b"-Infinity", b'{"first_name":NaN}', b'{"x":NaN}', b'{"x":Infinity}', b'{"x":-Infinity}',
    b'{"x":1e999}', b'{"x":-1e999}', b'{"x":1e-999}', b'{"x":-0.0}', b'{"x":%s}' % (b"9" * 400), b'{"x":01}',
    b'{"x":+1}', b'{"x":.5}', b'{"x":1.}', b'{"x":1.e1}', b'{"x":0x1}', b'{"x":1_0}', b'{"x":-}', b'{"x":1e}',
    b'{"x":--1}', b'{"x":1 2}',
    # literals
    b'{"x":tru}', b'{"x":True}', b'{"x":NULL}', b'{"x":undefined}', b'{"x":truex}', b"nul",
    # encodings
    b"\xef\xbb\xbf{}", b"\xfe\xff\x00{\x00}", b"\xff\xfe{\x00}\x00", b"\xff", b'{"first_name":"\xff"}',
    b'{"x":"\xff"}', b'{"\xff":1}', b'{"first_name":"\xc0\x80"}', b'{"first_name":"\xed\xa0\x80"}',
    b'{"first_name":"\xf4\x90\x80\x80"}', b'{"first_name":"\xe2\x82"}', b'{"first_name":"\xc3\x84"}',
    b'{"first_name":"\xf0\x9f\x98\x80"}',
    # strings
    b'{"first_name":"\\u0041"}', b'{"first_name":"\\ud83d\\ude00"}', b'{"first_name":"\\u00E9\\u00e9"}',
    b'{"first_name":"a\\"b\\\\c\\/d"}', b'{"first_name":"a\x01"}', b'{"first_name":"a\n"}', b'{"first_name":"a\t"}',
    b'{"first_name":"a\x00"}', b'{"first_name":"\\x41"}', b'{"first_name":"\\u00"}', b'{"first_name":"\\u+041"}',
    b'{"first_name":"\\u 041"}', b'{"first_name":"\\u00G1"}', b'{"first_name":"\\a"}',
    b'{"first_name":"\\U00000041"}', b'{"first_name":"\\', b'{"first_name":"a', b'{"first_name":"<a>&\'"}',
    b'{"first_name":"a\xe2\x80\xa8b"}', b"{'first_name':'a'}",
    # structure
    b"{}", b'{"first_name":"a"', b"{", b"[", b"}", b"{]", b'{"first_name":"a",}', b"{,}", b'{"a":1,,"b":2}', b"[,]",
    b"[1,]", b'{"first_name":"a" "last_name":"b"}', b'{"first_name"}', b'{"first_name":}', b'{"first_name"::"a"}',
    b'{"first_name","a"}', b'{first_name:"a"}', b"{1:2}", b"{null:1}", b'{"":1}', b"{} x", b"{}{}", b"{}\x00", b"{},",
    b"{}//c", b"/**/{}", b"{}#", b"first_name=A", b"<x/>", b"---\nfirst_name: A\n",
    # keys
    b'{"first_name":"a","first_name":"b"}', b'{"first_name":5,"first_name":"b"}',
    b'{"first_name":"a","first_name":null}', b'{"gender":"x","gender":"male"}', b'{"gender":"male","gender":"x"}',
    b'{"x":1,"x":2}', b'{"first\\u005fname":"U"}', b'{"first_name":"a","first\\u005fname":"U"}',
    b'{"first_name ":"A"}', b'{"FIRST_NAME":"A"}', b'{"firstName":"A"}', b'{"first-name":"A"}',
    b'{"profile":{"first_name":"A"}}', b'{"profile.first_name":"A"}', b'{"__proto__":{"first_name":"A"}}',
    b'{"\\u0000":1}', b'{"first_name\\u0000":"A"}',
    # surrogates in values that are ignored
    b'{"x":"\\ud800"}', b'{"x":["\\udfff\\ud800"]}', b'{"\\ud800":1}', b'{"x":{"\\ud800":"\\ud800"}}',
    # depth
    b"[" * 100 + b"]" * 100, b'{"x":' + b"[" * 100 + b"]" * 100 + b"}", b'{"x":' * 50 + b"1" + b"}" * 50,
    b"[" * 500 + b"]" * 500, b'{"x":' + b"[" * 500 + b"]" * 500 + b"}",
]  # fmt: skip

UNKNOWN = [
    "pk", "password", "is_staff", "is_active", "is_superuser", "version", "nickname", "customer_id", "date_joined",
]  # fmt: skip


def cases():
    for body in BYTES:
        yield patch(f"JSON: {short(body)}", body)
    yield from too_deep()
    yield from big_numbers()
    infinite = Contract("strict strings", 400, {"first_name": [NOT_A_STRING]})
    yield patch("JSON: an infinite name", b'{"first_name":1e999}', infinite)
    yield from ignored_keys()


def too_deep():
    for depth in (1_100, 30_000):
        rejected = Contract("too deep", 400, PARSE_ERROR)
        yield patch(f"JSON: {depth} lists", b"[" * depth + b"]" * depth, rejected)
        yield patch(f"JSON: {depth} lists in a key", b'{"x":' + b"[" * depth + b"]" * depth + b"}", rejected)
    yield patch("JSON: 2000 open lists", b"[" * 2000, Contract("too deep", 400, PARSE_ERROR))
    objects = b'{"a":' * 2000 + b"1" + b"}" * 2000
    yield patch("JSON: 2000 objects", objects, Contract("too deep", 400, PARSE_ERROR))


def big_numbers():
    nines = b"9" * 5000
    no_object = {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}
    yield patch("JSON: 5,000 digits", nines, Contract("big numbers", 400, no_object))
    yield patch("JSON: 5,000 digits in a key", b'{"x":' + nines + b"}", Contract("big numbers", 200, {}))


def ignored_keys():
    read_only = {
        "id": 99,
        "mobile_number": "1",
        "email": "nobody@example.com",
        "full_name": "Nobody",
        "is_profile_completed": False,
    }
    for key, value in read_only.items():
        yield patch(f"read-only {key}", {key: value})
        yield patch(f"read-only {key}, another kind", {key: [value, None]})
    for key in UNKNOWN:
        yield patch(f"unknown {key}", {key: True, "first_name": "A"})
    yield patch("read-only keys beside a name", read_only | {"first_name": "A"})


def short(body):
    text = ascii(body.decode("latin-1"))
    return text if len(text) <= 80 else f"{text[:60]}…{len(body)} bytes"
