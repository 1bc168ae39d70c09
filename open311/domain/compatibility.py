"""What a change of a service's definition means for those who know it as it was.

Source: the registry's promise: what is not breaking refuses nothing that was accepted before.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from open311.domain.folder import CityService

__all__ = ["RETIRED", "Level", "Step", "compare"]


class Level(IntEnum):
    """How much a change asks of others."""

    HARMLESS = 0  # nobody need do anything
    FORMS = 1  # forms should change, and nothing fails if they do not
    BREAKING = 2  # reports that were accepted are refused, or answered in another way


class Step(msgspec.Struct, frozen=True):
    """One change: how much it asks, where (`attribute[CODE]` or a member), and what in words."""

    level: Level
    place: str
    text: str


RETIRED = (Step(Level.BREAKING, "", "it is offered no more"),)
"""What changes when a service is retired."""


def compare(old: CityService, new: CityService) -> tuple[Step, ...]:
    """Everything that changes between two canonical definitions, in the order of the new one."""
    raise NotImplementedError
