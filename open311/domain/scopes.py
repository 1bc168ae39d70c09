"""What an api_key may do. A scope that is told to hold another does what that one does, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

__all__ = ["DEFAULT", "SCOPES", "Scope", "whole"]

Scope = Literal[
    "requests:write",
    "requests:update",
    "requests:read",
    "requests:private",
    "requests:route",
    "requests:withdraw",
    "catalog:read",
    "catalog:write",
    "routing:read",
    "routing:write",
]

SCOPES: dict[Scope, tuple[str, tuple[Scope, ...]]] = {
    "requests:write": ("file requests", ()),
    "requests:update": ("tell what became of requests", ()),
    "requests:read": ("read the answers of requests, under extensions=true", ()),
    "requests:private": ("read their private answers, too", ("requests:read",)),
    "requests:withdraw": ("take requests out of public sight, and bring them back", ()),
    "requests:route": ("give requests to other departments", ("routing:read",)),
    "catalog:read": ("read drafts, versions and the audit trail", ()),
    "catalog:write": ("write drafts, publish and retire", ("catalog:read",)),
    "routing:read": ("read the rules, and what was decided about requests by them", ()),
    "routing:write": ("write the rules", ("routing:read",)),
}
"""Every scope: what it lets its holder do, and which others it holds."""

DEFAULT: tuple[Scope, ...] = ("requests:write",)
"""What a key may do, unless told."""


def whole(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Scopes, with those that they hold; one that a newer release gave out counts for nothing.

    >>> sorted(whole(["catalog:write"]))
    ['catalog:read', 'catalog:write']
    """
    return frozenset(
        each for scope in scopes if scope in SCOPES for each in (scope, *SCOPES[scope][1])
    )
