"""Clients that send all kinds of requests, and count what each is by its response."""

import collections
import concurrent.futures
import http.client
import json
import random
import socket
import threading
import time

CLIENTS_OF_CUSTOMER = 2
# The server ends a connection after 300 s (docs/limits.md), perhaps while the next request is on its way.
MAX_CONNECTION_SECONDS = 60
REST = "/api/shop/customers/me"
UPDATE = "mutation($i: UpdateMyProfileInput!) { updateMyProfile(input: $i) { userErrors { code } } }"
ALIASES = "{ " + " ".join(f"a{number}: __typename" for number in range(40)) + " }"


class Connection:
    """Sends each request in one piece: http.client sends the body by itself, and a server that rejects a request before its
    body has come may close the connection."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.address, self.socket, self.opened = (host, int(port)), None, 0

    def exchange(self, method, path, headers, body):
        if self.socket is None:
            self.socket, self.opened = socket.create_connection(self.address, timeout=30), time.monotonic()
        lines = [f"{method} {path} HTTP/1.1", "host: shop", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        response = http.client.HTTPResponse(self.socket, method=method)
        response.begin()
        text = response.read()
        if response.will_close or time.monotonic() - self.opened > MAX_CONNECTION_SECONDS:
            self.socket.close()
            self.socket = None
        return response.status, text


class Client:
    def __init__(self, number, address, token):
        self.random, self.address, self.token = random.Random(number), address, token

    def run(self, stopped):
        """Sends until it is stopped, and gives the counts by API, operation and outcome, as docs/operations.md names them."""
        connection, counts = Connection(self.address), collections.Counter()
        kinds = [self.get, self.get, self.patch, self.invalid_patch, self.unknown_token, self.me, self.update, self.aliases]
        while not stopped.is_set():
            counts[self.random.choice(kinds)(connection)] += 1
        return counts

    def send(self, connection, method, path, body=None, token=None):
        headers = {"authorization": f"Token {token or self.token}", "content-type": "application/json"}
        return connection.exchange(method, path, headers, b"" if body is None else json.dumps(body).encode())

    def rest(self, connection, method, operation, body=None, token=None):
        status, _ = self.send(connection, method, REST, body, token)
        outcomes = {200: "ok", 400: "invalid", 401: "unauthenticated", 429: "rate_limited"}
        return "rest", operation, outcomes[status]

    def get(self, connection):
        return self.rest(connection, "GET", "read")

    def patch(self, connection):
        return self.rest(connection, "PATCH", "update", {"first_name": f"Name{self.random.random()}"})

    def invalid_patch(self, connection):
        return self.rest(connection, "PATCH", "update", {"gender": "x"})

    def unknown_token(self, connection):
        return self.rest(connection, "GET", "read", token="unknown")

    def graphql(self, connection, operation, query, variables=None):
        status, body = self.send(connection, "POST", "/graphql", {"query": query, "variables": variables})
        errors = json.loads(body).get("errors")
        if status == 429:
            return "graphql", operation, "rate_limited"
        assert status == 200, f"{status} {body}"
        if errors:
            assert errors[0]["extensions"]["code"] == "TOO_MANY_ALIASES", body
            return "graphql", "none", "rejected"
        return "graphql", operation, "ok"

    def me(self, connection):
        return self.graphql(connection, "read", "{ me { id username } }")

    def update(self, connection):
        return self.graphql(connection, "update", UPDATE, {"i": {"lastName": f"Name{self.random.random()}"}})

    def aliases(self, connection):
        return self.graphql(connection, "none", ALIASES)


class Load:
    def __init__(self, address, tokens):
        self.stopped = threading.Event()
        clients = [Client(number, address, token) for number, token in enumerate(tokens * CLIENTS_OF_CUSTOMER)]
        with_threads = concurrent.futures.ThreadPoolExecutor(len(clients))
        self.counts = [with_threads.submit(client.run, self.stopped) for client in clients]

    def stop(self):
        """Waits for the last responses, and gives the counts. Fails as a client has failed."""
        self.stopped.set()
        return sum((counts.result(40) for counts in self.counts), collections.Counter())
