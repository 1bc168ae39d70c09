"""The two roles belong to the whole cluster: who may make them, and who has to be given them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from open311 import preparing
from open311.actions import keys
from open311.store import db, embedded, migrations
from tests.cities import KINDS, small_city
from tests.commands import open311
from tests.conftest import NOW
from tests.databases import load, named, statement, using

CITY = "roles.example"

_COUNT = itertools.count()
_ROLES = ("open311_reader", "open311_writer")


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster in which nobody has migrated anything."""
    with embedded.running(tmp_path_factory.mktemp("roles"), shared_buffers="16MB") as dsn:
        yield dsn


@pytest.fixture
def without_roles(own_cluster: str) -> Iterator[str]:
    """The cluster before its first migration; the test's logins and databases go at its end."""
    yield own_cluster
    for (name,) in rows(own_cluster, "select datname from pg_database where datname like 'of_%'"):
        statement(own_cluster, f"drop database {name}")
    for (name,) in rows(
        own_cluster, r"select rolname from pg_roles where rolname !~ '^pg_' and not rolsuper"
    ):
        statement(own_cluster, f"drop role {name}")


@pytest.fixture
def with_roles(without_roles: str) -> str:
    """The cluster after somebody else has made the roles."""
    for role in _ROLES:
        statement(without_roles, f"create role {role} nologin")
    return without_roles


def rows(dsn: str, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in using(dsn, lambda connection: connection.fetch(sql))]


def login(cluster: str, *rights: str) -> str:
    """A new login that is no superuser, and a database of its own: that address."""
    name = f"login_{next(_COUNT)}"
    statement(cluster, f"create role {name} login {' '.join(rights)}")
    return database(cluster, name)


def database(cluster: str, owner: str) -> str:
    """A new database of a login: its address."""
    name = f"of_{owner}_{next(_COUNT)}"
    statement(cluster, f"create database {name} owner {owner}")
    return named(cluster, name).replace("//postgres@", f"//{owner}@")


def owner_of(dsn: str) -> str:
    return dsn.partition("//")[2].partition("@")[0]


def works(dsn: str) -> None:
    """It is migrated, takes a city, and answers both kinds of connection."""
    preparing.prepare(dsn, allow_unsafe=False)
    with TemporaryDirectory() as path:
        load(dsn, small_city(Path(path), CITY), NOW)
    assert asyncio.run(services(dsn, db.READER)) == len(KINDS)
    assert asyncio.run(services(dsn, db.WRITER)) == 0  # outside of a jurisdiction
    key = using(dsn, lambda each: keys.create(each, CITY, "x", None, None, NOW))
    assert key.startswith("o311_")


async def services(dsn: str, role: str) -> int:
    connections = db.Connections(dsn, role, size=1, seconds=5)
    found = await connections.fetch("select count(*) from services")
    await connections.close()
    return int(found[0][0])


def test_a_login_that_may_not_make_roles_uses_those_it_was_given(with_roles: str) -> None:
    dsn = login(with_roles, "nocreaterole")
    statement(with_roles, f"grant {', '.join(_ROLES)} to {owner_of(dsn)}")

    works(dsn)


def test_a_login_that_may_make_roles_makes_them_once_for_all_its_databases(
    without_roles: str,
) -> None:
    dsn = login(without_roles, "createrole")

    works(dsn)
    works(database(without_roles, owner_of(dsn)))


def test_a_second_login_of_the_cluster_needs_the_roles_of_the_first_given_to_it(
    without_roles: str,
) -> None:
    works(login(without_roles, "createrole"))
    second = login(without_roles, "createrole")
    refused(second, 'permission denied to set role "open311_reader"')
    statement(without_roles, f"grant {', '.join(_ROLES)} to {owner_of(second)}")

    works(second)


def refused(dsn: str, *words: str) -> None:
    """One line that says what is missing, and nothing has happened."""
    done = open311("migrate", database_url=dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The database cannot be migrated: ")
    assert done.stderr.count("\n") == 1
    for each in words:
        assert each in done.stderr
    assert using(dsn, migrations.state) is None


@pytest.mark.parametrize("given", [(), ("open311_reader",)], ids=["neither", "one"])
def test_a_login_that_was_not_given_the_roles_is_told_which(
    with_roles: str, given: tuple[str, ...]
) -> None:
    dsn = login(with_roles)
    for role in given:
        statement(with_roles, f"grant {role} to {owner_of(dsn)}")

    refused(dsn, "permission denied to set role", "open311_writer" if given else "open311_reader")


def test_a_login_that_may_not_make_the_missing_roles_is_told_so(without_roles: str) -> None:
    refused(login(without_roles), "permission denied to create role")


def test_a_schema_that_is_newer_than_the_program_is_left_alone(without_roles: str) -> None:
    """That it is served, too, is shown in tests/faults/test_addresses.py."""
    dsn = login(without_roles, "createrole")
    works(dsn)
    statement(dsn, "update alembic_version set version_num = '9999'")

    works(dsn)
    assert using(dsn, migrations.state) == "9999"
