"""Whether a service's questions can be asked at all: faults that no single member shows.

A condition looks back only, at a question of a lower order, so that there are no cycles. A
question whose conditions cannot hold together would never be asked: that is a fault, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

import msgspec

from open311.domain import attributes, conditions
from open311.domain.attributes import DATATYPES
from open311.domain.folder import CityAttribute, CityService, Condition
from open311.domain.reachability import Ways, unreachable

__all__ = ["Flaw", "faults", "in_order", "told"]

Place = tuple[str | int, ...]
Flaw = tuple[Place, str]
"""Where in the service, and what is wrong there."""

_OPS = {  # by datatype, which operators make sense
    "string": ("eq", "ne", "one_of", "contains", "in", "answered"),
    "text": ("eq", "ne", "one_of", "contains", "in", "answered"),
    "number": ("eq", "ne", "one_of", "lt", "le", "gt", "ge", "answered"),
    "datetime": ("eq", "ne", "one_of", "lt", "le", "gt", "ge", "answered"),
    "singlevaluelist": ("eq", "ne", "one_of", "contains", "in", "answered"),
    "multivaluelist": ("eq", "ne", "one_of", "contains", "in", "answered"),
}
_BOUNDS = sorted({bound for kind in DATATYPES.values() for bound in kind.bounds})
_PAIRS = (("minimum", "maximum"), ("min_length", "max_length"), ("earliest", "latest"))


def in_order(service: CityService) -> list[tuple[int, int, CityAttribute]]:
    """The questions as they are asked: (order, place in the file, question)."""
    numbered = [
        (each.order or place, place - 1, each) for place, each in enumerate(service.attributes, 1)
    ]
    return sorted(numbered, key=lambda each: each[:2])


def told(service: CityService) -> Iterator[tuple[str, str]]:
    """The faults with their places as people write them: `attributes[2].maximum`."""
    for place, text in faults(service):
        where = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
        yield where.removeprefix("."), text


def faults(service: CityService) -> Iterator[Flaw]:
    """What is wrong with a service whose members are each of the right kind.

    Yields:
        The place, as ("attributes", 2, "maximum"), and a sentence without its subject.
    """
    if service.media and service.media.least > service.media.most:
        yield ("media", "least"), f"is more than its most, {service.media.most}"
    earlier: dict[str, CityAttribute] = {}
    ways: Ways = {}
    faulty: set[str] = set()
    for _, index, each in in_order(service):
        found = [*_alone(each), *_dependencies(each, earlier)]
        known = faulty.isdisjoint(condition.attribute for condition in _conditions(each))
        if known and not found and (dead := unreachable(each, earlier, ways)):
            found = [(("dependencies",), dead)]
        if found:
            faulty.add(each.code)
        yield from ((("attributes", index, *place), text) for place, text in found)
        earlier.setdefault(each.code, each)


# --- one question -------------------------------------------------------------------------------


def _takes_answer(attribute: CityAttribute) -> bool:
    return attribute.variable and attribute.datatype != "informational"


def _alone(each: CityAttribute) -> Iterator[Flaw]:
    if each.datatype == "informational" and (each.variable or each.required):
        yield ("datatype",), "is informational, so variable and required are false"
        return
    kind = DATATYPES.get(each.datatype)  # type: ignore[arg-type]
    known = kind.bounds if kind else ()
    for bound in _BOUNDS:
        if getattr(each, bound) is not None and bound not in known:
            yield (bound,), f"is not for a question of datatype {each.datatype}"
    for least, most in _PAIRS:
        low, high = getattr(each, least), getattr(each, most)
        if low is not None and high is not None and _comparable(low) > _comparable(high):
            yield (least,), f"is more than its {most}, {high}"
    if each.max_items is not None and each.values and each.max_items > len(each.values):
        yield ("max_items",), f"is more than the {len(each.values)} values that there are"
    if each.pattern is not None:
        yield from _tried("pattern", lambda: attributes.pattern(each.pattern or ""))
    yield from _preset(each)


def _comparable(bound: Any) -> Any:
    return attributes.span(bound) if isinstance(bound, str) else bound


def _tried(member: str, use: Callable[[], object]) -> Iterator[Flaw]:
    try:
        use()
    except ValueError as error:
        yield (member,), str(error)


def _preset(each: CityAttribute) -> Iterator[Flaw]:
    if each.automated == "server_set" and each.preset is None:
        yield ("preset",), "is missing; it is what the server sets"
    if each.preset is None or not _takes_answer(each):
        return
    if each.datatype == "datetime":
        yield ("preset",), "is not for a datetime, which would grow old"
        return
    one = msgspec.structs.replace(each, dependencies=None, order=None)
    try:
        form = attributes.compiled([one])
    except ValueError:
        return  # told of the member itself
    _, problems = attributes.check(form, {}, UTC, attributes.NEVER)
    for problem in problems:
        yield ("preset",), problem.partition(": ")[2].removesuffix(".")


# --- what a question depends on -----------------------------------------------------------------


def _conditions(each: CityAttribute) -> Sequence[Condition]:
    return each.dependencies.conditions if each.dependencies else ()


def _dependencies(each: CityAttribute, earlier: Mapping[str, CityAttribute]) -> Iterator[Flaw]:
    for index, condition in enumerate(_conditions(each)):
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
    if not _takes_answer(about):
        yield ("attribute",), f"{code!r} takes no answer"
        return
    if condition.op not in _OPS[about.datatype]:
        yield ("op",), f"{condition.op!r} does not fit {code!r}, of datatype {about.datatype}"
        return
    try:
        read = attributes.reader(about)
        for value in conditions.values(condition):
            read(value)
    except ValueError as error:
        yield ("value",), str(error)
