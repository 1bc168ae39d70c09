"""Files of areas as others have them: GeoJSON, and with the extra `geo` four kinds by GDAL.

The one home of pyogrio and pyproj. Where a file is in another system of coordinates than WGS84, it
is said or stands in it; nothing is guessed, but that 700,000 is no number of degrees.

Source: RFC 7946; GeoJSON before it (2008), section 3, for its `crs`.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

import msgspec
import shapely
from msgspec.structs import replace

from open311.domain.areas import Shape
from open311.errors import Invalid
from open311.formats import json_file
from open311.formats.folder import LARGEST_FILE

__all__ = ["Feature", "Layer", "degrees", "read"]

_JSON = (".geojson", ".json")
_BEGINNINGS = {".gpkg": b"SQLite format 3\0", ".shp": b"\0\0\x27\x0a", ".fgb": b"fgb"}
_KML = ".kml"
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
        path: GeoJSON, GeoPackage, Shapefile, FlatGeobuf or KML by its ending; all but the first
            need the extra `geo`.
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
        found = msgspec.json.decode(path.read_bytes().removeprefix(BOM_UTF8), type=_Collection)
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
    _check_kind(path)
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


def _check_kind(path: Path) -> None:
    """Refuse what GDAL would take for a file of yet another kind: some name addresses to call.

    It goes by what stands in a file, and takes XML of two roots for what the second one is.
    """
    ending = path.suffix.lower()
    if ending not in (*_BEGINNINGS, _KML):
        told = ", ".join((*_JSON, *_BEGINNINGS))
        raise Invalid(f"{path}: is none of {told} and {_KML}.")
    try:
        with path.open("rb") as file:
            fits = _is_kml(file) if ending == _KML else _begins(file, _BEGINNINGS[ending])
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}.") from error
    if not fits:
        raise Invalid(f"{path}: cannot be read as a file of the kind {ending}.")


def _begins(file: BinaryIO, wanted: bytes) -> bool:
    return file.read(len(wanted)) == wanted


def _is_kml(file: BinaryIO) -> bool:
    names: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def begun(name: str, _: object) -> None:
        names.append(name.rpartition(" ")[2])
        parser.StartElementHandler = None  # the root is enough, but the rest must be well-formed

    parser.StartElementHandler = begun
    try:
        parser.ParseFile(file)
    except expat.ExpatError:
        return False
    return names == ["kml"]


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
