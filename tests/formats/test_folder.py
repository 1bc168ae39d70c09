"""A city folder: read whole, or refused with every fault named by its file and place."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from open311.domain.folder import CityFolder
from open311.errors import Invalid
from open311.formats import folder, folder_files

Files = dict[str, Any]


def square(west: float, south: float, side: float = 0.01) -> dict[str, Any]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code: str, geometry: dict[str, Any]) -> dict[str, Any]:
    named = {"code": code, "name": f"Area {code}"}
    return {"type": "Feature", "properties": named, "geometry": geometry}


def layer(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [*features]}


def valid() -> Files:
    """A city folder without a fault, as values by path."""
    return {
        "README.md": b"\xff not read",
        "jurisdiction.json": {
            "$schema": "../schemas/city/jurisdiction.schema.json",
            "jurisdiction_id": "tiny.example",
            "name": "Tiny",
            "timezone": "America/Halifax",
            "contact": "Ask\nus.",
            "key_service": "Write to keys@tiny.example.",
            "languages": ["en", "fr-CA"],
        },
        "departments.json": {
            "departments": [
                {"code": "works", "name": "Public Works", "phone": None},
                {"code": "parks", "name": "Parks", "translations": {"fr-CA": {"name": "Parcs"}}},
                {"code": "idle", "name": "Nobody"},
            ]
        },
        "services/graffiti.json": {
            "service_code": "graffiti",
            "service_name": "Graffiti",
            "description": "Paint where it should not be.",
            "group": "Street",
            "department": "parks",
        },
        "services/pothole.json": {
            "service_code": "pothole",
            "service_name": "Pothole",
            "description": "A hole in the road.",
            "keywords": "road, hole",
            "group": "Street",
            "type": "batch",
            "department": "works",
            "attributes": [
                {"code": "DEPTH", "datatype": "number", "description": "How deep?"},
                {
                    "code": "LANE",
                    "datatype": "singlevaluelist",
                    "description": "Which lane?",
                    "order": 7,
                    "values": [{"key": "l", "name": "Left"}, {"key": "r", "name": "Right"}],
                },
            ],
            "translations": {
                "fr-CA": {
                    "service_name": "Nid-de-poule",
                    "attributes": {"DEPTH": {"description": "Quelle profondeur ?"}},
                }
            },
        },
        "routing.json": {
            "triage": {"department": "works", "queue": "Triage"},
            "tolerance": 25,
            "rules": [
                {
                    "code": "left",
                    "reason": "The left lane is the city's own.",
                    "when": {
                        "services": ["pothole"],
                        "areas": {"wards": ["1"]},
                        "answers": [{"attribute": "LANE", "op": "eq", "value": "l"}],
                        "times": [{"days": ["sat", "sun"], "from": "17:00", "to": "08:00"}],
                    },
                    "department": "parks",
                    "queue": "Lanes",
                    "priority": "high",
                },
                {
                    "code": "phoned",
                    "reason": "Who calls waits for somebody.",
                    "when": {"groups": ["Street"], "channels": ["phone"]},
                    "department": "idle",
                },
            ],
        },
        "areas/boundary.geojson": layer(feature("tiny", square(-63.6, 44.6, 0.02))),
        "areas/wards.geojson": layer(
            feature("1", square(-63.6, 44.6)), feature("2", square(-63.59, 44.6))
        ),
    }


def stand(root: Path, files: Files) -> Path:
    """Write the files of a folder; bytes as they are, anything else as JSON."""
    for name, value in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            value if isinstance(value, bytes) else json.dumps(value, indent=1).encode()
        )
    return root


def faults(root: Path) -> list[str]:
    with pytest.raises(Invalid) as caught:
        folder.read(root)
    return [*caught.value.problems]


def test_a_valid_folder_is_read_whole(tmp_path: Path) -> None:
    city = folder.read(stand(tmp_path, valid()))

    assert city.jurisdiction.jurisdiction_id == "tiny.example"
    assert city.jurisdiction.max_span_days == 90
    assert [each.code for each in city.departments] == ["works", "parks", "idle"]
    assert [each.service_code for each in city.services] == ["graffiti", "pothole"]
    assert [each.order for each in city.services[1].attributes] == [None, 7]
    assert [(each.layer, each.code) for each in city.areas] == [
        ("boundary", "tiny"),
        ("wards", "1"),
        ("wards", "2"),
    ]


def test_a_geometry_keeps_its_very_numbers_and_drops_altitudes(tmp_path: Path) -> None:
    files = valid()
    ring = [[-63.6, 44.6, 10**40], [-63.5900000000000001, 44.6], [-63.59, 44.61], [-63.6, 44.6]]
    files["areas/wards.geojson"] = layer(feature("1", {"type": "Polygon", "coordinates": [ring]}))
    area = folder.read(stand(tmp_path, files)).areas[1]

    flat = [each[:2] for each in ring]
    assert json.loads(area.geometry) == {"type": "Polygon", "coordinates": [flat]}


def test_what_real_files_bring_along_is_let_be(tmp_path: Path) -> None:
    files = valid()
    files["jurisdiction.json"] = b"\xef\xbb\xbf" + json.dumps(files["jurisdiction.json"]).encode()
    wards = files["areas/wards.geojson"]
    wards["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    wards["name"] = "wards"
    wards["features"][0] |= {"id": 7, "bbox": [0, 0, 1, 1]}
    wards["features"][0]["properties"]["SHAPE_AREA"] = 1.5
    files[".git/config.json"] = b"?"
    files["services/.pothole.json"] = b"?"
    files["areas/notes.txt"] = b"?"

    assert len(folder.read(stand(tmp_path, files)).areas) == 3


def test_a_folder_without_areas_and_rules_is_whole(tmp_path: Path) -> None:
    files = {name: each for name, each in valid().items() if not name.startswith("areas/")}
    del files[ROUTING]
    city = folder.read(stand(tmp_path, files))

    assert city.areas == ()
    assert city.routing is None
    assert ROUTING not in folder_files.files(city)


def test_rules_are_read_and_written_as_they_stand(tmp_path: Path) -> None:
    city = folder.read(stand(tmp_path, valid()))
    written = folder_files.files(city)[ROUTING]

    assert city.routing is not None
    assert [each.code for each in city.routing.rules] == ["left", "phoned"]
    assert written == valid()[ROUTING]
    assert folder.read(stand(tmp_path, {ROUTING: folder_files.encoded(written)})) == city


def test_rules_are_held_against_the_city_once_nothing_else_is_wrong(tmp_path: Path) -> None:
    files = valid() | {"areas/wards.geojson": b"{"}
    ruled("department", value="x")(files)

    assert len(faults(stand(tmp_path, files))) == 1


# --- one fault ----------------------------------------------------------------------------------

POTHOLE = "services/pothole.json"
ROUTING = "routing.json"
WARDS = "areas/wards.geojson"


def put(name: str, *place: str | int, value: Any) -> Callable[[Files], None]:
    """Set a member of a file, by its place."""

    def change(files: Files) -> None:
        holder = files[name]
        for each in place[:-1]:
            holder = holder[each]
        holder[place[-1]] = value

    return change


def ruled(*place: str | int, value: Any) -> Callable[[Files], None]:
    """Set a member of the first rule."""
    return put(ROUTING, "rules", 0, *place, value=value)


def drop(name: str, *place: str | int) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        holder = files[name] if place else files
        for each in place[:-1]:
            holder = holder[each]
        del holder[place[-1] if place else name]

    return change


def raw(name: str, content: bytes) -> Callable[[Files], None]:
    return lambda files: files.update({name: content})


def geometry(value: Any) -> Callable[[Files], None]:
    return put(WARDS, "features", 1, "geometry", value=value)


def polygon(*rings: Any) -> Callable[[Files], None]:
    return geometry({"type": "Polygon", "coordinates": [*rings]})


def later(files: Files) -> None:
    """Make the second question depend on the first, which comes after it by its order."""
    when({"conditions": [{"attribute": "DEPTH", "op": "gt", "value": 1}]})(files)
    files[POTHOLE]["attributes"][0]["order"] = 8


def when(dependencies: Any) -> Callable[[Files], None]:
    """Make the second question depend on something."""
    return put(POTHOLE, "attributes", 1, "dependencies", value=dependencies)


LONG = [[0, 0], [1, 0], [1, 1], [0, 0]]
COORDINATES = f"{WARDS}: features[1].geometry.coordinates"
DATATYPES = "datetime, informational, multivaluelist, number, singlevaluelist, string, text"

ONE: dict[str, tuple[Callable[[Files], None], str]] = {
    # files
    "no jurisdiction": (drop("jurisdiction.json"), "jurisdiction.json: is missing"),
    "JSON at the top": (
        raw("potholes.json", b"{}"),
        "potholes.json: is not read: no file of a city folder is called so",
    ),
    "JSON too deep": (
        raw("services/street/x.json", b"{}"),
        "services/street/x.json: is not read: no file of a city folder is called so",
    ),
    "areas called .json": (
        raw("areas/wards.json", b"{}"),
        "areas/wards.json: is not read: no file of a city folder is called so",
    ),
    "a service in capitals": (
        raw("services/X.JSON", b"{}"),
        "services/X.JSON: is not read: no file of a city folder is called so",
    ),
    "a name that cannot be printed": (
        raw("services/a\nb/x.json", b"{}"),
        "'services/a\\nb/x.json': is not read: no file of a city folder is called so",
    ),
    "a layer that cannot be named": (
        lambda files: files.update({"areas/my wards.geojson": files[WARDS]}),
        "areas/my wards.geojson: its name, which names the layer, is not of letters, digits,"
        " _ and -",
    ),
    # bytes
    "empty": (raw(POTHOLE, b""), f"{POTHOLE}:1: not JSON: Expecting value (column 1)"),
    "not UTF-8": (raw(POTHOLE, b'{\n"a": "\xe9"}'), f"{POTHOLE}:2: not UTF-8: byte 0xe9"),
    "UTF-16": (raw(POTHOLE, "{}".encode("utf-16")), f"{POTHOLE}:1: not UTF-8: byte 0xff"),
    "not JSON": (
        raw(POTHOLE, b'{\n"a": 1,\n}'),
        f"{POTHOLE}:3: not JSON: Expecting property name enclosed in double quotes (column 1)",
    ),
    "a raw control character": (
        raw(POTHOLE, b'{\n"a": "\x07"}'),
        f"{POTHOLE}:2: not JSON: Invalid control character at (column 7)",
    ),
    "a nesting bomb": (raw(POTHOLE, b"[" * 5000 + b"]" * 5000), f"{POTHOLE}: is nested too deeply"),
    "nested past any use": (
        raw(POTHOLE, b"[" * 90 + b"]" * 90),
        f"{POTHOLE}: [0][0]: is nested too deeply",
    ),
    "a number of 5,000 digits": (
        raw(POTHOLE, b"9" * 5000),
        f"{POTHOLE}: has a number of thousands of digits",
    ),
    # JSON
    "a key twice": (
        lambda files: files.update(
            {POTHOLE: json.dumps(files[POTHOLE]).replace("{", '{"group": "X", ', 1).encode()}
        ),
        f"{POTHOLE}: group: is given twice",
    ),
    "a control character": (
        put("jurisdiction.json", "contact", value="ring\x07"),
        "jurisdiction.json: contact: has characters that XML cannot carry: U+0007",
    ),
    "half a character": (
        put(POTHOLE, "attributes", 1, "values", 0, "name", value="\ud83d"),
        f"{POTHOLE}: attributes[1].values[0].name: has characters that XML cannot carry: U+D83D",
    ),
    "a key that XML cannot carry": (
        put(WARDS, "features", 0, "properties", "a\x00", value=1),
        f"{WARDS}: features[0].properties['a\\x00']: has characters that XML cannot carry: U+0000",
    ),
    "not an object": (raw("departments.json", b"null"), "departments.json: null is not an object"),
    # members
    "a missing member": (drop(POTHOLE, "group"), f"{POTHOLE}: group: is missing"),
    "an unknown member": (
        put(POTHOLE, "keyword", value="x"),
        f"{POTHOLE}: keyword: is not a known member; did you mean keywords?",
    ),
    "an unknown member like no other": (
        put(POTHOLE, "attributes", 0, "zzz", value=[]),
        f"{POTHOLE}: attributes[0].zzz: is not a known member",
    ),
    "a number for text": (
        put("departments.json", "departments", 2, "code", value=12),
        "departments.json: departments[2].code: 12 is not text",
    ),
    "text for true or false": (
        put(POTHOLE, "attributes", 0, "required", value="yes"),
        f"{POTHOLE}: attributes[0].required: 'yes' is not true or false",
    ),
    "1.0 for a whole number": (
        put("jurisdiction.json", "max_span_days", value=1.0),
        "jurisdiction.json: max_span_days: 1.0 is not a whole number",
    ),
    "text for a number or nothing": (
        put(POTHOLE, "expected_hours", value="24"),
        f"{POTHOLE}: expected_hours: '24' is not a whole number or null",
    ),
    "an object for a list": (
        put(POTHOLE, "attributes", 1, "values", value={"l": "Left"}),
        f"{POTHOLE}: attributes[1].values: an object is not a list",
    ),
    "too small": (
        put(POTHOLE, "attributes", 0, "order", value=0),
        f"{POTHOLE}: attributes[0].order: 0 is less than 1",
    ),
    "text for an order": (
        put(POTHOLE, "attributes", 0, "order", value="1"),
        f"{POTHOLE}: attributes[0].order: '1' is not a whole number or null",
    ),
    "too large": (
        put("jurisdiction.json", "max_span_days", value=99999),
        "jurisdiction.json: max_span_days: 99999 is more than 36600",
    ),
    "too long": (
        put(POTHOLE, "service_name", value="x" * 501),
        f"{POTHOLE}: service_name: has 501 characters; at most 500 fit",
    ),
    "blank": (
        put(POTHOLE, "service_name", value=" "),
        f"{POTHOLE}: service_name: ' ' is not one line of text, not blank, no control characters",
    ),
    "a last line feed": (
        put(POTHOLE, "group", value="Street\n"),
        f"{POTHOLE}: group: 'Street\\n' is not one line of text, not blank, no control characters",
    ),
    "a carriage return": (
        put(POTHOLE, "description", value="one\r\ntwo"),
        f"{POTHOLE}: description: 'one\\r\\ntwo' is not text, not blank, with plain line feeds",
    ),
    "a code with a blank at its end": (
        put("departments.json", "departments", 0, "code", value="works "),
        "departments.json: departments[0].code: 'works ' is not a code: one line, no white space"
        " or comma at its ends, no control characters",
    ),
    "a service code with a comma": (
        put(POTHOLE, "service_code", value="a,b"),
        f"{POTHOLE}: service_code: 'a,b' is not a service code: one line, no comma, no //, no white"
        " space at its ends",
    ),
    "a service code that a URL would lose": (
        put(POTHOLE, "service_code", value="a//b"),
        f"{POTHOLE}: service_code: 'a//b' is not a service code: one line, no comma, no //, no"
        " white space at its ends",
    ),
    "a service code of two lines": (
        put(POTHOLE, "service_code", value="a\u2028b"),
        f"{POTHOLE}: service_code: 'a\\u2028b' is not a service code: one line, no comma, no //, no"
        " white space at its ends",
    ),
    "an attribute code with brackets": (
        put(POTHOLE, "attributes", 0, "code", value="A[1]"),
        f"{POTHOLE}: attributes[0].code: 'A[1]' is not an attribute code: one line without"
        " brackets or commas",
    ),
    "an unknown datatype": (
        put(POTHOLE, "attributes", 0, "datatype", value="foo"),
        f"{POTHOLE}: attributes[0].datatype: 'foo' is not one of {DATATYPES}",
    ),
    "a jurisdiction that is no domain": (
        put("jurisdiction.json", "jurisdiction_id", value="Tiny Town"),
        "jurisdiction.json: jurisdiction_id: 'Tiny Town' is not a domain name in lower case,"
        " without www",
    ),
    "an unknown time zone": (
        put("jurisdiction.json", "timezone", value="Atlantic"),
        "jurisdiction.json: timezone: 'Atlantic' is not a time zone such as America/Halifax",
    ),
    "a path for a time zone": (
        put("jurisdiction.json", "timezone", value="../../etc/passwd"),
        "jurisdiction.json: timezone: '../../etc/passwd' is not a time zone such as"
        " America/Halifax",
    ),
    # the members together
    "a department twice": (
        put("departments.json", "departments", 2, "code", value="works"),
        "departments.json: departments[2].code: 'works' is also at departments[0].code",
    ),
    "an attribute twice": (
        put(POTHOLE, "attributes", 1, "code", value="DEPTH"),
        f"{POTHOLE}: attributes[1].code: 'DEPTH' is also at attributes[0].code",
    ),
    "an attribute twice but for a blank": (
        put(POTHOLE, "attributes", 1, "code", value="DEPTH "),
        f"{POTHOLE}: attributes[1].code: 'DEPTH' is also at attributes[0].code",
    ),
    "an order that another attribute has by its place": (
        put(POTHOLE, "attributes", 1, "order", value=1),
        f"{POTHOLE}: attributes[1].order: 1 is also at attributes[0].order",
    ),
    "a key twice in a list": (
        put(POTHOLE, "attributes", 1, "values", 1, "key", value="l"),
        f"{POTHOLE}: attributes[1].values[1].key: 'l' is also at attributes[1].values[0].key",
    ),
    "a list without choices": (
        drop(POTHOLE, "attributes", 1, "values"),
        f"{POTHOLE}: attributes[1].values: is missing or empty; a singlevaluelist needs choices",
    ),
    "choices for a number": (
        put(POTHOLE, "attributes", 0, "values", value=[{"key": "1", "name": "One"}]),
        f"{POTHOLE}: attributes[0].values: is only for lists, and the datatype is 'number'",
    ),
    # the rules of a question
    "a bound of the wrong kind": (
        put(POTHOLE, "attributes", 0, "minimum", value="1"),
        f"{POTHOLE}: attributes[0].minimum: '1' is not a number or null",
    ),
    "a bound beyond all numbers": (
        put(POTHOLE, "attributes", 0, "maximum", value=10**400),
        f"{POTHOLE}: attributes[0].maximum: {10**400 // 10**341} is more than 999999999999999",
    ),
    "a bound for another datatype": (
        put(POTHOLE, "attributes", 0, "pattern", value="a"),
        f"{POTHOLE}: attributes[0].pattern: is not for a question of datatype number",
    ),
    "bounds that cross": (
        lambda files: files[POTHOLE]["attributes"][0].update(minimum=2, maximum=1.5),
        f"{POTHOLE}: attributes[0].minimum: is more than its maximum, 1.5",
    ),
    "a pattern that is none": (
        lambda files: files[POTHOLE]["attributes"][0].update(datatype="text", pattern="(?=a)"),
        f"{POTHOLE}: attributes[0].pattern: is not a pattern of RE2: invalid perl operator: (?=",
    ),
    "a span that is none": (
        lambda files: files[POTHOLE]["attributes"][0].update(datatype="datetime", latest="1 day"),
        f"{POTHOLE}: attributes[0].latest: '1 day' is not days, hours or minutes such as P30D or"
        " -PT12H",
    ),
    "a way to be answered that is none": (
        put(POTHOLE, "attributes", 0, "automated", value="client_set"),
        f"{POTHOLE}: attributes[0].automated: 'client_set' is not one of hidden_field, server_set",
    ),
    "nothing that the server could set": (
        put(POTHOLE, "attributes", 0, "automated", value="server_set"),
        f"{POTHOLE}: attributes[0].preset: is missing; it is what the server sets",
    ),
    "a preset that is no answer": (
        put(POTHOLE, "attributes", 0, "preset", value="deep"),
        f"{POTHOLE}: attributes[0].preset: 'deep' is not a decimal number",
    ),
    "a text that is asked": (
        put(POTHOLE, "attributes", 0, "datatype", value="informational"),
        f"{POTHOLE}: attributes[0].datatype: is informational, so variable and required are false",
    ),
    "more choices than there are": (
        lambda files: files[POTHOLE]["attributes"][1].update(
            datatype="multivaluelist", max_items=3
        ),
        f"{POTHOLE}: attributes[1].max_items: is more than the 2 values that there are",
    ),
    "dependencies that are a list": (
        put(POTHOLE, "attributes", 1, "dependencies", value=[]),
        f"{POTHOLE}: attributes[1].dependencies: a list is not an object",
    ),
    "dependencies without conditions": (
        put(POTHOLE, "attributes", 1, "dependencies", value={"conditions": []}),
        f"{POTHOLE}: attributes[1].dependencies.conditions: has 0 items; at least 1 must be",
    ),
    "a clause that is none": (
        when({"clause": "XOR", "conditions": [{"attribute": "DEPTH", "op": "answered"}]}),
        f"{POTHOLE}: attributes[1].dependencies.clause: 'XOR' is not one of AND, OR",
    ),
    "an unknown member of a condition": (
        when({"conditions": [{"attribute": "DEPTH", "op": "gt", "values": 1}]}),
        f"{POTHOLE}: attributes[1].dependencies.conditions[0].values: is not a known member; did"
        " you mean value?",
    ),
    "an operator that is none": (
        when({"conditions": [{"attribute": "DEPTH", "op": ">", "value": 1}]}),
        f"{POTHOLE}: attributes[1].dependencies.conditions[0].op: '>' is not one of answered,"
        " contains, eq, ge, gt, in, le, lt, ne, one_of",
    ),
    "a condition on nothing": (
        when({"conditions": [{"attribute": "WIDTH", "op": "gt", "value": 1}]}),
        f"{POTHOLE}: attributes[1].dependencies.conditions[0].attribute: no earlier question has"
        " code 'WIDTH'",
    ),
    "a condition on a later question": (
        later,
        f"{POTHOLE}: attributes[1].dependencies.conditions[0].attribute: no earlier question has"
        " code 'DEPTH'",
    ),
    "a value that is no number": (
        when({"conditions": [{"attribute": "DEPTH", "op": "gt", "value": "deep"}]}),
        f"{POTHOLE}: attributes[1].dependencies.conditions[0].value: 'deep' is not a decimal"
        " number",
    ),
    "a question that is never asked": (
        when({"conditions": [{"attribute": "DEPTH", "op": op, "value": 1} for op in ("lt", "gt")]}),
        f"{POTHOLE}: attributes[1].dependencies: can never hold, so the question is never asked",
    ),
    # the rules of a service
    "a rule for places that is none": (
        put(POTHOLE, "location", value="maybe"),
        f"{POTHOLE}: location: 'maybe' is not one of none, optional, required",
    ),
    "areas of a layer that is not there": (
        put(POTHOLE, "offered_in", value={"parks": ["A"]}),
        f"{POTHOLE}: offered_in.parks: 'parks' is no layer of areas/",
    ),
    "an area of a service that is not there": (
        put(POTHOLE, "offered_in", value={"wards": ["1", "99"]}),
        f"{POTHOLE}: offered_in.wards[1]: there is no '99' in areas/wards.geojson",
    ),
    "areas that are none": (
        put(POTHOLE, "offered_in", value={"wards": "1"}),
        f"{POTHOLE}: offered_in.wards: '1' is not a list",
    ),
    "areas of a service that keeps no place": (
        lambda files: files[POTHOLE].update(offered_in={"wards": ["1"]}, location="none"),
        f"{POTHOLE}: offered_in: asks for a place, and location is none",
    ),
    "a rule for reporters that is a list": (
        put(POTHOLE, "reporter", value=["email"]),
        f"{POTHOLE}: reporter: a list is not an object",
    ),
    "a field of reporters that is none": (
        put(POTHOLE, "reporter", value={"all_of": ["e-mail"]}),
        f"{POTHOLE}: reporter.all_of[0]: 'e-mail' is not one of account_id, device_id, email,"
        " first_name, last_name, phone",
    ),
    "too many pictures": (
        put(POTHOLE, "media", value={"most": 21}),
        f"{POTHOLE}: media.most: 21 is more than 20",
    ),
    "more pictures at least than at most": (
        put(POTHOLE, "media", value={"least": 2, "most": 1}),
        f"{POTHOLE}: media.least: is more than its most, 1",
    ),
    # the files together
    "a service twice": (
        put(POTHOLE, "service_code", value="graffiti"),
        f"{POTHOLE}: service_code: 'graffiti' is also in services/graffiti.json",
    ),
    "a department that is none": (
        put(POTHOLE, "department", value="roads"),
        f"{POTHOLE}: department: 'roads' is not in departments.json",
    ),
    # languages
    "no language": (
        put("jurisdiction.json", "languages", value=[]),
        "jurisdiction.json: languages: has 0 items; at least 1 must be",
    ),
    "a language that is none": (
        put("jurisdiction.json", "languages", 0, value="English"),
        "jurisdiction.json: languages[0]: 'English' is not a language such as fr, fr-CA or zh-Hant",
    ),
    "a language twice": (
        put("jurisdiction.json", "languages", 0, value="fr-CA"),
        "jurisdiction.json: languages[1]: 'fr-CA' is also at languages[0]",
    ),
    "a translation into a language that is none": (
        put(POTHOLE, "translations", "fr_CA", value={}),
        f"{POTHOLE}: translations.fr_CA: is no further language of jurisdiction.json",
    ),
    "a translation into the city's own language": (
        put(POTHOLE, "translations", "en", value={}),
        f"{POTHOLE}: translations.en: is no further language of jurisdiction.json",
    ),
    "a translation into a language that the city does not speak": (
        put("departments.json", "departments", 1, "translations", "de", value={}),
        "departments.json: departments[1].translations.de:"
        " is no further language of jurisdiction.json",
    ),
    "a translation of a member that has none": (
        put(POTHOLE, "translations", "fr-CA", "service_code", value="nid"),
        f"{POTHOLE}: translations.fr-CA.service_code: is not a known member;"
        " did you mean service_notice?",
    ),
    "a translation of nothing": (
        put(POTHOLE, "translations", "fr-CA", "group", value=" "),
        f"{POTHOLE}: translations.fr-CA.group: ' ' is not one line of text, not blank,"
        " no control characters",
    ),
    "a translation of no question": (
        put(POTHOLE, "translations", "fr-CA", "attributes", "WIDTH", value={}),
        f"{POTHOLE}: translations.fr-CA.attributes.WIDTH: no question has code 'WIDTH'",
    ),
    "a translation of no value": (
        put(POTHOLE, "translations", "fr-CA", "attributes", "DEPTH", "values", value={"m": "x"}),
        f"{POTHOLE}: translations.fr-CA.attributes.DEPTH.values.m: no value has key 'm'",
    ),
    # routing
    "no triage": (drop(ROUTING, "triage"), f"{ROUTING}: triage: is missing"),
    "a tolerance that is none": (
        put(ROUTING, "tolerance", value=-1),
        f"{ROUTING}: tolerance: -1 is less than 0",
    ),
    "a rule without a reason": (
        drop(ROUTING, "rules", 0, "reason"),
        f"{ROUTING}: rules[0].reason: is missing",
    ),
    "a rule twice": (
        ruled("code", value="phoned"),
        f"{ROUTING}: rules[1].code: 'phoned' is also at rules[0].code",
    ),
    "a rule without conditions": (
        ruled("when", value={}),
        f"{ROUTING}: rules[0].when: has no condition; where no rule matches, the service's own"
        " department acts",
    ),
    "a condition that is not known": (
        ruled("when", "service", value=["pothole"]),
        f"{ROUTING}: rules[0].when.service: is not a known member; did you mean services?",
    ),
    "any of nothing": (
        ruled("when", "channels", value=[]),
        f"{ROUTING}: rules[0].when.channels: has 0 items; at least 1 must be",
    ),
    "no layer": (
        ruled("when", "areas", value={}),
        f"{ROUTING}: rules[0].when.areas: has 0 members; at least 1 must be",
    ),
    "a channel that does not exist": (
        ruled("when", "channels", value=["fax"]),
        f"{ROUTING}: rules[0].when.channels[0]: 'fax' is not one of app, counter, email, phone,"
        " sensor, social, staff, web",
    ),
    "a day that does not exist": (
        ruled("when", "times", 0, "days", value=["sat", "Sunday"]),
        f"{ROUTING}: rules[0].when.times[0].days[1]: 'Sunday' is not one of fri, mon, sat, sun,"
        " thu, tue, wed",
    ),
    "a time that does not exist": (
        ruled("when", "times", 0, "from", value="24:00"),
        f"{ROUTING}: rules[0].when.times[0].from: '24:00' is not a time of day such as 08:00",
    ),
    "a time of one digit": (
        ruled("when", "times", 0, "to", value="8:00"),
        f"{ROUTING}: rules[0].when.times[0].to: '8:00' is not a time of day such as 17:00, or"
        " 24:00",
    ),
    "no time at all": (
        ruled("when", "times", 0, "to", value="17:00"),
        f"{ROUTING}: rules[0].when.times[0].to: is when it begins; for the whole day leave both"
        " out",
    ),
    "a priority that does not exist": (
        ruled("priority", value="asap"),
        f"{ROUTING}: rules[0].priority: 'asap' is not one of high, low, normal, urgent",
    ),
    "a service twice in a rule": (
        ruled("when", "services", value=["pothole", "pothole"]),
        f"{ROUTING}: rules[0].when.services[1]: 'pothole' is there already",
    ),
    "a department of triage that is not there": (
        put(ROUTING, "triage", "department", value="x"),
        f"{ROUTING}: triage.department: 'x' is not in departments.json",
    ),
    "a department of a rule that is not there": (
        ruled("department", value="x"),
        f"{ROUTING}: rules[0].department: 'x' is not in departments.json",
    ),
    "a service of a rule that is not there": (
        ruled("when", "services", value=["pothole", "potholes"]),
        f"{ROUTING}: rules[0].when.services[1]: there is no service 'potholes'",
    ),
    "a group that is not there": (
        put(ROUTING, "rules", 1, "when", "groups", value=["Streets"]),
        f"{ROUTING}: rules[1].when.groups[0]: no service is of group 'Streets'",
    ),
    "a layer that is not there": (
        ruled("when", "areas", value={"parks": ["1"]}),
        f"{ROUTING}: rules[0].when.areas.parks: 'parks' is no layer of areas/",
    ),
    "too many times": (
        ruled("when", "times", value=[{"from": "08:00"}] * 51),
        f"{ROUTING}: rules[0].when.times: has 51 items; at most 50 may be",
    ),
    "an area that is not there": (
        ruled("when", "areas", "wards", value=["1", "7"]),
        f"{ROUTING}: rules[0].when.areas.wards[1]: there is no '7' in areas/wards.geojson",
    ),
    "a question of a rule that is not there": (
        ruled("when", "answers", 0, "attribute", value="WIDTH"),
        f"{ROUTING}: rules[0].when.answers[0].attribute: service 'pothole' asks for no 'WIDTH'",
    ),
    "an operator that does not fit the question of a rule": (
        ruled("when", "answers", 0, "op", value="lt"),
        f"{ROUTING}: rules[0].when.answers[0].op: 'lt' does not fit 'LANE', of datatype"
        " singlevaluelist (service 'pothole')",
    ),
    "a value of a rule that is no answer": (
        ruled("when", "answers", 0, "value", value="m"),
        f"{ROUTING}: rules[0].when.answers[0].value: 'm' is not one of its keys: l, r (service"
        " 'pothole')",
    ),
    "a rule in the shadow of another": (
        ruled("when", value={"services": ["graffiti", "pothole"]}),
        f"{ROUTING}: rules[1].when: can never hold: whatever it would match goes to 'left' before"
        " it",
    ),
    "a rule that contradicts itself": (
        ruled(
            "when",
            "answers",
            value=[{"attribute": "LANE", "op": "eq", "value": each} for each in "lr"],
        ),
        f"{ROUTING}: rules[0].when: can never hold: no report is such that all of it does",
    ),
    # areas
    "no feature": (
        put(WARDS, "features", value=[]),
        f"{WARDS}: features: has 0 items; at least 1 must be",
    ),
    "two boundaries": (
        lambda files: files.update({"areas/boundary.geojson": files[WARDS]}),
        "areas/boundary.geojson: features[1].properties.code:"
        " the boundary is one, and another is also at features[0].properties.code",
    ),
    "an area twice": (
        put(WARDS, "features", 1, "properties", "code", value="1"),
        f"{WARDS}: features[1].properties.code: '1' is also at features[0].properties.code",
    ),
    "an area twice on some days": (
        lambda files: [
            put(WARDS, "features", 1, "properties", "code", value="1")(files),
            put(WARDS, "features", 0, "properties", "valid_to", value="2026-02-01")(files),
            put(WARDS, "features", 1, "properties", "valid_from", value="2026-01-31")(files),
        ][0],
        f"{WARDS}: features[1].properties.code: '1' is also at features[0].properties.code",
    ),
    "a day that is none": (
        put(WARDS, "features", 0, "properties", "valid_to", value="1 May"),
        f"{WARDS}: features[0].properties.valid_to: '1 May' is not a day such as 2026-01-31",
    ),
    "a day that no calendar has": (
        put(WARDS, "features", 0, "properties", "valid_to", value="2026-02-30"),
        f"{WARDS}: features[0].properties: valid_from or valid_to is no day of the calendar",
    ),
    "an area that ends before it begins": (
        lambda files: files[WARDS]["features"][0]["properties"].update(
            valid_from="2026-02-01", valid_to="2026-02-01"
        ),
        f"{WARDS}: features[0].properties.valid_from: is not before its valid_to, 2026-02-01",
    ),
    "an area without a name": (
        drop(WARDS, "features", 1, "properties", "name"),
        f"{WARDS}: features[1].properties.name: is missing",
    ),
    "a feature alone": (
        put(WARDS, "type", value="Feature"),
        f"{WARDS}: type: 'Feature' is not 'FeatureCollection'",
    ),
    "a projection that is named": (
        put(WARDS, "crs", value={"properties": {"name": "urn:ogc:def:crs:EPSG::2249"}}),
        f"{WARDS}: crs.properties.name: 'urn:ogc:def:crs:EPSG::2249' is not WGS84; reproject to"
        " WGS84",
    ),
    "a projection that is not named": (
        polygon([[x * 1e5, y * 1e5] for x, y in LONG]),
        f"{COORDINATES}: is not in degrees and looks projected; reproject to WGS84 (area '2')",
    ),
    "no geometry": (geometry(None), f"{WARDS}: features[1].geometry: null is not an object"),
    "a point": (
        geometry({"type": "Point", "coordinates": [0, 0]}),
        f"{WARDS}: features[1].geometry.type: 'Point' is not one of Polygon, MultiPolygon",
    ),
    "no coordinates": (polygon(), f"{COORDINATES}: is empty (area '2')"),
    "a polygon without rings": (
        geometry({"type": "MultiPolygon", "coordinates": [[LONG], []]}),
        f"{COORDINATES}[1]: is not a list of rings (area '2')",
    ),
    "numbers that are text": (
        polygon([["0", "0"]]),
        f"{COORDINATES}[0]: is not a list of [longitude, latitude] (area '2')",
    ),
    "too few positions": (
        polygon(LONG, LONG[:3]),
        f"{COORDINATES}[1]: has 3 positions; a ring has 4 or more (area '2')",
    ),
    "an unclosed ring": (
        polygon([*LONG[:3], [0, 0.5]]),
        f"{COORDINATES}[0]: is not closed: its last position is not its first (area '2')",
    ),
    "a ring that crosses itself": (
        polygon([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]),
        f"{COORDINATES}: is not valid: Self-intersection[1 1]; a GIS can make it valid (area '2')",
    ),
}


@pytest.mark.parametrize("kind", ONE)
def test_a_single_fault_is_told_by_file_and_place(kind: str, tmp_path: Path) -> None:
    change, sentence = ONE[kind]
    files = valid()
    change(files)

    assert faults(stand(tmp_path, files)) == [sentence]


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_told_by_its_place(number: str, tmp_path: Path) -> None:
    files = valid()
    text = json.dumps(files[WARDS]).replace("44.6]", f"{number}]", 1)
    told = faults(stand(tmp_path, files | {WARDS: text.encode()}))

    place = f"{WARDS}: features[0].geometry.coordinates[0]"
    assert told == [
        f"{place}: is not a list of [longitude, latitude] (area '1')",
        f"{place}[0][1]: is not a finite number",
    ]


# --- many faults --------------------------------------------------------------------------------


def test_every_fault_is_told_at_once_by_file_and_place(tmp_path: Path) -> None:
    """A service with a fault of its own still counts for what it shares with others."""
    files = valid()
    files["jurisdiction.json"] |= {"timezone": "Mars", "nam": "x"}
    files["services/a.json"] = valid()[POTHOLE] | {"group": 3, "department": "roads"}
    files["services/z.json"] = b"{"
    files[POTHOLE]["attributes"][0] |= {"datatype": "foo", "required": 1, "code": "LANE"}

    assert faults(stand(tmp_path, files)) == [
        "jurisdiction.json: nam: is not a known member; did you mean name?",
        "jurisdiction.json: timezone: 'Mars' is not a time zone such as America/Halifax",
        "services/a.json: department: 'roads' is not in departments.json",
        "services/a.json: group: 3 is not text",
        f"{POTHOLE}: attributes[0].datatype: 'foo' is not one of {DATATYPES}",
        f"{POTHOLE}: attributes[0].required: 1 is not true or false",
        f"{POTHOLE}: attributes[1].code: 'LANE' is also at attributes[0].code",
        f"{POTHOLE}: service_code: 'pothole' is also in services/a.json",
        "services/z.json:1: not JSON: Expecting property name enclosed in double quotes (column 2)",
    ]


def test_an_empty_folder_lacks_all_that_a_city_needs(tmp_path: Path) -> None:
    assert faults(tmp_path) == [
        "departments.json: is missing",
        "jurisdiction.json: is missing",
        "services/*.json: is missing",
    ]


def test_every_rule_that_a_clerk_can_write_is_read(tmp_path: Path) -> None:
    files = valid()
    files[POTHOLE] |= {
        "location": "optional",
        "reporter": {"all_of": ["email"], "one_of": ["phone", "device_id"]},
        "media": {"least": 1, "most": 3},
        "extra": {"legacy_id": 7},
    }
    files[POTHOLE]["attributes"] += [
        {
            "code": "NOTE",
            "datatype": "informational",
            "description": "!",
            "variable": False,
            "order": 8,
        },
        {
            "code": "WHY",
            "order": 9,
            "datatype": "text",
            "description": "Why?",
            "private": True,
            "max_length": 100,
            "dependencies": {
                "clause": "OR",
                "conditions": [
                    {"attribute": "LANE", "op": "in", "value": "l"},
                    {"attribute": "DEPTH", "op": "one_of", "value": [1, "2.5"]},
                ],
            },
        },
    ]
    service = folder.read(stand(tmp_path, files)).services[1]

    assert service.location == "optional"
    assert service.media is not None
    assert service.media.least == 1
    assert service.reporter is not None
    assert service.reporter.one_of == ["phone", "device_id"]
    assert [each.op for each in service.attributes[3].dependencies.conditions] == ["in", "one_of"]


def test_faults_of_a_member_and_of_its_rules_are_told_at_once(tmp_path: Path) -> None:
    files = valid()
    files["services/graffiti.json"] |= {"media": {"least": 2, "most": 1}}
    files[POTHOLE] |= {"media": {"least": -1, "most": "x"}, "reporter": 7, "location": None}
    files[POTHOLE]["attributes"][1] |= {"code": "DEPTH", "max_items": 0}

    assert faults(stand(tmp_path, files)) == [
        "services/graffiti.json: media.least: is more than its most, 1",
        f"{POTHOLE}: attributes[1].code: 'DEPTH' is also at attributes[0].code",
        f"{POTHOLE}: attributes[1].max_items: 0 is less than 1",
        f"{POTHOLE}: location: null is not one of none, optional, required",
        f"{POTHOLE}: media.least: -1 is less than 0",
        f"{POTHOLE}: media.most: 'x' is not a whole number",
        f"{POTHOLE}: reporter: 7 is not an object",
    ]


def test_choices_of_a_misspelt_datatype_are_not_held_against_it(tmp_path: Path) -> None:
    files = valid()
    put(POTHOLE, "attributes", 1, "datatype", value="singlevaluelst")(files)

    assert faults(stand(tmp_path, files)) == [
        f"{POTHOLE}: attributes[1].datatype: 'singlevaluelst' is not one of {DATATYPES}"
    ]


def test_a_department_is_not_asked_for_while_the_departments_cannot_be_read(tmp_path: Path) -> None:
    files = valid() | {"departments.json": b"["}

    assert len(faults(stand(tmp_path, files))) == 1


# --- the disk -----------------------------------------------------------------------------------


def test_a_folder_that_is_none_is_told_by_its_path(tmp_path: Path) -> None:
    path = stand(tmp_path, {"file": b""}) / "file"

    assert faults(path) == [f"{path}: cannot be read: Not a directory"]
    assert faults(tmp_path / "x") == [
        f"{tmp_path / 'x'}: cannot be read: No such file or directory"
    ]


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    root = stand(tmp_path / "city", valid())
    outside = stand(tmp_path / "outside", {"secret.json": b"secret"})
    (root / "services" / "pothole.json").unlink()
    (root / "services" / "pothole.json").symlink_to(outside / "secret.json")
    (root / "more").symlink_to(outside)
    (root / "NOTES").symlink_to(outside / "secret.json")

    text = "is a symbolic link; put what it links to in its place"
    assert faults(root) == [f"more: {text}", f"{POTHOLE}: {text}"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    root = stand(tmp_path, valid())
    os.mkfifo(root / "services" / "x.json")

    assert faults(root) == ["services/x.json: is not a file"]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    root = stand(tmp_path, valid())
    with (root / "services" / "x.json").open("wb") as file:
        file.truncate(folder.LARGEST_FILE + 1)

    assert faults(root) == ["services/x.json: is larger than 50 MB"]


def test_what_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as made:
        root = stand(Path(made), valid())
        root.chmod(0o755)
        (root / "services").chmod(0o755)
        (root / POTHOLE).chmod(0)
        (root / "areas").chmod(0)
        user = os.geteuid()
        try:
            if not user:  # root may read everything; nobody may not
                os.seteuid(65534)
            told = faults(root)
        finally:
            os.seteuid(user)
            (root / "areas").chmod(0o755)

    assert told == [
        "areas: cannot be read: Permission denied",
        f"{POTHOLE}: cannot be read: Permission denied",
    ]


# --- the law ------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=5)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.integers(-2, 200)
    | st.floats()
    | TEXTS
    | st.sampled_from(["graffiti", "works", "Polygon", "MultiPolygon", "text", "UTC", "1", "l"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
CONTENTS = st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode())
NAMES = [name for name in valid() if name.endswith("json")]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) inside a value."""
    inner: list[tuple[Any, Any]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in pairs:
        inner.append((value, key))
        if isinstance(each, dict | list):
            inner += places(each)
    return inner


@st.composite
def mutated(draw: st.DrawFn) -> Files:
    """A valid folder with some values replaced or dropped, then some bytes."""
    files = valid()
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(places(files[draw(st.sampled_from(NAMES))])))
        if isinstance(holder, dict) and draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = draw(VALUES)
        if isinstance(holder, dict):
            holder[draw(TEXTS)] = draw(VALUES)
    if draw(st.booleans()):
        name = draw(st.sampled_from(NAMES))
        whole = json.dumps(files[name]).encode()
        at = draw(st.integers(0, len(whole)))
        files[name] = whole[:at] + draw(CONTENTS) + whole[at + draw(st.integers(0, 9)) :]
    return files


def outcome(files: Files) -> CityFolder | Invalid:
    with tempfile.TemporaryDirectory() as made:
        try:
            return folder.read(stand(Path(made), files))
        except Invalid as invalid:
            return invalid


@settings(deadline=None)
@given(mutated())
@example(valid())
def test_whatever_stands_in_a_folder_it_is_read_or_refused(files: Files) -> None:
    found = outcome(files)

    if isinstance(found, Invalid):
        assert found.problems
        assert all(each.isprintable() and ": " in each for each in found.problems)
        assert len({*found.problems}) == len(found.problems)
    else:
        codes = [each.service_code for each in found.services]
        assert len({*codes}) == len(codes) >= 1


@settings(deadline=None)
@given(st.sampled_from(NAMES), CONTENTS)
def test_a_file_of_other_content_is_refused_by_its_name(name: str, content: bytes) -> None:
    found = outcome(valid() | {name: content})

    assert isinstance(found, Invalid)
    assert any(each.startswith(name) for each in found.problems)
