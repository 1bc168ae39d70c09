"""The filters of a search as SQL conditions on a request `r`.

User text is only ever a parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians
from typing import Any

from open311.spec import cursors
from open311.spec.filters import Area, Box, Circle
from open311.spec.search import FIRST, LAST, Search
from open311.store import queries

__all__ = ["ANY", "STATUS", "WHERE", "Add", "after", "around", "said", "spelled"]

_IN_AREAS = queries.part(queries.load("search")["in_areas"])

_METRES = 110_500.0  # at least, of a degree of latitude; of longitude at the equator 111,320
_NARROW = 0.01  # the cosine of a latitude so near to a pole that every longitude is near
_HALF, _TURN = 180.0, 360.0  # degrees
_SHORTEST = 3  # letters of a part of an address
ANY = "''"  # month

Add = Callable[[object], str]
"""Takes a value in, and gives the parameter that stands for it."""

STATUS = {"open": "r.status = 'open'", "closed": "r.status = 'closed'"}
"""Written out, because a partial index serves only what the planner can see."""


def _box(box: Box, add: Add) -> str:
    """Within a box; across the 180th meridian it is what is not between its sides."""
    west, east = add(box.west), add(box.east)
    across = box.west > box.east
    longs = (
        f"not (r.long > {east} and r.long < {west})"
        if across
        else (f"r.long between {west} and {east}")
    )
    return f"r.lat between {add(box.south)} and {add(box.north)} and {longs}"


def _circle(circle: Circle, add: Add) -> str:
    box = around(circle)
    centre = f"{add(circle.lat)}::float8, {add(circle.long)}::float8"
    return f"{_box(box, add)} and metres(r.lat, r.long, {centre}) <= {add(circle.radius)}"


def around(circle: Circle) -> Box:
    """A box that holds a circle."""
    high = circle.radius / _METRES
    south, north = max(circle.lat - high, -90.0), min(circle.lat + high, 90.0)
    narrowest = cos(radians(max(abs(south), abs(north))))
    wide = high / narrowest if narrowest > _NARROW else 180.0
    if wide >= _HALF:
        return Box(-_HALF, south, _HALF, north)
    west, east = circle.long - wide, circle.long + wide
    return Box(west + _TURN * (west < -_HALF), south, east - _TURN * (east > _HALF), north)


def said(q: str, month: str, add: Add) -> str:
    """With all of the words or their beginnings.

    Args:
        q: what is looked for.
        month: the one that it must be of, as SQL; "''" where it may be of any.
        add: takes the values.
    """
    own = "month(r.requested_datetime)" if month != ANY else ANY
    texts = "array[r.description, r.address, r.status_notes]"
    return f"words({own}, {texts}) @@ words_query({month}, {add(q)})"


def spelled(q: str, add: Add) -> str | None:
    """With it as a part of the address; None for several words, and for what is too short."""
    if len(q) < _SHORTEST or len(q.split()) > 1:
        return None
    escaped = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"r.address ilike {add(f'%{escaped}%')}"


def _words(q: str, add: Add) -> str:
    found, address = said(q, ANY, add), spelled(q, add)
    return f"({found} or {address})" if address else found


def _areas(areas: tuple[Area, ...], add: Add) -> str:
    """In an area of each layer; the case keeps the planner from joining, which loses the order."""
    inside = "".join(f" and a.inside && {add(each)}::text[]" for each in areas)
    return _IN_AREAS.format(inside=inside)


def after(search: Search, add: Add) -> str:
    """Behind the cursor in the order of the list."""
    cursor = search.cursor
    if cursor is None:
        return ""
    sign = "<" if search.newest_first is not cursor.back else ">"
    return (
        f"(r.{search.by}, r.id) {sign} ({add(cursors.moment(cursor.at))}, {add(cursor.id)}::bigint)"
    )


WHERE: dict[str, Callable[[Any, Add], str]] = {
    "service_request_id": lambda ids, add: f"r.service_request_id = any ({add(ids)}::text[])",
    "service_code": lambda codes, add: f"r.service_code = any ({add(codes)}::text[])",
    "status": lambda states, _: STATUS[states[0]] if len(states) == 1 else "",
    "start_date": lambda at, add: f"r.requested_datetime >= {add(at)}" if at != FIRST else "",
    "end_date": lambda at, add: f"r.requested_datetime <= {add(at)}" if at != LAST else "",
    "updated_after": lambda at, add: f"r.updated_datetime >= {add(at)}",
    "updated_before": lambda at, add: f"r.updated_datetime <= {add(at)}",
    "department": lambda codes, add: f"r.department = any ({add(codes)}::text[])",
    "has_media": lambda is_so, _: f"{'' if is_so else 'not '}r.has_media",
    "area": _areas,
    "bbox": _box,
    "circle": _circle,
    "q": _words,
}
"""Each filter of `Search` as an SQL condition on a request."""
