"""What writing did to one kind of thing, counted."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from open311.store.db import Row

__all__ = ["Change", "counted"]


class Change(msgspec.Struct, frozen=True):
    """What loading did to one kind of thing."""

    kind: str
    added: int
    changed: int
    retired: int

    def __bool__(self) -> bool:
        """Whether it did anything."""
        return bool(self.added or self.changed or self.retired)


def counted(kind: str, written: Sequence[Row], retired: Sequence[Row]) -> Change:
    """Rows that were written, each with whether it was `added`, and those that were retired."""
    added = sum(each["added"] for each in written)
    return Change(kind, added, len(written) - added, len(retired))
