"""What is looked at of a report to find who acts on it, and what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from open311.domain.map import Located
from open311.domain.rules import Priority

__all__ = ["Decision", "Place", "Report", "Tried", "by_service"]


class Report(msgspec.Struct, frozen=True):
    """What is looked at of a report."""

    service_code: str
    group: str
    answers: Mapping[str, Any]  # as `attributes.check` gives them
    at: datetime  # aware
    channel: str | None = None  # of the key that filed it
    located: Located | None = None
    unplaced: bool = False  # it told of a place that nobody found: triage, where no rule matches


class Tried(msgspec.Struct, frozen=True):
    """A rule that was tried."""

    rule: str
    matched: bool
    failed: str | None  # the first condition that did not hold, as `areas.wards` or `answers[0]`
    why: str  # quotes no answer, which may be private


class Decision(msgspec.Struct, frozen=True):
    """Who acts, and how that came about."""

    version: int  # of the rules
    department: str
    queue: str | None
    priority: Priority | None
    by: Literal["rule", "service", "triage"]
    rule: str | None
    reason: str
    areas: dict[str, str]  # by layer
    ties: dict[str, tuple[str, ...]]  # by layer, where several areas cover the place
    moved: float  # metres
    tried: tuple[Tried, ...] = ()  # up to the one that matched; from `explain` only


def by_service(department: str, located: Located | None) -> Decision:
    """That the own department of a service acts, in a city without rules."""
    return Decision(
        version=0,
        department=department,
        queue=None,
        priority=None,
        by="service",
        rule=None,
        reason="There are no rules, and the service's own department acts.",
        areas=located.areas if located else {},
        ties=located.ties if located else {},
        moved=located.moved if located else 0.0,
    )


class Place(msgspec.Struct, frozen=True):
    """What counts of where a report is."""

    areas: dict[str, str]
    ties: dict[str, tuple[str, ...]]
    moved: float
