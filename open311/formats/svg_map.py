"""A map as SVG 1.1: a picture that every browser shows, with a legend and a scale.

Nothing is fetched and nothing runs in it. The same layers are the same bytes. It is small:
positions are tenths of a pixel, and of neighbours in one pixel the first stays.

>>> from shapely import Point, box
>>> wards = Layer("Wards", Style(line=INK), [Mark(box(0, 0, 0.02, 0.01), "Ward 1", "1")])
>>> places = Layer("Reports", Style(fill=BLUE), [Mark(Point(0.013, 0.004), "Pothole")])
>>> drawn("Tiny", "Where people report.", [wards, places])[:38]
b'<?xml version="1.0" encoding="utf-8"?>'
"""

from __future__ import annotations

import html
import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import shapely

from open311.formats.map_view import View

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "MEDIA_TYPE",
    "ORANGE",
    "PAPER",
    "PURPLE",
    "RED",
    "SKY",
    "YELLOW",
    "Layer",
    "Mark",
    "Style",
    "drawn",
]

MEDIA_TYPE = "image/svg+xml"

BLUE, SKY, GREEN, YELLOW = "#0072b2", "#56b4e9", "#009e73", "#f0e442"
ORANGE, RED, PURPLE = "#e69f00", "#d55e00", "#cc79a7"
"""Colours that are told apart by every kind of eye. Source: M. Okabe, K. Ito, Color Universal
Design, 2008."""
INK, GREY, PAPER = "#222222", "#8a8a8a", "#ffffff"

