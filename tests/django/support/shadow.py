"""`shop-profile shadow` before a shop's Django."""

import json
import re
import signal
import subprocess
import time

import target
from support.shop import INACTIVE_TOKEN, TOKEN

# Of the connection, or of the moment.
NOT_COMPARED = {"date", "expires", "connection", "keep-alive"}

RANDOM = re.compile(r"(?<=csrftoken=)\w+; expires=[^;]+")

PATIENCE = 20  # seconds until a report that does not come is missing
ATTEMPTS = 5  # a busy machine answers too late for the shadow, which then compares nothing


class Shadow:
    def __init__(self, shop, django, folder, *options, **environment):
        self.report = folder / "report.jsonl"
        upstream = "http://{}:{}".format(*django.address)
        arguments = ["--upstream", upstream, "--listen", "127.0.0.1:0", "--report", self.report, "--layout", "django"]
        self.process = shop.spawn(
            [shop.program, "shadow", *arguments, *options], environment, stdout=subprocess.PIPE, text=True
        )
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.client = target.at(line.split()[-1], TOKEN, INACTIVE_TOKEN)
                return
        raise RuntimeError(f"the shadow ended with {self.process.wait()} before it listened")

    def lines(self):
        """The report, a line for each request that was answered otherwise than we would."""
        if not self.report.exists():
            return []
        # A line that is being written has no end yet.
        return [json.loads(line) for line in self.report.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def unexplained(self):
        return [line for line in self.lines() if not line["explained"]]

    def wait_for_lines(self, count):
        """The report, as soon as it has so many lines."""
        deadline = time.monotonic() + PATIENCE
        while len(lines := self.lines()) < count:
            assert time.monotonic() < deadline, lines
            time.sleep(0.01)
        return lines

    def reported(self, ask):
        """The answer to a request, and the line of the report about it. It is sent again when it was not compared."""
        before = len(self.lines())
        for _ in range(ATTEMPTS):
            answer = ask()
            deadline = time.monotonic() + PATIENCE / ATTEMPTS
            while time.monotonic() < deadline:
                if len(lines := self.lines()) > before:
                    return answer, lines[before]
                time.sleep(0.01)
        raise AssertionError("nothing was reported")

    def stop(self):
        """Ends it as an operator does; the line that it ends with, and the number of comparisons in that."""
        self.process.send_signal(signal.SIGTERM)
        self.totals = self.process.stdout.read()
        last = self.totals.splitlines()[-1]
        assert self.process.wait() == 0
        compared = re.search(r"([\d,]+) compared", last)
        return last, int(compared[1].replace(",", ""))


def essence(answer):
    """What a client sees of an answer, apart from the connection and the time."""
    headers = {name: values for name, values in answer.headers.items() if name not in NOT_COMPARED}
    if "set-cookie" in headers:
        headers["set-cookie"] = [RANDOM.sub("", value) for value in headers["set-cookie"]]
    return answer.status, headers, answer.body
