"""Clients that patch all the time, each as a customer of its own, and what came of it."""

import collections
import http.client
import json
import threading
import time

CLIENTS = 16
PAUSE_SECONDS = 0.02


class Client(threading.Thread):
    """The n-th patch sets the last name to n. Each goes to the next server."""

    def __init__(self, number, token, addresses, stop):
        super().__init__(daemon=True)
        self.username, self.token, self.stop = username(number), token, stop
        first = number % len(addresses)
        self.addresses = addresses[first:] + addresses[:first]
        # (when it was sent, when it was answered, status)
        self.outcomes = []
        self.bodies = collections.Counter()
        self.failure = None

    def run(self):
        connections = [http.client.HTTPConnection(*address, timeout=30) for address in self.addresses]
        while not self.stop.is_set():
            connection = connections[len(self.outcomes) % len(connections)]
            sent = time.monotonic()
            body = json.dumps({"last_name": str(len(self.outcomes))})
            headers = {"authorization": f"Token {self.token}", "content-type": "application/json"}
            try:
                connection.request("PATCH", "/api/shop/customers/me", body, headers)
                response = connection.getresponse()
                text = response.read().decode()
            except (OSError, http.client.HTTPException) as error:
                # No server is stopped while they run.
                self.failure = error
                return
            self.outcomes.append((sent, time.monotonic(), response.status))
            if response.status != 200:
                self.bodies[f"{response.status} {text}"] += 1
            time.sleep(PAUSE_SECONDS)

    def check(self, last_name, version):
        """The row has the last patch that was answered 200 or a later one, and its version counts all of them."""
        acknowledged = [number for number, (_, _, status) in enumerate(self.outcomes) if status == 200]
        made = version - 1
        assert int(last_name) >= acknowledged[-1], f"{self.username}: {last_name} stored, {acknowledged[-1]} answered 200"
        assert len(acknowledged) <= made <= len(self.outcomes), f"{self.username}: {made} made, {len(acknowledged)} answered"
        return len(acknowledged)


class Load:
    def __init__(self, tokens, addresses):
        self.stopped = threading.Event()
        self.clients = [Client(number, token, addresses, self.stopped) for number, token in enumerate(tokens)]
        for client in self.clients:
            client.start()

    def stop(self):
        self.stopped.set()
        for client in self.clients:
            client.join(40)
            assert not client.is_alive() and not client.failure, f"a request was not answered: {client.failure}"

    def outcomes(self, since=0.0):
        return [outcome for client in self.clients for outcome in list(client.outcomes) if outcome[1] >= since]

    def statuses(self):
        return collections.Counter(status for _, _, status in self.outcomes())

    def bodies(self):
        return sum((client.bodies for client in self.clients), collections.Counter())

    def first_success_sent_after(self, moment):
        return min((answered for sent, answered, status in self.outcomes(moment) if status == 200 and sent >= moment), default=None)

    def longest_gap(self, since):
        """The longest time without any answer 200."""
        times = sorted([since] + [answered for _, answered, status in self.outcomes(since) if status == 200])
        return max((later - earlier for earlier, later in zip(times, times[1:])), default=0.0)

    def last_success_per_client(self):
        return [max((answered for _, answered, status in client.outcomes if status == 200), default=0.0) for client in self.clients]


def username(number):
    return f"customer{number}"
