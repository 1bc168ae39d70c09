"""What outside geocoders are asked, and what they answer: Nominatim's protocol, and Photon's.

What they say is a stranger's: each text is made one clean line, and one that is too long is none.

Source: nominatim.org, API reference, Search (jsonv2); photon.komoot.io, GeoJSON.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from open311.spec.submission import line

__all__ = ["PROTOCOLS", "House", "Protocol"]

_MOST = 10  # answers that are wanted
_LONGEST, _CODE = 250, 20  # characters of a text, and of a number or a postcode

Box = tuple[float, float, float, float]
"""West, south, east, north; degrees."""


class House(msgspec.Struct, frozen=True):
    """A place that was told; what it has not is empty. `within` names its quarter, town, state."""

    number: str
    street: str
    postcode: str
    within: str
    long: float
    lat: float


class Protocol(msgspec.Struct, frozen=True):
    """How to ask, and to read what was said; `read` raises whatever it may."""

    query: Callable[[str, Box | None], str]
    read: Callable[[bytes], list[House]]


_Lat = Annotated[float, Meta(ge=-90, le=90)]
_Long = Annotated[float, Meta(ge=-180, le=180)]


class _Area(msgspec.Struct):
    """What a place lies in, in the words of both."""

    neighbourhood: str | None = None
    locality: str | None = None
    suburb: str | None = None
    borough: str | None = None
    district: str | None = None
    city_district: str | None = None
    village: str | None = None
    town: str | None = None
    city: str | None = None
    county: str | None = None
    state: str | None = None
    country: str | None = None


def _house(
    number: str | None, street: str | None, code: str | None, area: _Area, long: float, lat: float
) -> House:
    names = [_fit(getattr(area, name)) for name in _Area.__struct_fields__]
    within = ", ".join(filter(None, names))
    return House(_fit(number, _CODE), _fit(street), _fit(code, _CODE), within, long, lat)


def _fit(text: str | None, most: int = _LONGEST) -> str:
    found = line(text or "")
    return found if len(found) <= most else ""


# --- Nominatim ----------------------------------------------------------------------------------


class _Parts(_Area):
    house_number: str | None = None
    road: str | None = None
    postcode: str | None = None


class _Place(msgspec.Struct):
    lat: _Lat
    lon: _Long
    address: _Parts | None = None


def _ask_nominatim(text: str, box: Box | None) -> str:
    asked = {"q": text, "format": "jsonv2", "addressdetails": 1, "limit": _MOST}
    within = {"viewbox": ",".join(map(str, box)), "bounded": 1} if box else {}
    return "/search?" + urlencode(asked | within)


def _read_nominatim(body: bytes) -> list[House]:
    found = msgspec.json.decode(body, type=list[_Place], strict=False)
    parts = [(each.address or _Parts(), each.lon, each.lat) for each in found]
    return [_house(e.house_number, e.road, e.postcode, e, *at) for e, *at in parts]


# --- Photon -------------------------------------------------------------------------------------


class _Properties(_Area):
    housenumber: str | None = None
    street: str | None = None
    postcode: str | None = None


class _Geometry(msgspec.Struct, tag_field="type", tag="Point"):
    coordinates: tuple[_Long, _Lat]


class _Feature(msgspec.Struct):
    geometry: _Geometry
    properties: _Properties


class _Collection(msgspec.Struct):
    features: list[_Feature]


def _ask_photon(text: str, box: Box | None) -> str:
    within = {"bbox": ",".join(map(str, box))} if box else {}
    return "/api?" + urlencode({"q": text, "limit": _MOST} | within)


def _read_photon(body: bytes) -> list[House]:
    found = msgspec.json.decode(body, type=_Collection).features
    parts = [(each.properties, *each.geometry.coordinates) for each in found]
    return [_house(e.housenumber, e.street, e.postcode, e, *at) for e, *at in parts]


PROTOCOLS: dict[Literal["nominatim", "photon"], Protocol] = {
    "nominatim": Protocol(_ask_nominatim, _read_nominatim),
    "photon": Protocol(_ask_photon, _read_photon),
}
"""By the word of the setting."""
