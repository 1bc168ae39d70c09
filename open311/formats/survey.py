"""What does not fit among the areas of a city, for people and for a GIS: table, GeoJSON, map."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import shapely

from open311.domain import survey
from open311.domain.areas import BOUNDARY, shape
from open311.domain.folder import Area
from open311.domain.survey import SLIVER, Finding, Kind
from open311.formats import svg_map
from open311.formats.svg_map import BLUE, GREEN, GREY, INK, PAPER, PURPLE, RED, Layer, Mark, Style

__all__ = ["collection", "picture", "table"]

_LOOKS: dict[Kind, tuple[str, str]] = {
    "gap": ("Gaps", RED),
    "overlap": ("Overlaps", BLUE),
    "beyond": ("Beyond the boundary", GREEN),
    "outside": ("Outside of the boundary", PURPLE),
}
_CITY = Style(fill=PAPER, line=INK, width=1.2)
_AREA = [Style(fill=GREY, opacity=0.1, line=GREY, dashes=each) for each in ("", "6 2", "2 2")]
_RING, _SMALL_RING = 7, 4  # pixels around what is too small to be seen


def table(areas: Iterable[Area], findings: Sequence[Finding]) -> str:
    """Findings as lines of aligned columns, and the totals of each layer and kind.

    Args:
        areas: those that were looked at.
        findings: of `survey.findings`, in its order.
    """
    rows = [
        (
            each.layer,
            each.kind,
            f"{each.square_metres:,.0f}",
            f"{each.width:,.1f}",
            "sliver" if each.sliver else "-",
            _place(each),
            ", ".join(each.codes) or "-",
        )
        for each in findings
    ]
    head = ("layer", "kind", "m2", "mean width in m", "sliver", "lat, long", "areas")
    found = [*_columns([head, *rows], (2, 3)), ""] if rows else []
    totals: list[tuple[str, ...]] = [
        (layer, kind, f"{_size(own):,.0f}", f"{len(own):,}", f"{sum(e.sliver for e in own):,}")
        for (layer, kind), own in _groups(findings)
    ]
    well = {each.layer for each in areas} - {each.layer for each in findings}
    totals += [(layer, "nothing", "0", "0", "0") for layer in well]
    head_of_totals = ("layer", "kind", "m2 in all", "findings", "of them slivers")
    return "\n".join(
        [*found, *_columns([head_of_totals, *sorted(totals, key=itemgetter(0))], (2, 3, 4)), ""]
    )


def _place(each: Finding) -> str:
    """Where to look for it: a point of its largest part, to a metre."""
    largest = max(shapely.get_parts(each.shape), key=shapely.area)
    ((long, lat),) = shapely.get_coordinates(shapely.point_on_surface(largest))
    return f"{lat:.5f}, {long:.5f}"


def _groups(findings: Iterable[Finding]) -> list[tuple[tuple[str, Kind], list[Finding]]]:
    return [(of, [*own]) for of, own in groupby(findings, lambda each: (each.layer, each.kind))]


def _size(findings: Iterable[Finding]) -> float:
    return sum(each.square_metres for each in findings)


def _columns(rows: Sequence[Sequence[str]], right: Container[int]) -> Iterator[str]:
    """Rows as lines; some columns are flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            text.rjust(width) if index in right else text.ljust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def collection(findings: Iterable[Finding]) -> dict[str, Any]:
    """Findings as GeoJSON, in their order.

    Source: RFC 7946; rings run as it says in 3.1.6.
    """
    features = [
        {
            "type": "Feature",
            "properties": {
                "layer": each.layer,
                "kind": each.kind,
                "codes": [*each.codes],
                "square_metres": round(each.square_metres, 1),
                "mean_width_metres": round(each.width, 2),
                "sliver": each.sliver,
            },
            "geometry": json.loads(shapely.to_geojson(shapely.orient_polygons(each.shape))),
        }
        for each in findings
    ]
    return {"type": "FeatureCollection", "features": features}


def picture(city: str, day: date, areas: Sequence[Area], findings: Sequence[Finding]) -> bytes:
    """A map of the areas and of what does not fit.

    Args:
        city: its name.
        day: on which the areas count.
        areas: those that were looked at.
        findings: what was found.

    Returns:
        SVG.
    """
    layers = sorted({each.layer for each in areas} - {BOUNDARY})
    looks = {layer: _AREA[index % len(_AREA)] for index, layer in enumerate(layers)}
    own = {layer: [each for each in areas if each.layer == layer] for layer in (BOUNDARY, *layers)}
    drawn = [Layer("Boundary", _CITY, [Mark(shape(each), each.name) for each in own[BOUNDARY]])]
    for layer, look in looks.items():
        marks = [
            Mark(shape(each), f"{layer} {each.code}: {each.name}", each.code) for each in own[layer]
        ]
        drawn.append(Layer(f"Areas: {layer}", look, marks))
    kinds = _LOOKS if own[BOUNDARY] else {"overlap": _LOOKS["overlap"]}
    for kind, (title, colour) in kinds.items():
        drawn += _found(title, colour, [each for each in findings if each.kind == kind])
    return svg_map.drawn(
        f"{city}: how its areas fit on {day}",
        "Overlaps, gaps and what reaches beyond the boundary. Slivers are narrower than"
        f" {SLIVER:g} m on average; what is too small to be seen has a ring around it.",
        drawn,
    )


def _found(title: str, colour: str, findings: Sequence[Finding]) -> Iterator[Layer]:
    parts = [survey.parted(each) for each in findings]
    titles = [_told(each) for each in findings]
    many = f"{len(findings)}, {_size(findings):,.0f} m2" if findings else "none"
    broad = Style(fill=colour, opacity=0.6, line=colour, width=1.2, ring=_RING)
    wide = [Mark(part, told) for (part, _), told in zip(parts, titles, strict=True)]
    yield Layer(f"{title}: {many}", broad, wide)
    fine = Style(line=colour, width=0.8, dashes="3 2", ring=_SMALL_RING)
    narrow = [
        Mark(part, told) for (_, part), told in zip(parts, titles, strict=True) if not part.is_empty
    ]
    if narrow:
        yield Layer("Slivers of these", fine, narrow)


def _told(each: Finding) -> str:
    codes = ": ".join(filter(None, [each.layer, " and ".join(each.codes)]))
    sliver = ", a sliver" if each.sliver else ""
    return f"{each.kind} of {codes}, {each.square_metres:,.0f} m2{sliver}"
