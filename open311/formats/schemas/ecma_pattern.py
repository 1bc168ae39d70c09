r"""A pattern of RE2 as one of ECMA-262, which JSON Schema asks for; where both can say the same.

The two agree on literals, classes, groups, choices, repetition and anchors, and differ on what
`\d`, `\w`, `\s` and `.` are, and on which signs may stand alone: so these are written out. The
outcome means the same with the flag `u` (schemas), with `v` (pages), with neither, and to Python's
`re`, in a text that does not end in a line feed.

Source: JSON Schema 2020-12, 6.3.3 and Core 6.4; https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["escaped", "translated"]

_SYNTAX = frozenset(r"^$\.*+?()[]{}|")
_KINDS = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}

_TOKEN = re.compile(
    r"\\(?:(?P<code>x[0-9A-Fa-f]{2}|[nrtfv])|(?P<kind>[dwsDWS])|(?P<sign>[^0-9A-Za-z\s]))"
    r"|\[(?P<none>\^?)(?P<inside>\]?(?:\\.|[^\]\\])*)\]"
    r"|(?P<group>\((?:\?:|(?!\?))|[)|])"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)"
    r"|(?P<anchor>[\^$])"
    r"|(?P<any>\.)"
    r"|(?P<plain>[^\\\[{(*+?])",
    re.DOTALL,
)
_INSIDE = re.compile(
    r"\\(?:(?P<code>x[0-9A-Fa-f]{2}|[nrtfv])|(?P<kind>[dws])|(?P<sign>[^0-9A-Za-z\s]))"
    r"|(?P<plain>[^\\])",
    re.DOTALL,
)
_DOUBLED = re.compile(r"([!#%&,:;<=>@`~])\1|\[:")  # means more than its signs, to some engine


def translated(pattern: str) -> str | None:
    r"""The same pattern for ECMA-262.

    Args:
        pattern: one that RE2 takes.

    Returns:
        None where it says what is not common to both, as `(?i)` or `\pL`.

    >>> translated(r"^\d{2}-[^\s]+$")
    '^[0-9]{2}-[^\\t\\n\\f\\r ]+$'
    """
    try:
        return "".join(_tokens(pattern))
    except ValueError:
        return None


def escaped(text: str) -> str:
    """A pattern that finds a text as it stands."""
    return "".join(f"\\{each}" if each in _SYNTAX else each for each in text)


def _tokens(pattern: str) -> Iterator[str]:
    position, repeatable = 0, False
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None or (token["repeat"] and not repeatable):
            raise ValueError
        yield _token(token)
        position = token.end()
        repeatable = not (token["anchor"] or token["repeat"] or token["group"] not in (None, ")"))


def _token(token: re.Match[str]) -> str:
    if token["inside"] is not None:
        return f"[{token['none']}{''.join(_class(token['inside']))}]"
    if kind := token["kind"]:
        return f"[{'' if kind.islower() else '^'}{_KINDS[kind.lower()]}]"
    if token["any"]:
        return r"[^\n]"
    if token["sign"] or token["plain"]:
        return escaped(token["sign"] or token["plain"])
    return token[0]


def _class(inside: str) -> Iterator[str]:
    """What stands between brackets; a `-` is a range between two signs, else itself."""
    parts = list(_INSIDE.finditer(inside))
    if _DOUBLED.search(inside) or sum(len(each[0]) for each in parts) < len(inside):
        raise ValueError
    is_range = [0 < index < len(parts) - 1 and each[0] == "-" for index, each in enumerate(parts)]
    for index, each in enumerate(parts):
        if is_range[index]:
            before, after = parts[index - 1], parts[index + 1]
            if before["kind"] or after["kind"] or any(is_range[max(0, index - 2) : index]):
                raise ValueError
            yield "-"
        else:
            yield _inside(each)


def _inside(part: re.Match[str]) -> str:
    if part["kind"]:
        return _KINDS[part["kind"]]
    if sign := part["sign"] or part["plain"]:
        return f"\\{sign}" if sign in _SYNTAX or sign in "-/" else sign
    return part[0]
