"""Any value that the server could hold, by hypothesis, from the types themselves."""

from __future__ import annotations

import types
from datetime import UTC, datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from open311.spec import extensions

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n<>&'\"]]>;\x7f\x85\u2028\ufeff\ufffd😀\u202eא"),
    min_size=1,
    max_size=20,
)
"""Any text that may be stored: what XML can carry (GR-F-14), with line feeds only (GR-F-15)."""

DEGREES = st.integers(-1_800_000_000, 1_800_000_000).map(lambda tenths: tenths / 1e7) | st.integers(
    -2_000, 2_000
).map(lambda tenths: tenths / 1e7)
"""Degrees as they are stored, to seven decimals; many of them tiny."""

_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    bool: st.booleans(),
    int: st.integers(0, 10**6),
    float: DEGREES,
    datetime: st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0)),
    type(None): st.none(),
    msgspec.UnsetType: st.just(msgspec.UNSET),
}


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that documents are made of."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _LEAVES:
        return _LEAVES[hint]
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(of, inner))
    if origin is dict:
        return st.dictionaries(of(inner[0]), of(inner[1]), max_size=3)
    if origin in (list, tuple):
        return st.lists(of(inner[0]), max_size=3).map(origin)
    assert issubclass(hint, msgspec.Struct), hint
    return st.builds(hint, **{name: of(each) for name, each in get_type_hints(hint).items()})


DOCUMENTS = {kind.__name__: of(kind) for kind in extensions.DOCUMENTS}
"""Any answer, by the name of its type."""
