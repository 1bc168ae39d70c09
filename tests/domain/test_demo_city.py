"""The demo city stands as it is described: whole, varied, and drawn without gap or overlap."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from open311.demo import versions
from open311.demo.versions import Record
from open311.domain import definitions, soundness
from open311.domain.datatypes import DATATYPES
from open311.domain.folder import (
    CityAttribute,
    CityDatatype,
    CityService,
    Departments,
    Jurisdiction,
    MediaRule,
    Op,
)

CITY = Path(__file__).parents[2] / "fixtures" / "lanternport"
BEFORE = CITY.with_name("lanternport-before")
LAYERS = ["wards", "public_works", "police"]
SLIVER = 1e-15
"""Square degrees: at this latitude some nine square millimetres on the ground."""


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def features(layer: str) -> dict[str, BaseGeometry]:
    found = read(CITY / "areas" / f"{layer}.geojson")["features"]
    return {one["properties"]["code"]: shape(one["geometry"]) for one in found}


def borders(geometry: BaseGeometry) -> Counter[tuple[Any, Any]]:
    """Every directed edge of every ring, as the file has it."""
    polygons = getattr(geometry, "geoms", [geometry])
    rings = [ring for one in polygons for ring in (one.exterior, *one.interiors)]
    return Counter(edge for ring in rings for edge in itertools.pairwise(ring.coords))


JURISDICTION = msgspec.json.decode((CITY / "jurisdiction.json").read_bytes(), type=Jurisdiction)
DEPARTMENTS = msgspec.json.decode(
    (CITY / "departments.json").read_bytes(), type=Departments
).departments
FILES = sorted((CITY / "services").glob("*.json"))
SERVICES = [msgspec.json.decode(path.read_bytes(), type=CityService) for path in FILES]
ATTRIBUTES = [attribute for service in SERVICES for attribute in service.attributes]
CONDITIONS = [
    (service, attribute.dependencies)
    for service in SERVICES
    for attribute in service.attributes
    if attribute.dependencies
]
BOUNDS = sorted({bound for kind in DATATYPES.values() for bound in kind.bounds})
GROUPS = {service.group for service in SERVICES}
BOUNDARY = features("boundary")["lanternport"]


def test_the_city_is_lanternport_in_its_own_time_zone() -> None:
    assert JURISDICTION.jurisdiction_id == "lanternport.example"
    assert ZoneInfo(JURISDICTION.timezone).key == "America/Halifax"


def test_every_address_is_of_an_example_domain_and_every_number_is_reserved() -> None:
    paths = [*CITY.rglob("*.json"), *BEFORE.rglob("*.json")]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    hosts = re.findall(r"(?:https?://|@)([\w.-]*\w)", text)
    assert hosts
    assert all(re.search(r"(^|\.)lanternport\.example$", host) for host in hosts)
    assert all(phone.startswith("555-01") for phone in re.findall(r"\b\d{3}-\d{4}\b", text))


def test_the_city_is_as_large_as_a_real_one() -> None:
    assert len(SERVICES) >= 280
    assert len(DEPARTMENTS) >= 24
    assert sum(bool(service.attributes) for service in SERVICES) >= 100
    assert 10 <= len({service.group for service in SERVICES}) <= 16


def test_every_datatype_is_asked_by_fifteen_services_or_more() -> None:
    asked = Counter(
        datatype
        for service in SERVICES
        for datatype in {attribute.datatype for attribute in service.attributes}
    )
    assert set(asked) == set(get_args(CityDatatype))
    assert min(asked.values()) >= 15


def test_attributes_are_of_every_kind() -> None:
    assert sum(not attribute.variable for attribute in ATTRIBUTES) >= 10
    assert {attribute.required for attribute in ATTRIBUTES} == {True, False}
    assert not [a.code for a in ATTRIBUTES if a.required and not a.variable]
    assert any(attribute.datatype_description for attribute in ATTRIBUTES)
    assert max(len(service.attributes) for service in SERVICES) <= 9


def test_lists_have_choices_and_nothing_else_has() -> None:
    for attribute in ATTRIBUTES:
        keys = [value.key for value in attribute.values]
        assert (len(keys) >= 2) == attribute.datatype.endswith("valuelist"), attribute.code
        assert len(keys) == len(set(keys)), attribute.code
        assert all(re.fullmatch(r"[a-z0-9_]+", key) for key in keys), attribute.code


def test_at_least_forty_services_have_conditions_bounds_or_location_rules() -> None:
    conditional = {each.service_code for each, _ in CONDITIONS}
    bounded = {
        each.service_code
        for each in SERVICES
        if any(getattr(a, bound) is not None for a in each.attributes for bound in BOUNDS)
    }
    placed = {each.service_code for each in SERVICES if each.location != "required"}

    assert len(conditional) >= 80
    assert len(bounded) >= 80
    assert len(placed) >= 30
    assert {each.group for each in SERVICES if each.service_code in conditional} == GROUPS


def test_every_operator_and_every_clause_is_used() -> None:
    """But `in`, which is another word for `contains`."""
    several = [each for _, each in CONDITIONS if len(each.conditions) > 1]

    assert {c.op for _, each in CONDITIONS for c in each.conditions} == {*get_args(Op)} - {"in"}
    assert {each.clause for each in several} == {"AND", "OR"}


def test_some_questions_hang_at_the_end_of_a_chain() -> None:
    chains = Counter(
        depth(service, attribute) for service in SERVICES for attribute in service.attributes
    )

    assert chains[1] >= 100
    assert chains[2] >= 10
    assert chains[3] >= 2


def depth(service: CityService, attribute: CityAttribute) -> int:
    """How many questions stand before one, each because of the answer to the one before it."""
    if attribute.dependencies is None:
        return 0
    by_code = {each.code: each for each in service.attributes}
    before = [by_code[each.attribute] for each in attribute.dependencies.conditions]
    return 1 + max(depth(service, each) for each in before)


def test_every_rule_that_a_service_can_have_is_used() -> None:
    used = {bound for a in ATTRIBUTES for bound in BOUNDS if getattr(a, bound) is not None}
    reporters = [each.reporter for each in SERVICES if each.reporter]
    media = [each.media for each in SERVICES if each.media]

    assert used == set(BOUNDS)
    assert {each.location for each in SERVICES} == {"required", "optional", "none"}
    assert {each.automated for each in ATTRIBUTES} == {None, "server_set", "hidden_field"}
    assert any(each.preset is not None and each.automated is None for each in ATTRIBUTES)
    assert sum(each.private for each in ATTRIBUTES) >= 40
    assert any(each.all_of for each in reporters)
    assert any(each.one_of for each in reporters)
    assert any(each.least for each in media)
    assert any(each.most < MediaRule().most for each in media)


def test_what_names_a_person_or_a_vehicle_is_private() -> None:
    told = [
        (service.service_code, attribute.code)
        for service in SERVICES
        for attribute in service.attributes
        if re.search(r"\bplate\b|full name|telephone number", attribute.description.lower())
        if attribute.datatype == "string" and not attribute.private
    ]

    assert told == [("grave-search", "full_name"), ("licence-taxi", "car")]


def test_a_pattern_is_told_in_words() -> None:
    assert [a.code for a in ATTRIBUTES if a.pattern and not a.datatype_description] == []


def test_three_services_were_something_else_before() -> None:
    """Each file is a version that could have been loaded, and another than the one that follows."""
    record = msgspec.json.decode((BEFORE / "record.json").read_bytes(), type=Record)
    was = {
        path.name: msgspec.json.decode(path.read_bytes(), type=CityService)
        for path in (BEFORE / "services").iterdir()
    }
    codes = Counter(each.service_code for each in was.values())

    assert sorted(codes.values()) == [1, 1, 2]
    assert sorted(each.was for each in record.changes) == sorted(was)
    assert [flaw for each in was.values() for flaw in soundness.faults(each)] == []
    assert {each.department for each in was.values()} <= {each.code for each in DEPARTMENTS}
    assert all(0 < each.days < 365 < record.opened.days for each in record.changes)
    assert {*codes} <= {each.service_code for each in SERVICES}


def test_what_was_before_is_published_in_the_order_of_time() -> None:
    record = msgspec.json.decode((BEFORE / "record.json").read_bytes(), type=Record)
    was = {
        path.name: msgspec.json.decode(path.read_bytes(), type=CityService)
        for path in (BEFORE / "services").iterdir()
    }
    until = datetime(2026, 11, 22, tzinfo=UTC)

    first, *others = versions.publications(SERVICES, record, was, until)

    assert len(first.services) == len(SERVICES)
    times = [each.deed.at for each in (first, *others)]
    assert times == sorted(times)
    assert times[-1] < until
    said = {each.service_code: [each] for each in first.services}
    for publication in others:
        for each in publication.services:
            assert said[each.service_code][-1] != each
            said[each.service_code].append(each)
    assert [each[-1] for each in said.values()] == [*map(definitions.canonical, SERVICES)]
    assert sum(len(each) - 1 for each in said.values()) == len(was)


def test_there_are_batch_and_blackbox_services_and_mostly_realtime() -> None:
    types = Counter(service.type for service in SERVICES)
    assert types["batch"] >= 12
    assert types["blackbox"] >= 6
    assert types["realtime"] > len(SERVICES) / 2


@pytest.mark.parametrize("code", ["pothole", "streetlight-out", "graffiti", "missed-trash"])
def test_a_common_request_needs_no_answers(code: str) -> None:
    [service] = [service for service in SERVICES if service.service_code == code]
    assert service.type == "realtime"
    assert not any(attribute.required for attribute in service.attributes)


def test_codes_are_slugs_named_like_their_files_and_unique() -> None:
    codes = [service.service_code for service in SERVICES]
    assert [path.stem for path in FILES] == codes
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes)
    assert len({department.code for department in DEPARTMENTS}) == len(DEPARTMENTS)
    for service in SERVICES:
        questions = [attribute.code for attribute in service.attributes]
        assert len(set(questions)) == len(questions), service.service_code


def test_every_department_exists_and_has_work() -> None:
    assert {s.department for s in SERVICES} == {department.code for department in DEPARTMENTS}


@pytest.mark.parametrize("member", ["service_name", "description", "keywords"])
def test_no_two_services_read_alike(member: str) -> None:
    texts = Counter(getattr(service, member).casefold() for service in SERVICES)
    assert [text for text, count in texts.items() if count > 1] == []


def test_services_are_written_for_residents() -> None:
    for service in SERVICES:
        assert not re.search(r"\d$", service.service_name), service.service_code
        assert len(service.description.split()) >= 8, service.service_code
        words = service.keywords.split(", ")
        assert all(word and "," not in word for word in words), service.service_code
        assert len(words) >= 3, service.service_code


def test_files_are_formatted_and_leave_out_what_is_the_default() -> None:
    for path in CITY.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        schema = (path.parent / json.loads(text)["$schema"]).resolve()
        assert schema.parent == CITY.parents[1] / "schemas" / "city", path
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n", path


def test_members_stand_in_the_order_of_their_struct() -> None:
    for path in [*FILES, *(BEFORE / "services").iterdir()]:
        raw = read(path)
        in_order(CityService, raw, path)
        for attribute in raw.get("attributes", ()):
            in_order(CityAttribute, attribute, path)


def in_order(struct: type[msgspec.Struct], raw: dict[str, Any], path: Path) -> None:
    known = msgspec.structs.fields(struct)
    names = [field.encode_name for field in known]
    assert list(raw) == sorted(raw, key=names.index), path
    assert [] not in raw.values(), path
    assert not [f.name for f in known if raw.get(f.encode_name, ...) == f.default], path


@pytest.mark.parametrize(
    ("layer", "least", "most"), [("wards", 9, 12), ("public_works", 6, 9), ("police", 5, 7)]
)
def test_a_layer_has_areas_with_codes_and_names_of_their_own(
    layer: str, least: int, most: int
) -> None:
    found = [one["properties"] for one in read(CITY / "areas" / f"{layer}.geojson")["features"]]
    assert least <= len(found) <= most
    assert all(set(one) == {"code", "name"} for one in found)
    assert len({one["code"] for one in found}) == len(found)
    assert len({one["name"] for one in found}) == len(found)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_has_neither_gap_nor_overlap(layer: str) -> None:
    areas = features(layer).values()
    assert all(area.is_valid for area in areas)
    for one, other in itertools.combinations(areas, 2):
        assert one.intersection(other).area < SLIVER
    assert shapely.union_all(list(areas)).symmetric_difference(BOUNDARY).area < SLIVER


@pytest.mark.parametrize("layer", LAYERS)
def test_neighbours_share_every_border_vertex_exactly(layer: str) -> None:
    """Each inner edge is walked once in either direction; what is left is the city's border."""
    edges = sum((borders(area) for area in features(layer).values()), Counter())
    outer = {(start, end): n for (start, end), n in edges.items() if (end, start) not in edges}
    assert set(edges.values()) == {1}
    assert outer == borders(BOUNDARY)


@pytest.mark.parametrize("layer", ["boundary", *LAYERS])
def test_an_area_is_wound_and_rounded_as_geojson_should_be(layer: str) -> None:
    for area in features(layer).values():
        for polygon in getattr(area, "geoms", [area]):
            assert polygon.exterior.is_ccw
            assert not any(ring.is_ccw for ring in polygon.interiors)
        positions = shapely.get_coordinates(area).tolist()
        assert all(round(number, 6) == number for point in positions for number in point)


def test_the_city_lies_on_open_water() -> None:
    west, south, east, north = BOUNDARY.bounds
    assert BOUNDARY.is_valid
    assert -66.32 <= west < east <= -66.08
    assert 44.52 <= south < north <= 44.68
    assert 150 <= len(shapely.get_coordinates(BOUNDARY)) <= 400
