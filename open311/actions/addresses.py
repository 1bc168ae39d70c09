"""The addresses of a city: put in as a whole, and looked up while somebody types."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from open311.actions.cities import known
from open311.domain import completing, finding
from open311.domain.addresses import MOST_WORDS, NONE, Number, Point, shown, words
from open311.domain.city import City
from open311.domain.finding import Candidate, Found, Missed, Reading
from open311.errors import Invalid
from open311.spec import submission
from open311.spec.extensions import Address, Addresses
from open311.spec.submission import Pairs
from open311.store import addresses as rows
from open311.store import cities, db, definitions

__all__ = ["Put", "find", "look_up", "named", "nearest", "put"]

_BATCH = 5_000  # addresses at once
_TOLD = 20  # faults, before the rest is not even read
_SHORTEST = 3  # letters of a street that may be misspelt
_LONGEST = 30  # letters of a street whose like is looked for
_USUAL, _MOST = 10, 50  # addresses of one answer


class _Row(Protocol):
    """A row of a file, as `formats.address_files` reads it."""

    @property
    def place(self) -> str: ...
    @property
    def point(self) -> Point | None: ...
    @property
    def problem(self) -> str: ...


class Put(msgspec.Struct, frozen=True):
    """What became of a register: how many addresses, and where a row was there before."""

    addresses: int
    twice: tuple[str, ...]


async def put(
    connection: db.Connection,
    jurisdiction_id: str,
    found: Iterable[_Row],
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> Put:
    """Put addresses in the place of a city's register, whole or not at all.

    Args:
        connection: one that may write cities.
        jurisdiction_id: the city.
        found: rows of a file, read as they are needed.
        now: aware; the new changeset.
        progress: told how many are written so far.

    Raises:
        NotFound: no such city.
        Invalid: rows are faulty, two of one id say different things, or there is none.
    """
    await known(connection, jurisdiction_id)
    async with db.owning(connection, jurisdiction_id):
        await definitions.lock(connection, jurisdiction_id, now)  # one change of a city at a time
        await rows.clear(connection, jurisdiction_id)
        made = await _written(connection, jurisdiction_id, iter(found), progress)
        await rows.settle(connection)
        await cities.announce(connection, jurisdiction_id, moved=now.replace(microsecond=0))
    return made


async def _written(
    transaction: db.Connection,
    own: str,
    found: Iterable[_Row],
    progress: Callable[[int], None],
) -> Put:
    count, problems, twice = 0, list[str](), list[str]()
    while batch := list(itertools.islice(found, _BATCH)):
        problems += [f"{each.place}: {each.problem}." for each in batch if each.point is None]
        good = [(each.place, each.point) for each in batch if each.point is not None]
        same, other = await _added(transaction, own, good)
        twice += same
        problems += other
        count += len(good) - len(same)
        if len(problems) >= _TOLD:
            raise Invalid(*problems[:_TOLD], "The rest was not read.")
        progress(count)
    if problems:
        raise Invalid(*problems)
    if not count:
        raise Invalid("The file holds no address.")
    return Put(count, tuple(twice))


async def _added(
    transaction: db.Connection, own: str, found: Sequence[tuple[str, Point]]
) -> tuple[list[str], list[str]]:
    """Add addresses; where one is there already as it is, and what is wrong with others."""
    if not found:
        return [], []
    points = [point for _, point in found]
    late = [found[index] for index in await rows.add(transaction, own, points)]
    ids = [point.address_id for _, point in late]
    there = {each.address_id: each for each in await rows.of_ids(transaction, own, ids)}
    same = [place for place, point in late if there[point.address_id] == point]
    other = [
        f"{place}: its id {point.address_id!r} is that of {there[point.address_id].line!r}, too."
        for place, point in late
        if there[point.address_id] != point
    ]
    return same, other


# --- what is meant ------------------------------------------------------------------------------


async def find(reads: db.Connections, city: City, text: str) -> Found | Missed:
    """The one address of a city that a text means."""
    own, ways = city.jurisdiction_id, finding.readings(text)
    within = city.addresses or 0.0
    there = await rows.fit(reads, own, [(each.number.low, each.street) for each in ways])
    equal = [Candidate(ways[place], point) for place, point in there]
    known_words = words(city.name)
    found = finding.best(equal, known_words, within)
    return found if found != "unknown" else await _misspelt(reads, own, ways, known_words, within)


async def _misspelt(
    reads: db.Connections,
    own: str,
    ways: list[Reading],
    known_words: tuple[str, ...],
    within: float,
) -> Found | Missed:
    """The same, where no street is written as it is."""
    asked: dict[str, list[Reading]] = {}
    for each in ways:
        if each.number != NONE and len(each.street) >= _SHORTEST:
            asked.setdefault(each.street, []).append(each)
    like = [
        (way, street, likeness)
        for spelt, street, likeness in await rows.alike(reads, own, list(asked)[:MOST_WORDS])
        if likeness < 1 and finding.agree(spelt, street)
        for way in asked[spelt]
    ]
    there = await rows.fit(reads, own, [(way.number.low, street) for way, street, _ in like])
    return finding.best(
        [Candidate(like[at][0], point, like[at][2]) for at, point in there], known_words, within
    )


async def named(reads: db.Connections, city: City, address_id: str) -> Found | Missed:
    """The address of a city that has an id."""
    for each in await rows.of_ids(reads, city.jurisdiction_id, [address_id]):
        return finding.named(each)
    return "unknown"


async def nearest(reads: db.Connections, city: City, long: float, lat: float) -> Found | None:
    """The address nearest to a point, if one is near enough for the city."""
    if city.addresses is None:
        return None
    near = await rows.near(reads, city.jurisdiction_id, long, lat, city.addresses)
    return finding.nearest(near, long, lat, city.addresses)


# --- while it is typed --------------------------------------------------------------------------


async def look_up(reads: db.Connections, city: City, pairs: Pairs) -> Addresses:
    """What an address that is being typed may become, the likeliest first.

    Args:
        reads: connections.
        city: the jurisdiction; one without a register has none.
        pairs: the arguments: `q`, and `limit`.

    Raises:
        Invalid: `q` is missing, too short or too long; `limit` is no number that there may be.
    """
    text, limit = _asked(pairs)
    if city.addresses is None:
        return Addresses(())
    found = await _typed(reads, city.jurisdiction_id, text, limit)
    return Addresses(tuple(map(_document, found)))


def _document(point: Point) -> Address:
    return Address(point.address_id, shown(point), point.postcode or None, point.lat, point.long)


def _asked(pairs: Pairs) -> tuple[str, int]:
    problems: list[str] = []
    text = submission.argument(pairs, "q") or ""
    if sum(map(str.isalnum, text)) < completing.LEAST or len(text) > completing.MOST:
        least, most = completing.LEAST, completing.MOST
        problems.append(f"q: an address of {least} to {most} letters and digits is required.")
    told = submission.argument(pairs, "limit") or str(_USUAL)
    limit = int(told) if told.isascii() and told.isdecimal() and len(told) < 4 else 0  # noqa: PLR2004
    if not 1 <= limit <= _MOST:
        problems.append(f"limit: {told[:40]!r} is not a whole number from 1 to {_MOST}.")
    if problems:
        raise Invalid(*problems)
    return text, limit


async def _typed(reads: db.Connections, own: str, text: str, limit: int) -> list[Point]:
    """By the beginning of a street, with what stands behind it, then by likeness."""
    asked = completing.typed(text)
    if not asked.street:
        return await rows.numbered(reads, own, asked.number or NONE, limit)
    streets = await rows.begun(reads, own, asked.spans, limit)
    if found := await _along(reads, own, streets, asked.number, limit):
        return found
    if found := await _longer(reads, own, text, limit):
        return found
    street = asked.street[:_LONGEST]
    if len(street) < _SHORTEST:
        return []
    streets = [each for _, each, _ in await rows.alike(reads, own, [street])]
    streets = streets or await rows.holding(reads, own, street, limit)
    return await _along(reads, own, streets, asked.number, limit)


async def _along(
    reads: db.Connections, own: str, streets: list[str], number: Number | None, limit: int
) -> list[Point]:
    if not streets:
        return []
    found = await rows.along(reads, own, streets, number, limit)
    return [each for each in found if number is None or each.number.holds(number.low)]


async def _longer(reads: db.Connections, own: str, text: str, limit: int) -> list[Point]:
    """Addresses whose street is whole, and which go on as the text does."""
    ways = finding.readings(text)
    there = await rows.fit(reads, own, [(each.number.low, each.street) for each in ways])
    fit = {
        point.address_id: point
        for place, point in there
        if completing.goes_on(point, ways[place].rest)
        and point.number.holds(ways[place].number.low)
    }
    return sorted(fit.values(), key=_place)[:limit]


def _place(point: Point) -> tuple[str, int, str, str, str]:
    return point.street, point.low, point.suffix, point.unit, point.address_id
