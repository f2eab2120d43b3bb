"""Patches through urllib3 with its Retry, for throttled.test.mjs: JSON on standard input, JSON on standard output."""

import json
import sys

import urllib3


def main():
    task = json.load(sys.stdin)
    # Retry waits as long as `Retry-After` says; PATCH is not among the methods that it repeats by default.
    pool = urllib3.PoolManager(retries=urllib3.Retry(total=5, status_forcelist=[429], allowed_methods=["PATCH"]))
    throttled = 0
    for number in range(task["patches"]):
        answer = pool.request("PATCH", task["url"], headers=task["headers"], json={"last_name": str(number)})
        assert answer.status == 200, (answer.status, answer.data)
        throttled += sum(attempt.status == 429 for attempt in answer.retries.history)
    json.dump({"throttled": throttled}, sys.stdout)


main()
