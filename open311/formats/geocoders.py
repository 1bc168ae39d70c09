"""What outside geocoders are asked, and what they answer: Nominatim's protocol, and Photon's.

Source: nominatim.org, API reference, Search (jsonv2); photon.komoot.io, GeoJSON.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

__all__ = ["PROTOCOLS", "House", "Protocol"]

_MOST = 10  # answers that are wanted

Box = tuple[float, float, float, float]
"""West, south, east, north; degrees."""


class House(msgspec.Struct, frozen=True):
    """A place that was told; `number` is empty where it is no house."""

    number: str
    postcode: str
    long: float
    lat: float


class Protocol(msgspec.Struct, frozen=True):
    """How to ask, and to read what was said.

    `read` raises msgspec's errors, or ValueError, where it cannot be read.
    """

    query: Callable[[str, Box | None], str]
    read: Callable[[bytes], list[House]]


_Lat = Annotated[float, Meta(ge=-90, le=90)]
_Long = Annotated[float, Meta(ge=-180, le=180)]


# --- Nominatim ----------------------------------------------------------------------------------


class _Parts(msgspec.Struct):
    house_number: str = ""
    postcode: str = ""


class _Place(msgspec.Struct):
    lat: _Lat
    lon: _Long
    address: _Parts = msgspec.field(default_factory=_Parts)


def _ask_nominatim(text: str, box: Box | None) -> str:
    asked = {"q": text, "format": "jsonv2", "addressdetails": 1, "limit": _MOST}
    within = {"viewbox": ",".join(map(str, box)), "bounded": 1} if box else {}
    return "/search?" + urlencode(asked | within)


def _read_nominatim(body: bytes) -> list[House]:
    found = msgspec.json.decode(body, type=list[_Place], strict=False)
    return [House(e.address.house_number, e.address.postcode, e.lon, e.lat) for e in found]


# --- Photon -------------------------------------------------------------------------------------


class _Properties(msgspec.Struct):
    housenumber: str = ""
    postcode: str = ""


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
    return [
        House(e.properties.housenumber, e.properties.postcode, *e.geometry.coordinates)
        for e in found
    ]


PROTOCOLS: dict[Literal["nominatim", "photon"], Protocol] = {
    "nominatim": Protocol(_ask_nominatim, _read_nominatim),
    "photon": Protocol(_ask_photon, _read_photon),
}
"""By the word of the setting."""
