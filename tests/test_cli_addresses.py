"""`open311 addresses`: each command as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from open311.store import addresses, db
from tests.cities import small_city
from tests.commands import open311, said
from tests.conftest import NOW
from tests.databases import copy_of, load, using

OWN = "own.example"
OF_OWN = ("--jurisdiction", OWN)
HEAD = "LON,LAT,NUMBER,STREET,ID\n"


@pytest.fixture(scope="module")
def own_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(tmp_path_factory.mktemp("own"), OWN), NOW)
        yield dsn


def kept(dsn: str, *ids: str) -> list[str]:
    async def lines(connection: db.Connection) -> list[str]:
        async with db.owning(connection, OWN):
            return sorted(each.line for each in await addresses.of_ids(connection, OWN, ids))

    return using(dsn, lines)


def test_a_register_is_put_in_the_place_of_another(own_dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}-66.2,44.6,1,Elm St,a\n-66.2,44.6,1,Elm St,a\n-66.2,44.6,3,Elm St,b\n")
    first = open311("addresses", "import", path, *OF_OWN, database_url=own_dsn)
    path.write_text(f"{HEAD}-66.2,44.6,5,Elm St,b\n-66.2,44.6,7,Elm St,c\n")
    second = said("addresses", "import", path, *OF_OWN, database_url=own_dsn)

    assert (first.stdout, first.stderr) == (
        f"{OWN}: 2 addresses\n",
        "note: line 3: is there twice\n",
    )
    assert second == f"{OWN}: 2 addresses\n"
    assert kept(own_dsn, "a", "b", "c") == ["5 Elm St", "7 Elm St"]


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        (
            "-66.2,44.6,1,,x\n-66.2,91,1,Elm St,y\n",
            ["line 2: it has no street.", "line 3: lat: 91"],
        ),
        (
            "-66.2,44.6,1,Elm,x\n-66.2,44.6,2,Elm,x\n",
            ["line 3: its id 'x' is that of '1 Elm', too"],
        ),
        ("", ["The file holds no address."]),
        ("a,b,c,d,e\n" * 30, ["line 21: ", "The rest was not read."]),
    ],
)
def test_a_faulty_file_is_told_by_its_lines_and_changes_nothing(
    own_dsn: str, tmp_path: Path, rows: str, problems: list[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}-66.2,44.6,9,Elm St,kept\n")
    said("addresses", "import", path, *OF_OWN, database_url=own_dsn)
    path.write_text(HEAD + rows)
    done = open311("addresses", "import", path, *OF_OWN, database_url=own_dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert [each for each in problems if each not in done.stderr] == []
    assert len(done.stderr.splitlines()) <= 21
    assert kept(own_dsn, "kept", "x") == ["9 Elm St"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--jurisdiction", "none.example"), "There is no jurisdiction 'none.example'"),
        ((*OF_OWN, "--column", "street=ROAD"), "there is no column 'road'"),
        ((*OF_OWN, "--column", "house=NUMBER"), "--column: there is no 'house'"),
    ],
)
def test_what_is_not_there_is_told(
    own_dsn: str, tmp_path: Path, words: tuple[str, ...], problem: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}-66.2,44.6,9,Elm St,a\n")
    done = open311("addresses", "import", path, *words, database_url=own_dsn)

    assert done.returncode == 1
    assert problem in done.stderr


def test_what_lies_beyond_the_boundary_is_told_and_most_of_it_refused(
    own_dsn: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    inside, swapped = "-66.2,44.6,1,Elm St,a\n-66.2,44.6,3,Elm St,b\n", "44.6,-66.2,5,Elm St,c\n"
    path.write_text(HEAD + inside + swapped)
    most = open311("addresses", "import", path, *OF_OWN, database_url=own_dsn)
    path.write_text(HEAD + swapped)
    none = open311("addresses", "import", path, *OF_OWN, database_url=own_dsn)

    assert most.stderr == "note: 1 rows lie beyond the boundary\n"
    assert (none.returncode, none.stdout) == (1, "")
    assert "1 of 1 rows lie beyond the city's boundary" in none.stderr
    assert kept(own_dsn, "a", "b", "c") == ["1 Elm St", "3 Elm St", "5 Elm St"]
