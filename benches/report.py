#!/usr/bin/env python3
"""The tables and the charts of what `bench.py` has written:

    target/bench/venv/bin/python benches/report.py FILE.json … [--chart FILE.svg] [--growth FILE.svg]

The rounds of several files of one machine are pooled.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
from pathlib import Path

SQLITE, POSTGRES = "SQLite", "PostgreSQL"
OURS, ON_DJANGO_TABLES = "shop-profile", "on Django's tables"

# What the server must reach: one load of shop-profile over another contender's, or over its own PATCH.
# figure, database, connections, our operation, their contender and operation, the bound
AIMS = [
    ("server_cpu_ms", SQLITE, 16, "PATCH", ("axum + sqlx", "PATCH"), "at most", 0.8),
    ("server_cpu_ms", SQLITE, 16, "GET", ("axum + sqlx", "GET"), "at most", 1.1),
    ("server_cpu_ms", POSTGRES, 16, "PATCH", ("axum + sqlx", "PATCH"), "at most", 0.9),
    ("server_cpu_ms", POSTGRES, 16, "GET", ("axum + sqlx", "GET"), "at most", 0.9),
    ("server_cpu_ms", SQLITE, 16, "updateMyProfile", (OURS, "PATCH"), "at most", 1.4),
    ("server_cpu_ms", POSTGRES, 16, "updateMyProfile", (OURS, "PATCH"), "at most", 1.35),
    ("rate", SQLITE, 1, "PATCH", ("axum + sqlx", "PATCH"), "at least", 1.0),
    ("rate", SQLITE, 16, "PATCH", ("axum + sqlx", "PATCH"), "at least", 2.0),
    ("rate", SQLITE, 64, "PATCH", ("axum + sqlx", "PATCH"), "at least", 3.0),
    ("rate", SQLITE, 256, "PATCH", ("axum + sqlx", "PATCH"), "at least", 4.0),
    ("p99_ms", SQLITE, 16, "PATCH", ("axum + sqlx", "PATCH"), "at most", 0.5),
    ("p999_ms", SQLITE, 16, "PATCH", ("axum + sqlx", "PATCH"), "at most", 1.0),
    ("rate", POSTGRES, 16, "PATCH", ("pgbench", "PATCH"), "at least", 0.9),
    ("rate", SQLITE, 16, "PATCH", ("DRF", "PATCH"), "at least", 12.0),
    ("rate", POSTGRES, 16, "PATCH", ("DRF", "PATCH"), "at least", 15.0),
    ("server_cpu_ms", SQLITE, 16, "PATCH", ("DRF", "PATCH"), "at most", 0.067),
    ("server_cpu_ms", POSTGRES, 16, "PATCH", ("DRF", "PATCH"), "at most", 0.067),
    ("rate", POSTGRES, 16, "PATCH", ("fastify", "PATCH"), "at least", 1.4),
    ("server_cpu_ms", POSTGRES, 16, "PATCH", ("fastify", "PATCH"), "at most", 0.33),
    ("rate", POSTGRES, 16, "updateMyProfile", ("Apollo Server", "updateMyProfile"), "at least", 2.0),
    ("server_cpu_ms", POSTGRES, 16, "updateMyProfile", ("Apollo Server", "updateMyProfile"), "at most", 0.33),
]
# CPU of the server and the database together: the largest number of customers over the smallest, at 16 connections.
# It is to be at most the same ratio of axum + sqlx, too.
GROWTH_AIMS = {"GET": 1.6, "PATCH": 1.8}
# On Django's tables over shop-profile's own: CPU of the server and the database together. Over DRF: of the server.
LAYOUT_AIM, LAYOUT_AIM_DRF = 1.1, 0.067
START_AIMS = [("first_answer_ms", 30, 1, "ms"), ("idle_rss_bytes", 15, 1e6, "MB"), ("rss_bytes", 40, 1e6, "MB")]
FIGURES = {"rate": "requests/s", "server_cpu_ms": "CPU", "p99_ms": "p99", "p999_ms": "p99.9"}


def machine() -> dict:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine()),
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "kernel": f"{platform.system()} {platform.release()}",
    }


def figures(rounds: list[dict]) -> dict:
    """The medians of the rounds of one load; the errors are their sum."""
    median = lambda figure: statistics.median(map(figure, rounds))
    return {
        "rate": median(lambda it: it["right"] / it["seconds"]),
        "server_cpu_ms": median(lambda it: it["server_cpu"] * 1e6 / it["right"]),
        "database_cpu_ms": median(lambda it: it["database_cpu"] * 1e6 / it["right"]),
        "rss_mb": median(lambda it: it["rss_bytes"] / 1e6),
        "wal_mb": median(lambda it: it["wal_bytes"] / 1e6),
        "failed": sum(it["failed"] for it in rounds),
    } | {name: median(lambda it: it[name]) for name in ("p50_ms", "p99_ms", "p999_ms")}


def medians(rounds: list[dict]) -> dict:
    """Figures by database, operation, customers, connections and contender."""
    loads = {}
    for it in rounds:
        key = tuple(it[name] for name in ("database", "operation", "customers", "connections", "contender"))
        loads.setdefault(key, []).append(it)
    return {key: figures(rounds) for key, rounds in loads.items()}


def print_tables(run: dict) -> None:
    print("{date}; {cpu}, {cores} cores, {memory_gb} GB, {kernel}\n".format(**run["machine"]))
    loads = medians(run["rounds"])
    if loads:
        print("| | | customers | connections | contender | requests/s | p50 ms | p99 ms | p99.9 ms | server CPU ms/1,000"
              " | PostgreSQL CPU ms/1,000 | RSS MB | WAL MB | failed |\n|---|---|--:|--:|---|" + "--:|" * 9)
    for (database, operation, customers, connections, contender), it in loads.items():
        print(f"| {database} | {operation} | {customers:,} | {connections} | {contender} | {it['rate']:.0f} | {it['p50_ms']:.2f}"
              f" | {it['p99_ms']:.2f} | {it['p999_ms']:.2f} | {it['server_cpu_ms']:.1f} | {it['database_cpu_ms']:.1f}"
              f" | {it['rss_mb']:.0f} | {it['wal_mb']:.0f} | {it['failed']} |")
    print("\n| | aim | reached | |\n|---|---|--:|---|")
    for customers in sorted({key[2] for key in loads}):
        for figure, database, connections, ours, (contender, theirs), bound, aim in AIMS:
            own = loads.get((database, ours, customers, connections, OURS))
            other = loads.get((database, theirs, customers, connections, contender))
            if own and other:
                what = f"{FIGURES[figure]} of {ours} / {theirs} of {contender}, {database}, {connections} connections"
                print_aim(f"{what}, {customers:,} customers", own[figure] / other[figure], bound, aim, " times")
    print_layout(loads)
    print_growth(loads)
    for name, aim, unit, word in START_AIMS if run["start"] else []:
        what = {"first_answer_ms": "Start to first answer", "idle_rss_bytes": "Memory at rest"}.get(name)
        print_aim(what or f"Memory after {run['start']['requests']:,} requests", run["start"][name] / unit, "at most", aim, f" {word}")


def print_layout(loads: dict) -> None:
    aims = [(OURS, "All CPU", all_cpu, LAYOUT_AIM), ("DRF", "CPU", lambda it: it["server_cpu_ms"], LAYOUT_AIM_DRF)]
    for (*load, contender), own in loads.items():
        for name, cpu, figure, aim in aims if contender == ON_DJANGO_TABLES else ():
            if other := loads.get((*load, name)):
                database, operation, customers, connections = load
                what = f"{cpu} of {operation} {contender} / {name}, {database}, {connections} connections"
                print_aim(f"{what}, {customers:,} customers", figure(own) / figure(other), "at most", aim, " times")


def print_growth(loads: dict) -> None:
    sizes = sorted({key[2] for key in loads})
    for database in (SQLITE, POSTGRES) if len(sizes) > 1 else ():
        for operation, aim in GROWTH_AIMS.items():
            of_contender = {
                name: all_cpu(loads[database, operation, sizes[-1], 16, name]) / all_cpu(loads[database, operation, sizes[0], 16, name])
                for name in (OURS, "axum + sqlx")
                if (database, operation, sizes[-1], 16, name) in loads
            }
            if OURS in of_contender:
                what = f"CPU of {operation}, {database}, {sizes[-1]:,} / {sizes[0]:,} customers"
                print_aim(what, of_contender[OURS], "at most", aim, " times")
                if peer := of_contender.get("axum + sqlx"):
                    print_aim(f"{what}, as of axum + sqlx", of_contender[OURS], "at most", round(peer, 2), " times")


def print_aim(what: str, reached: float, bound: str, aim: float, unit: str) -> None:
    good = reached <= aim if bound == "at most" else reached >= aim
    print(f"| {what} | {bound} {aim}{unit} | {reached:.2f}{unit} | {'yes' if good else '**no**'} |")


def all_cpu(load: dict) -> float:
    return load["server_cpu_ms"] + load["database_cpu_ms"]


def chart(loads: dict, path: Path) -> None:
    """Requests per second of every contender at 16 connections, a panel for each operation and database."""
    from matplotlib import pyplot

    panels = sorted({key[:2] for key in loads if key[3] == 16})
    figure, axes = pyplot.subplots(len(panels), 1, figsize=(9, 1.6 * len(panels)), layout="constrained", squeeze=False)
    for axis, panel in zip(axes.flat, panels):
        bars = {key[4]: it["rate"] for key, it in loads.items() if key[:2] == panel and key[3] == 16}
        colours = ["tab:red" if name == OURS else "tab:gray" for name in bars]
        axis.bar_label(axis.barh(list(bars), list(bars.values()), color=colours), fmt="{:,.0f}")
        axis.invert_yaxis()
        axis.margins(x=0.1)
        axis.set_title(f"{panel[0]}, {panel[1]}: requests/s at 16 connections", loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def growth_chart(loads: dict, path: Path) -> None:
    """CPU, median and 99th percentile over the number of customers."""
    from matplotlib import pyplot

    panels = [("CPU ms for 1,000 requests", all_cpu), ("p50 ms", lambda it: it["p50_ms"]), ("p99 ms", lambda it: it["p99_ms"])]
    figure, axes = pyplot.subplots(1, len(panels), figsize=(12, 4), layout="constrained")
    for axis, (title, value) in zip(axes, panels):
        for database, operation in sorted({key[:2] for key in loads}):
            points = sorted((key[2], value(it)) for key, it in loads.items() if key[:2] + key[4:] == (database, operation, OURS))
            style = {"color": "tab:red" if database == SQLITE else "tab:blue", "linestyle": "-" if operation == "GET" else "--"}
            axis.plot(*zip(*points), marker="o", label=f"{database}, {operation}", **style)
        axis.set(title=title, xscale="log", xlabel="customers")
        axis.set_ylim(bottom=0)
    axes[0].legend()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--chart", type=Path, help="bars of the contenders")
    parser.add_argument("--growth", type=Path, help="lines over the number of customers")
    args = parser.parse_args()
    runs = [json.loads(file.read_text()) for file in args.files]
    whole = runs[0] | {"rounds": [it for run in runs for it in run["rounds"]]}
    whole["start"] = next((run["start"] for run in runs if run["start"]), None)
    print_tables(whole)
    if args.chart:
        chart(medians(whole["rounds"]), args.chart)
    if args.growth:
        growth_chart(medians(whole["rounds"]), args.growth)


if __name__ == "__main__":
    main()
