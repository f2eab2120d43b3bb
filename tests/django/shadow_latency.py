"""What the shadow adds to a response's time: `python3 tests/django/run.py --binary … --latency`.

GET and PATCH are sent to Django and to the shadow before it, in turns: by one connection, by 16 at a pace that leaves the
machine idle at times, and by 16 as fast as Django answers. Then the shadow, its database and the load take from Django's
processor. Medians are printed.
"""

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "reference")]

from case import request
from support.cluster import Cluster
from support.shadow import Shadow
from support.shop import Shop

ROUNDS, REQUESTS = 5, 200
PACE = 100  # requests a second

# Connections, and requests a second.
LOADS = [(1, None), (16, PACE), (16, None)]

OPERATIONS = {"GET": [request("GET", type=None)], "PATCH": [request(body={"first_name": name}) for name in ("A", "B")]}


def milliseconds(target, raws, connections, pace):
    """The time of each request."""
    start = time.perf_counter()

    def one(n):
        if pace:
            time.sleep(max(0, start + n / pace - time.perf_counter()))
        begin = time.perf_counter()
        answer = target.ask(raws[n % len(raws)])
        assert answer.status == 200, answer
        return (time.perf_counter() - begin) * 1e3

    with ThreadPoolExecutor(connections) as pool:
        return list(pool.map(one, range(REQUESTS)))


def main():
    cluster = Cluster()
    shop = Shop("5.2", cluster.create_database())
    try:
        django = shop.start_django()
        shadow = Shadow(shop, django, Path(tempfile.mkdtemp()), SHOP_PROFILE_LOG="off")
        for connections, pace in LOADS:
            for operation, raws in OPERATIONS.items():
                times = {"Django": [], "shadow": []}
                for _ in range(ROUNDS):
                    times["Django"] += milliseconds(django, raws, connections, pace)
                    times["shadow"] += milliseconds(shadow.client, raws, connections, pace)
                alone, through = (statistics.median(each) for each in times.values())
                load = f"{operation}, {connections} at once, {f'{pace}/s' if pace else 'without pause'}"
                print(
                    f"{load}: {alone:.2f} ms, by the shadow {through:.2f} ms: "
                    f"{through - alone:+.2f} ms, {(through / alone - 1) * 100:+.1f} %"
                )
        print(shadow.stop()[0])
    finally:
        shop.stop()
        cluster.stop()


if __name__ == "__main__":
    main()
