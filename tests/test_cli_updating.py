"""`open311 requests`: each command as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cities import small_city
from tests.commands import open311, said
from tests.conftest import NOW
from tests.databases import copy_of, load, using

OWN = "own.example"
OF_OWN = ("--jurisdiction", OWN)
FILED = """insert into requests (jurisdiction_id, service_request_id, status, service_code,
definition_version, requested_datetime, updated_datetime)
values ($1, 'R-1', 'open', 'tree', 1, '2020-01-01Z', '2020-01-01Z')"""
ROW = """select r.status, r.detailed_status, r.status_notes, r.updated_datetime::text, u.actor,
u.client_id, u.source_update_id, u.update_id::text from requests r
left join request_updates u on u.request_id = r.id order by u.update_id"""


@pytest.fixture
def own_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(tmp_path_factory.mktemp("own"), OWN), NOW)
        using(dsn, lambda each: each.execute(FILED, OWN))
        yield dsn


def rows(dsn: str) -> list[tuple[Any, ...]]:
    return [tuple(each) for each in using(dsn, lambda connection: connection.fetch(ROW))]


def test_staff_tells_what_became_of_a_request(own_dsn: str) -> None:
    words = ("requests", "update", "R-1", *OF_OWN, "--description", "A crew is on its way.")
    settings = {"database_url": own_dsn}
    first = said(*words, "--status", "in_progress", "--at", "2020-02-01T08:00", **settings)
    second = said(*words, "--status", "FIXED", "--at", "2020-02-03", **settings)
    ((*open_, _, _, _, _), closed) = rows(own_dsn)

    assert open_ == ["closed", "fixed", "A crew is on its way.", "2020-02-03 04:00:00+00"]
    assert closed[4].startswith("open311 requests update (")
    assert closed[5:] == (None, None, second.strip())
    assert int(second) > int(first)
    now = said(*words, "--status", "reopen", **settings)
    assert rows(own_dsn)[0][:2] == ("open", None)
    assert int(now) > int(second)


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (("R-2", "--status", "fixed", "--description", "x"), "there is no request 'R-2'", 1),
        (("R-1", "--status", "done", "--description", "x"), "'done' is not one of 'open'", 2),
        (("R-1", "--status", "fixed"), "Missing option '--description'", 2),
        (("R-1", "--status", "fixed", "--description", " "), "description: it is required.", 1),
        (("R-1", "--status", "fixed", "--description", "x", "--at", "then"), "--at: 'then'", 1),
        (
            ("R-1", "--status", "fixed", "--description", "x", "--at", "2999-01-01"),
            "updated_datetime: 2999-01-01T04:00:00Z is in the future",
            1,
        ),
    ],
)
def test_what_cannot_be_told_is_said_in_words(
    own_dsn: str, words: tuple[str, ...], told: str, code: int
) -> None:
    before = rows(own_dsn)
    done = open311("requests", "update", *OF_OWN, *words, database_url=own_dsn)

    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(own_dsn) == before


def test_the_city_is_named_and_there(own_dsn: str) -> None:
    words = ("requests", "update", "R-1", "--status", "fixed", "--description", "x")
    unknown = open311(*words, "--jurisdiction", "no.example", database_url=own_dsn)

    assert open311(*words, database_url=own_dsn).returncode == 2
    assert unknown.returncode == 1
    assert "There is no jurisdiction 'no.example'" in unknown.stderr
