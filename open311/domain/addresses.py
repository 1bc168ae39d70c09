"""Addresses: how they are spelt, made comparable; and the points of a city's register.

A spelling is brought to words in small letters without accents, each in its short form, so that
`100 N. Warren Street` and `100 North Warren St` are the same words. Short, because `St` may be
Street or Saint, and nobody needs to know which.

Source: USPS Publication 28, appendices B (directions), C1 (types of streets), C2 (units);
Canadian Addressing Guide (the same in French).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = [
    "DIRECTIONS",
    "LARGEST",
    "LONG",
    "MOST_WORDS",
    "NONE",
    "TYPES",
    "UNITS",
    "WITHIN",
    "Number",
    "Point",
    "Written",
    "entry",
    "house",
    "shown",
    "words",
]

WITHIN = 50.0
"""Metres from a point to its address, unless a city says otherwise."""

MOST_WORDS = 20
"""The most words of a street with what its number leaves over."""

LARGEST = 99_999_999
"""The highest house number."""

_TYPES = """
    aly alley allee ally | anx annex | arc arcade | ave avenue av aven avenida avn | bch beach
    bnd bend | blf bluff | blvd boulevard boul boulv bd | br branch | brg bridge | brk brook
    byp bypass | cswy causeway | ctr center centre | ch chemin | cir circle circ | clf cliff
    clb club | cmn common | cor corner | crse course | ct court crt | cv cove | crk creek
    cres crescent croissant crois | xing crossing | xrd crossroad | dl dale | dr drive drv doctor
    est estate | expy expressway | ext extension | fry ferry | fld field | flt flat | frd ford
    frst forest | frk fork | ft fort | fwy freeway | gdn garden | gdns gardens | gtwy gateway
    gln glen | grn green | grv grove | hbr harbor harbour | hvn haven | hts heights | hwy highway
    hl hill | hls hills | imp impasse | is island | jct junction | ky key | knl knoll | lk lake
    lndg landing | ln lane | lgt light | ldg lodge | mnr manor | mdw meadow | mdws meadows
    ml mill | msn mission | mtwy motorway | mt mount | mtn mountain | nck neck | orch orchard
    pkwy parkway parkwy | psge passage | pl place | pln plain | plz plaza | pt point | prt port
    prom promenade | pvt private | quai quay | rnch ranch | rdg ridge | riv river | rd road
    rte route | r rue | sq square | sqrs squares | shr shore | spg spring | sta station
    stra stravenue | strm stream | st street saint strt | ste sainte | smt summit | ter terrace
    trl trail | trce trace | tunl tunnel | tpke turnpike | upas underpass | vly valley | vw view
    vlg village | vl ville | vis vista | wlk walk | whf wharf | way wy | str strasse
"""
_DIRECTIONS = """
    n north nord | s south sud | e east | w west | ne northeast | nw northwest
    se southeast | sw southwest | o ouest
"""
_OTHERS = """
    unit apt apartment suite appartement app | fl floor | rm room | bldg building | dept department
    1st first | 2nd second | 3rd third | 4th fourth | 5th fifth | 6th sixth | 7th seventh
    8th eighth | 9th ninth | 10th tenth
