"""Send every case to a server and report where it differs from DRF where docs/rest-api.md does not.

    python tests/reference/compare.py --binary target/release/shop-profile
    python tests/reference/compare.py --base-url http://127.0.0.1:8000 --key KEY --inactive-key KEY

Needs Python alone. The first form starts the server on a temporary SQLite database, or on an empty one named by
--database-url. Ends with 1 when a difference is left unexplained.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import target
from cases import all_cases
from contract import differences, expected
from record import RECORDED, digest
from rules import RULES


def main():
    options = arguments()
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    explained, unexplained = Counter(), 0
    with server(options) as shop:
        cases = [case for case in all_cases() if options.only in case.name]
        for case in cases:
            request_digest, *answer = recorded.get(case.name, [None])
            if request_digest != digest(case.request):
                sys.exit(f"{case.name}: new, or changed since it was recorded; run record.py")
            wanted = expected(case, answer)
            explained[wanted.rule] += 1
            unexplained += not passes(shop, case, wanted)
    summary(len(cases), explained, unexplained)
    return 1 if unexplained else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", help="the server to start")
    parser.add_argument("--database-url", help="its database, with --binary")
    parser.add_argument("--base-url", help="a server that runs")
    parser.add_argument("--key", help="a key of customer 1, with --base-url")
    parser.add_argument("--inactive-key", help="a key of a deactivated customer, with --base-url")
    parser.add_argument("--only", default="", help="only the cases whose name holds this text")
    options = parser.parse_args()
    if not options.binary and not (options.base_url and options.key and options.inactive_key):
        parser.error("either --binary, or --base-url with both keys")
    return options


@contextmanager
def server(options):
    if options.base_url:
        yield target.at(options.base_url, options.key, options.inactive_key)
        return
    with tempfile.TemporaryDirectory() as folder:
        database_url = options.database_url or f"sqlite://{folder}/shop.db"
        shop, process = target.shop_profile(Path(options.binary).resolve(), database_url)
        try:
            yield shop
        finally:
            process.terminate()
            process.wait()


def passes(shop, case, wanted):
    """One case on a fresh row: the answer, and what is stored afterwards."""
    shop.restore()
    row, etag = shop.row()
    answer = shop.ask(case.request, etag)
    wrong = differences(answer, wanted, row, bodiless=case.request.startswith(b"HEAD "))
    wrong += stored_differences(shop, case, answer, row, etag)
    if wrong:
        print(f"--- {case.name}: {'; '.join(wrong)}")
        print(f"    sent    {shown(case.request)}")
        print(f"    wanted  {wanted.status} {shown(wanted.body)}  ({wanted.rule or 'as DRF'})")
        print(f"    got     {answer.status} {shown(answer.body)}")
    return not wrong


def stored_differences(shop, case, answer, row, etag):
    """What was answered is what is stored; what was rejected is not; the ETag moves with the row, and only with it."""
    stored, new_etag = shop.row()
    patched = case.request.startswith(b"PATCH ") and answer.status == 200
    wrong = []
    if patched and json.loads(answer.body) != stored:
        wrong.append("another row is stored than was answered")
    if not patched and stored != row:
        wrong.append("the row has changed")
    if (stored == row) != (new_etag == etag):
        wrong.append(f"ETag {etag} and then {new_etag}")
    if answer.status == 200 and answer.header("etag") != new_etag:
        wrong.append(f"the answer's ETag is {answer.header('etag')}, the stored row's {new_etag}")
    return wrong


def shown(value, limit=700):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)})"


def summary(count, explained, unexplained):
    as_drf = explained.pop(None, 0)
    print(f"{count} requests: {as_drf} must be answered as DRF does, {explained.total()} as the contract says:")
    for rule, sentence in RULES.items():
        if explained[rule]:
            print(f"{explained[rule]:5}  {rule}: {sentence}")
    print(f"{unexplained} unexplained differences")


if __name__ == "__main__":
    sys.exit(main())
