"""Which rules match a report, as bits: bit `i` stands for rule `i`, and is set where it may match.

For each thing that rules ask, a table has the bits of every value that a rule names, and of all
others. So what matches is the `and` of a few look-ups, however many rules there are; only the
answers are compared rule by rule, for the few that are left.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from open311.domain import conditions
from open311.domain.attributes import reader, takes_answer
from open311.domain.folder import CityAttribute, CityService, Condition, Dependencies
from open311.domain.rules import DAYS, Rule, Times
from open311.domain.soundness import OPS

__all__ = [
    "DAY",
    "WEEK",
    "Likely",
    "Table",
    "Tables",
    "Test",
    "Week",
    "about",
    "bits",
    "each",
    "likely",
    "minute",
    "spans",
    "tables",
    "test",
    "tests",
    "usable",
]

Test = Callable[[Mapping[str, Any]], bool]
"""Whether typed answers by code hold a condition."""

DAY, WEEK = 1_440, 10_080
"""Minutes."""


def bits(indexes: Iterable[int]) -> int:
    """The bits of some rules."""
    return sum(1 << index for index in indexes)


def each(some: int) -> Iterator[int]:
    """The rules of some bits, in their order."""
    while some:
        lowest = some & -some
        yield lowest.bit_length() - 1
        some ^= lowest


# --- tables -------------------------------------------------------------------------------------


class Table(msgspec.Struct, frozen=True):
    """Which rules match, by a value that any of them names; and by any other, or none."""

    named: dict[str, int]
    other: int

    def of(self, value: str | None) -> int:
        """The rules that match a value."""
        return self.other if value is None else self.named.get(value, self.other)


class Week(msgspec.Struct, frozen=True):
    """Which rules match, by the minute of the week on the clocks of the city."""

    starts: tuple[int, ...]  # minutes since Monday began; the first is 0
    masks: tuple[int, ...]  # from each on

    def of(self, local: datetime) -> int:
        """The rules that match a time of the city's clocks."""
        return self.masks[bisect.bisect_right(self.starts, minute(local)) - 1]


class Tables(msgspec.Struct, frozen=True):
    """What rules tell apart; of answers only which rules ask for any."""

    always: int  # of any service
    services: dict[str, int]
    groups: dict[str, int]
    layers: dict[str, Table]
    channels: Table
    week: Week
    timed: int
    answered: int

    def about(self, service_code: str, group: str) -> int:
        """The rules that are about a service."""
        own = self.services.get(service_code, 0) | self.groups.get(group, 0)
        return self.always | own


def tables(rules: Sequence[Rule]) -> Tables:
    """Make the tables of rules."""
    whens = [rule.when for rule in rules]
    layers = dict.fromkeys(layer for when in whens for layer in when.areas or ())
    return Tables(
        always=bits(i for i, when in enumerate(whens) if not (when.services or when.groups)),
        services=_named([when.services for when in whens]),
        groups=_named([when.groups for when in whens]),
        layers={
            layer: _table([(when.areas or {}).get(layer) for when in whens]) for layer in layers
        },
        channels=_table([when.channels for when in whens]),
        week=_week([when.times for when in whens]),
        timed=bits(i for i, when in enumerate(whens) if when.times),
        answered=bits(i for i, when in enumerate(whens) if when.answers),
    )


