"""Any sound service, and any catalogue of another system, by hypothesis."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from open311.domain import soundness
from open311.domain.folder import (
    CityAttribute,
    CityService,
    CityValue,
    Condition,
    Dependencies,
    MediaRule,
    ReporterRule,
)

LINES = st.text("aé<&\"' ]", min_size=1, max_size=8).map(lambda text: f"x{text}")
CODES = st.text("abcdefgXYZ0189:. _-é/", min_size=1, max_size=8).map(lambda text: f"c{text}c")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | LINES,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=2)
    ),
    max_leaves=4,
)
FOREIGN = st.dictionaries(
    st.sampled_from(["icon", "notice", "active", "help_url"]), JSON, max_size=2
)
"""Members that nobody here knows."""


# --- ours ---------------------------------------------------------------------------------------


def _values(datatype: str) -> st.SearchStrategy[list[CityValue]]:
    if "list" not in datatype:
        return st.just([])
    value = st.builds(CityValue, key=CODES, name=LINES, extra=FOREIGN)
    return st.lists(value, min_size=1, max_size=3, unique_by=lambda each: each.key)


def _condition(earlier: list[CityAttribute]) -> st.SearchStrategy[Condition]:
    def on(about: CityAttribute) -> st.SearchStrategy[Condition]:
        value = st.sampled_from([each.key for each in about.values] or ["1"])
        compared = st.builds(
            Condition, attribute=st.just(about.code), op=st.sampled_from(["eq", "ne"]), value=value
        )
        answered = st.builds(Condition, attribute=st.just(about.code), op=st.just("answered"))
        return answered if about.datatype == "datetime" else compared | answered

    return st.sampled_from(earlier).flatmap(on)


@st.composite
def _attribute(draw: st.DrawFn, code: str, earlier: list[CityAttribute]) -> CityAttribute:
    datatype = draw(
        st.sampled_from(
            [
                "string",
                "number",
                "datetime",
                "text",
                "singlevaluelist",
                "multivaluelist",
                "informational",
            ]
        )
    )
    note = datatype == "informational"
    bounds: dict[str, Any] = {}
    if datatype == "number":
        bounds = {
            "minimum": draw(st.none() | st.integers(-5, 0)),
            "maximum": draw(st.none() | st.floats(1, 5)),
        }
    elif datatype in ("string", "text"):
        bounds = {"max_length": draw(st.none() | st.integers(1, 50))}
    elif datatype == "datetime":
        bounds = {"earliest": draw(st.sampled_from([None, "-P3D"]))}
    asked = [each for each in earlier if each.datatype != "informational"]
    return CityAttribute(
        code=code,
        datatype=datatype,
        description=draw(LINES),
        required=not note and draw(st.booleans()),
        variable=not note and draw(st.booleans()),
        datatype_description=draw(st.none() | LINES),
        values=draw(_values(datatype)),
        dependencies=draw(
            st.none()
            | st.builds(
                Dependencies,
                clause=st.sampled_from(["AND", "OR"]),
                conditions=st.lists(_condition(asked), min_size=1, max_size=2),
            )
        )
        if asked
        else None,
        private=draw(st.booleans()),
        automated=None if note else draw(st.sampled_from([None, "hidden_field"])),
        extra=draw(FOREIGN),
        **bounds,
    )


@st.composite
def services(draw: st.DrawFn) -> CityService:
    """Any sound service of ours, with extras of another system."""
    attributes: list[CityAttribute] = []
    for code in draw(st.lists(CODES, max_size=4, unique=True)):
        attributes.append(draw(_attribute(code, attributes)))
    extra = {name: each for name in ("services", "service_definition") if (each := draw(FOREIGN))}
    service = CityService(
        service_code=draw(CODES),
        service_name=draw(LINES),
        description=draw(LINES),
        keywords=draw(st.just("") | LINES),
        group=draw(LINES),
        type=draw(st.sampled_from(["realtime", "batch", "blackbox"])),
        department=draw(CODES),
        service_notice=draw(st.none() | LINES),
        expected_hours=draw(st.none() | st.integers(1, 500)),
        location=draw(st.sampled_from(["required", "optional", "none"])),
        reporter=draw(st.none() | st.builds(ReporterRule, all_of=st.just(["email"]))),
        media=draw(st.none() | st.builds(MediaRule, least=st.just(1))),
        attributes=attributes,
        extra=extra,
    )
    while flaws := [place[1] for place, _ in soundness.faults(service) if place[0] == "attributes"]:
        kept = [each for index, each in enumerate(service.attributes) if index not in flaws]
        service = msgspec.structs.replace(service, attributes=kept)
    return service


# --- another system's ---------------------------------------------------------------------------


def _spelt(flag: st.SearchStrategy[bool]) -> st.SearchStrategy[bool | str]:
    return flag.flatmap(lambda value: st.sampled_from([value, str(value).lower(), str(value)]))


FLAGS = _spelt(st.booleans())
TEXTS = LINES.flatmap(lambda text: st.sampled_from([text, f"{text}\r\n{text}", f"{text}\n"]))
NOTHING = st.sampled_from([None, "", " "])

_LOCATION = st.fixed_dictionaries({}, optional={"required": FLAGS, "visible": FLAGS})
_REPORTER = st.fixed_dictionaries(
    {},
    optional={
        "required": FLAGS,
        "required_fields": st.sampled_from([None, ["email"], "phone, email", ["shoe_size"], []]),
    },
)
_DEFINITIONS = st.fixed_dictionaries(
    {},
    optional={
        "location_required": FLAGS,
        "contact_required": FLAGS,
        "location": _LOCATION | st.none(),
        "reporter": _REPORTER | st.none(),
        "service_departments": st.lists(
            st.fixed_dictionaries({"code": CODES, "name": LINES, "phone": st.none()}), max_size=2
        ),
        "icons": JSON,
    },
)
_AGREEMENT = st.fixed_dictionaries(
    {
        "type": st.sampled_from([None, "Hours", "Business Days", "Calendar Days"]),
        "value": st.none() | st.integers(-1, 100_000) | st.just("5"),
    }
)
_BOSTON = {"definitions": _DEFINITIONS, "service_level_agreement": _AGREEMENT}
CLASHES = {
    "department": JSON,
    "location": st.sampled_from(["none", {"required": True}]),
    "media": JSON,
}


def listed(
    codes: st.SearchStrategy[Any], **others: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """An object of a service list, as some server might write it; `others` are further members."""
    return st.fixed_dictionaries(
        {"service_code": codes},
        optional={
            "service_name": TEXTS,
            "description": TEXTS | NOTHING,
            "metadata": FLAGS | NOTHING,
            "type": st.sampled_from(["realtime", "Batch", " blackbox", None]),
            "keywords": LINES | st.lists(LINES, max_size=2) | NOTHING,
            "group": LINES | NOTHING,
            "groups": st.lists(LINES, max_size=2),
            "notice": JSON,
            **_BOSTON,
            **others,
        },
    )


_VALUE = LINES | st.fixed_dictionaries(
    {"key": CODES | st.integers(0, 9) | st.just(" x ")},
    optional={"name": TEXTS | NOTHING, "disable": FLAGS, "extra": JSON},
)
_DEPENDENCIES = st.fixed_dictionaries(
    {"conditions": st.just([{"attribute": "first", "op": "EQ", "value": "1", "note": 1}])},
    optional={"clause": st.sampled_from(["or", "AND", None])},
)


def _question(code: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "code": st.just(code),
            "datatype": st.sampled_from(
                ["string", "Number", "text", "singlevaluelist", "informational"]
            ),
            "values": st.lists(_VALUE, min_size=1, max_size=2),
            "order": st.integers(0, 3) | st.just("2"),
        },
        optional={
            "variable": FLAGS,
            "required": FLAGS,
            "description": TEXTS | NOTHING,
            "datatype_description": TEXTS | NOTHING,
            "dependencies": _DEPENDENCIES | NOTHING if code != "first" else NOTHING,
            "automated": st.sampled_from(["server_set", "hidden_field", "", None]),
            "minimum": JSON,
            "private": FLAGS,
            "notice": JSON,
        },
    )


def defined(
    codes: st.SearchStrategy[Any], **others: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """A service definition, as some server might write it; `others` are further members."""
    questions = st.sampled_from([[], ["first"], ["first", "b"], ["b", "first", "c"]])
    return st.fixed_dictionaries(
        {
            "service_code": codes,
            "attributes": questions.flatmap(
                lambda all_: st.tuples(*map(_question, all_)).map(list)
            ),
        },
        optional={"service_name": TEXTS, "activities": JSON, **_BOSTON, **others},
    )
