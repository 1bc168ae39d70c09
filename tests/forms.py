"""Random sound services of all that a clerk can write, their edits, and reports aimed at them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
from hypothesis import assume
from hypothesis import strategies as st

from open311.domain import attributes, definitions, requests, soundness
from open311.domain.folder import (
    CityAttribute,
    CityService,
    CityValue,
    Condition,
    Dependencies,
    MediaRule,
    ReporterRule,
)
from open311.domain.narrowing import who
from open311.errors import Invalid
from open311.spec import languages, submission

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

KEYS = ["r", "g", "b", "r,g"]
VALUES: dict[str, list[str]] = {
    "string": ["a", "ab", "b", "ba", "abcde", "1"],
    "text": ["a", "ab", "b", "ba", "abcde", "a\nb"],
    "number": ["-1", "0", "1", "1.5", "2", "3", "10"],
    "datetime": [f"2026-11-{day}T12:00:00Z" for day in (20, 21, 22, 23, 24)],
    "singlevaluelist": KEYS,
    "multivaluelist": KEYS,
    "informational": [],
}
"""The values that questions, conditions and answers are about."""

JUNK = ["x" * 1001, "x" * 4001, "two\nlines", "a\u2028b", "tomorrow", "1e3", "g, b", "1e15"]
OPS = soundness.OPS
CODES = "ABCDE"


def _bounds(datatype: str) -> dict[str, st.SearchStrategy[Any]]:
    """What may be asked of the answers of a datatype."""
    small, spans = st.integers(1, 3), st.sampled_from(["-P2D", "-P1D", "PT0H", "P1D", "P2D"])
    texts = {
        "min_length": small,
        "max_length": st.integers(2, 5) | st.just(2000),
        "pattern": st.sampled_from(["a", "^a", "b$", "^[ab]+$", "[0-9]"]),
    }
    return {
        "string": texts,
        "text": texts,
        "number": {"minimum": st.sampled_from([-1, 0, 1.5]), "maximum": st.sampled_from([1.5, 2])},
        "datetime": {"earliest": spans, "latest": spans},
        "multivaluelist": {"max_items": st.integers(1, 3)},
    }.get(datatype, {})


@st.composite
def conditions(draw: st.DrawFn, about: CityAttribute) -> Condition:
    op = draw(st.sampled_from(OPS[about.datatype]))
    keys = [each.key for each in about.values] or VALUES[about.datatype]
    value: Any = draw(st.sampled_from(keys))
    if op == "one_of":
        value = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
    if about.datatype == "number" and op != "one_of" and draw(st.booleans()):
        value = float(value)
    return Condition(attribute=about.code, op=op, value=None if op == "answered" else value)  # type: ignore[arg-type]


@st.composite
def questions(
    draw: st.DrawFn, code: str, earlier: list[CityAttribute], datatype: str | None = None
) -> CityAttribute:
    """A question with whatever it may have; it may not be sound yet."""
    kind = datatype or draw(st.sampled_from(list(VALUES)))
    told: dict[str, Any] = {"code": code, "datatype": kind}
    told["description"] = draw(st.sampled_from(["Why?", "Who?"]))
    if "list" in kind:
        keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
        told["values"] = [CityValue(key=key, name=f"name of {key}") for key in keys]
    some = st.integers(0, 2).map(lambda each: each == 0)
    for bound, values in _bounds(kind).items():
        if draw(some):
            told[bound] = draw(values)
    if kind == "informational":
        told["variable"] = False
    else:
        told["required"] = draw(st.booleans())
        told["variable"] = draw(st.integers(0, 9)) > 0
        if draw(st.integers(0, 3)) == 0:
            told["automated"] = draw(st.sampled_from([None, "server_set", "hidden_field"]))
            told["preset"] = draw(st.sampled_from(VALUES[kind]))
    about = [each for each in earlier if who(each) != "nobody"]
    if about and draw(st.integers(0, 2)):
        clause = draw(st.sampled_from(["AND", "OR"]))
        looked = st.sampled_from(about).flatmap(conditions)
        found = draw(st.lists(looked, min_size=1, max_size=2))
        told["dependencies"] = Dependencies(clause=clause, conditions=found)
    return CityAttribute(**told)


def mended(service: CityService) -> CityService:
    """The same service without what is not sound in it."""
    for _ in range(20):
        flaws = list(soundness.faults(service))
        if not flaws:
            return definitions.canonical(service)
        asked = list(service.attributes)
        (_, index, member, *_), _ = flaws[0]
        assert isinstance(index, int)
        nothing: dict[str, Any] = {str(member): None}
        if member == "preset":
            nothing |= {"automated": None}
        asked[index] = msgspec.structs.replace(asked[index], **nothing)
        service = msgspec.structs.replace(service, attributes=asked)
    raise AssertionError(flaws)


REPORTER = st.none() | st.builds(
    ReporterRule,
    all_of=st.lists(st.sampled_from(["email", "phone"]), max_size=2, unique=True),
    one_of=st.lists(st.sampled_from(["email", "phone", "last_name"]), max_size=3, unique=True),
)
MEDIA = st.none() | st.sampled_from([(0, 2), (1, 2), (1, 20), (0, 1), (2, 2), (0, 0), (0, 20)]).map(
    lambda bounds: MediaRule(least=bounds[0], most=bounds[1])
)
LOCATION = st.sampled_from(["required", "optional", "none"])


@st.composite
def services(draw: st.DrawFn, *, most: int = 4) -> CityService:
    """A sound, canonical service, of few datatypes, so that its questions meet."""
    kinds = st.sampled_from(draw(st.lists(st.sampled_from([*VALUES]), min_size=1, max_size=2)))
    asked: list[CityAttribute] = []
    for code in CODES[: draw(st.integers(0, most))]:
        asked.append(draw(questions(code, asked, draw(kinds))))
    return mended(
        CityService(
            service_code="light",
            service_name="Light",
            description="A lamp.",
            group="Street",
            department="works",
            location=draw(LOCATION),
            reporter=draw(REPORTER),
            media=draw(MEDIA),
            attributes=asked,
        )
    )


# --- edits --------------------------------------------------------------------------------------


def _renew(draw: st.DrawFn, asked: list[CityAttribute]) -> None:
    """One question anew, of the same datatype or of another."""
    index = draw(st.integers(0, len(asked) - 1))
    old = asked[index]
    datatype = draw(st.sampled_from([old.datatype, old.datatype, None]))
    asked[index] = draw(questions(old.code, asked[:index], datatype))


def _member(draw: st.DrawFn, asked: list[CityAttribute]) -> None:
    """One member of one question."""
    index = draw(st.integers(0, len(asked) - 1))
    old = asked[index]
    other = draw(questions(old.code, asked[:index], old.datatype))
    names = sorted({*_bounds(old.datatype), "required", "variable", "dependencies", "values"})
    others = ["automated", "preset", "description", "private", "extra"]
    name = draw(st.sampled_from([*names, *others]))
    value: Any = getattr(other, name)
    if name == "private":
        value = not old.private
    if name == "extra":
        value = {"x": 1}
    change: dict[str, Any] = {name: value}
    if name == "automated":
        change["preset"] = other.preset
    asked[index] = msgspec.structs.replace(old, **change)


def _clause(draw: st.DrawFn, asked: list[CityAttribute]) -> None:
    """The conditions of one question: one more, one fewer, or the other clause."""
    index = draw(st.integers(0, len(asked) - 1))
    old = asked[index]
    if old.dependencies is None:
        return
    other = draw(questions(old.code, asked[:index], old.datatype)).dependencies
    found = [*old.dependencies.conditions, *(other.conditions if other else [])]
    kept = draw(st.lists(st.sampled_from(found), min_size=1, max_size=3))
    clause = draw(st.sampled_from(["AND", "OR"]))
    dependencies = Dependencies(clause=clause, conditions=kept)
    asked[index] = msgspec.structs.replace(old, dependencies=dependencies)


def _add(draw: st.DrawFn, asked: list[CityAttribute]) -> None:
    index = draw(st.integers(0, len(asked)))
    asked.insert(index, draw(questions(draw(st.sampled_from("XY")), asked[:index])))


def _remove(draw: st.DrawFn, asked: list[CityAttribute]) -> None:
    del asked[draw(st.integers(0, len(asked) - 1))]


def _swap(draw: st.DrawFn, asked: list[CityAttribute]) -> None:
    asked.append(asked.pop(draw(st.integers(0, len(asked) - 1))))


EDITS: list[Callable[[st.DrawFn, list[CityAttribute]], None]] = [
    _member,
    _member,
    _clause,
    _renew,
    _add,
    _remove,
    _swap,
]


@st.composite
def edited(draw: st.DrawFn, service: CityService) -> CityService:
    """What a clerk may make of a service in an hour; sound, canonical."""
    asked = [msgspec.structs.replace(each, order=None) for each in service.attributes]
    for _ in range(draw(st.sampled_from([1, 2, 3, 0]))):
        edit = draw(st.sampled_from(EDITS))
        if asked or edit is _add:
            edit(draw, asked)
    codes = [each.code for each in asked]
    assume(len(codes) == len(set(codes)))
    beside: dict[str, Any] = {}
    if draw(st.integers(0, 4)) == 0:
        beside["location"] = draw(LOCATION)
    if draw(st.integers(0, 4)) == 0:
        beside["reporter"] = draw(REPORTER)
    if draw(st.integers(0, 4)) == 0:
        beside["media"] = draw(MEDIA)
    return mended(msgspec.structs.replace(service, attributes=asked, **beside))


# --- reports ------------------------------------------------------------------------------------


class Report(msgspec.Struct, frozen=True):
    """What a client sends: fields, and how many pictures."""

    pairs: tuple[tuple[str, str], ...]
    files: int


PLACES = [(("lat", "44.6"), ("long", "-66.2")), (("address_string", "1 Road"),)]
ODD_PLACES = [(), (("lat", "91"), ("long", "0")), (("lat", "44.6"), ("address_id", "7"))]
REPORTERS = [("email",), ("phone",), ("email", "phone"), ("last_name",)]


def reports(service: CityService, seed: int) -> Iterator[Report]:
    """Reports of one who knows a service, without end: answers to what clients are asked.

    Most are good as far as each question alone is concerned; some answer what nobody may.
    """
    random = Random(seed)
    asked = [(each, *_answers(each)) for each in service.attributes if who(each) == "client"]
    while True:
        pairs = [*random.choice(PLACES if random.random() < 0.8 else ODD_PLACES)]
        pairs += [(name, "x") for name in random.choice([*REPORTERS, ()])]
        if random.random() < 0.3:
            pairs.append(("media_url", "https://tiny.example/1.jpg"))
        for each, good, odd in asked:
            code = f"attribute[{each.code}]"
            if random.random() < 0.25:
                continue
            values = good if random.random() < 0.9 else odd
            most = random.choice([1, 1, 2, 3]) if each.datatype == "multivaluelist" else 1
            pairs += [(code, random.choice(values)) for _ in range(most)]
        yield Report(tuple(pairs), random.choice([0, 0, 1, 2, 3, 20]))


def _answers(each: CityAttribute) -> tuple[list[str], list[str]]:
    """Values that a question takes, and values that it may not."""
    form = attributes.compiled([msgspec.structs.replace(each, dependencies=None)])
    likely = [value.key for value in each.values] or VALUES[each.datatype]
    good = [
        value for value in likely if not attributes.check(form, {each.code: (value,)}, UTC, NOW)[1]
    ]
    odd = [*JUNK, *VALUES[each.datatype]]
    return good or likely, odd


# --- JSON bodies --------------------------------------------------------------------------------

TYPED: dict[str, list[Any]] = {
    "string": [*VALUES["string"], "two\nlines", "a\u2028b", "x" * 1000, "x" * 1001, "ä😀"],
    "text": [*VALUES["text"], "a\u2028b", "x" * 4000, "x" * 4001, "ä😀"],
    "number": [-1, 0, 1, 1.5, 2, 2.0, 3, 10, 0.1, 1e15, -1e15, 999999999999999, 1e300, -1.0],
    "datetime": [
        *VALUES["datetime"],
        *("2026-11-22T12:00:00.9Z", "2026-11-22T11:59:59Z", "2026-11-22T12:00:01Z"),
        *("2024-02-29T00:00:00Z", "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T"),
        *("2000-02-29T23:59:59Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "tomorrow"),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.99Z"),
        *("2026-11-22T24:00:00Z", "2026-11-22T12:60:00Z", "2026-11-22T12:00:60Z"),
    ],
    "singlevaluelist": [*KEYS, "x"],
}
"""Answers as a JSON body sends them, good and bad."""

ANYTHING: list[Any] = [None, True, 7, 0.5, "", "r", ["r", 7], [], [""], " a\r\n", "x" * 5000]
"""What may be sent where nobody looks."""

LINKS = ["https://a.example/1.jpg", "HTTP://[::1]:80?x", "https://a.example:80#x"]
ODD_LINKS = ["ftp://a.example", "http://", "https://a b", "https://u@a.example/", "x" * 2049]
ODD_LINKS += ["http://a.example:123456/", "http://a/" + "x" * 2040]
DEGREES = [0, 44.6, -90, 90.0, 91, -90.5, -180.0, 180, 181, 1e300]


def bodies(service: CityService, seed: int) -> Iterator[dict[str, Any]]:
    """JSON bodies as a program writes them, without end: most are good in each single member."""
    random = Random(seed)
    asked = [(each, *_typed(each)) for each in service.attributes]
    while True:
        body: dict[str, Any] = {"service_code": service.service_code}
        body |= (_good if random.random() < 0.7 else _odd)(random)
        if random.random() < 0.2:
            body["locale"] = random.choice(["fr", "fr_CA", "zh-Hant-TW", "f", "français", "fr,en"])
        if random.random() < 0.2:
            body["unknown"] = random.choice(ANYTHING)
        if random.random() < 0.95:
            body["attribute"] = {"unknown": random.choice(ANYTHING)} | {
                each.code: random.choice(good if random.random() < 0.9 else odd)
                for each, good, odd in asked
                if random.random() < 0.75
            }
        yield body


def _good(random: Random) -> dict[str, Any]:
    """Everything that any service may want beside the answers."""
    place = random.choice([{"lat": 44.6, "long": -66.2}, {"address_string": "1 Road"}])
    told = dict.fromkeys(("email", "phone", "last_name"), "x")
    return place | told | ({"media_url": random.choice(LINKS)} if random.random() < 0.5 else {})


def _odd(random: Random) -> dict[str, Any]:
    """Any of it, in any state."""
    places: list[dict[str, Any]] = [{}, {"lat": random.choice(DEGREES)}]
    places.append(places[1] | {"long": random.choice(DEGREES)})
    found = random.choice(places)
    for name, longest in submission.LENGTHS.items():
        texts = ["x", "two\nlines", "x" * longest, "x" * (longest + 1)]
        if random.random() < 0.3:
            found[name] = random.choice([*LINKS, *ODD_LINKS] if name == "media_url" else texts)
    return found


def _typed(each: CityAttribute) -> tuple[list[Any], list[Any]]:
    """Answers as JSON that a question takes, and such as it may not."""
    if who(each) != "client":
        return ANYTHING, ANYTHING
    keys = [value.key for value in each.values]
    if each.datatype == "multivaluelist":
        some = [list(one) for size in range(4) for one in itertools.permutations(keys, size)]
        return some[1 : 1 + (each.max_items or 40)], [*some, ["x"], [*keys, "x"]]
    good, _ = _answers(each)
    read = float if each.datatype == "number" else str
    return [read(value) for value in good], TYPED[each.datatype]


# --- the server ---------------------------------------------------------------------------------


class Desk:
    """A service that takes reports, as `actions.requests.read` does."""

    def __init__(self, service: CityService) -> None:
        self.service, self.form = service, attributes.compiled(service.attributes)

    def faults(self, report: Report) -> tuple[str, ...]:
        """What the server finds wrong with a report."""
        service = self.service
        pairs = (("service_code", service.service_code), *report.pairs)
        sent, problems = submission.read(pairs, service.location)
        _, more = attributes.check(self.form, sent.attributes, UTC, NOW)
        pictures = report.files or int(sent.media_url is not None)
        try:
            languages.asked(pairs)
        except Invalid as fault:
            problems = (*problems, *fault.problems)
        return (
            *problems,
            *more,
            *requests.reporter_missing(service.reporter, sent),
            *requests.pictures_wrong(service.media, pictures),
        )
