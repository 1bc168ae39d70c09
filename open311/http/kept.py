"""Rendered answers, kept until a city changes, as many as have room."""

from __future__ import annotations

from typing import TypeAlias

from open311.http.answers import Page

__all__ = ["Key", "Pages"]

Key: TypeAlias = tuple[str, bytes, str, str]
"""Path, query, content coding, and the language that is wanted most."""

_BESIDE = 2_000  # bytes of headers and key


class Pages(dict[Key, Page]):
    """Pages by what asks for them. They are few by nature (`Call.is_usual`), but some are large."""

    def __init__(self, room: int = 20_000_000) -> None:
        """Keep what fits into so many bytes; where the next one does not, begin anew."""
        super().__init__()
        self._room = self._free = room

    def keep(self, key: Key, page: Page) -> None:
        """Keep a page, unless it alone is too large."""
        size = len(page.body["body"]) + _BESIDE  # type: ignore[arg-type]
        if size > self._room or key in self:
            return
        if size > self._free:
            self.clear()
        self[key] = page
        self._free -= size

    def clear(self) -> None:
        """Forget all."""
        super().clear()
        self._free = self._room
