"""Rows of other systems: requests by a mapping, or every fault that they have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import attributes, conversion
from open311.domain.conversion import Faulty, Imported, Known
from open311.domain.folder import CityAttribute, CityValue
from open311.domain.mappings import GEOREPORT, Fields, Mapping, Origin
from open311.spec import submission

KNOWN = Known(
    zone=ZoneInfo("Europe/Berlin"),
    services=frozenset({"light", "other"}),
    service_names={"street light": "light", "something else": "other"},
    departments=frozenset({"works", "PARK"}),
    department_names={"public works": "works", "parks": "PARK"},
)
QUESTIONS = [
    CityAttribute(code="n", datatype="number", description="?", required=True),
    CityAttribute(
        code="c",
        datatype="multivaluelist",
        description="?",
        values=[CityValue(key="red", name="Red"), CityValue(key="blue", name="Blue")],
    ),
]
FORM = attributes.compiled(QUESTIONS)
ROW = {
    "service_request_id": "7",
    "status": "Open",
    "service_code": "light",
    "requested_datetime": "2026-03-29T02:30:00",
}
AT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 is 03:30 on that day


def convert(row: dict[str, Any], mapping: Mapping | None = None, **origins: Origin) -> Imported:
    fields = {name: getattr(GEOREPORT, name) for name in GEOREPORT.__struct_fields__} | origins
    mapping = mapping or Mapping(source="s", fields=Fields(**fields))
    return conversion.converter(mapping, KNOWN, lambda *_: FORM)(row)


def problems(row: dict[str, Any], **origins: Origin) -> list[str]:
    with pytest.raises(Faulty) as caught:
        convert(row, **origins)
    return [*caught.value.problems]


def test_the_least_that_a_request_is() -> None:
    found = convert(ROW)

    assert found.source_id == "7"
    assert found.requested_datetime == found.updated_datetime == AT
    assert (found.status, found.service_code) == ("open", "light")
    assert (found.department, found.lat, found.media_url) == (None, None, None)


@pytest.mark.parametrize(
    ("origin", "row", "text"),
    [
        (Origin(column="a"), {"a": " x\x00\r\ny "}, "x\ny"),
        (Origin(column="a"), {"a": 5.0}, "5"),
        (Origin(column="a"), {"a": True}, "true"),
        (Origin(column="a"), {"a": ["x", None, 2]}, "x, 2"),
        (Origin(columns=("a", "b")), {"a": "", "b": "2"}, "2"),
        (Origin(template="{a} {b}, X"), {"a": "Main St", "b": 5}, "Main St 5, X"),
        (Origin(template="{a} {b}, X"), {"a": "", "b": None}, None),
        (Origin(constant="x"), {}, "x"),
        (Origin(column="a", digits=5), {"a": "2108.0"}, "02108"),
        (Origin(column="a", digits=5), {"a": "AB 1"}, "AB 1"),
        (Origin(column="a", values={"YES ": "1"}), {"a": "yes"}, "1"),
        (Origin(column="a", values={"yes": "1"}), {"a": "no"}, "no"),
        (Origin(column="a", otherwise="-"), {"a": " "}, "-"),
    ],
)
def test_where_a_text_is_from(origin: Origin, row: dict[str, Any], text: str | None) -> None:
    assert convert(ROW | row, description=origin).description == text


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"service_code": "light", "service_name": "Something else"}, "light"),
        ({"service_code": "9", "service_name": "STREET LIGHT"}, "light"),
        ({"service_code": "9", "service_name": "?"}, "other"),
        ({"service_code": ""}, "other"),
    ],
)
def test_a_service_by_code_by_name_or_whatever_stands_for_the_unknown(
    row: dict[str, Any], code: str
) -> None:
    origin = Origin(column="service_code", otherwise="other")

    assert convert(ROW | row, service_code=origin).service_code == code


@pytest.mark.parametrize(
    ("told", "otherwise", "code"),
    [
        ("works", None, "works"),
        ("Parks", None, "PARK"),
        ("", None, None),
        ("?", "", None),
        ("?", "Public Works", "works"),
    ],
)
def test_a_department_by_code_or_name(told: str, otherwise: str | None, code: str | None) -> None:
    origin = Origin(column="d", otherwise=otherwise)

    assert convert(ROW | {"d": told}, department=origin).department == code


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"service_request_id": ""}, ["source_id: is missing"]),
        ({"service_code": "9"}, ["service_code: the city has no service '9'"]),
        ({"status": "done"}, ["status: 'done' is neither open nor closed"]),
        ({"lat": "1"}, ["long: is missing; lat and long count together"]),
        ({"lat": "91", "long": "x"}, ["lat: 91 is outside -90 to 90 degrees"]),
        ({"requested_datetime": ""}, ["requested_datetime: is missing"]),
        ({"updated_datetime": "soon"}, ["updated_datetime: 'soon' is no time"]),
        ({"requested_datetime": "0001-01-01T00:00:00Z"}, ["requested_datetime: '0001-01-01T00"]),
        ({"expected_datetime": "9999-12-31T23:59:59Z"}, ["expected_datetime: '9999-12-31T23"]),
        ({"description": "x" * 4001}, ["description: has 4001 characters; at most 4000 fit"]),
        (
            {"service_request_id": None, "status": None},
            ["status: '' is neither", "source_id: is missing"],
        ),
    ],
)
def test_every_fault_of_a_row_is_told(row: dict[str, Any], told: list[str]) -> None:
    found = problems(ROW | row)

    for each in told:
        assert any(problem.startswith(each) for problem in found), found


@pytest.mark.parametrize(
    ("status", "told", "kept"),
    [
        ("open", "PLANNED", "planned"),
        ("closed", "fixed", "fixed"),
        ("open", "fixed", None),
        ("open", "RECEIVED", None),
        ("open", "open", None),
    ],
)
def test_a_finer_state_is_kept_where_we_know_it(status: str, told: str, kept: str | None) -> None:
    assert convert(ROW | {"status": status, "detailed_status": told}).detailed_status == kept


def test_an_unknown_department_is_a_fault_unless_something_stands_for_it() -> None:
    origin = Origin(column="d")

    assert problems(ROW | {"d": "?"}, department=origin) == ["department: the city has none '?'"]


def test_answers_are_those_of_the_questions_and_none_is_demanded() -> None:
    answers = {"n": Origin(column="n"), "c": Origin(column="c"), "x": Origin(column="c")}
    mapping = Mapping(source="s", fields=GEOREPORT, answers=answers)

    assert convert(ROW, mapping).attributes is None
    assert convert(ROW | {"n": "2", "c": "red,blue"}, mapping).attributes == {
        "n": 2,
        "c": ["red", "blue"],
    }
    with pytest.raises(Faulty, match=r"attribute\[n\]"):
        convert(ROW | {"n": "many"}, mapping)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=3)
)


@given(st.dictionaries(st.sampled_from([*GEOREPORT.__struct_fields__, *ROW]), VALUES))
def test_any_row_is_a_request_or_has_faults(row: dict[str, Any]) -> None:
    try:
        found = convert(ROW | row)
    except Faulty as fault:
        found = fault
    if isinstance(found, Faulty):
        assert found.problems
        return
    for name in ("description", "address", "status_notes", "source_id"):
        text = getattr(found, name)
        assert text is None or (text and submission.clean(text) == text)
