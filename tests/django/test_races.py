"""Django and the server write one customer's row at the same moment, 200 times each."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from case import request
from support.admin import Admin

WRITES = 200


@pytest.fixture(autouse=True)
def restored(shop):
    shop.restore()


def patch(target, **fields):
    answer = target.ask(request(body=fields))
    assert answer.status == 200, answer
    return json.loads(answer.body)


def race(*writers):
    """Runs writers side by side, each WRITES times with the number of its turn; the first one's failure is raised."""

    def run(writer):
        for turn in range(WRITES):
            writer(turn)

    with ThreadPoolExecutor(len(writers)) as pool:
        for done in [pool.submit(run, writer) for writer in writers]:
            done.result()


def test_an_admin_form_that_saves_changed_fields_undoes_nothing(shop, django, server):
    admin, undone = Admin(django), []

    def ours(turn):
        patch(server, first_name=f"ours {turn}")
        shown, _ = server.row()
        undone.extend([turn] if shown["first_name"] != f"ours {turn}" else [])

    def theirs(turn):
        admin.change("extras/carefulcustomer/1/change/", last_name=f"admin {turn}")
        undone.extend(["admin"] if shop.stored()["last_name"] != f"admin {turn}" else [])

    race(ours, theirs)
    row = shop.stored()
    assert (row["first_name"], row["last_name"]) == (f"ours {WRITES - 1}", f"admin {WRITES - 1}")
    assert not undone


def test_ours_undoes_no_whole_row_save(shop, django, server, record_property):
    """DRF's PATCH and Django's stock admin form save the whole row: what they undo of ours is counted, not asserted."""
    admin, undone = Admin(django), []

    def ours(turn):
        patch(server, gender="male" if turn % 2 else "female")
        shown, _ = server.row()
        undone.extend([turn] if shown["gender"] != ("male" if turn % 2 else "female") else [])

    def by_drf(turn):
        patch(django, first_name=f"DRF {turn}")

    def by_admin(turn):
        admin.change("shop/customer/1/change/", email=f"{turn}@example.com")

    race(ours, by_drf)
    assert shop.stored()["first_name"] == f"DRF {WRITES - 1}"
    by_drfs_patch = len(undone)
    undone.clear()
    race(ours, by_admin)
    assert shop.stored()["email"] == f"{WRITES - 1}@example.com"
    print(f"of {WRITES} patches DRF's PATCH undid {by_drfs_patch} at once, the admin's form {len(undone)}")


def test_a_deactivation_is_never_undone(shop, django, server):
    admin = Admin(django)

    def ours(turn):
        answer = server.ask(request(body={"first_name": f"{turn}"}))
        assert answer.status in (200, 401), answer

    def theirs(turn):
        is_active = bool(turn % 2)
        admin.change("extras/carefulcustomer/1/change/", is_active=is_active)
        assert bool(shop.stored()["is_active"]) == is_active

    race(ours, theirs)


def test_one_of_two_conditional_writes_wins(shop, django, server):
    """A version that was read is good for one write, whoever makes it."""
    for turn in range(50):
        _, etag = server.row()
        raw = request(body={"first_name": f"ours {turn}"}, headers=["If-Match: {etag}"])
        with ThreadPoolExecutor() as pool:
            conditional = pool.submit(server.ask, raw, etag)
            other = pool.submit(server.ask, request(body={"last_name": f"other {turn}"}, headers=["If-Match: {etag}"]), etag)
            statuses = sorted([conditional.result().status, other.result().status])
        assert statuses == [200, 412]
