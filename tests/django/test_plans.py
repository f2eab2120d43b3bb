"""The server's statements use indexes alone."""

from case import request
from support.shop import Shop

REQUESTS = [
    request("GET", type=None),
    request(body={"first_name": "A"}),
    request(body={"username": "reza", "avatar": "https://a.com/", "last_name": "B", "gender": "male"}),
    request(body={"first_name": "C"}, headers=["If-Match: {etag}"]),
    request(body={"username": "customer2", "gender": "x"}),
    request("GET", type=None, auth="Token unknown"),
]


def test_postgres_scans_no_table(cluster):
    shop = Shop("5.2", cluster.create_database())
    try:
        name = shop.database.value("SELECT current_database()")
        # A table of three rows is cheaper to scan: only what cannot be done by an index is scanned now.
        for setting in ("enable_seqscan = off", "auto_explain.log_min_duration = 0", "auto_explain.log_format = 'text'"):
            shop.database.execute(f"ALTER DATABASE {name} SET {setting}")
        start = cluster.log.stat().st_size
        server = shop.start_server()
        for raw in REQUESTS:
            server.ask(raw, server.row()[1])
        with cluster.log.open() as log:
            log.seek(start)
            plans = log.read().split("LOG:")
    finally:
        shop.stop()
    plans = [plan for plan in plans if "plan:" in plan and "shop_customer" in plan and "pg_" not in plan]
    assert len(plans) >= len(REQUESTS)
    for plan in plans:
        assert "Index" in plan and "Seq Scan" not in plan, plan
