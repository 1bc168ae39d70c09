"""SQL lives in `sql/<noun>.sql`; this reads it."""

from __future__ import annotations

import re
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load(noun: str) -> dict[str, str]:
    """The statements of `sql/<noun>.sql` by name.

    A statement begins with a line `-- name: insert_request` and a comment that says why it is
    there. `$1` is the jurisdiction wherever a table belongs to one; a test holds every statement
    to it.
    """
    text = resources.files("open311.store").joinpath(f"sql/{noun}.sql").read_text("utf-8")
    return parse(text)


def parse(text: str) -> dict[str, str]:
    """Named statements of a text, in its order."""
    _, *parts = _NAME.split(text)
    return dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))


def part(text: str) -> str:
    """A part of other statements, without the comment that it begins with."""
    lines = text.splitlines()
    first = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(lines[first:])
