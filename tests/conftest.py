"""What the tests stand on: a real PostgreSQL, the demo city in it, and whole servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import hypothesis
import msgspec
import pytest

from open311 import resources
from open311.domain.scopes import SCOPES
from open311.store import embedded, migrations
from tests.cities import small_city
from tests.conformance import summary
from tests.databases import copy_of, load, named, statement
from tests.servers import Server, serving, wait_until_alive, wait_until_ready

hypothesis.settings.register_profile("quick", max_examples=25, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
hypothesis.settings.register_profile("deep", max_examples=5_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

SEVERAL = ("north.example", "south.example")
"""The cities of the server that serves several."""

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
"""The frozen clock."""


def pytest_configure(config: pytest.Config) -> None:
    summary.enlist(config)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded PostgreSQL of this test process: the address of its first database."""
    data_dir = tmp_path_factory.mktemp("cluster")
    with embedded.running(data_dir, shared_buffers="64MB") as dsn:
        yield dsn


@pytest.fixture(scope="session")
def bare(cluster: str) -> str:
    """The name of a migrated database with nothing in it, to be copied."""
    name = "template_bare"
    statement(cluster, f"create database {name}")
    migrations.migrate(named(cluster, name), resources.MIGRATIONS)
    return name


@pytest.fixture(scope="session")
def template(cluster: str, bare: str) -> str:
    """The name of a migrated database with the demo city and nothing filed, to be copied."""
    name = "template_demo"
    statement(cluster, f"create database {name} template {bare}")
    load(named(cluster, name), resources.DEMO, NOW)
    return name


@pytest.fixture
def dsn(cluster: str, template: str) -> Iterator[str]:
    """A database of this test's own, with the demo city in it."""
    with copy_of(cluster, template) as own:
        yield own


@pytest.fixture(scope="module")
def city_dsn(cluster: str, template: str) -> Iterator[str]:
    """A database of this test file's own, with the demo city in it."""
    with copy_of(cluster, template) as own:
        yield own


@pytest.fixture(scope="module")
def bare_dsn(cluster: str, bare: str) -> Iterator[str]:
    """A migrated database of this test file's own, with nothing in it."""
    with copy_of(cluster, bare) as own:
        yield own


class RunningServer(msgspec.Struct, frozen=True):
    """A served demo city, with everything a stranger needs to talk to it."""

    server: Server
    base_url: str
    discovery_url: str
    api_key: str
    jurisdiction_id: str = "lanternport.example"
    realtime_code: str = "pothole"
    attribute_code: str = "food-poisoning"
    batch_code: str = "data-correct"
    blackbox_code: str = "idea"
    lat: float = 44.6
    long: float = -66.2
    address: str = "699 Mackerel Road"
    multi_url: str | None = None
    multi_jurisdictions: tuple[str, ...] = ()
    multi_api_key: str | None = None
    whole_key: str | None = None  # holds every scope
    whole_multi_key: str | None = None


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The demo city with its history, served by two workers over a real socket; beside it a
    server of two small cities."""
    data = tmp_path_factory.mktemp("server")
    with (
        serving(data / "one", "--demo", workers=2) as server,
        serving(data / "many", ready=False) as several,
    ):
        wait_until_alive(several)
        for own in SEVERAL:
            several.command("load", str(small_city(data / own, own)))
        wait_until_ready(several)
        yield RunningServer(
            server=server,
            base_url=server.endpoint,
            discovery_url=f"{server.url}/discovery",
            api_key=a_key(server, "lanternport.example"),
            multi_url=several.endpoint,
            multi_jurisdictions=SEVERAL,
            multi_api_key=a_key(several, SEVERAL[0]),
            whole_key=a_key(server, "lanternport.example", *SCOPES),
            whole_multi_key=a_key(several, SEVERAL[0], *SCOPES),
        )


def a_key(server: Server, jurisdiction_id: str, *scopes: str) -> str:
    """A new key without limit, of the usual scope unless told."""
    words = f"keys create --jurisdiction {jurisdiction_id} --name tests --rate-limit 0"
    told = [word for scope in scopes for word in ("--scope", scope)]
    return server.command(*words.split(), *told).strip()
