"""Files of areas as others have them: GeoJSON, and with the extra `geo` whatever GDAL reads.

The one home of pyogrio and pyproj. Where a file is in another system of coordinates than WGS84, it
is said or stands in it; nothing is guessed, but that 700,000 is no number of degrees.

Source: RFC 7946; GeoJSON before it (2008), section 3, for its `crs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import shapely
from msgspec.structs import replace

from open311.domain.areas import Shape
from open311.errors import Invalid
from open311.formats import json_file
from open311.formats.folder import LARGEST_FILE

__all__ = ["Feature", "Layer", "degrees", "read"]

_JSON = (".json", ".geojson")
_WGS84 = re.compile(r"(OGC:|.*:)?(CRS84|4326)", re.IGNORECASE)
_EXTRA = "needs the extra `geo`: pip install 'open311[geo]'"
_LONG, _LAT = 180, 90


class Feature(msgspec.Struct, frozen=True):
    """One thing of a file: what it says of it, and its shape; None where it has none."""

    properties: Mapping[str, Any]
    shape: Shape | None


class Layer(msgspec.Struct, frozen=True):
    """What a file holds; `crs` as it says itself, None where it does not."""

    features: tuple[Feature, ...]
    crs: str | None


def read(path: Path, inner: str | None = None) -> Layer:
    """Read a file of areas; altitudes are dropped.

    Args:
        path: GeoJSON by its ending; any other needs the extra `geo`.
        inner: the layer in it, where a file holds several.

    Raises:
        Invalid: it cannot be read; says why.
    """
    if not path.exists():
        raise Invalid(f"{path}: is not there.")
    return _geojson(path) if path.suffix.lower() in _JSON else _any(path, inner)


# --- GeoJSON ------------------------------------------------------------------------------------


class _Feature(msgspec.Struct):
    geometry: msgspec.Raw = msgspec.Raw(b"null")
    properties: dict[str, Any] | None = None


class _Collection(msgspec.Struct):
    features: list[_Feature]
    crs: Any = None


def _geojson(path: Path) -> Layer:
    if path.stat().st_size > LARGEST_FILE:
        raise Invalid(f"{path}: is larger than {LARGEST_FILE // 10**6} MB.")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Collection)
    except RecursionError as error:
        raise Invalid(f"{path}: is nested too deeply.") from error
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path}: cannot be read as a GeoJSON FeatureCollection: {error}.") from error
    features, problems = [], []
    for index, each in enumerate(found.features):
        try:
            raw = bytes(each.geometry)
            whole = None if raw == b"null" else shapely.from_geojson(raw)
        except shapely.errors.GEOSException as error:
            problems.append(f"{path}: {json_file.where(('features', index, 'geometry'))}: {error}.")
            continue
        flat = None if whole is None else shapely.force_2d(whole)
        features.append(Feature(each.properties or {}, flat))
    if problems:
        raise Invalid(*problems)
    return Layer(tuple(features), _named(found.crs))


def _named(crs: Any) -> str | None:
    match crs:
        case {"properties": {"name": str(name)}}:
            return name
    return None


# --- everything else ----------------------------------------------------------------------------


def _any(path: Path, inner: str | None) -> Layer:
    try:
        import pyogrio
    except ImportError as error:
        raise Invalid(f"{path}: a file of this kind {_EXTRA}.") from error
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        if inner is None and len(layers) > 1:
            raise Invalid(f"{path}: has several layers; name one: {', '.join(layers)}.")
        meta, _, shapes, columns = pyogrio.raw.read(path, layer=inner, force_2d=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise Invalid(f"{path}: cannot be read: {str(error).partition(';')[0]}") from error
    names = [str(each) for each in meta["fields"]]
    features = [
        Feature(
            {name: _plain(column[index]) for name, column in zip(names, columns, strict=True)},
            None if wkb is None else shapely.from_wkb(wkb),
        )
        for index, wkb in enumerate(shapes)
    ]
    return Layer(tuple(features), meta["crs"])


def _plain(value: Any) -> Any:
    """A value of numpy's as Python's own."""
    return value.item() if hasattr(value, "item") else value


# --- to degrees ---------------------------------------------------------------------------------


def degrees(layer: Layer, crs: str | None) -> Layer:
    """The same in degrees, WGS84, longitude first.

    Args:
        layer: as it was read.
        crs: as `EPSG:2249`; wins over what the file says; None: what it says, or WGS84.

    Raises:
        Invalid: there is no such system; or the numbers cannot be degrees.
    """
    source = crs or layer.crs
    if source is not None and not _WGS84.fullmatch(source):
        turn = _transformer(source)
        turned = (each.shape and shapely.transform(each.shape, turn) for each in layer.features)
        pairs = zip(layer.features, turned, strict=True)
        layer = Layer(tuple(replace(each, shape=shape) for each, shape in pairs), None)
    for index, each in enumerate(layer.features):
        if each.shape is not None and not each.shape.is_empty and not _fits(each.shape):
            told = json_file.where(("features", index))
            raise Invalid(
                f"{told}: its coordinates cannot be degrees; say which system they are in,"
                " as --crs EPSG:2249."
                if source is None
                else f"{told}: is not in degrees after it was turned from {source}; is that right?"
            )
    return layer


def _fits(shape: Shape) -> bool:
    west, south, east, north = shape.bounds  # NaN and infinity fit nowhere
    return bool(-_LONG <= west <= east <= _LONG and -_LAT <= south <= north <= _LAT)


def _transformer(source: str) -> Callable[[Any], Any]:
    try:
        import pyproj
    except ImportError as error:
        raise Invalid(f"--crs: turning coordinates from {source} {_EXTRA}.") from error
    try:
        found = pyproj.Transformer.from_crs(source, 4326, always_xy=True)
    except pyproj.exceptions.CRSError as error:
        raise Invalid(f"--crs: there is no system of coordinates {source!r}.") from error

    def turn(positions: Any) -> Any:
        longs, lats = found.transform(positions[:, 0], positions[:, 1])
        positions = positions.copy()
        positions[:, 0], positions[:, 1] = longs, lats
        return positions

    return turn
