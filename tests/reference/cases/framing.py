"""How a body is delimited, and what makes an HTTP/1.1 request readable at all."""

from case import PARSE_ERROR, PATH, Anything, Case, Contract, Text, patch, request

NAME_C = {"first_name": "C", "full_name": "C Ahmadi"}
TOO_LARGE = Contract("size", 413, {"detail": Text()})


def cases():
    yield from lengths()
    yield from chunked()
    yield from sizes()
    yield patch("Expect: 100-continue", {"first_name": "A"}, headers=["Expect: 100-continue"])
    yield from unreadable()


def lengths():
    yield patch("a body longer than announced", b'{"first_name":"A"}', length=False, headers=["Content-Length: 5"])
    yield patch("a body without a length", b'{"first_name":"A"}', length=False)
    yield patch("Content-Length with zeros", b'{"first_name":"A"}', length=False, headers=["Content-Length: 00018"])
    for value in ("-1", "abc", "+2", "0x2", "2 2", "1e1", "18446744073709551616"):
        yield patch(f"Content-Length: {value}", b"{}", length=False, headers=[f"Content-Length: {value}"])
    both = ["Content-Length: 2", "Content-Length: 3"]
    yield patch("two lengths", b"{}", length=False, headers=both)


def chunked():
    def case(name, body, contract=None):
        return patch(f"chunked: {name}", body, contract, length=False, headers=["Transfer-Encoding: chunked"])

    yield case("one", b'12\r\n{"first_name":"C"}\r\n0\r\n\r\n', Contract("chunked", 200, NAME_C))
    yield case("two", b'5\r\n{"fir\r\nd\r\nst_name":"C"}\r\n0\r\n\r\n', Contract("chunked", 200, NAME_C))
    yield case(
        "extension and trailer", b'12;x=y\r\n{"first_name":"C"}\r\n0\r\nX: y\r\n\r\n', Contract("chunked", 200, NAME_C)
    )
    yield case("empty", b"0\r\n\r\n")
    yield case("wrong JSON", b"1\r\n{\r\n0\r\n\r\n", Contract("chunked", 400, PARSE_ERROR))
    large = b"%x\r\n" % 70_000 + b" " * 70_000 + b"\r\n0\r\n\r\n"
    yield case("too large", large, TOO_LARGE)
    plain = request(
        type="text/plain", headers=["Transfer-Encoding: chunked"], length=False, body=b"1\r\nx\r\n0\r\n\r\n"
    )
    rejected = {"detail": 'Unsupported media type "text/plain" in request.'}
    yield Case("chunked: another type", plain, Contract("chunked", 415, rejected))


def sizes():
    spaces = 65_536 - len(b'{"first_name":"A"}')
    yield patch("65,536 bytes", b" " * spaces + b'{"first_name":"A"}')
    yield patch("65,537 bytes", b" " * (spaces + 1) + b'{"first_name":"A"}', TOO_LARGE)
    yield patch("70,000 bytes in a field", {"first_name": "x" * 70_000}, TOO_LARGE)
    yield patch("65,000 bytes in a field", {"first_name": "x" * 65_000})
    yield patch("3 MB announced, none sent", b"", TOO_LARGE, headers=["Content-Length: 3000000"])
    yield patch("70,000 bytes, no key", b" " * 70_000, auth=None)


def unreadable():
    no_host = f"GET {PATH} HTTP/1.1\r\nAuthorization: Token {{key}}\r\n\r\n"
    yield Case("no Host", no_host.encode(), Contract("host", 400, Anything()))
    yield Case("HTTP/1.0", no_host.replace("HTTP/1.1", "HTTP/1.0").encode())
    for name, line in {
        "no version": f"GET {PATH}",
        "HTTP/9.9": f"GET {PATH} HTTP/9.9",
        "no path": "GET HTTP/1.1",
        "a space in the path": f"GET {PATH} x HTTP/1.1",
    }.items():
        yield Case(f"request line: {name}", f"{line}\r\nHost: shop.example\r\n\r\n".encode())
    yield Case("a header without a colon", request("GET", type=None, headers=["Nonsense"]))
    yield Case("a space before the colon", request("GET", type=None, headers=["X-Test : y"]))
    smuggled = request(
        headers=["Content-Length: 2", "Transfer-Encoding: chunked"], body=b"2\r\n{}\r\n0\r\n\r\n", length=False
    )
    yield Case("a length and chunks", smuggled, Contract("chunks win", 200, {}))
