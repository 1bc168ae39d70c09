"""`open311 services diff`: what changes between files, and for whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cities import small_city
from tests.commands import open311

NOWHERE = {"database_url": "postgresql://nobody@127.0.0.1:1/nothing"}
OWN = "alder.example"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return small_city(tmp_path / "old", OWN)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return small_city(tmp_path / "new", OWN)


def edit(file: Path, **members: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | members), "utf-8")


def diff(old: Path, new: Path) -> tuple[int, list[list[str]]]:
    done = open311("services", "diff", old, new, **NOWHERE)
    assert done.stderr == ""
    return done.returncode, [line.split("\t") for line in done.stdout.splitlines()]


def test_what_did_not_change_is_no_line(old: Path, new: Path) -> None:
    assert diff(old, new) == (0, [])


def test_what_breaks_clients_is_status_3(old: Path, new: Path) -> None:
    edit(new / "services" / "light.json", description="Lamps.", location="optional")
    edit(new / "services" / "tree.json", location="none", type="batch")
    (new / "services" / "idea.json").unlink()
    edit(old / "services" / "light.json", attributes=[])

    status, lines = diff(old, new)

    assert status == 3
    assert lines == [
        ["BREAKING", "idea", "", "it is offered no more"],
        ["HARMLESS", "light", "description", "it says something else"],
        ["HARMLESS", "light", "location", "it is no longer required"],
        ["FORMS", "light", "attribute[note]", "a new question"],
        ["FORMS", "light", "attribute[count]", "a new question"],
        ["FORMS", "light", "attribute[colour]", "a new question"],
        [
            "BREAKING",
            "tree",
            "type",
            "realtime becomes batch, and reports are answered in another way",
        ],
        ["FORMS", "tree", "location", "it is no longer kept"],
    ]


def test_a_file_is_compared_with_its_like_in_a_folder(old: Path, new: Path) -> None:
    light = new / "services" / "light.json"
    edit(light, location="none")
    edit(new / "services" / "tree.json", type="batch")
    told = [["FORMS", "light", "location", "it is no longer kept"]]

    assert diff(old / "services" / "light.json", light) == (0, told)
    assert diff(old, light) == (0, told)
    assert diff(old / "services" / "light.json", new) == (0, told)


def test_files_of_two_services_are_one_that_goes_and_one_that_comes(old: Path) -> None:
    light, tree = old / "services" / "light.json", old / "services" / "tree.json"

    assert diff(light, tree) == (
        3,
        [
            ["BREAKING", "light", "", "it is offered no more"],
            ["HARMLESS", "tree", "", "a new service"],
        ],
    )


def test_every_fault_of_a_file_is_told(old: Path, new: Path) -> None:
    light = new / "services" / "light.json"
    edit(light, location="nowhere", color="red")

    done = open311("services", "diff", old, light, **NOWHERE)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "light.json: color: is not a known member",
        "light.json: location: 'nowhere' is not one of none, optional, required",
    ]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = open311("services", "diff", tmp_path / "a.json", tmp_path / "a.json", **NOWHERE)

    assert done.returncode == 1
    assert done.stderr == "a.json: cannot be read: No such file or directory\n"


def test_the_schema_of_a_file_is_printed(old: Path) -> None:
    done = open311("services", "schema", old / "services" / "light.json", **NOWHERE)

    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert told["properties"]["service_code"] == {"const": "light"}
    assert [*told["properties"]["attribute"]["properties"]] == ["note", "count", "colour"]


@pytest.mark.parametrize("verb", ["diff", "schema"])
def test_every_verb_explains_itself(verb: str) -> None:
    told = open311("services", verb, "--help").stdout

    assert told.startswith(f"Usage: python -m open311 services {verb}")
    assert len(told.splitlines()) > 4
