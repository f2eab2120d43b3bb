#!/usr/bin/env python3
"""Writes shop-profile.json, the dashboard that Grafana imports: `python3 deploy/grafana/dashboard.py`.

With --check it writes nothing, and fails if the file is another one.
"""

import json
import pathlib
import sys

FILE = pathlib.Path(__file__).with_name("shop-profile.json")
WIDTH, HEIGHT = 8, 8
COLUMNS = 3
# What the panels show: the servers that are chosen at the top, over an interval that suits the zoom.
OF = 'instance=~"$instance"'
RATE = "[$__rate_interval]"
# Without health checks and pages.
APIS = 'api=~"rest|graphql"'


def rate(metric, by, labels=""):
    """A counter's speed, by a label."""
    return f"sum by ({by}) (rate(shop_profile_{metric}{{{OF}{labels}}}{RATE}))"


def quantile(share, metric, by=""):
    """What this share of the observations is below."""
    return f"histogram_quantile({share}, {rate(metric + '_bucket', by + 'le')})"


def gauge(metric, labels=""):
    return f"shop_profile_{metric}{{{OF}{labels}}}"


# Row: panels, each of a title, a unit, and expressions with their legends.
ROWS = {
    "Requests": [
        ("Requests by outcome", "reqps", [(rate("requests_total", "outcome"), "{{outcome}}")]),
        ("Requests by API and operation", "reqps", [(rate("requests_total", "api, operation"), "{{api}} {{operation}}")]),
        (
            "Failures of the server",
            "percentunit",
            [
                (
                    rate("requests_total", "instance", f', {APIS}, outcome=~"unavailable|internal"')
                    + " / "
                    + rate("requests_total", "instance", f", {APIS}"),
                    "{{instance}}",
                )
            ],
        ),
        (
            "99 % of the responses within",
            "s",
            [(quantile(0.99, "request_duration_seconds", "api, operation, "), "{{api}} {{operation}}")],
        ),
        (
            "Half of the responses within",
            "s",
            [(quantile(0.5, "request_duration_seconds", "api, operation, "), "{{api}} {{operation}}")],
        ),
        ("Open connections of clients", "short", [(gauge("connections"), "{{instance}}")]),
    ],
    "Database": [
        (
            "99 % of the statements within",
            "s",
            [(quantile(0.99, "database_duration_seconds", "operation, "), "{{operation}}")],
        ),
        ("Outages", "short", [(gauge("database_outage"), "{{instance}} {{failure}}")]),
        ("Requests that the database failed", "reqps", [(rate("database_failures_total", "failure"), "{{failure}}")]),
        (
            "PostgreSQL: connections",
            "short",
            [
                (gauge("database_connections_in_use"), "{{instance}} in use"),
                (gauge("database_connections"), "{{instance}} open"),
                (gauge("database_connections_max"), "{{instance}} most"),
            ],
        ),
        (
            "PostgreSQL: waits for a connection",
            "s",
            [(quantile(0.99, "database_connection_wait_seconds"), "99 % of the waits within")],
        ),
        (
            "PostgreSQL: requests that waited",
            "reqps",
            [(rate("database_connection_wait_seconds_count", "instance"), "{{instance}}")],
        ),
        ("SQLite: updates that wait", "short", [(gauge("sqlite_writer_queue_length"), "{{instance}}")]),
        (
            "SQLite: updates of a transaction",
            "short",
            [
                (
                    rate("sqlite_writer_batch_updates_sum", "instance")
                    + " / "
                    + rate("sqlite_writer_batch_updates_count", "instance"),
                    "{{instance}} on average",
                )
            ],
        ),
        ("SQLite: write-ahead log", "bytes", [(gauge("sqlite_wal_bytes"), "{{instance}}")]),
    ],
    "Limits and tokens": [
        ("Requests that exceeded a limit", "reqps", [(rate("limit_exceeded_total", "limit"), "{{limit}}")]),
        ("Tokens that are not valid", "reqps", [(rate("failed_tokens_total", "reason"), "{{reason}}")]),
        ("Connections closed at once", "reqps", [(rate("connections_rejected_total", "instance"), "{{instance}}")]),
    ],
    "Server": [
        (
            "GraphQL: documents found in the cache",
            "percentunit",
            [
                (
                    rate("graphql_documents_hits_total", "instance")
                    + f" / ({rate('graphql_documents_hits_total', 'instance')}"
                    + f" + {rate('graphql_documents_misses_total', 'instance')})",
                    "{{instance}}",
                )
            ],
        ),
        (
            "GraphQL: requests known to be valid",
            "percentunit",
            [
                (
                    rate("graphql_validations_hits_total", "instance")
                    + f" / ({rate('graphql_validations_hits_total', 'instance')}"
                    + f" + {rate('graphql_validations_misses_total', 'instance')})",
                    "{{instance}}",
                )
            ],
        ),
        ("GraphQL: memory of the documents", "bytes", [(gauge("graphql_documents_bytes"), "{{instance}}")]),
        ("Log lines lost", "short", [(f"increase({gauge('log_lines_lost_total')}{RATE})", "{{instance}}")]),
        ("Version", "short", [(gauge("build_info"), "{{instance}} {{version}}")]),
        ("Uptime", "s", [(f"time() - process_start_time_seconds{{{OF}}}", "{{instance}}")]),
    ],
}

SOURCE = {"type": "prometheus", "uid": "${source}"}


def panel(number, top, title, unit, targets):
    position = {"x": number % COLUMNS * WIDTH, "y": top + number // COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT}
    return {
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": position,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
            for place, (expr, legend) in enumerate(targets)
        ],
    }


def panels():
    top = 0
    for title, row in ROWS.items():
        yield {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": top, "w": 24, "h": 1}}
        top += 1
        for number, (name, unit, targets) in enumerate(row):
            yield panel(number, top, name, unit, targets)
        top += -(-len(row) // COLUMNS) * HEIGHT


def dashboard():
    instance = {
        "name": "instance",
        "label": "Server",
        "type": "query",
        "datasource": SOURCE,
        "query": "label_values(shop_profile_build_info, instance)",
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "shop-profile",
        "title": "shop-profile",
        "schemaVersion": 38,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [source, instance]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels(), 1)],
    }


text = json.dumps(dashboard(), indent=1) + "\n"
if "--check" not in sys.argv:
    FILE.write_text(text)
elif FILE.read_text() != text:
    sys.exit(f"{FILE.name} is not what dashboard.py writes: run it")
