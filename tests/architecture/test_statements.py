"""Every statement that touches rows of a city is bound to that city, by its own text.

Row level security is the second wall; this is the first, and on the hot reads, which run outside
of a transaction, the only one. The rule is simple enough for a machine: a table that has a
jurisdiction_id is read under an alias of its own, and `ALIAS.jurisdiction_id = $1` stands in the
conditions right after `where` or `and`, in a statement without `or`; what is inserted has
jurisdiction_id as its first column and `$1` as its first value.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from open311.spec.cursors import Cursor
from open311.spec.filters import Box, Circle
from open311.spec.search import Search
from open311.store import feed, queries, requests, searching, words
from open311.store.parts import KEYS

ROOT = Path(__file__).parents[2]
SQL = ROOT / "open311" / "store" / "sql"

DIRECTORY = "cities.jurisdictions"
"""The one statement that looks across cities: which there are."""

_TABLE = re.compile(r"^ +create (?:unlogged )?table (\w+) \((.*?)^ +\);", re.MULTILINE | re.DOTALL)


def tenant_tables() -> set[str]:
    """Every table with a jurisdiction_id, as the migrations make them."""
    return {
        name
        for path in (ROOT / "alembic" / "versions").glob("*.py")
        for name, columns in _TABLE.findall(path.read_text("utf-8"))
        if re.search(r"^\s*jurisdiction_id\s", columns, re.MULTILINE)
    }


TABLES = "|".join(sorted(tenant_tables()))

SOURCE = re.compile(
    rf"(?:\b(?:from|join|update|using|only)\s+|,\s*)({TABLES})\b"
    r"(?:\s+(?:as\s+)?(?!where\b|set\b|on\b|order\b|join\b|limit\b)([a-z]\w*))?"
)
"""A table of the cities where rows are read or changed, and its alias."""

INSERT = re.compile(rf"\binsert\s+into\s+(?:{TABLES})\b")
BOUND_INSERT = re.compile(
    rf"\binsert\s+into\s+(?:{TABLES})(?:\s+as\s+\w+)?\s*\(jurisdiction_id,[^)]*\)\s*"
    r"(?:values\s*\(|select\s+)\$1(?!\d)"
)


def statements() -> dict[str, str]:
    """Every statement of the store by `file.name`, those that are built at run time too."""
    found = {
        f"{path.stem}.{name}": text
        for path in sorted(SQL.glob("*.sql"))
        for name, text in queries.parse(path.read_text("utf-8")).items()
    }
    return found | {f"built.{number}": text for number, text in enumerate(sorted(built()))}


def built() -> Iterator[str]:
    """The SQL of searches with each filter, by every plan, and with all of them; of one request;
    and of the feed."""
    yield from (requests._FIND, feed.PAGE, feed.LAST)
    whole = {name: value for each in SOME.values() for name, value in each.items()}
    for some in (*SOME.values(), whole | {"service_request_id": ()}):
        search = Search(**some, sort="updated_datetime", limit=50, cursor=CURSOR)
        for many in (False, True):
            for plan in searching.plans("a.example", search, KEYS, many=many):
                yield plan.statement.sql
                if plan.beyond:
                    yield plan.beyond.sql
        yield searching.whole("a.example", search, KEYS).sql
    yield searching.many_changed("a.example", Search(**whole)).sql
    for q, far in (("a", False), ("abc", False), ("abc", True), ("abc def", True)):
        some = Search(**whole | {"q": q})
        yield words.by_words("a.example", some, [24_312], KEYS, far=far).sql
    yield words.among("a.example", Search(q="abc def"), [1], KEYS).sql


AT = datetime(2026, 1, 1, tzinfo=UTC)
CURSOR = Cursor(0, 0, False, 0, 0)
SOME: dict[str, dict[str, Any]] = {
    "nothing": {},
    "service_request_id": {"service_request_id": ("1", "2")},
    "service_code": {"service_code": ("a", "b")},
    "status": {"status": ("open",)},
    "start_date": {"start_date": AT, "end_date": AT},
    "updated_after": {"updated_after": AT, "updated_before": AT},
    "department": {"department": ("a", "b")},
    "has_media": {"has_media": False},
    "area": {"area": (("a=1", "a=2"), ("b=1",))},
    "bbox": {"bbox": Box(170, -1, -170, 1)},
    "circle": {"circle": Circle(1, 1, 100)},
    "q": {"q": "one two"},
}


def without_choices(text: str) -> str:
    """A statement less what stands in brackets and offers a choice, if that names no city."""
    for start, end in sorted(brackets(text), key=lambda each: each[1] - each[0]):
        inside = text[start:end]
        if re.search(r"\bor\b", inside) and "jurisdiction_id" not in inside:
            return without_choices(text[:start] + text[end:])
    return text


def brackets(text: str) -> Iterator[tuple[int, int]]:
    """Where each pair of brackets begins and ends."""
    opened: list[int] = []
    for place, letter in enumerate(text):
        if letter == "(":
            opened.append(place)
        elif letter == ")":
            yield opened.pop(), place + 1


def faults(sql: str) -> list[str]:
    """What is wrong with a statement, in words; empty when it is bound, or touches no city."""
    text = re.sub(r"--[^\n]*", " ", sql).lower()
    sources = SOURCE.findall(text)
    found = [*unbound_inserts(text), *unbound_sources(text, sources)]
    if (sources or INSERT.search(text)) and re.search(r"\bor\b", without_choices(text)):
        found.append("an `or` may undo its binding")
    return found


def unbound_inserts(text: str) -> Iterator[str]:
    inserts = len(INSERT.findall(text))
    if inserts != len(BOUND_INSERT.findall(text)):
        yield "an insert whose first column is not jurisdiction_id, or its first value not $1"
    for target in re.findall(r"\bon conflict \(([^)]*)\)", text) if inserts else ():
        if not target.startswith("jurisdiction_id"):
            yield "an insert that may update a row of another city"


def unbound_sources(text: str, sources: list[tuple[str, str]]) -> Iterator[str]:
    aliases = [alias for _, alias in sources]
    for table, alias in sources:
        bound = re.findall(rf"\b(?:where|and|on)\s+{alias}\.jurisdiction_id = \$1(?!\d)", text)
        if not alias:
            yield f"{table} without an alias"
        elif len(bound) < aliases.count(alias):
            yield f"{table} {alias} is not bound to $1"


def test_the_tables_of_a_city_are_found_in_the_migrations() -> None:
    assert {"jurisdictions", "services", "clients", "requests", "reporters", "media"} <= (
        tenant_tables()
    )
    assert "rate_hits" in tenant_tables()


@pytest.mark.parametrize("name", sorted(set(statements()) - {DIRECTORY}))
def test_every_statement_is_bound_to_one_jurisdiction(name: str) -> None:
    assert faults(statements()[name]) == []


def test_the_directory_is_the_one_exception_and_shows_no_more_than_discovery_does() -> None:
    assert faults(statements()[DIRECTORY]) == ["jurisdictions j is not bound to $1"]


BINDING = re.compile(r"\w+\.jurisdiction_id = \$1(?!\d)")


def mutants() -> Iterator[tuple[str, str]]:
    """Each statement with one binding taken out, weakened, or bound to something else."""
    for name, text in statements().items():
        for number, match in enumerate(BINDING.finditer(text)):
            for kind, spoilt in (
                ("removed", "true"),
                ("other", match[0].replace("$1", "$11")),
                ("weakened", f"({match[0]} or true)"),
                ("denied", f"not ({match[0]})"),
            ):
                changed = text[: match.start()] + spoilt + text[match.end() :]
                yield f"{name} {number} {kind}", changed
        for number, match in enumerate(re.finditer(r"(?:values \(|select )\$1(?!\d)", text)):
            if INSERT.search(text):
                changed = text[: match.end() - 1] + "2" + text[match.end() :]
                yield f"{name} insert {number}", changed


MUTANTS = dict(mutants())


@pytest.mark.parametrize("name", MUTANTS)
def test_a_statement_that_lost_its_binding_is_found(name: str) -> None:
    assert faults(MUTANTS[name])


def test_there_are_mutants_of_every_statement_that_touches_a_city() -> None:
    touching = {
        name
        for name, text in statements().items()
        if re.search(rf"\b(?:from|join|update|into)\s+(?:{TABLES})\b", text)
    }

    assert touching - {DIRECTORY} == {name.partition(" ")[0] for name in MUTANTS}


def test_no_statement_on_a_city_stands_outside_of_the_sql_files() -> None:
    loose = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "open311").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search(
            rf"\b(?:from|join|update|into)\s+(?:{TABLES})\s+(?:\w{{1,2}}\b|set|where|\()",
            node.value,
        )
    ]

    assert loose == []
