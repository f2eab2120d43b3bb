"""Run every case against the DRF shop and write its answers down: `python tests/reference/record.py`.

Needs the packages of benches/peers/drf/requirements.txt. One line of recorded.json is one case: the digest of the
request, the status, and the body (of a 200 only the fields that changed; "html" where Django or gunicorn answers).
"""

import hashlib
import json
import tempfile
from pathlib import Path

import target
from cases import all_cases
from contract import header_differences

RECORDED = Path(__file__).with_name("recorded.json")


def main():
    with tempfile.TemporaryDirectory() as folder:
        shop, process = target.drf(Path(folder))
        try:
            lines = [record(shop, case) for case in all_cases()]
        finally:
            process.terminate()
            process.wait()
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{len(lines)} answers recorded")


def record(shop, case):
    shop.restore()
    row, _ = shop.row()
    answer = shop.ask(case.request)
    body = body_of(answer, row)
    check(case, answer, body)
    entry = [digest(case.request), answer.status, body]
    return f"{json.dumps(case.name)}:{json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}"


def digest(request):
    """Tells a case that was changed after it was recorded."""
    return hashlib.sha256(request).hexdigest()[:12]


def body_of(answer, row):
    if answer.header("content-type").startswith("text/html"):
        return "html"
    if not answer.body:
        return None
    body = json.loads(answer.body)
    if answer.status == 200 and list(body) == list(row):
        return {key: value for key, value in body.items() if value != row[key]}
    return body


def check(case, answer, body):
    """A departure of the contract departs from something, and DRF sends the headers that a server must send."""
    if case.contract and (case.contract.status, case.contract.body) == (answer.status, body):
        raise RuntimeError(f"{case.name}: DRF answers as the contract, which need not be said")
    if body != "html" and (wrong := header_differences(answer, body)):
        raise RuntimeError(f"{case.name}: DRF sends {wrong}")


if __name__ == "__main__":
    main()
