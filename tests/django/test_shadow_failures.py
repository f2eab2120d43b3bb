"""What a client of the shop sees while the shadow, its database or the shop is away: what the shop alone would show."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from case import request
from support.shadow import Shadow, essence
from support.shop import Shop

GET = request("GET", type=None)
REQUESTS = [
    GET,
    request(body={"first_name": "Reza"}),
    request(body={"gender": "x", "username": "customer2"}),
    request("GET", type=None, auth="Token unknown"),
    request("PUT"),
]


@pytest.fixture
def shop(engine, new_url):
    shop = Shop("5.2", new_url(engine))
    yield shop
    shop.stop()


@pytest.fixture
def django(shop):
    return shop.start_django()


@pytest.fixture
def role(shop):
    """A role of the shadow's own, so that its database can be away while Django's is not."""
    if shop.database.is_sqlite:
        pytest.skip("both have the same file: it is away for both or for none")
    name = "shadow_" + shop.database.value("SELECT current_database()")
    shop.database.execute(f"CREATE ROLE {name} LOGIN")
    shop.database.execute(f"GRANT SELECT ON shop_customer, authtoken_token TO {name}")
    yield name
    shop.database.execute(f"DROP OWNED BY {name}")
    shop.database.execute(f"DROP ROLE {name}")


def start_under(role, shop, django, folder, cluster):
    url = cluster.url(shop.database.value("SELECT current_database()"), role)
    shadow = Shadow(shop, django, folder, DATABASE_URL=url)
    ask_alike(shop, django, shadow)
    return shadow


def ask_alike(shop, django, shadow):
    """The client's answers are Django's to the byte."""
    for raw in REQUESTS:
        shop.restore()
        alone = django.ask(raw)
        shop.restore()
        assert essence(shadow.client.ask(raw)) == essence(alone), raw


def backends(shop, role):
    rows = shop.database.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", role)
    return [row["pid"] for row in rows]


def test_the_shadows_database_is_away(shop, django, role, cluster, tmp_path):
    shadow = start_under(role, shop, django, tmp_path, cluster)
    shop.database.execute(f"ALTER ROLE {role} NOLOGIN")
    shop.database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", role)
    ask_alike(shop, django, shadow)
    shop.database.execute(f"ALTER ROLE {role} LOGIN")
    ask_alike(shop, django, shadow)
    assert not shadow.unexplained()
    last, compared = shadow.stop()
    assert "0 unexplained" in last and len(REQUESTS) <= compared <= 3 * len(REQUESTS)


def test_the_shadows_database_does_not_answer(shop, django, role, cluster, tmp_path):
    shadow = start_under(role, shop, django, tmp_path, cluster)
    frozen = backends(shop, role)
    assert frozen
    for process in frozen:
        os.kill(process, signal.SIGSTOP)
    try:
        ask_alike(shop, django, shadow)
    finally:
        for process in frozen:
            os.kill(process, signal.SIGCONT)
    assert not shadow.unexplained()


def test_the_shadow_may_not_read_the_tables(shop, django, role, cluster, tmp_path):
    shadow = start_under(role, shop, django, tmp_path, cluster)
    shop.database.execute(f"REVOKE ALL ON shop_customer FROM {role}")
    ask_alike(shop, django, shadow)
    assert not shadow.unexplained()


def test_the_old_server_is_away_and_comes_back(shop, django, tmp_path):
    shadow, process = Shadow(shop, django, tmp_path), shop.processes[0]
    ask_alike(shop, django, shadow)
    # gunicorn's workers hold the socket, too.
    process.terminate()
    process.wait()
    for raw in REQUESTS:
        with suppress(ConnectionError):
            answer = shadow.client.ask(raw)
            assert answer.status in (502, 503, 504)
            assert b"Sara" not in answer.body, "the shadow answers by itself"
    again = shop.start_django(port=django.address[1])
    ask_alike(shop, again, shadow)
    assert not shadow.unexplained()


def test_what_was_answered_is_stored_when_the_shadow_is_killed(shop, django, tmp_path):
    shadow = Shadow(shop, django, tmp_path)
    shop.restore()
    answered = []

    def write():
        turn = 0
        with suppress(ConnectionError):
            while True:
                turn += 1
                if shadow.client.ask(request(body={"first_name": f"turn {turn}"})).status == 200:
                    answered.append(turn)
                if turn == 20:
                    shadow.process.kill()

    with ThreadPoolExecutor() as pool:
        pool.submit(write).result()
    shadow.process.wait()
    # The last request may have been carried out without an answer.
    stored = django.row()[0]["first_name"]
    assert stored in (f"turn {answered[-1]}", f"turn {answered[-1] + 1}")
    assert django.ask(GET).status == 200


def test_it_ends_after_the_requests_that_it_has(shop, django, tmp_path):
    """SIGTERM while requests come in: each one is answered in full or was never accepted."""
    shadow = Shadow(shop, django, tmp_path)
    shop.restore()
    whole = []

    def read(_):
        while True:
            try:
                answer = shadow.client.ask(GET)
            except ConnectionError:  # not listening, or accepted by the kernel alone
                return
            whole.append(answer.status)

    with ThreadPoolExecutor(4) as pool:
        reading = [pool.submit(read, n) for n in range(4)]
        while len(whole) < 50:
            assert not reading[0].done()
        shadow.process.send_signal(signal.SIGTERM)
        for done in reading:
            done.result()
    assert set(whole) == {200}
    assert shadow.process.wait() == 0
