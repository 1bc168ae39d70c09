"""How the catalogue of the demo city came to be what it is: what was published before, and why.

A city folder says what is offered today. Beside that of the demo city lies what some of its
services were before:

    record.json        a `Record`: when the catalogue opened, and each change since
    services/*.json    a `CityService` as it was until one of the changes
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from open311.domain import definitions
from open311.domain.definitions import Deed
from open311.domain.folder import CityService

__all__ = ["Change", "Edition", "Occasion", "Publication", "Record", "publications"]


class Occasion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When something was published, by whom and why."""

    days: int  # before the demo city is loaded
    author: str
    reason: str


class Change(Occasion, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new version of a service."""

    was: str  # the file with the version before it


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The past of a catalogue."""

    opened: Occasion
    changes: tuple[Change, ...]


class Publication(msgspec.Struct, frozen=True):
    """Canonical services that were published together."""

    deed: Deed
    services: tuple[CityService, ...]


class Edition(msgspec.Struct, frozen=True):
    """A version of a service, and from when on it answered; aware."""

    service: CityService
    version: int
    begins: datetime


def publications(
    offered: Sequence[CityService], record: Record, was: Mapping[str, CityService], until: datetime
) -> Iterator[Publication]:
    """Everything that was published up to a moment, in the order of time.

    Args:
        offered: the catalogue as it is at the end.
        record: what changed.
        was: the files that the record names; each of a service that is offered.
        until: the end; aware, whole seconds.
    """
    changes = sorted(record.changes, key=lambda each: -each.days)
    said: dict[str, list[CityService]] = {each.service_code: [] for each in offered}
    for service in (*(was[each.was] for each in changes), *offered):
        said[service.service_code].append(definitions.canonical(service))
    coming = {code: iter(services) for code, services in said.items()}
    yield Publication(_deed(record.opened, until), tuple(map(next, coming.values())))
    for each in changes:
        service = next(coming[was[each.was].service_code])
        yield Publication(_deed(each, until), (service,))


def _deed(occasion: Occasion, until: datetime) -> Deed:
    return Deed(occasion.author, until - timedelta(days=occasion.days), occasion.reason)
