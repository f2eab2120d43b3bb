"""One HTTP/1.1 exchange over a raw socket: bytes out, one parsed answer in.

No HTTP library stands between: it would reject many of the cases, or correct them silently.
"""

import socket
from contextlib import suppress
from dataclasses import dataclass

TIMEOUT = 20  # seconds; far above any answer's time, so that a hanging server fails instead of hanging us


@dataclass
class Answer:
    status: int
    headers: dict[str, list[str]]  # names in lower case, values in the order they came
    body: bytes

    def header(self, name):
        """All values of one header as one line, or None."""
        return ", ".join(self.headers[name]) if name in self.headers else None


def exchange(address, request):
    """Send `request` to `(host, port)` and read the final answer (a 100 is passed over)."""
    with socket.create_connection(address, TIMEOUT) as connection:
        # A server may reject before it has read to the end; the answer is there all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        with connection.makefile("rb") as stream:
            answer = read_answer(stream, bodiless=request.startswith(b"HEAD "))
            while answer.status == 100:
                answer = read_answer(stream, bodiless=request.startswith(b"HEAD "))
            return answer


def read_answer(stream, bodiless):
    status_line = stream.readline()
    if not status_line.startswith(b"HTTP/1."):
        raise ConnectionError(f"not an HTTP answer: {status_line!r}")
    status = int(status_line.split()[1])
    headers = {}
    while line := stream.readline().rstrip(b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        headers.setdefault(name.lower(), []).append(value.strip())
    if bodiless or status < 200 or status in (204, 304):
        return Answer(status, headers, b"")
    return Answer(status, headers, read_body(stream, headers))


def read_body(stream, headers):
    if headers.get("transfer-encoding") == ["chunked"]:
        return b"".join(chunks(stream))
    if "content-length" in headers:
        return stream.read(int(headers["content-length"][0]))
    return stream.read()


def chunks(stream):
    while size := int(stream.readline(), 16):
        yield stream.read(size)
        stream.readline()
