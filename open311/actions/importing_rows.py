"""Rows of another system, as they are to be written: by a batch, without asking the database."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import repeat
from operator import attrgetter
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from open311.demo.versions import Edition
from open311.domain import city as cities
from open311.domain import definitions, routing, spots
from open311.domain.attributes import Form
from open311.domain.conversion import Faulty, Imported, Known, converter
from open311.domain.decisions import Decision, Report
from open311.domain.folder import CityService
from open311.domain.mappings import Mapping as FileMapping
from open311.domain.origins import Values
from open311.domain.spots import Spot
from open311.formats.record_files import Record
from open311.spec import submission
from open311.spec.search import EARLY
from open311.store.imported import ImportedRow

__all__ = ["Batch", "City", "Row", "batch", "changed", "city", "written"]

_BEGINS = attrgetter("begins")


class City(msgspec.Struct, frozen=True):
    """A city that rows come into."""

    jurisdiction_id: str
    whole: cities.City
    editions: Mapping[str, Sequence[Edition]]
    convert: Callable[[Values], Imported]


class Row(msgspec.Struct, frozen=True, gc=False):
    """A request: what is said of it, the hash of that, and where it is."""

    said: Imported
    hash: int
    spot: Spot | None


class Batch(msgspec.Struct, frozen=True):
    """Requests; what is wrong with the other rows: place, source_id and problem."""

    rows: list[Row]
    faults: list[tuple[str, str, str]]
    outside: tuple[str, ...]  # places of requests beyond the boundary
    unlinked: tuple[str, ...]  # of those whose media_url is none, and was left out


def city(
    whole: cities.City, editions: Mapping[str, Sequence[Edition]], mapping: FileMapping
) -> City:
    """Make a city ready.

    Args:
        whole: as it is now.
        editions: every version of each service, in the order of time.
        mapping: of the rows.
    """
    compiled: dict[tuple[str, int], Form] = {}

    def forms(service_code: str, at: datetime) -> Form:
        edition = _edition(editions[service_code], at)
        key = service_code, edition.version
        if key not in compiled:
            compiled[key] = definitions.offer(edition.service, edition.version, "").form
        return compiled[key]

    offers = sorted(whole.services.values(), key=lambda each: each.active)  # what is offered wins
    known = Known(
        zone=ZoneInfo(mapping.timezone) if mapping.timezone else whole.zone,
        services=frozenset(editions),
        service_names={each.service_name.casefold(): each.service_code for each in offers},
        departments=frozenset(whole.departments),
        department_names={name.casefold(): code for code, name in whole.departments.items()},
    )
    return City(whole.jurisdiction_id, whole, editions, converter(mapping, known, forms))


def _edition(editions: Sequence[Edition], at: datetime) -> Edition:
    """The version that answered at a time; before the first one, that."""
    return editions[max(bisect_right(editions, at, key=_BEGINS) - 1, 0)]


def batch(city: City, records: Sequence[Record], seen: set[str]) -> Batch:
    """Make requests of rows.

    Args:
        city: from `city`.
        records: the rows.
        seen: source_ids that were there before; those of the rows come to them.
    """
    said: list[Imported] = []
    places: list[str] = []
    faults: list[tuple[str, str, str]] = []
    unlinked: list[str] = []
    for each in records:
        try:
            if each.problem:
                raise Faulty([each.problem])
            one = city.convert(each.values)
            if one.source_id in seen:
                told = f"source_id: {one.source_id!r} is given twice"
                raise Faulty([told], one.source_id)
        except Faulty as fault:
            faults += [(each.place, fault.source_id, problem) for problem in fault.problems]
            continue
        seen.add(one.source_id)
        if one.media_url and not submission.is_link(one.media_url):
            unlinked.append(each.place)
            one = msgspec.structs.replace(one, media_url=None)
        said.append(one)
        places.append(each.place)
    found, outside = _spots(city, said)
    rows = [Row(one, _hash(one), spot) for one, spot in zip(said, found, strict=True)]
    return Batch(rows, faults, tuple(places[index] for index in outside), (*unlinked,))


_encode = msgspec.json.Encoder().encode


def _hash(said: Imported) -> int:
    return int.from_bytes(blake2b(_encode(said), digest_size=8).digest(), "big", signed=True)


def _spots(city: City, said: Sequence[Imported]) -> tuple[list[Spot | None], Sequence[int]]:
    """Where requests are; and which of them lie beyond the boundary."""
    found: list[Spot | None] = [None] * len(said)
    pointed = [index for index, each in enumerate(said) if each.long is not None]
    if not pointed:
        return found, ()
    lats, longs = np.array([(said[i].lat, said[i].long) for i in pointed], np.float64).T
    ground = city.whole.map
    many = ground.locate_many(longs, lats) if ground else None
    layers = {layer: each.tolist() for layer, each in many.areas.items()} if many else {}
    corners = (np.floor(each * spots.CELLS).tolist() for each in (longs, lats))
    cells = zip(*corners, strict=True)
    inside = zip(*layers.values(), strict=True) if layers else repeat(())
    made: dict[tuple[object, ...], Spot] = {}
    for index, cell, areas, long, lat in zip(pointed, cells, inside, longs, lats, strict=False):
        key = (cell, areas)
        if key not in made:
            codes = {
                layer: ground.codes[layer][area]
                for layer, area in zip(layers, areas, strict=True)
                if ground and area >= 0
            }
            made[key] = spots.spot(float(long), float(lat), codes)
        found[index] = made[key]
    outside = [] if many is None else np.flatnonzero(~many.inside).tolist()
    return found, [pointed[index] for index in outside]


# --- one row ------------------------------------------------------------------------------------


def changed(told: datetime, requested: datetime) -> datetime:
    """When a request was changed: seconds before it was there are a clock's, and stay.

    Args:
        told: what the source says.
        requested: when it was requested.
    """
    return requested if requested - told > EARLY else told


def written(
    city: City,
    row: Row,
    place: int | None,
    number: int = 0,
    kept_id: str | None = None,
    *,
    route: bool = False,
) -> ImportedRow:
    """A request as it is written.

    Args:
        city: from `city`.
        row: from `batch`.
        place: the number of its spot.
        number: of a new one.
        kept_id: its service_request_id; None: its number.
        route: whether the city's rules say who acts.
    """
    said = row.said
    edition = _edition(city.editions[said.service_code], said.requested_datetime)
    decision = _decision(city.whole, said, edition.service) if route else None
    return ImportedRow(
        number=number,
        kept_id=kept_id,
        source_id=said.source_id,
        source_hash=row.hash,
        requested_datetime=said.requested_datetime,
        updated_datetime=changed(said.updated_datetime, said.requested_datetime),
        expected_datetime=said.expected_datetime,
        status=said.status,
        detailed_status=said.detailed_status,
        status_notes=said.status_notes,
        service_code=said.service_code,
        definition_version=edition.version,
        description=said.description,
        department=decision.department
        if decision
        else said.department or edition.service.department,
        queue=decision.queue if decision else said.queue,
        priority=decision.priority if decision else None,
        decision=decision,
        service_notice=said.service_notice,
        address=said.address,
        address_id=said.address_id,
        zipcode=said.zipcode,
        lat=said.lat,
        long=said.long,
        place=place,
        media_url=said.media_url,
        attributes=said.attributes,
    )


def _decision(city: cities.City, said: Imported, service: CityService) -> Decision | None:
    """Who acts by the rules of today, with the time and the place of then."""
    if city.routing is None:
        return None
    located = None
    if city.map and said.long is not None and said.lat is not None:
        located = city.map.locate(said.long, said.lat)
    told = said.long is not None or said.address is not None or said.address_id is not None
    report = Report(
        service_code=said.service_code,
        group=service.group,
        answers=said.attributes or {},
        at=said.requested_datetime,
        located=located,
        unplaced=told and located is None,
    )
    return routing.decide(city.routing, report)
