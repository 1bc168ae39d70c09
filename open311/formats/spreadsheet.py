"""What a spreadsheet would work out as a formula, and how it is kept from doing so. Trust 42."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["RISKY", "harmless"]

RISKY = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
"""What a formula begins with, full-width forms included."""

_FORMULA = re.compile(f"[{re.escape(RISKY)}]")


def harmless(told: Any) -> Any:
    """A value for a cell: a text that would be a formula stands behind an apostrophe."""
    return f"'{told}" if isinstance(told, str) and _FORMULA.match(told) else told
