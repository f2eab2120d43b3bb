"""The shadow before the shop: clients see what Django answers, and every difference is explained by a rule."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from case import request
from cases import all_cases
from contract import expected
from record import RECORDED
from support.shadow import Shadow, essence
from support.shop import Shop
from wire import exchange

RECORDED_ANSWERS = json.loads(RECORDED.read_text(encoding="utf-8"))

CONNECTIONS = 16
PATCHES = 1000

# The document of the REST API.
EXAMPLES = [
    request("GET", type=None),
    request(body={"first_name": "John", "last_name": "Doe", "gender": "male"}),
    request(body=b'{\n "first_name": "John",\n "last_name": "Doe",\n "gender": "male"\n}'),
    request("GET", type=None, auth=None),
    request(auth=None, body={"first_name": "John"}),
    request(body={"gender": "other"}),
    request("GET", "/api/shop/customers/me/", type=None),
    request("GET", "/auth/users/me/", type=None),
    request("GET", "/admin/", type=None, auth=None),
    request("GET", "/static/x", type=None, auth=None),
]


@pytest.fixture(scope="module")
def shop(engine, new_url):
    shop = Shop("5.2", new_url(engine))
    yield shop
    shop.stop()


@pytest.fixture(scope="module")
def django(shop):
    return shop.start_django()


@pytest.fixture
def shadow(shop, django, tmp_path):
    running = len(shop.processes)
    yield Shadow(shop, django, tmp_path, "--show-values")
    shop.stop(running)


def assert_ready(shadow, at_least):
    last, compared = shadow.stop()
    unexplained = shadow.unexplained()
    assert not unexplained, (len(unexplained), unexplained[:5])
    assert last == f"ready to switch: {compared:,} compared, 0 unexplained"
    assert compared >= at_least


def test_shows_what_django_answers_to_every_recorded_request(shop, django, shadow):
    """Also where the two servers differ; each difference is one that a rule explains."""
    different = []
    cases = filter(is_http, all_cases())
    shop.restore()
    for raw in EXAMPLES + [case.request for case in cases]:
        alone, through = ask(shop, django, raw), ask(shop, shadow.client, raw)
        if essence(through) != essence(alone):
            different.append((raw, alone, through))
    assert not different, (len(different), different[:3])
    assert_ready(shadow, 1000)


def ask(shop, target, raw):
    answer = target.ask(raw)
    if raw.startswith(b"PATCH ") and answer.status == 200:
        shop.restore()
    return answer


def is_http(case):
    """The shadow reads requests as the server does: what is no HTTP gets its plain 400.

    gunicorn has a page for that, and it rejects a request with a length and chunks, which the server takes.
    """
    _, *recorded = RECORDED_ANSWERS[case.name]
    return expected(case, recorded).rule not in ("http", "chunks win")


# Generated patches: values that DRF takes and values that it does not, several in a patch.
VALUES = {
    "username": ["{own}", "{own}.x", "{own}-2", "customer2", "two words", "", None, [5], "x" * 151, " {own} ", "{own}\0"],
    "avatar": ["https://a.com/{n}.png", "http://[::1]/", "x", "", None, [], "https://a.com/" + "x" * 190, "https:a.com"],
    "first_name": ["Sara", "سارا", "علی\u200cرضا", "", None, " a ", 7, True, {}, "x" * 150, "x" * 151, "a\0", "a\u2028"],
    "last_name": ["Ahmadi", "{n}", "", None, ["a"], "😀" * 150, "😀" * 151, "a\u202eb", "a\tb"],
    "gender": ["male", "female", "", None, "other", "Male", " male", 1, ["male"], "x" * 101],
    "email": ["new@example.com", None],
    "id": [0],
    "unknown": ["x", {"a": [1.5, None]}],
}


def generated(customer):
    """Patches of one customer, the same ones each time."""
    choose = random.Random(customer)
    for n in range(PATCHES // CONNECTIONS + 1):
        names = choose.sample(list(VALUES), choose.choice([1, 1, 2, 3, 5]))
        body = {name: filled_in(choose.choice(VALUES[name]), customer, n) for name in names}
        escaped = choose.random() < 0.5
        text = json.dumps(body, ensure_ascii=escaped).encode()
        auth = choose.choice([f"Token {token(customer)}"] * 20 + ["Token unknown", None])
        yield request(auth=auth, body=text)
        if choose.random() < 0.2:
            yield request("GET", type=None, auth=f"Token {token(customer)}")


def filled_in(value, customer, n):
    return value.format(own=f"c{customer}", n=n) if isinstance(value, str) else value


def token(customer):
    return f"{customer:040x}"


@pytest.fixture(scope="module")
def customers(shop):
    """One for each connection: two patches of one customer at the same moment may end in two ways."""
    numbers = range(101, 101 + CONNECTIONS)
    code = "from shop.models import Customer; from rest_framework.authtoken.models import Token\n"
    code += f"for n in {list(numbers)}:\n"
    code += " Token.objects.create(key=f'{n:040x}', user=Customer.objects.create(id=n, username=f'c{n}'))"
    shop.manage("shell", "-c", code)
    return numbers


def reset(shop, customers):
    for n in customers:
        blank = {"avatar": None, "first_name": "", "last_name": "", "gender": None, "email": "", "mobile_number": None}
        shop.database.set("shop_customer", ("id", n), username=f"c{n}", **blank)


def send_side_by_side(address, customers):
    """What each customer's requests are answered, by one connection after the other for each customer."""

    def send(customer):
        return [essence(exchange(address, raw)) for raw in generated(customer)]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(send, customers))


def test_shows_what_django_answers_to_generated_patches(shop, django, customers, shadow):
    reset(shop, customers)
    alone = send_side_by_side(django.address, customers)
    reset(shop, customers)
    through = send_side_by_side(shadow.client.address, customers)
    for customer, without, with_shadow in zip(customers, alone, through, strict=True):
        for raw, one, other in zip(generated(customer), without, with_shadow, strict=True):
            assert other == one, raw
    assert_ready(shadow, PATCHES // 2)
