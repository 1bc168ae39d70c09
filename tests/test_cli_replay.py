"""`open311 routing replay` as a process of its own: a border is moved, and known requests move."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import shapely
from lxml import etree

from open311.actions import cities as loading
from open311.domain import areas
from open311.domain.folder import Area, Department
from open311.domain.rules import RoutingFile
from open311.formats import folder
from open311.store import db
from tests.cities import small_city
from tests.commands import open311, said
from tests.conftest import NOW
from tests.databases import copy_of, load, using

OWN = "own.example"
SINCE = ("--jurisdiction", OWN, "--since", "2026-11-01")
WARDS = ("--layer", "wards", "--code", "ward")
SVG = "{http://www.w3.org/2000/svg}"

REQUESTS: dict[str, dict[str, Any]] = {
    "west": {"long": -66.25},
    "between": {"long": -66.19, "department": "parks"},
    "tree": {"long": -66.19, "service_code": "tree"},
    "east": {"long": -66.15, "department": "parks"},
    "edge": {"long": -66.11, "department": "works"},  # sent on by staff
    "address": {"address": "12 Harbour Street"},
    "red": {"long": -66.19, "department": "parks", "attributes": '{"colour": "red"}'},
    "phone": {"long": -66.15, "department": "parks", "client_id": 1},
    "old": {"long": -66.19, "department": "parks", "at": "2026-11-01T02:59:59Z"},
    "midnight": {"long": -66.19, "department": "parks", "at": "2026-11-01T03:00:00Z"},
}
"""What is filed; all that is not told is as with any other."""


def rule(code: str, department: str, **when: Any) -> dict[str, Any]:
    return {"code": code, "reason": f"{code}!", "when": when, "department": department}


TODAY: dict[str, Any] = {
    "triage": {"department": "works", "queue": "Triage"},
    "tolerance": 25,
    "rules": [
        rule("west", "works", services=["light"], areas={"wards": ["1"]}) | {"queue": "Depot"},
        rule("east", "parks", services=["light"], areas={"wards": ["2"]}),
    ],
}


def square(west: float, east: float) -> Any:
    return shapely.box(west, 44.5, east, 44.7)


@pytest.fixture(scope="module")
def own_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        city = folder.read(small_city(tmp_path_factory.mktemp("own"), OWN))
        wards = [
            Area("wards", code, f"Ward {code}", areas.encode(square(west, west + 0.1)))
            for code, west in (("1", -66.3), ("2", -66.2))
        ]
        whole = msgspec.structs.replace(
            city,
            departments=(*city.departments, Department(code="parks", name="Parks")),
            areas=(*city.areas, *wards),
            routing=msgspec.convert(TODAY, RoutingFile),
        )
        using(dsn, lambda each: loading.load(each, whole, NOW))
        using(dsn, file_all)
        yield dsn


async def file_all(connection: db.Connection) -> None:
    await connection.execute(
        f"insert into clients (jurisdiction_id, name, prefix, key_hash, created_at, channel)"
        f" values ('{OWN}', 'n', 'p', 'h', now(), 'phone')"
    )
    usual = {"service_code": "light", "department": "works", "at": "2026-11-10T15:00:00Z"}
    told = [
        usual | {"service_request_id": own, "lat": 44.6 if "long" in each else None} | each
        for own, each in REQUESTS.items()
    ]
    await connection.execute(
        """
        insert into requests (jurisdiction_id, status, definition_version, requested_datetime,
          updated_datetime, service_request_id, service_code, department, long, lat, address,
          client_id, attributes)
        select $1, 'open', 1, n.at, n.at, n.service_request_id, n.service_code, n.department,
          n.long, n.lat, n.address, n.client_id, n.attributes::jsonb
        from json_to_recordset($2::json) as n (at timestamptz, service_request_id text,
          service_code text, department text, long float8, lat float8, address text,
          client_id bigint, attributes text)
        """,
        OWN,
        json.dumps(told),
    )


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), "utf-8")
    return path


def layer(path: Path, **shapes: Any) -> Path:
    """A file of areas as others write it: the code is a number where it can be one."""
    features = [
        {
            "type": "Feature",
            "properties": {"ward": int(code) if code.isdigit() else code},
            "geometry": json.loads(shapely.to_geojson(each)),
        }
        for code, each in shapes.items()
    ]
    return written(path, {"type": "FeatureCollection", "features": features})


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """The border of the wards, two hundredths of a degree to the east."""
    squares = {"1": square(-66.3, -66.18), "2": square(-66.18, -66.1)}
    return layer(tmp_path / "wards.geojson", **squares)


def replayed(dsn: str, *words: object) -> str:
    return said("routing", "replay", *SINCE, *words, database_url=dsn)


def rows(dsn: str, *words: object) -> dict[str, dict[str, str]]:
    """What moves, by its id, as CSV tells it."""
    text = replayed(dsn, *words, "--format", "csv")
    return {each["service_request_id"]: each for each in csv.DictReader(io.StringIO(text))}


def everything(dsn: str) -> list[Any]:
    """All rows of all tables."""

    async def work(connection: db.Connection) -> list[Any]:
        tables = await connection.fetch(
            "select tablename from pg_tables where schemaname = 'public'"
        )
        return [
            sorted(map(str, await connection.fetch(f'select * from "{each[0]}"')))
            for each in tables
        ]

    return using(dsn, work)


# --- a border -----------------------------------------------------------------------------------


def test_who_lives_beside_a_border_moves_with_it(own_dsn: str, moved: Path) -> None:
    table = replayed(own_dsn, "--areas", moved, *WARDS)

    assert table == (
        "9 requests, of which 3 (33.33 %) would move.\n"
        "Outside of the boundary, where no report is taken: 0 today, 0 then.\n"
        "Apart from that, kept with another department than today's rules and areas say: 1, sent on"
        " by staff or filed under older ones.\n"
        "\n"
        "parks -> works (Depot): 3 (33.33 %)\n"
        "  service light                                        3\n"
        "  wards 2 -> 1                                         3\n"
    )


def test_programs_are_told_the_same_as_people(own_dsn: str, moved: Path) -> None:
    words = ("--areas", moved, *WARDS)
    found = rows(own_dsn, *words)
    collection = json.loads(replayed(own_dsn, *words, "--format", "geojson"))
    features = {each["properties"]["service_request_id"]: each for each in collection["features"]}

    assert [*found] == [*features] == ["midnight", "between", "red"]
    assert found["between"] == {
        "service_request_id": "between",
        "service_code": "light",
        "requested_datetime": "2026-11-10T15:00:00Z",
        "from_department": "parks",
        "from_queue": "",
        "from_rule": "east",
        "to_department": "works",
        "to_queue": "Depot",
        "to_rule": "west",
        "from_area.wards": "2",
        "to_area.wards": "1",
        "long": "-66.19",
        "lat": "44.6",
    }
    assert collection["type"] == "FeatureCollection"
    assert features["between"]["geometry"] == {"type": "Point", "coordinates": [-66.19, 44.6]}
    for own, each in found.items():
        place = [str(each_) for each_ in features[own]["geometry"]["coordinates"]]
        told = {name: text or "" for name, text in features[own]["properties"].items()}
        assert told | {"long": place[0], "lat": place[1]} == each


def test_the_map_shows_both_borders_and_what_moves(
    own_dsn: str, moved: Path, tmp_path: Path
) -> None:
    path = tmp_path / "map.svg"
    replayed(own_dsn, "--areas", moved, *WARDS, "--svg", path)
    drawn = etree.fromstring(path.read_bytes())
    texts = [each.text for each in drawn.iter(f"{SVG}text")]

    assert "parks → works (Depot): 3" in texts
    assert {"Boundary", "Areas of today that differ", "Areas as they would be"} <= {*texts}
    assert [each.text for each in drawn.iter(f"{SVG}title")].count("3 there") == 1
    again = tmp_path / "again.svg"
    replayed(own_dsn, "--areas", moved, *WARDS, "--svg", again)
    assert again.read_bytes() == path.read_bytes()


def test_nothing_is_changed(own_dsn: str, moved: Path, tmp_path: Path) -> None:
    before = everything(own_dsn)
    rules = written(tmp_path / "rules.json", TODAY | {"rules": []})
    replayed(own_dsn, "--areas", moved, *WARDS, "--rules", rules, "--format", "csv")

    assert everything(own_dsn) == before


def test_what_would_lie_outside_is_told(own_dsn: str, tmp_path: Path) -> None:
    city = layer(tmp_path / "city.geojson", all=square(-66.3, -66.1499))
    words = ("--areas", city, "--layer", "boundary", "--code", "ward")

    told = replayed(own_dsn, *words)
    found = rows(own_dsn, *words)

    assert "no report is taken: 0 today, 1 then (1 more, 0 fewer).\n" in told
    assert [*found] == ["edge"]
    assert (found["edge"]["to_queue"], found["edge"]["to_area.boundary"]) == ("Triage", "")


# --- rules --------------------------------------------------------------------------------------


def test_rules_are_tried_on_answers_channels_and_hours(own_dsn: str, tmp_path: Path) -> None:
    red = {"attribute": "colour", "op": "eq", "value": "red"}
    proposed = [
        rule("red", "works", services=["light"], answers=[red]),
        rule("phoned", "works", services=["light"], channels=["phone"]),
        rule("night", "works", services=["light"], times=[{"from": "00:00", "to": "01:00"}]),
        *TODAY["rules"],
    ]
    found = rows(own_dsn, "--rules", written(tmp_path / "r.json", TODAY | {"rules": proposed}))

    assert {own: each["to_rule"] for own, each in found.items()} == {
        "midnight": "night",
        "red": "red",
        "phone": "phoned",
    }


def test_the_rules_of_today_move_nothing(own_dsn: str, tmp_path: Path) -> None:
    words = ("--rules", written(tmp_path / "routing.json", TODAY), "--svg", tmp_path / "map.svg")
    table = replayed(own_dsn, *words)
    collection = json.loads(replayed(own_dsn, *words, "--format", "geojson"))

    assert table.startswith("9 requests, of which 0 (0.00 %) would move.\n")
    assert "->" not in table
    assert rows(own_dsn, *words) == {}
    assert collection == {"type": "FeatureCollection", "features": []}
    assert etree.fromstring((tmp_path / "map.svg").read_bytes()).tag == f"{SVG}svg"


def test_days_are_those_of_the_city_the_last_one_too(own_dsn: str, moved: Path) -> None:
    def ids(*words: str) -> list[str]:
        given = ("routing", "replay", "--jurisdiction", OWN, "--areas", moved, *WARDS)
        text = said(*given, *words, "--format", "csv", database_url=own_dsn)
        return [each["service_request_id"] for each in csv.DictReader(io.StringIO(text))]

    assert ids("--since", "2026-10-31", "--until", "2026-10-31") == ["old"]
    assert ids("--since", "2026-11-01", "--until", "2026-11-01") == ["midnight"]
    assert ids("--since", "2026-11-11") == []
    assert ids("--since", "0001-01-01", "--until", "9999-12-31") == [
        *("old", "midnight", "between", "red")
    ]


def test_a_rule_that_names_an_area_which_is_gone_is_noted(own_dsn: str, tmp_path: Path) -> None:
    one = layer(tmp_path / "one.geojson", **{"1": square(-66.3, -66.1)})
    done = open311("routing", "replay", *SINCE, "--areas", one, *WARDS, database_url=own_dsn)

    assert done.returncode == 0
    note = (
        "note: routing.json: rules[1].when.areas.wards[0]: there is no '2' in areas/wards.geojson"
    )
    assert note in done.stderr


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "bad.json: triage: is missing"),
        (TODAY | {"rules": [rule("a", "works")]}, "bad.json: rules[0].when: has"),
        (
            TODAY | {"rules": [rule("a", "navy", services=["light"])]},
            "bad.json: rules[0].department: 'navy' is not in departments.json",
        ),
        (
            TODAY | {"rules": [rule("a", "parks", areas={"wards": ["3"]})]},
            "bad.json: rules[0].when.areas.wards[0]: there is no '3' in areas/wards.geojson",
        ),
        (
            TODAY | {"rules": [rule("a", "parks", areas={"parishes": ["3"]})]},
            "bad.json: rules[0].when.areas.parishes: 'parishes' is no layer of areas/",
        ),
    ],
)
def test_bad_rules_are_refused(own_dsn: str, tmp_path: Path, value: Any, problem: str) -> None:
    path = written(tmp_path / "bad.json", value)
    done = open311("routing", "replay", *SINCE, "--rules", path, database_url=own_dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        ((), 2, "Say --rules FILE, --areas FILE, or both."),
        (("--areas", "MOVED"), 1, "--code: it has no code; it has: "),
        (("--rules", "RULES", "--layer", "wards"), 2, "say what --areas FILE is."),
        (("--rules", "nothing.json"), 1, "nothing.json: cannot be read: No such file"),
        (("--areas", "nothing.geojson", *WARDS), 1, "nothing.geojson: is not there."),
        (("--areas", "MOVED", "--layer", "parishes", "--code", "ward"), 1, "no layer 'parishes'"),
        (("--rules", "RULES", "--until", "2026-10-01"), 1, "--until: is before --since."),
        (("--rules", "RULES", "--until", "soon"), 2, "'soon'"),
        (("--rules", "RULES", "--svg", "/nowhere/map.svg"), 1, "--svg: /nowhere/map.svg cannot be"),
        (("--rules", "RULES", "--jurisdiction", "nowhere.example"), 1, "'nowhere.example'"),
    ],
)
def test_what_cannot_be_done_is_told(
    own_dsn: str, tmp_path: Path, moved: Path, words: tuple[str, ...], code: int, problem: str
) -> None:
    given = {"MOVED": moved, "RULES": written(tmp_path / "routing.json", TODAY)}
    told = [given.get(each, each) for each in words]
    done = open311("routing", "replay", *SINCE, *told, database_url=own_dsn)

    assert (done.returncode, done.stdout) == (code, "")
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_areas_decide_nothing_in_a_city_without_rules(
    cluster: str, bare: str, tmp_path: Path
) -> None:
    whole = layer(tmp_path / "whole.geojson", all=square(-66.3, -66.1))
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(tmp_path / "city", OWN), NOW)
        words = ("--areas", whole, "--layer", "boundary", "--code", "ward")
        done = open311("routing", "replay", *SINCE, *words, database_url=dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The city has no rules yet, so that no area decides anything.\n"
