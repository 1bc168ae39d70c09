"""Addresses as people write them: of the database, and of the server itself."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cities import small_city
from tests.commands import open311
from tests.conftest import NOW
from tests.databases import copy_of, load, statement
from tests.faults.calls import V2
from tests.proxy import proxied
from tests.servers import Server, free_port, serving


@pytest.fixture
def empty(cluster: str) -> Iterator[str]:
    """A database with nothing in it at all."""
    with copy_of(cluster, "template1") as dsn:
        yield dsn


def migrates_and_serves(url: str, dsn: str, path: Path) -> None:
    """Both the migrations and the workers find the database by that URL."""
    done = open311("migrate", database_url=url)
    assert (done.returncode, done.stderr) == (0, "")
    load(dsn, small_city(path / "city", "here.example"), NOW)
    with serving(path / "var", database_url=url) as server:
        for name in ("services", "requests"):
            assert server.get(f"{V2}/{name}.json")[0] == 200


# --- of the database ------------------------------------------------------------------------------


def test_parameters_of_the_address_are_heard_by_the_migrations_and_by_the_workers(
    empty: str, tmp_path: Path
) -> None:
    """Those of libpq's kind and PostgreSQL's own."""
    url = f"{empty}&sslmode=disable&application_name=x&statement_timeout=20s&search_path=public"
    migrates_and_serves(url, empty, tmp_path)


def test_of_several_hosts_one_may_be_dead(cluster: str, empty: str, tmp_path: Path) -> None:
    path = empty.partition("@/")[2].partition("?")[0]
    upstream = Path(cluster.partition("host=")[2].partition("&")[0], ".s.PGSQL.5432")
    with proxied(upstream) as proxy:
        hosts = f"127.0.0.1:{free_port()},127.0.0.1:{proxy.port}"
        url = f"postgresql://postgres@{hosts}/{path}?sslmode=prefer"
        migrates_and_serves(url, empty, tmp_path)


def test_of_several_sockets_one_may_be_dead(cluster: str, empty: str, tmp_path: Path) -> None:
    living = cluster.partition("host=")[2].partition("&")[0]
    url = empty.replace(f"host={living}", f"host={tmp_path},{living}").replace("5432", "5432,5432")
    done = open311("migrate", database_url=url)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("verb", "password"),
    [
        *[("migrate", each) for each in ("se#cret", "se/cret", "se?cret", "#secret", "/", "[cret")],
        *[("serve", each) for each in ("se#cret", "/secret")],
    ],
)
def test_a_password_that_breaks_the_address_is_not_shown(
    tmp_path: Path, verb: str, password: str
) -> None:
    url = f"postgresql://city:{password}@127.0.0.1:{free_port()}/open311"
    ports = {"port": free_port(), "admin_port": free_port()}
    done = open311(verb, database_url=url, data_dir=tmp_path, **ports)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("OPEN311_DATABASE_URL: ")
    assert done.stderr.count("\n") == 1
    assert "cret" not in done.stderr
    assert "%23" in done.stderr


def test_a_schema_newer_than_the_program_is_served(dsn: str, tmp_path: Path) -> None:
    """As while an older release comes back."""
    statement(dsn, "update alembic_version set version_num = '9999'")
    with serving(tmp_path, database_url=dsn) as server:
        assert server.get(f"{V2}/services.json")[0] == 200

    assert "database_un" not in server.log.read_text()


# --- of the server --------------------------------------------------------------------------------


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def answers(server: Server, host: str) -> None:
    """It says that it runs, within ten seconds, and is reached at that host on both ports."""
    deadline = time.monotonic() + 10
    while "Ctrl-C stops everything." not in server.log.read_text():
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)
    for port in (server.port, server.admin_port):
        connection = http.client.HTTPConnection(host, port, timeout=10)
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        pytest.param(
            "::1",
            marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback"),
        ),
    ],
)
def test_a_name_and_an_address_of_ipv6_are_listened_on(
    city_dsn: str, tmp_path: Path, host: str
) -> None:
    settings = {"database_url": city_dsn, "host": host, "admin_host": host}
    with serving(tmp_path, ready=False, **settings) as server:
        answers(server, host)


def test_a_proxy_in_the_environment_is_not_asked_about_our_own_workers(
    city_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(tmp_path, ready=False, database_url=city_dsn) as server:
        answers(server, "127.0.0.1")