def _named(wanted: Sequence[Sequence[str] | None]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, values in enumerate(wanted):
        for value in values or ():
            found[value] = found.get(value, 0) | 1 << index
    return found


def _table(wanted: Sequence[Sequence[str] | None]) -> Table:
    other = bits(index for index, values in enumerate(wanted) if not values)
    return Table({value: some | other for value, some in _named(wanted).items()}, other)


# --- times --------------------------------------------------------------------------------------


def minute(local: datetime) -> int:
    """The minute of the week, since Monday began, of a time on the clocks of the city."""
    return local.weekday() * DAY + local.hour * 60 + local.minute


def spans(window: Times) -> Iterator[tuple[int, int]]:
    """The minutes of the week of a window: first, and first after; the latter may be of the next.

    A window that ends before it begins is of the day that it begins, and lasts into the next.
    """
    begins, ends = (int(each[:2]) * 60 + int(each[3:]) for each in (window.begins, window.ends))
    for day in window.days or DAYS:
        start = DAYS.index(day) * DAY
        yield start + begins, start + ends + (DAY if ends <= begins else 0)


def _week(wanted: Sequence[Sequence[Times] | None]) -> Week:
    alike: dict[tuple[tuple[int, int], ...], int] = {}  # many rules have the same times
    other = 0
    for index, times in enumerate(wanted):
        if times:
            found = tuple(span for window in times for span in spans(window))
            alike[found] = alike.get(found, 0) | 1 << index
        else:
            other |= 1 << index
    edges = {edge % WEEK for found in alike for span in found for edge in span}
    starts = sorted({0, *edges})
    return Week(
        tuple(starts),
        tuple(
            other | sum(some for found, some in alike.items() if _within(start, found))
            for start in starts
        ),
    )


def _within(moment: int, found: Iterable[tuple[int, int]]) -> bool:
    """Of this week, or of the night from Sunday that the last one began."""
    return any(first <= moment < last or first <= moment + WEEK < last for first, last in found)


# --- answers ------------------------------------------------------------------------------------


def about(rule: Rule, service: CityService) -> bool:
    """Whether a rule is about a service."""
    when = rule.when
    if not (when.services or when.groups):
        return True
    return service.service_code in (when.services or ()) or service.group in (when.groups or ())


def tests(rule: Rule, service: CityService | None) -> tuple[Test, ...]:
    """What a rule asks of the answers to a service's questions; None: nobody knows the service."""
    asked = {each.code: each for each in (service.attributes if service else ())}
    return tuple(test(each, asked.get(each.attribute)) for each in rule.when.answers or ())


Likely = dict[str, tuple[dict[Any, int], int]]
"""By attribute: the rules that its answers leave, by answer, and all others."""

_SAME = ("eq", "one_of")


def likely(asking: Iterable[tuple[int, Rule]], service: CityService) -> Likely:
    """What single answers leave of rules, so that few are compared; a list says nothing here."""
    asked = {each.code: each for each in service.attributes}
    named: dict[str, dict[Any, int]] = {}
    for index, rule in asking:
        for condition in rule.when.answers or ():
            good = usable(condition, question := asked.get(condition.attribute))
            if good and question and good.op in _SAME:
                found = named.setdefault(question.code, {})
                for value in map(reader(question), conditions.values(good)):
                    found[value] = found.get(value, 0) | 1 << index
    return {code: _others(found) for code, found in named.items()}


def _others(found: dict[Any, int]) -> tuple[dict[Any, int], int]:
    some = 0
    for each_ in found.values():
        some |= each_
    return {value: own | ~some for value, own in found.items()}, ~some


def test(condition: Condition, question: CityAttribute | None) -> Test:
    """A condition on an answer as a function; of any condition and any question, sound or not.

    A question that is not asked has no answer, and a value that no answer can be equals none. Both
    come about when a service changes and its rules do not.
    """
    other = condition.op == "ne"
    good = usable(condition, question)
    if question is None or good is None:
        return lambda _: other
    known = {question.code: (question.datatype, reader(question))}
    holds = conditions.compiled(Dependencies(conditions=[good]), known)

    def held(answers: Mapping[str, Any]) -> bool:
        try:
            return bool(holds(answers))
        except TypeError:  # an answer of another datatype, which an older version took
            return other

    return held


def usable(condition: Condition, question: CityAttribute | None) -> Condition | None:
    """A condition without the values that no answer can be; None where nothing can be compared."""
    if question is None or not takes_answer(question) or condition.op not in OPS[question.datatype]:
        return None
    if condition.op == "answered":
        return msgspec.structs.replace(condition, value=None)
    try:
        sent = conditions.values(condition)
    except ValueError:
        return None
    read = reader(question)
    good = [value for value in sent if _reads(read, value)]
    if not good:
        return None
    return msgspec.structs.replace(condition, value=good if condition.op == "one_of" else good[0])


def _reads(read: conditions.Read, value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True
