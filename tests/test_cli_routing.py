"""`open311 routing`: each command as a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from open311.actions import cities
from open311.domain.folder import Department
from open311.formats import folder
from open311.store import db
from tests.cities import small_city
from tests.commands import open311, said
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.http.administration.test_routing import RED, WEST, file
from tests.store.test_routings import OWN, ward

OF_OWN = ("--jurisdiction", OWN)


@pytest.fixture(scope="module")
def own_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        city = folder.read(small_city(tmp_path_factory.mktemp("own"), OWN))
        more = (Department(code="depot", name="The depot"), Department(code="desk", name="Desk"))
        whole = msgspec.structs.replace(
            city,
            departments=(*city.departments, *more),
            areas=(*city.areas, ward("1", -66.3), ward("2", -66.2)),
        )
        using(dsn, lambda each: cities.load(each, whole, NOW))
        yield dsn


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return written(tmp_path, RED, WEST)


def written(folder: Path, *rules: dict[str, Any]) -> Path:
    path = folder / "routing.json"
    path.write_text(json.dumps(file(*rules)), "utf-8")
    return path


def test_rules_are_checked_published_explained_and_listed(own_dsn: str, rules: Path) -> None:
    settings = {"database_url": own_dsn}
    checked = said("routing", "check", rules, *OF_OWN, **settings)
    empty = said("routing", "history", *OF_OWN, **settings)
    made = said("routing", "publish", rules, *OF_OWN, "--reason", "A trial", **settings)
    again = said("routing", "publish", rules, *OF_OWN, **settings)
    shown = said("routing", "show", *OF_OWN, **settings)
    place = ("--service", "light", "--lat", "44.6", "--long", "-66.25")
    told = said("routing", "explain", *OF_OWN, *place, "--answer", "colour=blue", **settings)

    assert checked == "routing.json: rules: 2; no faults.\n"
    assert empty == ""
    assert made.startswith("1\t")
    assert again.startswith("1\t")
    assert json.loads(shown)["rules"] == json.loads(rules.read_bytes())["rules"]
    assert said("routing", "history", *OF_OWN, **settings).endswith("\tA trial\n")
    assert told.splitlines() == [
        "area: boundary all",
        "area: wards 1",
        "failed: red: answers[0]: the answer to 'colour', which must be: eq 'red'",
        "matched: west: all of its conditions hold",
        "version: 1",
        "reason: Rule west.",
        "department: depot, queue West, by rule",
    ]


def test_where_there_is_one_city_nobody_has_to_name_it(own_dsn: str, rules: Path) -> None:
    settings = {"database_url": own_dsn}

    assert said("routing", "check", rules, **settings) == "routing.json: rules: 2; no faults.\n"
    assert said("routing", "check", **settings) == "routing.json: rules: 2; no faults.\n"
    assert said("routing", "replay", "--rules", rules, "--since", "2026-01-01", **settings)
    assert said("areas", "check", **settings)


def test_where_there_are_several_they_are_told(
    cluster: str, bare: str, tmp_path: Path, rules: Path
) -> None:
    with copy_of(cluster, bare) as dsn:
        none = open311("routing", "history", database_url=dsn)
        for own in ("a.example", "b.example"):
            load(dsn, small_city(tmp_path / own, own), NOW)
        two = open311("routing", "check", rules, database_url=dsn)

    assert (none.returncode, two.returncode) == (1, 1)
    assert none.stderr == "--jurisdiction: it is required; there is: none.\n"
    assert two.stderr == "--jurisdiction: it is required; there is: a.example, b.example.\n"


def test_rules_are_tried_as_they_will_be(own_dsn: str, tmp_path: Path) -> None:
    settings = {"database_url": own_dsn}
    later = written(tmp_path, RED)
    said("routing", "publish", later, *OF_OWN, "--from", "2030-01-01", **settings)
    place = ("--service", "light", "--lat", "44.6", "--long", "-66.25")
    told = [
        said("routing", "explain", *OF_OWN, *place, "--at", at, **settings).splitlines()
        for at in ("2029-12-31T23:59", "2030-01-01T00:01")
    ]

    assert [each[-1].partition(",")[0] for each in told] == [
        "department: depot",
        "department: works",
    ]


def test_a_request_tells_who_acts_on_it_and_why(own_dsn: str) -> None:
    async def file_one(connection: db.Connection) -> None:
        async with db.owning(connection, OWN):
            await connection.execute(
                f"insert into requests (jurisdiction_id, service_request_id, status, service_code,"
                f" definition_version, requested_datetime, updated_datetime, department)"
                f" values ('{OWN}', 'r-1', 'open', 'light', 1, now(), now(), 'works')"
            )

    using(own_dsn, file_one)
    told = said("routing", "explain", *OF_OWN, "--request", "r-1", database_url=own_dsn)

    assert "by the rules" in told
    assert told.splitlines()[-1] == "   department: works, by service"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("check", "none.json", *OF_OWN), "none.json: cannot be read: No such file"),
        (("check", "RULES", "--jurisdiction", "no.example"), "There is no jurisdiction 'no.exam"),
        (("publish", "RULES", "--jurisdiction", "no.example"), "There is no jurisdiction 'no.ex"),
        (("show", "--jurisdiction", "no.example"), "There is no jurisdiction 'no.example'"),
        (("show", *OF_OWN, "--version", "99"), "version: the rules have no version 99."),
        (("explain", *OF_OWN, "--request", "0"), "service_request_id: there is no request '0'."),
        (("explain", *OF_OWN, "--service", "x"), "service_code: there is no service 'x'."),
        (("explain", *OF_OWN, "--service", "light"), "lat, long, address_string, address_id: a pl"),
        (("explain", *OF_OWN, "--service", "light", "--at", "noon"), "--at: "),
        (
            ("explain", *OF_OWN, "--service", "light", "--lat", "1", "--long", "1"),
            "lat, long: 1.0, 1.0 is outside of ",
        ),
    ],
)
def test_a_fault_is_told_and_nothing_else(
    own_dsn: str, rules: Path, words: tuple[str, ...], problem: str
) -> None:
    told = [rules if each == "RULES" else each for each in words]
    done = open311("routing", *told, database_url=own_dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rule_that_can_never_match_is_refused_by_file_and_place(
    own_dsn: str, tmp_path: Path
) -> None:
    path = written(tmp_path, WEST, WEST | {"code": "never"})
    done = open311("routing", "publish", path, *OF_OWN, database_url=own_dsn)

    assert done.returncode == 1
    assert "routing.json: rules[1].when: can never hold: " in done.stderr


def test_explain_wants_a_request_or_a_service(own_dsn: str) -> None:
    for words in ((), ("--request", "1", "--service", "light")):
        assert open311("routing", "explain", *OF_OWN, *words, database_url=own_dsn).returncode == 2
