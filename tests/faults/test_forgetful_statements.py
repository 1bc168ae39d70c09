"""The server's statements with their condition forgotten: PostgreSQL still keeps cities apart.

Each is run by the writer, who is given every privilege first, so that row level security alone
stands in the way. Trust 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest

from open311.spec.filters import Box, Circle
from open311.spec.search import Search
from open311.store import searching, words
from open311.store.parts import KEYS, Statement
from tests.architecture.test_statements import DIRECTORY, INSERT, SOURCE, statements
from tests.faults.rows import NOW, NOWHERE, A, B, Work, as_writer


def forgetful(text: str) -> str:
    """A statement that is not bound to a city any more."""
    return re.sub(r"\w+\.jurisdiction_id = \$1(?!\d)", "$1::text is not null", text)


def mutants() -> Iterator[tuple[str, str]]:
    """The server's statements, none of them bound to a city any more."""
    for name, text in statements().items():
        changed = forgetful(text)
        if (
            changed != text
            and not name.startswith("built.")
            and "{" not in changed
            and not INSERT.search(text)
        ):
            yield name, changed


MUTANTS = dict(mutants())
VALUES: dict[str, Any] = {
    "text": "probe",
    "text[]": ["probe"],
    "int4": 1,
    "int4[]": [1],
    "int8": 1,
    "bool": True,
    "float8": 1.0,
    "float8[]": [1.0],
    "timestamptz": NOW,
    "bytea": b"x",
    "json": "{}",
    "jsonb": "[]",
    "text[][]": [],
    "timestamptz[]": [NOW],
    "date": date(2026, 1, 1),
    "date[]": [date(2026, 1, 1)],
}


def values(sql: str, types: list[str]) -> list[Any]:
    """Values for every parameter; pages begin at 0, and dates reach over everything."""
    found = [ROWS if "to_recordset" in sql and each == "json" else VALUES[each] for each in types]
    if "r.published_from > $2" in sql:  # what is to come, and there it has
        found[1] = datetime(2000, 1, 1, tzinfo=UTC)
    if "$3::timestamptz[], $4" in sql:  # from then to there
        found[2:4] = [datetime(2000, 1, 1, tzinfo=UTC)], [datetime(2100, 1, 1, tzinfo=UTC)]
    for match in re.finditer(r"(>=|<=|<|offset|::bigint \+) \$(\d+)", sql):
        place = int(match[2]) - 1
        found[place] = {
            ">=": datetime(2000, 1, 1, tzinfo=UTC),
            "<=": datetime(2100, 1, 1, tzinfo=UTC),
            "<": datetime(2100, 1, 1, tzinfo=UTC),
        }.get(match[1], 0)
    return found


def outcome(sql: str) -> Work:
    async def work(connection: asyncpg.Connection) -> int:
        statement = await connection.prepare(sql)
        types = [each.name for each in statement.get_parameters()]
        types = [f"{each[:-2]}[]" if each.endswith("[]") else each for each in types]
        rows = await statement.fetch(*values(sql, types))
        return max(len(rows), int((statement.get_statusmsg() or "0").split()[-1]))

    return work


@pytest.mark.parametrize("name", MUTANTS)
def test_a_statement_without_its_condition_still_finds_no_foreign_row(two_cities, name) -> None:
    assert as_writer(two_cities, NOWHERE, outcome(MUTANTS[name])) == 0
    assert as_writer(two_cities, B, outcome(MUTANTS[name])) > 0  # or the test shows nothing


def test_there_is_a_mutant_of_every_statement_that_reads() -> None:
    reading = {
        name
        for name, text in statements().items()
        if SOURCE.search(text) and not INSERT.search(text) and "{" not in text
        if not name.startswith("built.")
    }

    assert set(MUTANTS) == reading - {DIRECTORY}


SEARCHES = [
    Search(**filters, sort=sort)
    for sort in ("-requested_datetime", "updated_datetime")
    for filters in (
        {},
        {"service_request_id": ("probe",)},
        {"service_code": ("probe",), "status": ("open",)},
        {"department": ("probe",), "has_media": True},
        {"updated_after": datetime(2000, 1, 1, tzinfo=UTC)},
        {"area": (("probe",),)},
        {"bbox": Box(0, 0, 2, 2)},
        {"circle": Circle(1, 1, 100)},
    )
]


def searched() -> Iterator[Statement]:
    """What finds the rows of a city, by every plan and filter."""
    for search in SEARCHES:
        yield searching.whole(B, search, KEYS)
        for many in (False, True):
            for plan in searching.plans(B, search, KEYS, many=many):
                yield plan.statement
                if plan.beyond:
                    yield Statement(
                        re.sub(r"offset \d+", "offset 0", plan.beyond.sql), plan.beyond.values
                    )
    now = datetime.now(UTC)
    months = [12 * now.year + now.month]
    for q, far in (("probe", False), ("probe", True), ("probe prob", True)):
        yield words.by_words(B, Search(q=q), months, KEYS, far=far)
    yield words.among(B, Search(q="probe"), [*range(10)], KEYS)


@pytest.mark.parametrize("statement", [*searched()], ids=lambda each: each.sql[:40])
def test_a_search_without_its_conditions_still_finds_no_foreign_row(two_cities, statement) -> None:
    sql = forgetful(statement.sql)

    async def work(connection: asyncpg.Connection) -> int:
        return len(await connection.fetch(sql, *statement.values))

    assert as_writer(two_cities, NOWHERE, work) == 0
    assert as_writer(two_cities, B, work) > 0  # or the test shows nothing


INSERTS = {name: text for name, text in statements().items() if INSERT.search(text)}
ROWS = """[{"code": "new", "name": "n", "service_code": "probe", "service_name": "n",
  "description": "d", "keywords": "", "group": "g", "type": "realtime", "department": "works",
  "attributes": [], "status": "open", "requested_datetime": "2026-01-01T00:00:00Z",
  "updated_datetime": "2026-01-01T00:00:00Z", "definition_version": 1, "version": 1, "hash": "h",
  "content": {}, "source_id": "probe"}]"""


@pytest.mark.parametrize("name", INSERTS)
def test_a_statement_with_another_citys_id_inserts_nothing(two_cities, name) -> None:
    async def work(connection: asyncpg.Connection) -> None:
        statement = await connection.prepare(INSERTS[name])
        types = [each.name for each in statement.get_parameters()]
        sent = [ROWS if each in {"json", "jsonb"} else VALUES[each] for each in types]
        await statement.fetch(B, *sent[1:])

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        as_writer(two_cities, A, work)
