"""The values of `routing.json`: who acts on a report, by what it is about and where.

The first rule of which everything holds decides; then the service's own department; then triage.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from open311.domain.folder import Condition, File, Sparse
from open311.domain.members import Code, Line

__all__ = ["DAYS", "Channel", "Day", "Priority", "RoutingFile", "Rule", "Times", "Triage", "When"]

Channel = Literal["app", "counter", "email", "phone", "sensor", "social", "staff", "web"]
"""How a report reached the city: told of the key that filed it."""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""A day of the week."""

DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days, as Python counts them from 0."""

Priority = Literal["low", "normal", "high", "urgent"]
"""How soon a department is to look at a report."""

_FROM = Meta(
    pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)",
    title="a time of day such as 08:00",
    description="included; else from midnight",
)
_TO = Meta(
    pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)",
    title="a time of day such as 17:00, or 24:00",
    description="not included; before `from`: on the day after; else until midnight",
)
_SOME = Meta(min_length=1)


class Times(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hours of some days, by the clocks of the city; past midnight, of the day they begin."""

    days: Annotated[list[Day], _SOME, Meta(description="else every day")] | None = None
    begins: Annotated[str, _FROM] = msgspec.field(default="00:00", name="from")
    ends: Annotated[str, _TO] = msgspec.field(default="24:00", name="to")


class When(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What must hold of a report; what is not named may be anything. One member must be there."""

    services: Annotated[list[str], _SOME, Meta(description="any of these service codes")] | None = (
        None
    )
    groups: (
        Annotated[list[str], _SOME, Meta(description="or a service of any of these groups")] | None
    ) = None
    areas: (
        Annotated[
            dict[str, Annotated[list[str], _SOME]],
            _SOME,
            Meta(description="by layer, any of its codes; of every layer that is named"),
        ]
        | None
    ) = None
    answers: Annotated[list[Condition], _SOME, Meta(description="all of these")] | None = None
    times: (
        Annotated[list[Times], Meta(min_length=1, max_length=50, description="any of these")] | None
    ) = None
    channels: Annotated[list[Channel], _SOME, Meta(description="any of these")] | None = None


class Rule(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who acts on the reports that it matches, and why."""

    code: Code
    reason: Annotated[Line, Meta(description="why, for who asks")]
    when: When
    department: Annotated[str, Meta(description="code of the department that acts")]
    queue: Annotated[Line, Meta(description="of the department")] | None = None
    priority: Priority | None = None


class Triage(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who looks at a report that nothing else finds a department for."""

    department: Annotated[str, Meta(description="code of the department that acts")]
    queue: Annotated[Line, Meta(description="of the department")] | None = None


class RoutingFile(File, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Who acts on a report: the first rule that matches, else the service's own department."""

    triage: Triage
    tolerance: Annotated[
        float,
        Meta(ge=0, le=10_000, description="metres beyond the boundary that are taken for drift"),
    ] = 0.0
    rules: Annotated[list[Rule], Meta(max_length=2_000)] = msgspec.field(default_factory=list[Rule])
