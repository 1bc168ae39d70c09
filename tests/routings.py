"""A small city, rules for it, its reports, and what a rule says by the letter: slow and plain."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from open311.domain import attributes, soundness
from open311.domain.folder import CityAttribute, CityService, Condition
from open311.domain.map import Located
from open311.domain.routing import Report, Routing, compiled
from open311.domain.rules import DAYS, RoutingFile, Rule, Times, Triage, When
from tests.conftest import NOW
from tests.questions import all_of, question, service

ZONE = ZoneInfo("America/Halifax")
SERVICES = (
    service(
        question("SIZE", "singlevaluelist", "s m l", required=True),
        question("DEEP", "number", when=all_of(("SIZE", "one_of", ["m", "l"]))),
        question("TAGS", "multivaluelist", "x y", max_items=2),
    ),
    service(
        question("SIZE", "singlevaluelist", "s xl"),
        service_code="graffiti",
        department="parks",
    ),
    service(service_code="lamp", group="Light", department="light", location="none"),
)
AREAS = {"boundary": ["city"], "wards": ["1", "2"], "police": ["A", "B"]}
DEPARTMENTS = ("city", "works", "parks", "light")
TRIAGE = Triage(department="city", queue="Triage")


def rule(code: str = "one", department: str = "works", **when: Any) -> Rule:
    return Rule(code=code, reason=f"{code}!", department=department, when=When(**when))


def file(*rules: Rule, **more: Any) -> RoutingFile:
    return RoutingFile(triage=TRIAGE, rules=[*rules], **more)


def ready(*rules: Rule, **more: Any) -> Routing:
    return compiled(file(*rules), SERVICES, DEPARTMENTS, ZONE, **more)


def at(**areas: str) -> Located:
    return Located(-63.5, 44.6, 0.0, areas, {})


def report(service_code: str = "pothole", **more: Any) -> Report:
    group = {"lamp": "Light"}.get(service_code, "Street")
    told: dict[str, Any] = {"answers": {}, "at": NOW, **more}
    return Report(service_code=service_code, group=group, **told)


# --- any rules ----------------------------------------------------------------------------------

VALUES: dict[str, list[Any]] = {"SIZE": ["s", "m", "l", "xl"], "DEEP": [1, 2], "TAGS": ["x", "y"]}


def some(values: Sequence[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    code = draw(st.sampled_from([*VALUES]))
    (about,) = (each for each in SERVICES[0].attributes if each.code == code)
    op = draw(st.sampled_from(soundness.OPS[about.datatype]))
    value: Any = draw(st.sampled_from(VALUES[code]))
    if op in ("one_of", "answered"):
        value = draw(some(VALUES[code])) if op == "one_of" else None
    return Condition(attribute=code, op=op, value=value)


TIMES = st.builds(
    Times,
    days=st.none() | some(["sun", "mon"]),
    begins=st.sampled_from(["00:00", "08:00"]),
    ends=st.sampled_from(["07:00", "17:00", "24:00"]),
)
WORDS: dict[str, st.SearchStrategy[Any]] = {
    "services": some(["pothole", "graffiti", "lamp"]),
    "groups": some(["Street", "Light"]),
    "areas": st.dictionaries(st.sampled_from([*AREAS]), st.just(None), min_size=1, max_size=2),
    "answers": st.lists(conditions(), min_size=1, max_size=2),
    "times": st.lists(TIMES, min_size=1, max_size=2),
    "channels": some(["app", "phone"]),
}


@st.composite
def rules(draw: st.DrawFn, members: Sequence[str], departments: Sequence[str]) -> Rule:
    when = {}
    for name in draw(st.lists(st.sampled_from(members), min_size=1, max_size=3, unique=True)):
        when[name] = draw(WORDS[name])
        if name == "areas":
            when[name] = {layer: draw(some(AREAS[layer])) for layer in when[name]}
    return rule("", draw(st.sampled_from(departments)), **when)


@st.composite
def files(draw: st.DrawFn, members: Sequence[str] = (*WORDS,), most: int = 6) -> RoutingFile:
    """Rules that name what there is, of some kinds of conditions; some name an old department."""
    every = draw(st.lists(rules(members, (*DEPARTMENTS, "gone")), max_size=most))
    return file(*(named(each, f"r{i}") for i, each in enumerate(every)))


def named(each: Rule, code: str) -> Rule:
    return Rule(code=code, reason=f"{code}!", department=each.department, when=each.when)


# --- any reports --------------------------------------------------------------------------------

PLACES = (
    None,
    *(
        at(**{k: v for k, v in zip(("boundary", "wards", "police"), codes, strict=True) if v})
        for codes in itertools.product(("city",), ("1", "2", None), ("A", "B", None))
    ),
)
CHANNELS = (None, "app", "phone", "web")
SUNDAY = datetime(2026, 11, 22, tzinfo=ZONE)
MOMENTS = tuple(
    (SUNDAY + timedelta(days=day, hours=hour)).astimezone(UTC)
    for day in range(3)
    for hour in (0, 7, 8, 17)
)


def answered(about: CityService) -> Iterator[dict[str, Any]]:
    """Every way to answer the questions of a service that is accepted."""
    form = attributes.compiled(about.attributes)
    for sent in itertools.product(*(_sent(each) for each in about.attributes)):
        by_code = {each.code: one for each, one in zip(about.attributes, sent, strict=True)}
        good, problems = attributes.check(form, by_code, UTC, NOW)
        if not problems:
            yield good


def _sent(about: CityAttribute) -> list[tuple[str, ...]]:
    match about.datatype:
        case "number":
            return [(), *((each,) for each in ("0", "1", "1.5", "2", "3"))]
        case "singlevaluelist":
            return [(), *((each.key,) for each in about.values)]
    keys = [each.key for each in about.values]
    return [one for size in range(3) for one in itertools.combinations(keys, size)]


ANSWERS = {each.service_code: list(answered(each)) for each in SERVICES}


def reports(about: Iterable[str], members: Sequence[str] = (*WORDS,)) -> Iterator[Report]:
    """Every report that rules with some kinds of conditions can tell apart."""
    for code in about:
        kept = "areas" in members and code != "lamp"
        yield from (
            report(code, located=place, channel=channel, at=moment, answers=answers)
            for place in (PLACES if kept else (None,))
            for channel in (CHANNELS if "channels" in members else (None,))
            for moment in (MOMENTS if "times" in members else (NOW,))
            for answers in (ANSWERS[code] if "answers" in members else ANSWERS[code][:1])
        )


ANY_REPORT = st.sampled_from(["pothole", "graffiti", "lamp", "nobody knows it"]).flatmap(
    lambda code: st.builds(
        report,
        st.just(code),
        located=st.sampled_from(PLACES),
        channel=st.sampled_from(CHANNELS),
        at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
        answers=st.sampled_from(ANSWERS.get(code, [{}])) | st.sampled_from(ANSWERS["pothole"]),
        unplaced=st.booleans(),
    )
)
"""Any report; some of a service that is gone, some with answers of another service."""


# --- by the letter ------------------------------------------------------------------------------


def matches(each: Rule, one: Report) -> bool:
    """Whether a rule whose department acts matches an accepted report."""
    when = each.when
    areas = one.located.areas if one.located else {}
    return (
        (
            not (when.services or when.groups)
            or one.service_code in (when.services or ())
            or one.group in (when.groups or ())
        )
        and all(areas.get(layer) in codes for layer, codes in (when.areas or {}).items())
        and all(holds(condition, one.answers) for condition in when.answers or ())
        and (not when.times or any(within(window, one.at) for window in when.times))
        and (not when.channels or one.channel in when.channels)
    )


def holds(condition: Condition, answers: Mapping[str, Any]) -> bool:
    code, value = condition.attribute, condition.value
    given = answers.get(code)
    match condition.op:
        case "answered":
            return given is not None
        case "eq":
            return given in (value, [value])
        case "ne":
            return given not in (value, [value])
        case "one_of":
            return any(one in value for one in (given if isinstance(given, list) else [given]))
        case "contains" | "in":
            return given is not None and (value in given if code == "TAGS" else value == given)
    given = float("nan") if given is None else given
    return {"lt": given < value, "le": given <= value, "gt": given > value, "ge": given >= value}[
        condition.op
    ]


def within(window: Times, moment: datetime) -> bool:
    """Told by the clock and the calendar: it began today, or yesterday and lasts past midnight."""
    local = moment.astimezone(ZONE)
    clock, days = f"{local:%H:%M}", window.days or DAYS
    today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if window.begins < window.ends:
        return today in days and window.begins <= clock < window.ends
    return (today in days and clock >= window.begins) or (yesterday in days and clock < window.ends)
