"""Rows of the registry: versions of definitions, and drafts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from open311.domain import definitions
from open311.domain.definitions import Deed, Version
from open311.domain.folder import CityService
from open311.errors import NotFound
from open311.store import audit, queries
from open311.store.db import Connection, Connections, Row

__all__ = [
    "Draft",
    "InForce",
    "Instants",
    "answering",
    "content",
    "contents",
    "discard_draft",
    "draft",
    "in_force",
    "instants",
    "lock",
    "offered",
    "private",
    "publish",
    "retire",
    "save_draft",
    "versions",
]

_SQL = queries.load("definitions")
_SERVICE = msgspec.json.Decoder(CityService)


class InForce(msgspec.Struct, frozen=True):
    """Which version of a service answers, or, where it is retired, did last."""

    version: int
    hash: str
    retired: bool


class Instants(msgspec.Struct, frozen=True):
    """Now, by the one clock of all hosts; when versions last began or ended, and next will."""

    now: datetime
    past: datetime | None
    next: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long until the next."""
        return (self.next - self.now).total_seconds() if self.next else None


class Draft(msgspec.Struct, frozen=True):
    """A definition that is being written."""

    service: CityService
    hash: str
    author: str
    updated_at: datetime


async def lock(transaction: Connection, jurisdiction_id: str, at: datetime) -> datetime:
    """Let nobody else change the catalogue until the transaction ends.

    Returns:
        When the change is made: at `at`, but not ahead of PostgreSQL's clock; or, where another one
        came in between, at the instant of that, so that the later change is never the older.

    Raises:
        NotFound: no such city.
    """
    rows: list[Row] = await transaction.fetch(_SQL["lock"], jurisdiction_id)
    if not rows:
        raise NotFound(f"jurisdiction_id: there is no jurisdiction {jurisdiction_id!r}.")
    at = min(at, rows[0]["now"])
    latest: list[Row] = await transaction.fetch(_SQL["latest"], jurisdiction_id)
    return max(at, latest[0]["at"]) if latest else at


async def in_force(
    transaction: Connection, jurisdiction_id: str, at: datetime
) -> dict[str, InForce]:
    """Which version of every service answers at an instant, by service_code."""
    rows = await transaction.fetch(_SQL["in_force"], jurisdiction_id, at)
    return {code: InForce(*rest) for code, *rest in rows}


async def contents(
    transaction: Connection, jurisdiction_id: str, versions: Mapping[str, int]
) -> dict[str, CityService]:
    """What some versions say, each named by its service_code, under the same."""
    codes, numbers = list(versions), list(versions.values())
    rows = await transaction.fetch(_SQL["contents"], jurisdiction_id, codes, numbers)
    return {code: _SERVICE.decode(text) for code, text in rows}


async def offered(transaction: Connection, jurisdiction_id: str, at: datetime) -> list[CityService]:
    """What is on offer at an instant, by service_code."""
    standing = await in_force(transaction, jurisdiction_id, at)
    versions = {code: each.version for code, each in standing.items() if not each.retired}
    found = await contents(transaction, jurisdiction_id, versions)
    return [found[code] for code in sorted(found)]


async def private(
    transaction: Connection, jurisdiction_id: str, service_codes: Collection[str]
) -> dict[str, frozenset[str]]:
    """The questions of services that any of their versions calls private, by service_code."""
    found: dict[str, set[str]] = {}
    for service, code in await transaction.fetch(
        _SQL["private"], jurisdiction_id, [*service_codes]
    ):
        found.setdefault(service, set()).add(code)
    return {service: frozenset(codes) for service, codes in found.items()}


async def answering(
    transaction: Connection, jurisdiction_id: str, service_code: str, at: datetime
) -> CityService | None:
    """What a service says at an instant; None where it is not on offer then."""
    rows = await transaction.fetch(_SQL["answering"], jurisdiction_id, service_code, at)
    return _SERVICE.decode(rows[0][0]) if rows else None


async def instants(transaction: Connection, jurisdiction_id: str) -> Instants | None:
    """How the catalogue stands in time; None where it has no version."""
    rows = await transaction.fetch(_SQL["instants"], jurisdiction_id)
    return Instants(*rows[0]) if rows else None


async def publish(
    transaction: Connection,
    jurisdiction_id: str,
    services: Sequence[CityService],
    deed: Deed,
    published_from: datetime,
) -> dict[str, int]:
    """New versions of canonical services, with their lines in the trail; their numbers by code."""
    if not services:
        return {}
    told = [_row(each) for each in services]
    codes = [each.service_code for each in services]
    await transaction.execute(_SQL["insert_services"], jurisdiction_id, codes)
    rows = await transaction.fetch(
        _SQL["insert"],
        jurisdiction_id,
        _json(told),
        deed.actor,
        deed.reason,
        deed.at,
        published_from,
    )
    numbers: dict[str, int] = dict(map(tuple, rows))
    told = [{**row, "version": numbers[code]} for code, row in zip(codes, told, strict=True)]
    await audit.note(transaction, jurisdiction_id, "published", told, deed, published_from)
    return numbers


def _row(service: CityService) -> dict[str, object]:
    return {
        "service_code": service.service_code,
        "hash": definitions.hashed(service),
        "content": msgspec.Raw(definitions.encoded(service)),
    }


async def retire(
    transaction: Connection,
    jurisdiction_id: str,
    service_codes: Sequence[str],
    deed: Deed,
    retired_from: datetime,
) -> list[tuple[str, int]]:
    """Offer services no more from an instant on, neither now nor by a version that is to begin.

    Returns:
        The versions (service_code, version) that end, each with its line in the trail.
    """
    rows = await transaction.fetch(_SQL["retire"], jurisdiction_id, service_codes, retired_from)
    ended = sorted((row["service_code"], row["version"]) for row in rows)
    told = [{"service_code": code, "version": number} for code, number in ended]
    await audit.note(transaction, jurisdiction_id, "retired", told, deed, retired_from)
    return ended


async def versions(
    transaction: Connection, jurisdiction_id: str, service_code: str
) -> list[Version]:
    """Every version of a service, newest first."""
    rows = await transaction.fetch(_SQL["versions"], jurisdiction_id, service_code)
    return [Version(service_code, *row) for row in rows]


async def content(
    reads: Connection | Connections, jurisdiction_id: str, service_code: str, version: int
) -> CityService | None:
    """What one version says; None where there is none of that number."""
    rows = await reads.fetch(_SQL["version"], jurisdiction_id, service_code, version)
    return _SERVICE.decode(rows[0][0]) if rows else None


async def draft(transaction: Connection, jurisdiction_id: str, service_code: str) -> Draft | None:
    """What is being written of a service."""
    rows = await transaction.fetch(_SQL["draft"], jurisdiction_id, service_code)
    return Draft(_SERVICE.decode(rows[0][0]), *rows[0][1:]) if rows else None


async def save_draft(
    transaction: Connection, jurisdiction_id: str, service: CityService, deed: Deed
) -> str:
    """Save a canonical service as the draft of its code, with its line in the trail; its hash."""
    hash_ = definitions.hashed(service)
    await transaction.execute(
        _SQL["save_draft"],
        jurisdiction_id,
        service.service_code,
        definitions.encoded(service).decode(),
        hash_,
        deed.actor,
        deed.at,
    )
    await audit.note(transaction, jurisdiction_id, "drafted", [_row(service)], deed)
    return hash_


async def discard_draft(transaction: Connection, jurisdiction_id: str, service_code: str) -> None:
    """Remove a draft, if there is one."""
    await transaction.execute(_SQL["discard_draft"], jurisdiction_id, service_code)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
