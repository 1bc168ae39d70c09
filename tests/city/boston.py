"""Boston's open data as a city folder and as reports, made where the data stands beside us."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely

from open311.domain import areas
from open311.domain.folder import Area

DATA = Path(__file__).parents[3] / "shared" / "data" / "boston"
"""Public data (PDDL), read where it is, never copied into the project."""

NOBODY = {"code": "NONE", "name": "No department named"}
STANDARD = ("code", "datatype", "description", "required", "variable", "datatype_description")
FALLBACK = "BOS311GEN"


def folder(path: Path) -> dict[str, dict[str, Any]]:
    """Write the city folder; its services by their code."""
    services = {each["service_code"]: _service(each) for each in read("services.json")}
    for each in read("service_definitions.json"):
        services[each["service_code"]]["attributes"] = list(map(_attribute, each["attributes"]))
    known = {each["code"]: each for service in read("services.json") for each in _owners(service)}
    departments = [{"code": each["code"], "name": each["name"]} for each in known.values()]
    (path / "services").mkdir(parents=True)
    (path / "areas").mkdir()
    write(
        path / "jurisdiction.json",
        {
            "jurisdiction_id": "boston.gov",
            "name": "Boston",
            "timezone": "America/New_York",
            "contact": "A test with open data; ask nobody.",
            "key_service": "There is none.",
        },
    )
    write(path / "departments.json", {"departments": departments})
    for code, service in services.items():
        write(path / "services" / f"{code}.json", service)
    write(path / "areas" / "boundary.geojson", boundary(mended=True))
    names = {each["code"]: each["name"] for each in departments}
    return {
        code: service | {"agency": names[service["department"]]}
        for code, service in services.items()
    }


def boundary(*, mended: bool) -> dict[str, Any]:
    """The city's boundary; as published, a ring of it crosses itself."""
    collection = read("boundary.geojson")
    (feature,) = collection["features"]
    feature["properties"] |= {"code": "boston", "name": "Boston"}
    if mended:  # as a GIS would
        published = shapely.from_geojson(json.dumps(feature["geometry"]))
        valid = shapely.make_valid(published, method="structure")
        feature["geometry"] = json.loads(shapely.to_geojson(valid))
    return collection


def write(path: Path, value: Any) -> None:
    """Write a JSON file."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), "utf-8")


def read(name: str) -> Any:
    """A JSON file of the data."""
    return json.loads((DATA / name).read_text("utf-8"))


def _owners(service: dict[str, Any]) -> list[dict[str, Any]]:
    return service["definitions"]["service_departments"] or [NOBODY]


def _service(raw: dict[str, Any]) -> dict[str, Any]:
    plain = ("service_code", "service_name", "description", "keywords", "group", "type")
    kept = {name: raw[name] for name in plain if raw[name]}
    return kept | {"department": _owners(raw)[0]["code"]}


def _attribute(raw: dict[str, Any]) -> dict[str, Any]:
    """A question in the standard's words: Boston's `informational` is a note."""
    kept = {name: raw[name] for name in STANDARD if raw[name] is not None}
    if raw["datatype"] == "informational":
        kept |= {"datatype": "text", "variable": False}
    return kept | {"values": [dict(each) for each in raw.get("values", ())]}


def requests(path: Path = DATA / "requests_2015_h1.csv.gz") -> list[dict[str, str]]:
    """The real requests of half a year, by the columns of the city."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def layer(name: str, file: str, code: str) -> list[Area]:
    """A layer of areas, made valid as a GIS would; `code` is a property."""
    found = []
    for feature in read(file)["features"]:
        published = shapely.from_geojson(json.dumps(feature["geometry"]))
        valid = areas.encode(shapely.make_valid(published, method="structure"))
        own = str(feature["properties"][code])
        found.append(Area(layer=name, code=own, name=own, geometry=valid))
    return found


def reports(count: int, services: dict[str, dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Real requests of half a year, evenly spread, as the fields of a POST."""
    words = {
        code: _words(f"{service['service_name']} {service.get('keywords', '')}")
        for code, service in services.items()
    }
    rows = requests()
    for row in rows[:: len(rows) // count][:count]:
        code = _service_of(f"{row['TYPE']} {row['REASON']}", words)
        yield {
            "service_code": code,
            "lat": row["LATITUDE"],
            "long": row["LONGITUDE"],
            "address_string": row["Location"],
            "address_id": row["Property_ID"].partition(".")[0],
            "description": row["CASE_TITLE"],
        } | {
            f"attribute[{each['code']}]": each["values"][0]["key"] if each["values"] else "1"
            for each in services[code].get("attributes", ())
            if each.get("required") and each.get("variable", True)
        }


def _service_of(kind: str, words: dict[str, set[str]]) -> str:
    """The service that shares most words with a kind of request; the general one for none."""
    asked = _words(kind)
    common, code = max((len(asked & own), code) for code, own in words.items())
    return code if common else FALLBACK


def _words(text: str) -> set[str]:
    return {word.removesuffix("s") for word in re.findall("[a-z]{3,}", text.lower())}
