"""A shop for the examples: the server with its demonstration customer, and a proxy that answers 503 in its place."""

import http.client
import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PATH = "/api/shop/customers/me"


class Shop:
    """`serve --demo` on a free port."""

    def __enter__(self):
        program = os.environ["TEST_PROGRAM"]
        words = [program, "serve", "--demo", "--listen", "127.0.0.1:0", "--log", "warn"]
        self._server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.url = self._printed(r"http://[\d.:]+")
        self.token = self._printed(r"shp_\w+")
        return self

    def __exit__(self, *_):
        self._server.terminate()
        self._server.wait()

    def profile(self):
        return self.send("GET", PATH)

    def update(self, changes):
        return self.send("PATCH", PATH, changes)

    def send(self, method, path, body=None):
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        status, _, answer = exchange(self.url, method, path, body and json.dumps(body), headers)
        assert status == 200, answer
        return json.loads(answer)

    def _printed(self, pattern):
        for line in self._server.stdout:
            if found := re.search(pattern, line):
                return found[0]
        raise RuntimeError(f"the server ended without printing {pattern}")


class Unavailable:
    """A proxy before the shop that answers the first `times` requests with 503, as the server does without a database.

    It calls `after_reading` when a read has been answered.
    """

    def __init__(self, shop, times, after_reading=lambda: None):
        self.answered = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if proxy.answered < times:
                    proxy.answered += 1
                    status, headers, answer = unavailable(self.path)
                else:
                    status, headers, answer = exchange(shop.url, self.command, self.path, body, dict(self.headers))
                    if self.command == "GET" or b"mutation" not in body and b"query" in body:
                        after_reading()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PATCH = do_POST = forward

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def unavailable(path):
    """The response of docs/rest-api.md, "The database cannot be reached", and its equal in GraphQL."""
    message = "Service temporarily unavailable, try again later."
    error = {"message": message, "extensions": {"code": "SERVICE_UNAVAILABLE"}}
    body = {"errors": [error]} if path == "/graphql" else {"detail": message}
    answer = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(answer)), "Retry-After": "0"}
    return 503, headers, answer


def exchange(url, method, path, body, headers):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()
