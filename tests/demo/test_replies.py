"""What is made up as an answer is what the service would have accepted, whatever it asks."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from open311 import resources
from open311.demo import replies
from open311.domain import attributes, definitions, soundness
from open311.domain.datatypes import DATATYPES, Answer
from open311.domain.folder import CityAttribute, CityService, Dependencies
from open311.formats import folder
from open311.spec import w3c_datetime

NOW = datetime(2026, 11, 22, 15, 30, 20, tzinfo=UTC)
SERVICES = [*folder.read(resources.DEMO).services]
SERVICES += [
    msgspec.json.decode(path.read_bytes(), type=CityService)
    for path in sorted((resources.BEFORE / "services").iterdir())
]


def service_of(*asked: CityAttribute) -> CityService:
    named = dict.fromkeys(("service_name", "description", "group", "department"), "A service")
    return CityService(service_code="service", attributes=[*asked], **named)


def sent(answers: Mapping[str, Answer]) -> dict[str, tuple[str, ...]]:
    """Answers as a form sends them."""
    return {code: tuple(map(shown, _listed(answer))) for code, answer in answers.items()}


def _listed(answer: Answer) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


def shown(answer: Any) -> str:
    return w3c_datetime.show(answer) if isinstance(answer, datetime) else str(answer)


def assert_accepted(service: CityService, seed: int, times: int, now: datetime = NOW) -> set[str]:
    """Answer a service's questions; the codes that were answered at least once."""
    canonical, rng = definitions.canonical(service), random.Random(seed)
    form, asked = attributes.compiled(canonical.attributes), replies.questions(canonical)
    seen: set[str] = set()
    for _ in range(times):
        answers = replies.answers(asked, now, rng)
        assert attributes.check(form, sent(answers), UTC, now) == (answers, ())
        seen |= answers.keys()
    return seen


def test_every_question_of_the_demo_city_is_answered_as_its_service_accepts() -> None:
    """But for some at the end of a chain, which are asked of very few."""
    never = 0
    for service in SERVICES:
        form = attributes.compiled(definitions.canonical(service).attributes)
        seen = assert_accepted(service, 7, 100)
        never += len({each.code for each in form.questions} - seen)

    assert never <= 5


TEXT = st.text(st.sampled_from("abc 09#@"), min_size=1, max_size=12)
PATTERNS = ["^[A-Z]{2}[0-9]{3}$", "[0-9]+", "^(a|bc)+$", "^.{3,}$", "a", "^[^ ]*$"]


@st.composite
def questions(draw: st.DrawFn) -> list[CityAttribute]:
    """Sound questions with bounds, conditions and presets of all kinds."""
    made: list[CityAttribute] = []
    for number in range(draw(st.integers(1, 6))):
        each = draw(question(f"q{number}", made))
        if not [*soundness.faults(service_of(*made, each))]:
            made.append(each)
    return made


@st.composite
def question(draw: st.DrawFn, code: str, before: list[CityAttribute]) -> CityAttribute:
    datatype = draw(st.sampled_from([*DATATYPES]))
    members: dict[str, Any] = {"required": draw(st.booleans())}
    for bound in DATATYPES[datatype].bounds:
        members[bound] = draw(st.none() | BOUNDS[bound])
    if "list" in datatype:
        keys = draw(st.lists(TEXT.map(str.strip).filter(bool), min_size=1, max_size=5, unique=True))
        members["values"] = [{"key": each, "name": each} for each in keys]
    if draw(st.booleans()) and datatype != "datetime":
        members["preset"] = draw(TEXT.filter(str.strip) | st.sampled_from(["1", "a", "AB123"]))
        members["automated"] = draw(st.sampled_from([None, "server_set", "hidden_field"]))
    if before:
        members["dependencies"] = draw(st.none() | dependencies(before))
    raw = {"code": code, "datatype": datatype, "description": draw(TEXT) + "?"} | members
    return msgspec.convert({k: v for k, v in raw.items() if v is not None}, CityAttribute)


BOUNDS: dict[str, st.SearchStrategy[Any]] = {
    "minimum": st.floats(-1e9, 1e9),
    "maximum": st.floats(-1e9, 1e9),
    "min_length": st.integers(1, 60),
    "max_length": st.integers(1, 60),
    "pattern": st.sampled_from(PATTERNS),
    "max_items": st.integers(1, 5),
    "earliest": st.sampled_from(["-P3000D", "-P2D", "PT0M", "P1DT7M", "P40D"]),
    "latest": st.sampled_from(["-P900D", "-PT90M", "PT0M", "P3D", "P400D"]),
}


@st.composite
def dependencies(draw: st.DrawFn, before: list[CityAttribute]) -> dict[str, Any]:
    conditions = []
    for _ in range(draw(st.integers(1, 2))):
        about = draw(st.sampled_from(before))
        values = [each.key for each in about.values] or ["1", "a", "2026-01-01T00:00:00Z"]
        op = draw(st.sampled_from(["eq", "ne", "one_of", "contains", "lt", "ge", "answered"]))
        one = draw(st.sampled_from(values))
        value = {"answered": None, "one_of": [one]}.get(op, one)
        conditions.append({"attribute": about.code, "op": op, "value": value})
    made = {"clause": draw(st.sampled_from(["AND", "OR"])), "conditions": conditions}
    msgspec.convert(made, Dependencies)
    return made


@given(asked=questions(), seed=st.integers(0, 1_000))
def test_any_sound_questions_are_answered_as_they_want_or_there_is_no_knowing(
    asked: list[CityAttribute], seed: int
) -> None:
    try:
        assert_accepted(service_of(*asked), seed, 20)
    except replies.Unanswerable:
        texts = [each for each in asked if each.required and each.datatype in ("string", "text")]
        assert any(each.pattern or each.min_length for each in texts)
