"""What the dry run answers: whether a report would be taken, who would act on it, and why.

No part of the standard: a resource of its own, in the standard's formats.
"""

from __future__ import annotations

from typing import Literal

from open311.spec.documents import Document, Part

__all__ = ["RouteAnswer", "RoutedDepartment", "RoutedReport", "Tie", "TriedRule"]


class RoutedDepartment(Part, frozen=True, gc=False):
    """The department that would act; `name` is what `agency_responsible` would say."""

    code: str
    name: str


class Tie(Part, frozen=True, gc=False):
    """A layer of which several areas cover the place, the one that counts first."""

    layer: str
    codes: tuple[str, ...]


class TriedRule(Part, frozen=True, gc=False):
    """A rule that was tried, in the order in which it was.

    `condition` is the first that does not hold, as `areas.wards`, and `reason` says why; of a rule
    that matched `reason` is its own.
    """

    code: str
    outcome: Literal["matched", "failed"]
    condition: str | None
    reason: str


class RoutedReport(Part, frozen=True, gc=False):
    """What would become of a report; None is what is not known, or does not arise.

    `lat` and `long` are degrees, WGS84, where the report would be counted; `moved` is metres from
    where it was. `areas` has the code of the area by layer.
    """

    service_code: str
    accepted: bool
    problems: tuple[str, ...]
    lat: float | None
    long: float | None
    moved: float | None
    address: str | None
    address_id: str | None
    department: RoutedDepartment | None
    by: Literal["rule", "service", "triage"] | None
    reason: str | None
    areas: dict[str, str]
    ties: tuple[Tie, ...]
    rules: tuple[TriedRule, ...]
    version: int


class RouteAnswer(Document, frozen=True):
    """GET route."""

    route: RoutedReport
