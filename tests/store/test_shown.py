"""What a worker keeps of what it showed."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from open311.spec.documents import ServiceRequest
from open311.store import shown

BASE = datetime(2026, 9, 1, tzinfo=UTC)
EMPTY = ServiceRequest(
    "1", "open", None, "", "", None, None, None, BASE, BASE, *(None for _ in range(7))
)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 2_000)), max_size=60))
def test_what_is_kept_never_takes_more_room_than_it_may(kept: list[tuple[int, int]]) -> None:
    held, city = shown.Shown(room=20_000), SimpleNamespace(language="en")
    for row, length in kept:
        request = msgspec.structs.replace(EMPTY, description="x" * length)
        held.keep(city, [(row, 1)], [request])  # type: ignore[arg-type, list-item]
        sizes = [each.size for each in held._kept.values()]

        assert sum(sizes) <= 20_000
        assert held._free == 20_000 - sum(sizes)


def test_who_asks_in_another_language_takes_nothing_from_those_who_do_not() -> None:
    held = shown.Shown()
    english, french = (SimpleNamespace(language=each) for each in ("en", "fr"))
    requests = [msgspec.structs.replace(EMPTY, service_name=each) for each in ("Light", "Lumière")]
    for city, request in zip((english, french), requests, strict=True):
        held.keep(city, [(1, 1)], [request])  # type: ignore[arg-type, list-item]

    for city, request in zip((english, french), requests, strict=True):
        (known,) = held.all(city, [(1, 1)]) or []  # type: ignore[arg-type, list-item]
        assert known.request == request

    assert held.all(SimpleNamespace(language="en"), [(1, 1)]) is None  # type: ignore[arg-type, list-item]