"""


def _groups(text: str) -> list[list[str]]:
    """Spellings of one word each, its short form first."""
    return [each.split() for line in text.splitlines() for each in line.split("|") if each.strip()]


TYPES = frozenset(group[0] for group in _groups(_TYPES))
"""Short forms of the types of streets."""

DIRECTIONS = frozenset(group[0] for group in _groups(_DIRECTIONS))

UNITS = frozenset(("unit", "ste", "fl", "rm", "bldg"))
"""What stands before the number of a part of a house; `ste` is Suite as well as Sainte."""

LONG = {
    long: short
    for short, *others in (*_groups(_TYPES), *_groups(_DIRECTIONS), *_groups(_OTHERS))
    for long in others
}
"""Each word that has a short form, with that."""

# --- words --------------------------------------------------------------------------------------

_QUOTES = re.compile("['`\u2018\u2019\u00b4\u02bc\u2032]")
_INITIALS = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")
_MIXED = re.compile("(?<=[0-9])(?=[\u00bc-\u00be\u2150-\u215e])")  # as 12½
_WORD = re.compile(r"[0-9]+[a-z]?-[0-9]+[a-z]?(?![^\W_])|[0-9]+/[0-9]+(?![^\W_])|[^\W_]+")


def words(text: str) -> tuple[str, ...]:
    """The words of an address, comparable; those of their own blanks-joined text are the same.

    >>> words("100-102 N. Warren Street, Apt. #5")
    ('100-102', 'n', 'warren', 'st', 'unit', 'unit', '5')
    """
    found = _WORD.findall(_plain(text))
    return tuple(LONG.get(each, each) for each in map(_short, found))


def _plain(text: str) -> str:
    """Small letters without accents, quotes, and the dots of initials."""
    text = _MIXED.sub(" ", text).replace("#", " unit ").replace("&", " and ")
    for _ in range(2):  # small letters may have accents of their own
        text = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(each for each in text if not unicodedata.combining(each))
    text = unicodedata.normalize("NFKC", _QUOTES.sub("", text))
    text = text.replace("\u2044", "/").translate(_DASHES)
    return _INITIALS.sub("", re.sub("(?<=[0-9a-z]) *- *(?=[0-9])", "-", text))


_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")


def _short(word: str) -> str:
    """German streets are written in one word."""
    return word[:-4] if word.endswith("strasse") else word


# --- house numbers ------------------------------------------------------------------------------

_HOUSE = re.compile(r"([0-9]{1,8})([a-z]?)(?:-([0-9]{1,8})([a-z]?))?")
_FRACTION = re.compile(r"[0-9]+/[0-9]+")


class Number(msgspec.Struct, frozen=True):
    """A house number, or the two ends of several; what stands behind it in `suffix`.

    It holds the numbers from `low` to `high`, of one side of the street where both are.
    """

    low: int
    high: int
    suffix: str = ""  # as `a`, `1/2`

    def holds(self, number: int) -> bool:
        """Whether a number is one of these."""
        both_sides = (self.high - self.low) % 2 == 1
        return self.low <= number <= self.high and (both_sides or (number - self.low) % 2 == 0)


NONE = Number(-1, -1)
"""The number of an address without one."""


def house(told: Sequence[str]) -> list[tuple[Number, int]]:
    """The house numbers that some words may begin with, each with how many words it takes.

    The most words come first: `100 a st` may be 100A of a street, or 100 of A Street.

    >>> house(("100", "a", "st"))[0]
    (Number(low=100, high=100, suffix='a'), 2)
    """
    found = _HOUSE.fullmatch(told[0]) if told else None
    if found is None:
        return []
    low, letter, end, last = int(found[1]), found[2], found[3], found[4] or ""
    high = int(end) if end else low
    if high < low:  # as 37-10 in Queens: no range
        high, letter = low, f"{letter}-{end}"
    number = Number(low, high, letter + last)
    more = told[1] if len(told) > 1 and not number.suffix and end is None else ""
    if _FRACTION.fullmatch(more) or (len(more) == 1 and more.isalpha()):
        return [(Number(low, high, more), 2), (number, 1)]
    return [(number, 1)]


# --- the register -------------------------------------------------------------------------------

_Text = Annotated[str, Meta(max_length=250)]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An address as a file has it. Degrees, WGS84; a text that is not there is empty."""

    address_id: _Text
    number: _Text = ""
    street: _Text
    unit: _Text = ""
    city: _Text = ""
    region: _Text = ""
    postcode: _Text = ""
    long: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]


class Point(msgspec.Struct, frozen=True):
    """One address of a register: as it is shown, and as it is looked for."""

    address_id: str
    line: str  # number and street, as they are shown
    unit: str
    city: str
    region: str
    postcode: str
    low: int
    high: int
    suffix: str
    street: str  # its words
    long: float  # degrees, WGS84
    lat: float

    @property
    def number(self) -> Number:
        """Its house number."""
        return Number(self.low, self.high, self.suffix)


def entry(written: Written) -> Point:
    """A row of a file as an address of the register; a number may begin its street, too.

    Raises:
        ValueError: it has no street, or one of too many words; says so.
    """
    line = f"{written.number} {written.street}".strip()
    street = words(line)
    number, own = NONE, words(written.number)
    for found, taken in house(own) if own else house(street)[-1:]:
        if taken < len(street) and own in (street[:taken], ()):
            number, street = found, street[taken:]
            break
    if not words(written.street):
        raise ValueError("it has no street")
    if len(street) > MOST_WORDS:
        raise ValueError(f"its street has {len(street)} words; {MOST_WORDS} are the most")
    return Point(
        address_id=written.address_id,
        line=line,
        unit=written.unit,
        city=written.city,
        region=written.region,
        postcode=written.postcode,
        low=number.low,
        high=number.high,
        suffix=number.suffix,
        street=" ".join(street),
        long=written.long,
        lat=written.lat,
    )


def shown(point: Point, *, unit: bool = True) -> str:
    """An address in one line, as `100 Warren St, Apt 5, Lanternport, Z1A 2B3`.

    Args:
        point: of a register.
        unit: whether the part of the house is told, too.
    """
    place = f"{point.region} {point.postcode}".strip()
    parts = (point.line, point.unit if unit else "", point.city, place)
    return ", ".join(each for each in parts if each)
