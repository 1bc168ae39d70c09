"""`open311 services import` and `export`: in this process, but for what needs a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from open311.commands.services import services
from open311.errors import Open311Error
from open311.formats import folder
from tests.cities import small_city
from tests.commands import said
from tests.databases import load
from tests.imports.foreign import catalogue, definition, foreign, service


@pytest.fixture(autouse=True)
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs no database asks none."""
    monkeypatch.setenv("OPEN311_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")


def run(*words: object) -> tuple[int, str, list[str]]:
    """Exit status, standard output, and the lines of standard error of `open311 services`."""
    done = CliRunner().invoke(services, [*map(str, words)])
    told = done.stderr.splitlines()
    if isinstance(done.exception, Open311Error):  # told by the group above
        return 1, done.stdout, [*told, *done.exception.problems]
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout, told


def saved(path: Path, **files: Any) -> Path:
    """Write saved answers; their folder."""
    path.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (path / f"{name}.json").write_text(json.dumps(value))
    return path


def imported(*words: object) -> tuple[int, str, list[str]]:
    return run("import", *words)


def exported(*words: object) -> tuple[int, str, list[str]]:
    return run("export", *words)


def test_saved_answers_become_a_folder_that_can_be_loaded(tmp_path: Path) -> None:
    answers = saved(tmp_path / "answers", services=[service("a"), service("b")], a=definition("a"))
    city = ("--to", tmp_path / "city")
    first = imported(answers, *city, "--jurisdiction", "x.example", "--name", "Ex")
    second = imported(answers / "services.json", answers / "a.json", *city)

    assert first[:2] == (0, "services: 2 added, 0 changed\n")
    assert first[2] == [
        "note: services without a department, now with one of yours: 2 (a, b)",
        "note: services that ask questions, which no answer tells: 1 (b)",
    ]
    assert second[:2] == (0, "services: 0 added, 0 changed\n")
    assert len(folder.read(tmp_path / "city").services) == 2


def test_with_a_fault_nothing_is_written_and_every_one_is_told(tmp_path: Path) -> None:
    bad = [service("a", type="no"), service(",")]
    answers = saved(tmp_path / "answers", services=bad, wrong={"x": 1})
    words = (answers, "--to", tmp_path / "city", "--jurisdiction", "x.example")
    status, told, faults = imported(*words)

    assert (status, told) == (1, "")
    assert [each.split(": ")[:2] for each in faults] == [
        [
            str(answers / "wrong.json"),
            "is no service list and no service definition of GeoReport v2",
        ],
        [str(answers / "services.json"), "[0].type"],
        [str(answers / "services.json"), "[1].service_code"],
    ]
    assert not (tmp_path / "city").exists()


def test_what_has_faults_is_left_out_where_one_says_so(tmp_path: Path) -> None:
    answers = saved(tmp_path / "answers", services=[service("a"), service(",")], wrong={"x": 1})
    words = (answers, "--to", tmp_path / "city", "--jurisdiction", "x.example", "--partial")
    status, told, notes = imported(*words)

    assert (status, told) == (0, "services: 1 added, 0 changed\n")
    assert sum(each.startswith("left out: ") for each in notes) == 2


def test_where_everything_has_faults_nothing_is_written(tmp_path: Path) -> None:
    answers = saved(tmp_path / "answers", wrong={"x": 1})
    words = ("--to", tmp_path / "city", "--jurisdiction", "x.example", "--partial")
    empty = saved(tmp_path / "empty", services=[]) / "services.json"

    assert imported(answers, *words)[0] == 1
    assert imported(empty, *words) == (1, "", [f"{empty}: tells of no service."])
    assert not (tmp_path / "city").exists()


