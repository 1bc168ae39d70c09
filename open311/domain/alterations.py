"""What a change of one question means for those who answer it.

Each answer that was taken is looked at as the new question takes it: bounds, values, datatypes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from enum import IntEnum

import msgspec

from open311.domain import attributes
from open311.domain.datatypes import DATATYPES, LONGEST, NEVER, span
from open311.domain.folder import CityAttribute
from open311.domain.narrowing import Shift, needs_answer

__all__ = ["Level", "Told", "altered"]


class Level(IntEnum):
    """How much a change asks of others."""

    HARMLESS = 0  # nobody need do anything
    FORMS = 1  # forms should change, and nothing fails if they do not
    BREAKING = 2  # reports that were accepted are refused, or answered in another way


HARMLESS, FORMS, BREAKING = Level

Told = Iterator[tuple[Level, str]]
"""Changes of one thing, in words."""

_LOW = frozenset(("minimum", "min_length", "earliest"))  # the other bounds are from above

_WIDER = {
    ("string", "text"),
    ("number", "string"),
    ("number", "text"),
    ("singlevaluelist", "multivaluelist"),
}
"""Every answer to the first is one to the second, bounds apart."""

_BESIDE = {
    "description": "it is worded anew",
    "datatype_description": "what is said of its answers is worded anew",
    "preset": "another answer is taken where none is sent",
    "private": "who may see its answers changes",
    "extra": "its members of another system change",
}
"""Members that refuse nothing, and how a change of them is told."""


def altered(old: CityAttribute, new: CityAttribute, shift: Shift) -> Told:
    """Every change of a question that clients are asked before and after.

    Args:
        old: as it was, sound.
        new: as it is, with the same code.
        shift: in which reports it is asked.

    Yields:
        How much a change asks, and what it is; nothing where the two are equal, order apart.
    """
    yield from _required(old, new)
    yield from _asked(old, new, shift)
    yield from _datatype(old, new)
    yield from _bounds(old, new)
    yield from _pattern(old, new)
    yield from _values(old, new)
    if old.automated != new.automated:
        yield FORMS, "people are asked" if new.automated is None else "the form sends it, unasked"
    for member, text in _BESIDE.items():
        if getattr(old, member) != getattr(new, member):
            yield HARMLESS, text


def _required(old: CityAttribute, new: CityAttribute) -> Told:
    if needs_answer(new) and not needs_answer(old):
        yield BREAKING, "an answer is required from now on"
    elif old.required != new.required:
        yield HARMLESS, "an answer is " + ("required" if new.required else "no longer required")


def _asked(old: CityAttribute, new: CityAttribute, shift: Shift) -> Told:
    if shift.more:
        because = ", because of what it depends on" if old.dependencies == new.dependencies else ""
        yield BREAKING, f"it may be asked where it was not{because}"
    elif shift.less:
        yield FORMS, "it is asked in fewer reports"
    elif old.dependencies != new.dependencies:
        yield HARMLESS, "its conditions are written in another way"


def _datatype(old: CityAttribute, new: CityAttribute) -> Told:
    if old.datatype != new.datatype:
        takes = (old.datatype, new.datatype) in _WIDER or _takes_keys(old, new)
        yield (FORMS if takes else BREAKING), f"{old.datatype} becomes {new.datatype}"


def _takes_keys(old: CityAttribute, new: CityAttribute) -> bool:
    """Whether every key of a list is an answer to what is no list any more."""
    if old.datatype != "singlevaluelist" or new.datatype not in ("string", "text", "number"):
        return False
    form = attributes.compiled([msgspec.structs.replace(new, dependencies=None)])
    return not any(
        attributes.check(form, {new.code: (each.key,)}, UTC, NEVER)[1] for each in old.values
    )


def _bounds(old: CityAttribute, new: CityAttribute) -> Told:
    comparable = old.datatype == new.datatype or (old.datatype, new.datatype) in _WIDER
    known = {*DATATYPES[old.datatype].bounds, *DATATYPES[new.datatype].bounds}
    for bound in sorted(known - {"pattern"}):
        given, wanted = getattr(old, bound), getattr(new, bound)
        if given != wanted:
            tighter = comparable and _is_tighter(bound, _limit(bound, old), _limit(bound, new))
            yield (BREAKING if tighter else HARMLESS), _told(bound, given, wanted)


def _limit(bound: str, each: CityAttribute) -> float | timedelta | None:
    """A bound as it counts, where none is given, too."""
    given: float | str | None = getattr(each, bound)
    longest = LONGEST.get(each.datatype, LONGEST["string"])
    match bound:
        case "max_length":
            return min(each.max_length or longest, longest)
        case "min_length":
            return each.min_length or 1
        case "max_items" if each.datatype == "multivaluelist":
            return each.max_items or len(each.values)
        case "max_items":
            return 1
    return span(given) if isinstance(given, str) else given


def _is_tighter(bound: str, before: object, after: object) -> bool:
    if before is None or after is None:
        return after is not None
    return after > before if bound in _LOW else after < before  # type: ignore[no-any-return,operator]


def _told(bound: str, before: object, after: object) -> str:
    words = bound.replace("_", " ")
    if before is None:
        return f"a new {words}, {_shown(after)}"
    if after is None:
        return f"no {words} any more"
    return f"{words} goes from {_shown(before)} to {_shown(after)}"


def _shown(bound: object) -> object:
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _pattern(old: CityAttribute, new: CityAttribute) -> Told:
    if old.pattern != new.pattern:
        if new.pattern is None:
            yield HARMLESS, "no pattern any more"
        else:
            yield BREAKING, "a new pattern" if old.pattern is None else "another pattern"


def _values(old: CityAttribute, new: CityAttribute) -> Told:
    before = {each.key: each.name for each in old.values}
    after = {each.key: each.name for each in new.values}
    if not before or not after:  # told by the datatype
        return
    stayed = [key for key in before if key in after]
    yield from ((BREAKING, f"the value {key!r} is retired") for key in before if key not in after)
    yield from ((FORMS, f"a new value, {key!r}") for key in after if key not in before)
    for key in stayed:
        if before[key] != after[key]:
            yield FORMS, f"the value {key!r} is named {after[key]!r} from now on"
    if stayed != [key for key in after if key in before]:
        yield HARMLESS, "its values stand in another order"
