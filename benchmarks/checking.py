"""What it costs to check a submission, beside two libraries that check JSON by a JSON Schema.

`form/questions.json` has thirty questions, ten of which are asked under conditions;
`form/schema.json` says the same by hand; `form/answers.json` answers all of them, three of which
nobody asked. The libraries are given JSON of the right types; ours reads texts, as a form sends
them, and gives back typed answers.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastjsonschema
import msgspec
from jsonschema import Draft202012Validator

from benchmarks import measure
from benchmarks.table import Line
from open311.domain import attributes
from open311.domain.folder import CityAttribute

FORM = Path(__file__).with_name("form")
CALLS = 2_000  # of each side in a round
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAULTS: list[tuple[str, Any]] = [
    *(("event", None), ("event", "X"), ("kind", "picnic"), ("starts", "soon"), ("people", 5)),
    *(("needs", ["road_closed", "elephants"]), ("web", "ftp://there"), ("fee", 501), ("waste", [])),
    *(("streets", None), ("streets", "there"), ("plan", None), ("route_km", 0), ("stage_m2", None)),
    *(("engineer", "104711"), ("last_year", None), ("detour", None)),
]
"""What each side must refuse: an answer that is left out, or another one."""

Check = Callable[[dict[str, Any]], bool]


def measured() -> Iterator[Line]:
    """Two lines of the table: microseconds of a whole check."""
    (questions, schema, answers) = (
        msgspec.json.decode((FORM / f"{name}.json").read_bytes())
        for name in ("questions", "schema", "answers")
    )
    form = attributes.compiled(msgspec.convert(questions, list[CityAttribute]))
    validator, fast = Draft202012Validator(schema), fastjsonschema.compile(schema)
    agree(questions, form, validator, fast, answers)
    texts, whole = sent(answers), answers
    ours = lambda: attributes.check(form, texts, UTC, NOW)  # noqa: E731
    sides = {
        "fastjsonschema, up to the first fault": lambda: fast(whole),
        "jsonschema, every fault": lambda: list(validator.iter_errors(whole)),
    }
    for name, theirs in sides.items():
        floor, own = by_turns(theirs, ours)
        goal = "< 60 µs" if name.startswith("fast") else ""
        yield Line(
            f"a submission of 30 answers, 10 under conditions; floor: {name}",
            goal,
            f"{own:.0f} µs",
            own < 60,
            f"{own:.0f} | {floor:.0f} | {floor / own:.2f} | {1e6 / own:,.0f} / {1e6 / floor:,.0f}"
            f" = {floor / own:.2f}",
        )


def by_turns(theirs: Callable[[], object], ours: Callable[[], object]) -> tuple[float, float]:
    """Median microseconds of a call of either side, by turns."""
    _times(theirs), _times(ours)  # the first turn does not count
    taken = [(_times(theirs), _times(ours)) for _ in range(measure.ROUNDS)]
    floor, own = (statistics.median(itertools.chain(*side)) for side in zip(*taken, strict=True))
    return floor / 1e3, own / 1e3


def _times(call: Callable[[], object]) -> list[int]:
    clock, times = time.perf_counter_ns, []
    for _ in range(CALLS):
        began = clock()
        call()
        times.append(clock() - began)
    return times


# --- the same rules -----------------------------------------------------------------------------


def sent(answers: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Answers as a form sends them."""
    return {
        code: tuple(answer) if isinstance(answer, list) else (str(answer),)
        for code, answer in answers.items()
    }


def agree(
    questions: list[dict[str, Any]],
    form: attributes.Form,
    validator: Draft202012Validator,
    fast: Callable[[Any], Any],
    answers: dict[str, Any],
) -> None:
    """Make sure that the three sides accept and refuse the same."""
    conditional = [each for each in questions if "dependencies" in each]
    assert (len(questions), len(conditional), len(answers)) == (30, 10, 30)

    def refused(given: dict[str, Any]) -> list[bool]:
        try:
            fast(given)
        except fastjsonschema.JsonSchemaValueException:
            first = True
        else:
            first = False
        _, problems = attributes.check(form, sent(given), UTC, NOW)
        return [bool(problems), not validator.is_valid(given), first]

    assert refused(answers) == [False] * 3
    for code, answer in FAULTS:
        wrong = {name: each for name, each in answers.items() if name != code}
        if answer is not None:
            wrong[code] = answer
        assert refused(wrong) == [True] * 3, (code, answer)
