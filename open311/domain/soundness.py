"""Whether a service's questions can be asked at all: faults that no single member shows.

A condition looks back only, at a question of a lower order, so that there are no cycles. A
question whose conditions cannot hold together would never be asked: that is a fault, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

import msgspec

from open311.domain import attributes, conditions, datatypes, languages
from open311.domain.attributes import takes_answer
from open311.domain.datatypes import DATATYPES, LONGEST, NEVER
from open311.domain.folder import CityAttribute, CityService, Condition
from open311.domain.reachability import unreachable

__all__ = ["OPS", "Flaw", "faults", "in_order", "misfits"]

Place = tuple[str | int, ...]
Flaw = tuple[Place, str]
"""Where in the service, and what is wrong there."""

OPS = {
    "string": ("eq", "ne", "one_of", "contains", "in", "answered"),
    "text": ("eq", "ne", "one_of", "contains", "in", "answered"),
    "number": ("eq", "ne", "one_of", "lt", "le", "gt", "ge", "answered"),
    "datetime": ("eq", "ne", "one_of", "lt", "le", "gt", "ge", "answered"),
    "singlevaluelist": ("eq", "ne", "one_of", "contains", "in", "answered"),
    "multivaluelist": ("eq", "ne", "one_of", "contains", "in", "answered"),
}
"""By datatype, which operators make sense."""

_BOUNDS = sorted({bound for kind in DATATYPES.values() for bound in kind.bounds})
_MOST = sys.maxsize  # of what is not bounded
_PAIRS = (("minimum", "maximum"), ("min_length", "max_length"), ("earliest", "latest"))


def in_order(service: CityService) -> list[tuple[int, int, CityAttribute]]:
    """The questions as they are asked: (order, place in the file, question)."""
    numbered = [
        (each.order or place, place - 1, each) for place, each in enumerate(service.attributes, 1)
    ]
    return sorted(numbered, key=lambda each: each[:2])


def faults(service: CityService) -> Iterator[Flaw]:
    """What is wrong with a service whose members are each of the right kind.

    Yields:
        The place, as ("attributes", 2, "maximum"), and a sentence without its subject.
    """
    if service.offered_in and service.location == "none":
        yield ("offered_in",), "asks for a place, and location is none"
    if service.media and service.media.least > service.media.most:
        yield ("media", "least"), f"is more than its most, {service.media.most}"
    earlier: dict[str, CityAttribute] = {}
    unclear: set[str] = set()  # questions with faults, and those that depend on them
    for _, index, each in in_order(service):
        found = [*_alone(each), *_dependencies(each, earlier)]
        looked = each.dependencies.conditions if each.dependencies else ()
        if found or any(one.attribute in unclear for one in looked):
            unclear.add(each.code)
        elif unreachable(each, earlier):
            found = [(("dependencies",), "can never hold, so the question is never asked")]
            each = msgspec.structs.replace(each, dependencies=None)  # noqa: PLW2901 - told once
        yield from ((("attributes", index, *place), text) for place, text in found)
        earlier.setdefault(each.code, each)
    yield from languages.unknown(service)


# --- one question -------------------------------------------------------------------------------


def _alone(each: CityAttribute) -> Iterator[Flaw]:
    if each.datatype == "informational" and (each.variable or each.required):
        yield ("datatype",), "is informational, so variable and required are false"
    yield from _bounds(each)
    if each.pattern is not None:
        try:
            datatypes.pattern(each.pattern)
        except ValueError as error:
            yield ("pattern",), str(error)
    yield from _preset(each)


def _bounds(each: CityAttribute) -> Iterator[Flaw]:
    known = DATATYPES[each.datatype].bounds if each.datatype in DATATYPES else ()
    for bound in _BOUNDS:
        if getattr(each, bound) is not None and bound not in known:
            yield (bound,), f"is not for a question of datatype {each.datatype}"
    for least, most in _PAIRS:
        low, high = getattr(each, least), getattr(each, most)
        if low is not None and high is not None and _comparable(low) > _comparable(high):
            yield (least,), f"is more than its {most}, {high}"
    if (each.min_length or 0) > (longest := LONGEST.get(each.datatype, _MOST)):
        yield ("min_length",), f"is more than the {longest} characters of a {each.datatype}"
    yield from _pattern(each)
    if (each.max_items or 0) > (most_items := len(each.values) or _MOST):
        yield ("max_items",), f"is more than the {most_items} values that there are"


def _pattern(each: CityAttribute) -> Iterator[Flaw]:
    """A pattern that no answer of the right length can hold."""
    known = None if each.pattern is None else datatypes.widths(each.pattern)
    if known is None or each.datatype not in LONGEST:
        return
    fewest, most = known
    longest = min(each.max_length or _MOST, LONGEST[each.datatype])
    if fewest > longest:
        yield ("pattern",), f"needs {fewest} characters, and an answer has {longest} at most"
    if most is not None and most < (each.min_length or 0):
        yield ("pattern",), f"takes {most} characters at most, and an answer has {each.min_length}"


def _comparable(bound: Any) -> Any:
    return datatypes.span(bound) if isinstance(bound, str) else bound


def _preset(each: CityAttribute) -> Iterator[Flaw]:
    if each.automated == "server_set" and each.preset is None:
        yield ("preset",), "is missing; it is what the server sets"
    if each.preset is None or not takes_answer(each):
        return
    if each.datatype == "datetime":
        yield ("preset",), "is not for a datetime, which would grow old"
        return
    one = msgspec.structs.replace(each, dependencies=None, order=None)
    try:
        form = attributes.compiled([one])
    except ValueError:
        return  # told of the member itself
    _, problems = attributes.check(form, {}, UTC, NEVER)
    for problem in problems:
        yield ("preset",), problem.partition(": ")[2].removesuffix(".")


# --- what a question depends on -----------------------------------------------------------------


def _dependencies(each: CityAttribute, earlier: Mapping[str, CityAttribute]) -> Iterator[Flaw]:
    if each.dependencies is None:
        return
    for index, condition in enumerate(each.dependencies.conditions):
        for place, text in _condition(each, condition, earlier):
            yield ("dependencies", "conditions", index, *place), text


def _condition(
    own: CityAttribute, condition: Condition, earlier: Mapping[str, CityAttribute]
) -> Iterator[Flaw]:
    code, about = condition.attribute, earlier.get(condition.attribute)
    if about is None:
        same = code == own.code
        yield (
            ("attribute",),
            f"{code!r} is the question itself"
            if same
            else f"no earlier question has code {code!r}",
        )
        return
    yield from misfits(condition, about)


def misfits(condition: Condition, about: CityAttribute) -> Iterator[Flaw]:
    """Why no answer to a question can be compared as a condition does it.

    Yields:
        The member of the condition, and a sentence without its subject.
    """
    if not takes_answer(about):
        yield ("attribute",), f"{about.code!r} takes no answer"
        return
    if condition.op not in OPS[about.datatype]:
        yield ("op",), f"{condition.op!r} does not fit {about.code!r}, of datatype {about.datatype}"
        return
    try:
        read = attributes.reader(about)
        for value in conditions.values(condition):
            read(value)
    except ValueError as error:
        yield ("value",), str(error)
