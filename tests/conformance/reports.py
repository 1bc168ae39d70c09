"""Reports that a server must accept, made from its own definitions, and read back."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

import pytest

from tests.conformance.endpoint import Endpoint, Fields, segment
from tests.conformance.wire import Answer

MOST_SERVICES = 300  # whose definitions are read
ANSWERS = {"string": "one", "text": "one", "number": "1", "datetime": "2026-01-02T03:04:05Z"}
RULES = {
    *("dependencies", "minimum", "maximum", "min_length", "max_length", "pattern", "max_items"),
    *("earliest", "latest", "automated", "preset", "private", "reporter", "media"),
    "offered_in",
}
LETTERS = str.maketrans("0123456789", "ghijklmnop")


def only(record: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The standard's members of a record, in the order of the record."""
    return {name: value for name, value in record.items() if name in names}


def nonce() -> str:
    """Letters that occur nowhere else; without digits, so that nothing takes them for a phone."""
    return uuid.uuid4().hex.translate(LETTERS)


@cache
def services(endpoint: Endpoint) -> list[dict[str, Any]]:
    """The endpoint's services, in the neutral shape."""
    return endpoint.get("services", endpoint.formats[0]).plain


@cache
def definition(endpoint: Endpoint, code: str, fmt: str) -> Answer:
    """The definition of one service."""
    return endpoint.get(f"services/{segment(code)}", fmt)


def attributes(endpoint: Endpoint, code: str) -> list[dict[str, Any]]:
    """The attributes of one service, in the neutral shape."""
    answer = definition(endpoint, code, endpoint.formats[0])
    return answer.plain["attributes"] if answer.ok else []


@cache
def has_rules(endpoint: Endpoint, code: str) -> bool:
    """Whether a server that can tell says that a service has rules which the standard cannot tell.

    There, a report that is right by the standard may be refused, and a wrong answer be ignored
    because its question is hidden: so such services are tried last.
    """
    if "json" not in endpoint.formats:
        return False
    answer = endpoint.get(f"services/{segment(code)}", "json", "extensions=true")
    told = answer.json if answer.ok and isinstance(answer.json, dict) else {}
    of_place = told.get("location", "required") != "required"
    asked = [each for each in told.get("attributes") or () if isinstance(each, dict)]
    return of_place or any(RULES & {*each} for each in (told, *asked))


@cache
def with_attributes(endpoint: Endpoint) -> list[str]:
    """Codes of services that have attributes; the one named by the options first."""
    named = [endpoint.attribute_code] if endpoint.attribute_code else []
    codes = [s["service_code"] for s in services(endpoint) if s["metadata"] is True]
    likely = sorted(codes[:MOST_SERVICES], key=lambda code: has_rules(endpoint, code))
    return list(dict.fromkeys(named + likely))


def asking(endpoint: Endpoint, datatype: str, **wanted: object) -> tuple[str, dict[str, Any]]:
    """A service and its attribute of one datatype; skips where the city has none.

    Args:
        endpoint: of the city.
        datatype: of GR-A-04.
        wanted: further fields of the attribute, such as required=True.
    """
    wanted = {"datatype": datatype, "variable": True} | wanted
    for code in with_attributes(endpoint):
        for each in attributes(endpoint, code):
            keys = {value["key"] for value in each.get("values") or ()}
            enough = "list" not in datatype or len(keys) > 1
            if enough and all(each[name] == value for name, value in wanted.items()):
                return code, each
    pytest.skip(f"no service has an attribute with {wanted}")


def answers(endpoint: Endpoint, code: str) -> dict[str, str]:
    """A right value for every required attribute of a service."""
    return {
        f"attribute[{each['code']}]": answer(each)
        for each in attributes(endpoint, code)
        if each["required"] and each["variable"]
    }


def answer(attribute: dict[str, Any]) -> str:
    """A right value for one attribute."""
    return ANSWERS.get(attribute["datatype"]) or attribute["values"][0]["key"]


def place(endpoint: Endpoint) -> dict[str, str]:
    """A location inside the city."""
    if endpoint.lat is None or endpoint.long is None:
        return {"address_string": "1 Main Street"}
    return {"lat": str(endpoint.lat), "long": str(endpoint.long)}


def fields(endpoint: Endpoint, changes: Fields | None = None) -> dict[str, Any]:
    """A report that the server must accept, with changes; None leaves a field out."""
    changes = changes or {}
    code = changes.get("service_code") or endpoint.need("realtime_code")
    report = {"service_code": code, **place(endpoint), "description": f"Conformance {nonce()}"}
    return report | answers(endpoint, str(code)) | dict(changes)


def submit(endpoint: Endpoint, changes: Fields | None = None, fmt: str = "") -> str:
    """Post a report to a realtime service; its service_request_id."""
    answer = endpoint.post(fields(endpoint, changes), fmt or endpoint.formats[0])
    assert answer.ok, answer
    assert answer.one.get("service_request_id"), answer
    return answer.one["service_request_id"]


def read(endpoint: Endpoint, service_request_id: str, fmt: str = "") -> dict[str, Any]:
    """The request of that id."""
    path = f"requests/{segment(service_request_id)}"
    return endpoint.get(path, fmt or endpoint.formats[0]).one


def stored(endpoint: Endpoint, changes: Fields, fmt: str = "") -> dict[str, Any]:
    """Post a report and read it back."""
    return read(endpoint, submit(endpoint, changes), fmt)