_LAND = "#f4f4f1"
_WIDE, _HIGH = 960, 840  # pixels of the map at most
_EDGE, _SIDE = 20, 300  # around everything; the legend
_ROW, _SWATCH, _SMALL = 18, 26, 12
_SCALE = 34  # the height of the scale bar
_KM = 1000  # metres
_LETTER = 0.56  # the width of a letter, in sizes of its font
_TOGETHER = 5  # titles of points in one pixel that are told
_UNWANTED = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How the marks of a layer look. Colours are `#rrggbb` or `none`; lengths are pixels."""

    fill: str = "none"
    opacity: float = 1.0
    """Of what is filled, 0 to 1."""

    line: str = "none"
    width: float = 1.0
    """Of the line; a shape that is thinner than a pixel is seen by it."""

    dashes: str = ""
    """Lengths of dashes and gaps by turns, as "4 2"; none: the line is whole."""

    radius: float = 3.5
    """Of points."""

    ring: float = 0.0
    """A mark that is smaller than this as a whole gets a ring of this radius around it."""


class Mark(msgspec.Struct, frozen=True):
    """What is drawn at one place, or several."""

    shape: Any
    """Points and polygons of shapely, alone or several, degrees; lines are not drawn."""

    title: str = ""
    """What a pointer that rests on it is told."""

    label: str = ""
    """What is written upon it, where there is room."""


class Layer(msgspec.Struct, frozen=True):
    """Marks of one kind: a line of the legend."""

    title: str
    style: Style
    marks: Sequence[Mark]


def drawn(
    title: str, description: str, layers: Sequence[Layer], frame: Sequence[Any] = ()
) -> bytes:
    """A map.

    Args:
        title: what it shows, in a few words.
        description: the same in a sentence or two, also for who cannot see it.
        layers: from the lowest to the uppermost; one without marks is still in the legend.
        frame: shapes that must be seen, degrees; what lies beyond is cut off. Empty: all marks.

    Returns:
        UTF-8 with declaration, well-formed whatever the texts hold; the same for the same layers.
    """
    view = View(frame or [mark.shape for each in layers for mark in each.marks], _WIDE, _HIGH)
    width = _EDGE + view.width + _EDGE + _SIDE + _EDGE
    head = [*_lines(title, width - 2 * _EDGE, 20, _EDGE, 34)]
    low = 34.0 + 26 * len(head)
    told = [*_lines(description, width - 2 * _EDGE, 13, _EDGE, low)]
    top = low + _ROW * len(told)
    legend, low = _legend(layers, _EDGE + view.width + _EDGE, top + 12)
    height = max(top + view.height, low) + _EDGE
    size = f'width="{_n(view.width)}" height="{_n(view.height)}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{_n(width)}"'
            f' height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
            f' font-family="system-ui, sans-serif" fill="{INK}" stroke-linejoin="round"'
            ' stroke-linecap="round">',
            f"<title>{_escaped(title)}</title>",
            f"<desc>{_escaped(description)}</desc>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            *head,
            *told,
            f'<svg x="{_EDGE}" y="{top}" {size} fill-rule="evenodd">',  # cuts off what is beyond
            f'<rect width="100%" height="100%" fill="{_LAND}" stroke="{GREY}"/>',
            *[line for each in layers for line in _layer(each, view)],
            *_labels(layers, view),
            *_scale(view),
            "</svg>",
            *legend,
            "</svg>\n",
        ]
    ).encode()


# --- marks --------------------------------------------------------------------------------------


def _layer(layer: Layer, view: View) -> Iterator[str]:
    style = layer.style
    yield f"<g {_look(style)}>"
    points: dict[tuple[int, int], list[str]] = {}
    for mark in layer.marks:
        polygons = []
        for part in view.parts(mark.shape):
            if part.geom_type == "Polygon":
                polygons.append(part)
            else:
                points.setdefault(view.pixel(part), []).append(mark.title)
        if polygons:
            path = "".join(dict.fromkeys(map(view.path, polygons)))
            yield from _shape("path", f'd="{path}"', mark.title)
            yield from _ring(polygons, style.ring, mark.title, view)
    for (across, down), titles in points.items():
        if not (0 <= across <= view.width and 0 <= down <= view.height):
            continue
        more = [f"and {len(titles) - _TOGETHER} more"] if len(titles) > _TOGETHER else []
        told = "\n".join(filter(None, [*titles[:_TOGETHER], *more]))
        yield from _shape("circle", f'cx="{across}" cy="{down}" r="{_n(style.radius)}"', told)
    yield "</g>"


def _shape(name: str, attributes: str, title: str) -> Iterator[str]:
    inner = f"><title>{_escaped(title)}</title></{name}>" if title else "/>"
    yield f"<{name} {attributes}{inner}"


def _look(style: Style) -> str:
    said = f'fill="{_escaped(style.fill)}"'
    if style.opacity < 1:
        said += f' fill-opacity="{style.opacity:g}"'
    if style.line != "none":
        said += f' stroke="{_escaped(style.line)}" stroke-width="{_n(style.width)}"'
    return said + (f' stroke-dasharray="{_escaped(style.dashes)}"' if style.dashes else "")


def _ring(polygons: Sequence[Any], radius: float, title: str, view: View) -> Iterator[str]:
    """A ring around what is small."""
    corners = view.pixels(shapely.bounds(polygons).reshape(-1, 2))
    least, most = corners.min(axis=0), corners.max(axis=0)
    if (most - least).max() < radius:
        across, down = ((least + most) / 2).round()
        at = f'cx="{_n(across)}" cy="{_n(down)}" r="{_n(radius)}" fill-opacity="0"'
        yield from _shape("circle", at, title)


def _labels(layers: Sequence[Layer], view: View) -> Iterator[str]:
    """The labels, each in the largest part of its mark, where there is room, and no other one."""
    low = view.height - _SCALE
    taken: list[Any] = [shapely.box(0, low, view.width / 4 + _SCALE, view.height)]
    for mark in [mark for each in layers for mark in each.marks if mark.label]:
        polygons = [part for part in view.parts(mark.shape) if part.geom_type == "Polygon"]
        if not polygons:
            continue
        largest = max(polygons, key=lambda part: float(part.area))
        (west, _), (east, _) = view.pixels(np.array(largest.bounds).reshape(2, 2))
        across, down = view.pixel(shapely.point_on_surface(largest))
        half = len(mark.label) * _SMALL * _LETTER / 2
        own = shapely.box(across - half, down - _SMALL / 2, across + half, down + _SMALL / 2)
        if east - west > 2 * half and not own.intersects(taken).any():
            taken.append(own)
            yield (
                f'<text x="{across}" y="{down + 4}" font-size="{_SMALL}" text-anchor="middle"'
                f' stroke="{PAPER}" stroke-width="3" stroke-opacity="0.8" paint-order="stroke"'
                f' pointer-events="none">{_escaped(mark.label)}</text>'
            )


# --- what stands beside -------------------------------------------------------------------------


def _scale(view: View) -> Iterator[str]:
    """A bar of a round number of metres, up to a quarter of the map."""
    most = view.width / 4 * view.metres
    power = 10.0 ** math.floor(math.log10(most))
    length = max(each * power for each in (1, 2, 5) if each * power <= most)
    told = f"{length / _KM:,g} km" if length >= _KM else f"{length:g} m"
    end, low = 12 + length / view.metres, view.height - 12
    bar = f"M12 {_n(low - 6)}V{_n(low)}H{_n(end)}V{_n(low - 6)}"
    for colour, width in ((PAPER, 5), (INK, 2)):
        yield f'<path d="{bar}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
    yield (
        f'<text x="18" y="{_n(low - 6)}" font-size="{_SMALL}" stroke="{PAPER}" stroke-width="3"'
        f' paint-order="stroke">{told}, north is up</text>'
    )


def _legend(layers: Sequence[Layer], left: float, top: float) -> tuple[list[str], float]:
    """Its lines, and where it ends."""
    made: list[str] = []
    for layer in layers:
        first = layer.marks[0].shape.geom_type if layer.marks else "Polygon"
        middle = top - 4
        if first in ("Point", "MultiPoint"):
            place = f'cx="{_n(left + 9)}" cy="{_n(middle)}" r="{_n(layer.style.radius)}"'
            made.append(f"<circle {place} {_look(layer.style)}/>")
        else:
            place = f'x="{_n(left)}" y="{_n(middle - 6)}" width="18" height="12"'
            made.append(f"<rect {place} {_look(layer.style)}/>")
        lines = [*_lines(layer.title, _SIDE - _SWATCH, 13, left + _SWATCH, top)]
        made += lines
        top += _ROW * max(len(lines), 1) + 6
    return made, top


def _lines(text: str, width: float, size: int, left: float, top: float) -> Iterator[str]:
    """A text on as many lines as it needs."""
    for line in textwrap.wrap(_clean(text), int(width / (size * _LETTER))):
        yield f'<text x="{_n(left)}" y="{_n(top)}" font-size="{size}">{_escaped(line)}</text>'
        top += round(1.35 * size)


def _clean(text: str) -> str:
    """A text without the characters that XML cannot carry."""
    return _UNWANTED.sub("\ufffd", text)


def _escaped(text: str) -> str:
    return html.escape(_clean(text))


def _n(value: float) -> str:
    """A number of pixels, to tenths, as short as it can be."""
    return f"{value:.1f}".removesuffix(".0")
