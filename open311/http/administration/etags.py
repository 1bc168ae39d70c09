"""Whether what is there is what a caller takes it for: If-Match and If-None-Match.

The tag of a draft or a version is the hash of its content. Source: RFC 9110, 13.1.
"""

from __future__ import annotations

import re

from open311.errors import Changed, Unconditional

__all__ = ["conditional", "expect", "matches", "tag"]

_TAG = re.compile(r'(W/)?"([^"]*)"')
_TAGS = re.compile(r'\s*(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*\s*')


def tag(hash_: str) -> str:
    """A hash as an ETag.

    >>> tag("abc")
    '"abc"'
    """
    return f'"{hash_}"'


def matches(header: str | None, current: str, *, weakly: bool = False) -> bool:
    """Whether a header names what is there.

    Args:
        header: `*`, or a list of tags; None where there is none.
        current: the hash; "" where nothing is there, which no header names.
        weakly: as If-None-Match compares; If-Match takes no weak tag.
    """
    if header is None or not current:
        return False
    if header.strip() == "*":
        return True
    if not _TAGS.fullmatch(header):
        return False
    return any(each == current and (weakly or not weak) for weak, each in _TAG.findall(header))


def conditional(header: str | None) -> None:
    """Make sure that a caller said at all what it takes to be there.

    Raises:
        Unconditional: it did not.
    """
    if header is None:
        raise Unconditional(
            "If-Match: it is required, with the ETag of what is there;"
            " or If-None-Match: * where nothing is."
        )


def expect(current: str, if_match: str | None, if_none_match: str | None = None) -> None:
    """Make sure that a caller who is to change something knows what is there.

    Args:
        current: the hash; "" where nothing is there.
        if_match: what it takes to be there.
        if_none_match: what it takes not to be there; `*` is anything.

    Raises:
        Unconditional: it said neither.
        Changed: it is wrong.
    """
    if matches(if_none_match, current, weakly=True):
        raise Changed("If-None-Match: something is there by now; read it.")
    conditional(if_match if current or if_none_match is None else if_none_match)
    if if_match is not None and not matches(if_match, current):
        raise Changed("If-Match: something else is there by now; read it again.")
