"""What an address may become that is being typed."""

from __future__ import annotations

from open311.domain import completing
from open311.domain.addresses import NONE, Number, Point, shown
from open311.domain.city import City
from open311.domain.readings import readings
from open311.errors import Invalid
from open311.spec import submission
from open311.spec.extensions import Address, Addresses
from open311.spec.submission import Pairs
from open311.store import addresses as rows
from open311.store import db

__all__ = ["look_up"]

_SHORTEST, _LONGEST = 3, 30  # letters of a street whose like is looked for
_USUAL, _MOST = 10, 50  # addresses of one answer


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
    ways = readings(text)
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
