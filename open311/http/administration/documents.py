"""What the administration takes and gives, where the registry itself has no such value."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, cast

import msgspec
from msgspec import Meta

from open311.domain.compatibility import Step

__all__ = [
    "Alteration",
    "NewVersion",
    "Publication",
    "Retired",
    "Retirement",
    "told",
]

Level = Literal["harmless", "forms", "breaking"]


class Publication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a draft becomes a version, from when on, and whether clients may fail."""

    reason: Annotated[str, Meta(description="for the audit trail")] | None = None
    published_from: Annotated[str, Meta(description="a time to come; else now")] | None = None
    consent: Annotated[
        bool, Meta(description="publish although clients of the version before it will fail")
    ] = False


class Retirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a service is offered no more, and from when on."""

    reason: Annotated[str, Meta(description="for the audit trail")] | None = None
    retired_from: Annotated[str, Meta(description="a time to come; else now")] | None = None


class Alteration(msgspec.Struct, frozen=True):
    """One change: how much it asks of clients, where it is, and what it is in words."""

    level: Level
    place: str
    text: str


class NewVersion(msgspec.Struct, frozen=True):
    """A version that was published, and what it changes for those who have the one before it."""

    service_code: str
    version: int
    published_from: datetime
    changes: list[Alteration]


class Retired(msgspec.Struct, frozen=True):
    """A service that is offered no more, and its last version."""

    service_code: str
    version: int


def told(steps: Iterable[Step]) -> list[Alteration]:
    """The steps between two versions, in words."""
    return [
        Alteration(cast(Level, each.level.name.lower()), each.place, each.text) for each in steps
    ]
