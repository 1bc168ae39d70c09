"""The JSON Schema of what POST requests takes for one service, as a JSON body (GR-P-44).

The schema and the server accept and refuse the same bodies, where a body is written as a program
writes it:

- an object with the `service_code`, and the answers as an object in `attribute`;
- each member of the type that the schema names: no number as text, no single choice as a list, no
  list as text with commas, no choice twice, no `null`; where nobody looks, any value or flat list,
  under any name without brackets;
- texts that are clean and not blank: no white space at their ends, line feeds only, and nothing
  that XML cannot carry; a `media_url` in ASCII;
- numbers that a double holds, in the shortest way to write them;
- times in UTC, with a `Z`; bounds that move with the time (`x-earliest`, `x-latest`) are not said;
- patterns that RE2 and ECMA-262 share; another one stands in `x-pattern` and is not said.

`format` is a note, as 2020-12 has it. The server takes more than that, and answers in words; the
schema is for forms. What is sent for a question that is not asked is ignored by both: who fills in
a form may change an earlier answer.

Source: GR-P-01 to GR-P-15, GR-P-44; JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from open311.domain import attributes
from open311.domain.datatypes import NEVER
from open311.domain.folder import CityAttribute, CityService, MediaRule, ReporterRule
from open311.domain.narrowing import needs_answer, who
from open311.formats.schemas import answers, conditions
from open311.formats.schemas.city import Schema
from open311.spec.submission import LENGTHS

__all__ = ["MEDIA_TYPE", "body_schema"]

MEDIA_TYPE = "application/schema+json"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_DEGREES: dict[str, Schema] = {
    "lat": {"type": "number", "minimum": -90, "maximum": 90, "title": "Degrees north, WGS84"},
    "long": {"type": "number", "minimum": -180, "maximum": 180, "title": "Degrees east, WGS84"},
}
_PLACE = ("lat", "long", "address_string", "address_id")

_TITLES = {
    "address_string": "Where, in words",
    "address_id": "Where, as a number of the city's",
    "email": "E-mail address",
    "first_name": "First name",
    "last_name": "Last name",
    "phone": "Telephone number",
    "device_id": "Number of the device",
    "account_id": "Number of the account",
    "description": "What is the matter",
    "media_url": "Address of a picture",
}
_LINK = (
    r"^[Hh][Tt][Tt][Pp][Ss]?://(?:\[[0-9A-Fa-f:.]+\]|[^\s\/?#@:\[\]]+)(?::[0-9]{1,5})?"
    r"(?:[\/?#]\S*)?$"
)

_LOCALE: Schema = {
    "type": "string",
    "pattern": "^[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,7}$",
    "title": "The language of the answer, as fr or fr_CA",
}


def body_schema(
    service: CityService,
    *,
    address: str | None = None,
    jurisdiction_id: str | None = None,
    alone: bool = True,
) -> Schema:
    """What a JSON body of POST requests must be.

    Args:
        service: canonical and sound.
        address: of the schema itself, where it has one.
        jurisdiction_id: the city, where it is known.
        alone: it is the only one of its server, and need not be named.
    """
    members: Schema = {"service_code": {"const": service.service_code}, "locale": _LOCALE}
    if jurisdiction_id is not None:
        members["jurisdiction_id"] = {"const": jurisdiction_id}
    attribute, defined = _answers(service), _defined(service.attributes)
    rules = [*_reporter(service.reporter or ReporterRule()), *_media(service.media or MediaRule())]
    if service.location == "required":
        rules.append({"anyOf": [{"required": [each]} for each in _PLACE]})
    required = ["service_code", *(() if alone else ("jurisdiction_id",))]
    if attribute and _asks_at_once(service):
        required.append("attribute")
    return {
        "$schema": _DIALECT,
        **({"$id": address} if address else {}),
        "title": service.service_name,
        "description": service.description,
        "type": "object",
        "properties": members | _fields(service) | ({"attribute": attribute} if attribute else {}),
        "required": required,
        **({"dependentRequired": _TOGETHER} if service.location != "none" else {}),
        **({"allOf": rules} if rules else {}),
        **({"x-offered-in": service.offered_in} if service.offered_in else {}),
        **({"x-media": _pictures(service.media)} if service.media else {}),
        **({"$defs": defined} if defined else {}),
    }


# --- everything but the answers -----------------------------------------------------------------

_TOGETHER = {"lat": ["long"], "long": ["lat"]}


def _fields(service: CityService) -> dict[str, Schema]:
    texts = {name: _text(name, most) for name, most in LENGTHS.items()}
    texts["media_url"] |= {"format": "uri", "pattern": _LINK}
    fields = _DEGREES | texts
    if service.location == "none":
        return {name: each for name, each in fields.items() if name not in _PLACE}
    return fields


def _text(name: str, most: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most, "title": _TITLES[name]}


def _reporter(rule: ReporterRule) -> Iterator[Schema]:
    if rule.all_of:
        yield {"required": list(rule.all_of)}
    if rule.one_of:
        yield {"anyOf": [{"required": [each]} for each in rule.one_of]}


def _media(rule: MediaRule) -> Iterator[Schema]:
    """A JSON body brings one picture at most, by its address."""
    if rule.least:
        yield {"required": ["media_url"]}
    if rule.least > 1 or not rule.most:
        yield {"properties": {"media_url": False}}


def _pictures(rule: MediaRule) -> Schema:
    """How many pictures there must be, for a form that sends them as files."""
    return {"least": rule.least, "most": rule.most}


# --- the answers --------------------------------------------------------------------------------


def _asks_at_once(service: CityService) -> bool:
    """Whether a report without any answer is refused."""
    form = attributes.compiled(service.attributes)
    return bool(attributes.check(form, {}, UTC, NEVER)[1])


def _places(questions: list[CityAttribute]) -> dict[str, str]:
    """The names under which the schema says when a question is asked, by code."""
    numbered = enumerate(questions, 1)
    return {each.code: f"asked-{number}" for number, each in numbered if each.dependencies}


def _defined(questions: list[CityAttribute]) -> dict[str, Schema]:
    """Of each question with conditions: what the answers are where it is asked."""
    earlier = {each.code: each for each in questions if who(each) != "nobody"}
    places = _places(questions)
    refs = {code: f"#/$defs/{place}" for code, place in places.items()}
    return {
        places[each.code]: conditions.asked(each.dependencies, earlier, refs)
        for each in questions
        if each.dependencies
    }


def _answers(service: CityService) -> Schema:
    """The schema of the member `attribute`; empty where nothing is asked or shown."""
    where = {
        code: {"if": {"$ref": f"#/$defs/{place}"}}
        for code, place in _places(service.attributes).items()
    }
    asked = [each for each in service.attributes if who(each) == "client"]
    found: dict[str, Any] = {
        **_questions([each for each in asked if each.code not in where]),
        "allOf": [
            where[each.code] | {"then": _questions([each])} for each in asked if each.code in where
        ],
        "x-texts": [
            {"code": each.code, "text": each.description, "x-order": each.order}
            | where.get(each.code, {})
            for each in service.attributes
            if who(each) == "nobody"
        ],
    }
    found = {name: each for name, each in found.items() if each}
    return {"type": "object", "title": "Answers"} | found if found else {}


def _questions(asked: list[CityAttribute]) -> Schema:
    required = [each.code for each in asked if needs_answer(each)]
    return {
        "properties": {each.code: answers.answer(each) for each in asked},
        **({"required": required} if required else {}),
    }
