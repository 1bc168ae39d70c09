"""`open311 requests`: each command as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from open311.store import db
from tests.cities import small_city
from tests.commands import open311, said
from tests.conftest import NOW
from tests.databases import copy_of, load, statement, using

OWN = "own.example"
OF_OWN = ("--jurisdiction", OWN)


@pytest.fixture(scope="module")
def own_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(tmp_path_factory.mktemp("own"), OWN), NOW)
        statement(
            dsn,
            "insert into requests (jurisdiction_id, service_request_id, status, service_code,"
            f" definition_version, requested_datetime, updated_datetime) values ('{OWN}', '7',"
            " 'open', 'tree', 1, now(), now())",
        )
        yield dsn


def public(dsn: str) -> list[Any]:
    async def ids(connection: db.Connection) -> list[Any]:
        return [row[0] for row in await connection.fetch("select service_request_id from requests")]

    return using(dsn, ids)


def test_a_request_is_withdrawn_and_comes_back(own_dsn: str) -> None:
    told = said("requests", "withdraw", "7", *OF_OWN, "--reason", "Asked.", database_url=own_dsn)
    assert told == "7: withdrawn\n"
    assert public(own_dsn) == [None]
    kept = using(own_dsn, lambda each: each.fetchrow("select actor, reason from withdrawals"))
    assert kept["actor"].startswith("open311 requests (")
    assert kept["reason"] == "Asked."

    assert said("requests", "republish", "7", *OF_OWN, database_url=own_dsn) == "7: public again\n"
    assert public(own_dsn) == ["7"]


@pytest.mark.parametrize("verb", ["withdraw", "republish"])
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("8", *OF_OWN), "service_request_id: there is no"),
        (("7\x01", *OF_OWN), "service_request_id: there is no"),
        (("7", "--jurisdiction", "none.example"), "none.example"),
    ],
)
def test_what_is_not_there_is_told(
    own_dsn: str, verb: str, words: tuple[str, ...], problem: str
) -> None:
    done = open311("requests", verb, *words, database_url=own_dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
