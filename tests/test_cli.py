"""The commands of the program, each as a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from open311 import __version__, resources
from tests.commands import open311, said
from tests.databases import named, statement, using

OWN = "lanternport.example"
VERBS = [
    *(["serve"], ["migrate"], ["check"], ["load"], ["keys"], ["keys", "create"], ["keys", "list"]),
    *(["keys", "revoke"], ["demo"], ["demo", "history"], []),
]


def test_a_folder_is_checked_without_any_database() -> None:
    done = open311("check", resources.DEMO, database_url="postgresql://nobody@127.0.0.1:1/nothing")

    assert done.returncode == 0
    assert f"{OWN}: " in done.stdout
    assert "no faults" in done.stdout
    assert "note: fr: 197 of 331 services have no translation: accessible-building, " in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["keys", "create", "--jurisdiction", "nowhere.example", "--name", "x"],
        ["keys", "list", "--jurisdiction", "nowhere.example"],
        ["keys", "revoke", "--jurisdiction", "nowhere.example", "1"],
        ["demo", "history", "--jurisdiction", "nowhere.example", "--requests", "1"],
    ],
    ids=" ".join,
)
def test_an_unknown_city_is_refused_and_the_known_ones_are_named(
    city_dsn: str, words: list[str]
) -> None:
    done = open311(*words, database_url=city_dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere.example" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_database_is_migrated_once(cluster: str) -> None:
    statement(cluster, "create database cli_migrate")
    dsn = named(cluster, "cli_migrate")

    for _ in range(2):
        assert said("migrate", database_url=dsn) == ""

    tables = using(
        dsn, lambda c: c.fetchval("select count(*) from pg_tables where schemaname = 'public'")
    )
    assert tables >= 9
    statement(cluster, "drop database cli_migrate with (force)")


def test_a_history_is_written_up_to_now(dsn: str) -> None:
    told = said("demo", "history", "--requests", "300", "--seed", "7", database_url=dsn)
    row = using(
        dsn, lambda c: c.fetchrow("select count(*), max(requested_datetime) <= now() from requests")
    )

    assert told == "300 requests written\n"
    assert tuple(row) == (300, True)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_explains_itself(verb: list[str]) -> None:
    told = said(*verb, "--help")

    assert told.startswith(f"Usage: python -m open311 {' '.join(verb)}".rstrip())
    assert len(told.splitlines()) > 4


def test_the_version_is_told() -> None:
    assert __version__ in said("--version")


@pytest.mark.parametrize(
    "settings",
    [{"port": "0"}, {"workers": "none"}, {"read_seconds": "-1"}, {"port": "70000", "workers": "0"}],
)
def test_a_wrong_setting_is_told_by_its_name(settings: dict[str, str]) -> None:
    done = open311("migrate", **settings)

    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        f"OPEN311_{name.upper()}" for name in settings
    ]


def test_a_database_that_is_away_is_told_in_a_line() -> None:
    done = open311("load", resources.DEMO, database_url="postgresql://nobody@127.0.0.1:1/nothing")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("verb", "words", "argument"),
    [
        ("create", ["--name", "x", "--rate-limit", "3000000000"], "--rate-limit"),
        ("create", ["--name", "x", "--rate-limit", "-1"], "--rate-limit"),
        ("revoke", ["99999999999999999999"], "NUMBER"),
        ("revoke", ["9223372036854775808"], "NUMBER"),
        ("revoke", ["0"], "NUMBER"),
    ],
)
def test_a_number_that_the_database_cannot_hold_is_told_before_it_is_asked(
    verb: str, words: list[str], argument: str
) -> None:
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    done = open311("keys", verb, "--jurisdiction", OWN, *words, database_url=away)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: ")
    assert f"Invalid value for '{argument}'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_largest_numbers_are_taken(city_dsn: str) -> None:
    of_own = ("--jurisdiction", OWN)
    said("keys", "create", *of_own, "--name", "x", "--rate-limit", "1000000", database_url=city_dsn)
    done = open311("keys", "revoke", *of_own, str(2**63 - 1), database_url=city_dsn)

    assert "1000000/min" in said("keys", "list", *of_own, database_url=city_dsn)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_public_url_without_a_scheme_is_told_in_a_line() -> None:
    done = open311("migrate", public_url="311.example.org")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("OPEN311_PUBLIC_URL: ")
    assert done.stderr.count("\n") == 1


def test_a_variable_that_is_no_setting_is_told_of() -> None:
    done = open311("check", resources.DEMO, prt=1)

    assert "OPEN311_PRT is no setting" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["", " ", "a\tb", "a\nb", "x" * 201])
def test_a_name_that_would_spoil_the_list_of_keys_is_refused(name: str) -> None:
    done = open311("keys", "create", "--jurisdiction", "x.example", "--name", name)

    assert done.returncode == 2
    assert "printable" in done.stderr


def test_a_command_says_where_it_makes_a_new_database(tmp_path: Path) -> None:
    done = open311("keys", "list", "--jurisdiction", "x.example", data_dir=tmp_path)

    assert f"{tmp_path} holds no database yet" in done.stderr
    assert "There is no jurisdiction" in done.stderr
