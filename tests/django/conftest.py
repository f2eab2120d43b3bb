"""Shops of two Django versions on both engines; each is started once and asked by every test."""

import sys
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "reference")]

from support.cluster import Cluster
from support.shop import Shop


@pytest.fixture(scope="session")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session", params=["5.2", "4.2"])
def version(request):
    """Of Django."""
    return request.param


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def engine(request):
    return request.param


@pytest.fixture(scope="session")
def new_url(cluster, tmp_path_factory):
    """Gives the URL of an empty database of an engine."""

    def new_url(engine):
        if engine == "postgres":
            return cluster.create_database()
        return f"sqlite://{tmp_path_factory.mktemp('shop')}/shop.db"

    return new_url


@pytest.fixture(scope="session")
def shop(version, engine, new_url):
    shop = Shop(version, new_url(engine))
    yield shop
    shop.stop()


@pytest.fixture(scope="session")
def django(shop):
    """The shop's own server."""
    return shop.start_django()


@pytest.fixture(scope="session")
def server(shop):
    """shop-profile beside it."""
    return shop.start_server()


@pytest.fixture
def new_shop(new_url, engine):
    """Makes shops for one test alone, by the name of an app in `shops/`."""
    shops = []

    def new_shop(app="extras", version="5.2"):
        shops.append(Shop(version, new_url(engine), app))
        return shops[-1]

    yield new_shop
    for shop in shops:
        shop.stop()
