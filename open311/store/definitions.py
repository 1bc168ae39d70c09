"""Rows of the registry: versions of definitions, drafts, and the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from open311.domain import definitions
from open311.domain.definitions import Deed, Version
from open311.domain.folder import CityService
from open311.store import queries
from open311.store.db import Connection, Connections

__all__ = [
    "Draft",
    "Entry",
    "InForce",
    "Standing",
    "content",
    "discard_draft",
    "draft",
    "drafts",
    "in_force",
    "instants",
    "lock",
    "note",
    "overview",
    "publish",
    "retire",
    "save_draft",
    "trail",
    "versions",
]

_SQL = queries.load("definitions")
_SERVICE = msgspec.json.Decoder(CityService)

Action = Literal["drafted", "discarded", "published", "retired"]


class InForce(msgspec.Struct, frozen=True):
    """The version of a service that answers now, or, where it is retired, did last."""

    service: CityService
    version: int
    retired: bool


class Standing(msgspec.Struct, frozen=True):
    """How a service stands: which version answers now, or did last, and what is being written."""

    service_code: str
    service_name: str
    group: str
    version: int | None  # None: none has begun yet
    published_from: datetime | None
    retired_from: datetime | None
    offered: bool
    newest: int | None  # the last version there is; greater, where one is to begin
    draft_hash: str | None
    draft_author: str | None
    draft_updated_at: datetime | None


class Draft(msgspec.Struct, frozen=True):
    """A definition that is being written."""

    service: CityService
    hash: str
    author: str
    updated_at: datetime


class Entry(msgspec.Struct, frozen=True):
    """A line of the audit trail; `effective` is when a version begins or ends."""

    entry: int
    at: datetime
    actor: str
    client_id: int | None
    action: Action
    service_code: str
    version: int | None
    effective: datetime | None
    reason: str | None
    content: CityService | None


async def lock(transaction: Connection, jurisdiction_id: str) -> None:
    """Let nobody else change the catalogue until the transaction ends."""
    await transaction.execute(_SQL["lock"], jurisdiction_id)


async def in_force(transaction: Connection, jurisdiction_id: str) -> dict[str, InForce]:
    """The whole catalogue as it is now, by service_code."""
    rows = await transaction.fetch(_SQL["in_force"], jurisdiction_id)
    return {
        code: InForce(_SERVICE.decode(text), version, retired)
        for code, version, text, retired in rows
    }


async def overview(transaction: Connection, jurisdiction_id: str) -> list[Standing]:
    """Every service, by its code, and those that are only being written."""
    return [Standing(*row) for row in await transaction.fetch(_SQL["overview"], jurisdiction_id)]


async def instants(
    transaction: Connection, jurisdiction_id: str
) -> tuple[datetime | None, float | None]:
    """When the catalogue last changed by itself, and in how many seconds it will next."""
    (row,) = await transaction.fetch(_SQL["instants"], jurisdiction_id)
    return row["past"], row["seconds"]


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
    codes = [each.service_code for each in services]
    await transaction.execute(_SQL["insert_services"], jurisdiction_id, codes)
    rows = await transaction.fetch(
        _SQL["insert"],
        jurisdiction_id,
        _json([_row(each) for each in services]),
        deed.actor,
        deed.reason,
        deed.at,
        published_from,
    )
    numbers = {row["service_code"]: int(row["version"]) for row in rows}
    told = [_row(each) | {"version": numbers[each.service_code]} for each in services]
    await note(transaction, jurisdiction_id, "published", told, deed, published_from)
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
    versions: Sequence[tuple[str, int]],
    deed: Deed,
    retired_from: datetime,
) -> None:
    """End versions (service_code, version) at an instant, with their lines in the trail."""
    if not versions:
        return
    codes, numbers = zip(*versions, strict=True)
    await transaction.execute(_SQL["retire"], jurisdiction_id, codes, retired_from, numbers)
    told: list[dict[str, object]] = [
        {"service_code": code, "version": number} for code, number in versions
    ]
    await note(transaction, jurisdiction_id, "retired", told, deed, retired_from)


async def note(
    transaction: Connection,
    jurisdiction_id: str,
    action: Action,
    told: Sequence[dict[str, object]],
    deed: Deed,
    effective: datetime | None = None,
) -> None:
    """Write lines of the audit trail, one for each service that is told of."""
    await transaction.execute(
        _SQL["note"],
        jurisdiction_id,
        _json(told),
        deed.at,
        deed.actor,
        deed.client_id,
        action,
        effective,
        deed.reason,
    )


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


async def drafts(
    transaction: Connection, jurisdiction_id: str
) -> list[tuple[str, str, str, datetime]]:
    """Every draft: service_code, hash, author, when it was saved."""
    return [tuple(row) for row in await transaction.fetch(_SQL["drafts"], jurisdiction_id)]


async def save_draft(
    transaction: Connection, jurisdiction_id: str, service: CityService, deed: Deed
) -> str:
    """Save a canonical service as the draft of its code, with its line in the trail; its hash."""
    row, text = _row(service), definitions.encoded(service).decode()
    hash_ = definitions.hashed(service)
    await transaction.execute(
        _SQL["save_draft"],
        jurisdiction_id,
        service.service_code,
        text,
        hash_,
        deed.actor,
        deed.at,
    )
    await note(transaction, jurisdiction_id, "drafted", [row], deed)
    return hash_


async def discard_draft(transaction: Connection, jurisdiction_id: str, service_code: str) -> None:
    """Remove a draft, if there is one."""
    await transaction.execute(_SQL["discard_draft"], jurisdiction_id, service_code)


async def trail(
    transaction: Connection, jurisdiction_id: str, after: int, limit: int
) -> list[Entry]:
    """Lines of the audit trail after one, oldest first."""
    rows = await transaction.fetch(_SQL["trail"], jurisdiction_id, after, limit)
    return [
        Entry(**{**row, "content": row["content"] and _SERVICE.decode(row["content"])})
        for row in rows
    ]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
