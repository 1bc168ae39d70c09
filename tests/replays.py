"""Past reports as they are stored, and what is decided about them, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import shapely
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain import areas, routing
from open311.domain.folder import Area, CityService
from open311.domain.map import Map
from open311.domain.replay import CHANNELS, Reports
from open311.domain.routing import Decision, Report, Routing
from tests import routings
from tests.routings import ANSWERS, SERVICES


def area(layer: str, code: str, west: float, east: float) -> Area:
    return Area(layer, code, code, areas.encode(shapely.box(west, 44, east, 45)))


AREAS = (
    *(area("boundary", "city", -64, -62), area("wards", "1", -64, -63), area("wards", "2", -63, 0)),
    *(area("police", "A", -63.5, -62.5), area("police", "B", -62.5, -62.3)),
)
LONGS = (-63.9, -63.3, -63, -62.7, -62.4, -62.1, -64.0001, -61.9999, -70)
"""Of every meeting of areas, of borders, of less than ten metres outside, and of far away."""
MOMENTS = st.datetimes(datetime(1960, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
CHANGES = tuple(  # the clocks of Halifax are put on, and back
    datetime(2026, month, day, hour, 59, 59, tzinfo=UTC) + timedelta(minutes=minutes)
    for month, day in ((3, 8), (11, 1))
    for hour in (4, 5, 6)
    for minutes in (-30, 0, 1)
)


@st.composite
def past(draw: st.DrawFn) -> tuple[Report, float | None]:
    """A report without its place, and the longitude of that."""
    about = draw(st.sampled_from(SERVICES))
    at = draw(MOMENTS | st.sampled_from(CHANGES + routings.MOMENTS))
    long = draw(st.none() | st.sampled_from(LONGS))
    return Report(
        service_code=about.service_code,
        group=about.group,
        answers=draw(st.sampled_from(ANSWERS[about.service_code] + ANSWERS["pothole"])),
        at=at.replace(microsecond=0),
        channel=draw(st.sampled_from((*CHANNELS, None, "drum"))),
        unplaced=long is not None or draw(st.booleans()),
    ), long


def columns(
    past: Sequence[tuple[Report, float | None]], services: Sequence[CityService] = SERVICES
) -> Reports:
    """Reports as they are stored; `unplaced`: they told of a place."""
    codes = [each.service_code for each in services]
    reports = [each for each, _ in past]
    return Reports(
        services=np.array([codes.index(each.service_code) for each in reports], np.intp),
        longs=np.array([long for _, long in past], float),
        lats=np.array([None if long is None else 44.5 for _, long in past], float),
        told=np.array([each.unplaced for each in reports], bool),
        at=np.array([int(each.at.timestamp()) for each in reports], np.int64),
        channels=np.array(
            [CHANNELS.index(each.channel) if each.channel in CHANNELS else -1 for each in reports],
            np.intp,
        ),
        answers=[msgspec.json.encode(each.answers).decode() or None for each in reports],
    )


def one_by_one(rules: Routing, shapes: Map, past: Any) -> list[Decision]:
    """What `decide` says of each, but for the place."""
    found = []
    for each, long in past:
        located = None if long is None else shapes.locate(long, 44.5)
        whole = replace(each, located=located, unplaced=each.unplaced and located is None)
        decision = routing.decide(rules, whole)
        found.append(replace(decision, areas={}, ties={}, moved=0.0))
    return found