def test_an_endpoint_is_imported_and_gone_on_with(tmp_path: Path) -> None:
    city = tmp_path / "city"
    words = ("--to", city, "--jurisdiction", "x.example", "--pause", "0", "--mail", "me@x.example")
    with foreign(catalogue("a", "b")) as server:
        missing = server.routes.pop("/v2/services/b.json")
        first = imported(server.url, *words)
        server.routes["/v2/services/b.json"] = missing
        server.calls.clear()
        second = imported(server.url, *words)

    assert first[:2] == (1, "")
    assert first[2][0] == "definitions: 1 fetched, 0 there before"
    assert first[2][1].startswith(f"{server.url}/services/b.json: answers 404")
    assert second[:2] == (0, "services: 2 added, 0 changed\n")
    assert second[2][0] == "definitions: 1 fetched, 1 there before"
    assert server.paths() == ["/v2/services/b.json"]
    assert "me@x.example" in server.calls[0][2]["User-Agent"]
    assert [len(each.attributes) for each in folder.read(city).services] == [1, 1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["x.json"], "Say --to DIR, or --jurisdiction ID"),
        (["http://x.example", "--jurisdiction", "x"], "A URL stands alone"),
        (["http://x.example", "x.json", "--to", "x"], "A URL stands alone"),
        (["http://x.example", "--to", "x", "--mail", "a\nb"], "is not plain text"),
        (["--to", "x"], "Missing argument 'SOURCE...'"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_done(words: list[str], told: str) -> None:
    status, out, problems = imported(*words)

    assert (status, out) == (2, "")
    assert told in problems[-1]


# --- and back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["json", "xml"])
def test_a_folder_is_written_as_plain_georeport(tmp_path: Path, extension: str) -> None:
    root = small_city(tmp_path / "city", "north.example")
    words = (root, "--as", "georeport", "--format", extension, "--to", tmp_path / "out")

    assert exported(*words) == (0, f"5 files in {tmp_path / 'out'}\n", [])
    names = {each.name for each in (tmp_path / "out" / "services").iterdir()}
    assert names == {f"{code}.{extension}" for code in ("light", "tree", "record", "idea")}
    assert imported(tmp_path / "out", "--to", tmp_path / "x", "--jurisdiction", "n.example")[0] == 0


def test_with_extensions_it_comes_back_as_it_was(tmp_path: Path) -> None:
    root = small_city(tmp_path / "city", "north.example")
    exported(root, "--as", "georeport", "--extensions", "--to", tmp_path / "out")
    city = (tmp_path / "out", "--to", tmp_path / "copy", "--jurisdiction", "north.example")
    status, _, notes = imported(*city)

    assert (status, notes) == (0, [])
    assert [
        (each.department, each.service_notice, each.expected_hours)
        for each in folder.read(tmp_path / "copy").services
    ] == [("works", "Notice of north.example", 24)] * 4


def test_extensions_are_json(tmp_path: Path) -> None:
    root = small_city(tmp_path / "city", "north.example")
    words = ("--as", "georeport", "--extensions", "--format", "xml", "--to", tmp_path / "out")
    status, _, told = exported(root, *words)

    assert (status, "in JSON only" in told[-1]) == (2, True)
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_removed_only_where_one_says_so(tmp_path: Path) -> None:
    root, out = small_city(tmp_path / "city", "north.example"), tmp_path / "out"
    words = (root, "--as", "folder", "--to", out)
    exported(*words)
    (root / "services" / "idea.json").unlink()
    refused = exported(*words)
    exported(*words, "--replace")

    told = f"{out}/services/idea.json: is no part of this (1 of 1); say --replace."
    assert refused == (1, "", [told])
    assert len(folder.read(out).services) == 3


@pytest.mark.parametrize("words", [[], ["x", "--jurisdiction", "y"]])
def test_a_folder_or_a_city_is_written_and_not_both(tmp_path: Path, words: list[str]) -> None:
    status, out, told = exported(*words, "--as", "folder", "--to", tmp_path / "out")

    assert (status, out) == (2, "")
    assert "one of them" in told[-1]


def test_a_city_of_the_database_is_written_and_drafted_into(bare_dsn: str, tmp_path: Path) -> None:
    """Each command as a process of its own."""
    own = ("--jurisdiction", "north.example")
    root = small_city(tmp_path / "city", "north.example")
    load(bare_dsn, root, datetime(2026, 11, 22, 12, tzinfo=UTC))
    words = ("services", "export", *own, "--to", tmp_path / "out", "--as")
    said(*words, "folder", database_url=bare_dsn)
    again = said("load", tmp_path / "out", database_url=bare_dsn)
    answers = saved(tmp_path / "answers", services=[service("tree", service_name="Big tree")])
    drafted = said("services", "import", answers, *own, database_url=bare_dsn)

    assert [each.partition(": ")[2] for each in again.splitlines()[1:]] == [
        "0 added, 0 changed, 0 retired"
    ] * 4
    assert drafted == "services: 1 drafted\n"
