"""The shop runs its own migrations while patches come in."""

import json
from threading import Event, Thread

from case import request

MIGRATIONS = {"SHOP_MIGRATIONS": "extras.later_migrations"}


def test_every_patch_is_answered_while_the_table_changes(new_shop):
    shop = new_shop()
    server = shop.start_server()
    done, statuses = Event(), []

    def write(n):
        turn = 0
        while not done.is_set():
            turn += 1
            names = {"avatar": f"https://a.com/{n}/{turn}.png", "first_name": f"{n} {turn}"}
            statuses.append(server.ask(request(body=names)).status)
            statuses.append(server.ask(request("GET", type=None)).status)

    writers = [Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    try:
        # There and back, so that statements of both states have been prepared.
        for state in ("0002", "0001", "0002"):
            shop.manage("migrate", "shop", state, "--verbosity=0", **MIGRATIONS)
    finally:
        done.set()
        for writer in writers:
            writer.join()
    assert set(statuses) == {200}, {status: statuses.count(status) for status in set(statuses)}


def test_a_widened_column_takes_longer_values_without_a_restart(new_shop):
    shop = new_shop()
    server = shop.start_server()
    long = {"avatar": "https://a.com/" + "x" * 400}
    answer = server.ask(request(body=long))
    assert json.loads(answer.body) == {"avatar": ["Ensure this field has no more than 200 characters."]}
    shop.manage("migrate", "shop", "0002", "--verbosity=0", **MIGRATIONS)
    assert server.ask(request(body=long)).status == 200
    # And narrow again: an error of the field, with the column's present limit.
    server.ask(request(body={"avatar": ""}))
    shop.manage("migrate", "shop", "0001", "--verbosity=0", **MIGRATIONS)
    answer = server.ask(request(body=long))
    assert json.loads(answer.body) == {"avatar": ["Ensure this field has no more than 200 characters."]}
