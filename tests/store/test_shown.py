"""What a worker keeps of what it showed."""

from __future__ import annotations

from datetime import UTC, datetime

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
    held, city = shown.Shown(room=20_000), object()
    for row, length in kept:
        request = msgspec.structs.replace(EMPTY, description="x" * length)
        held.keep(city, [(row, 1)], [request])  # type: ignore[arg-type, list-item]
        sizes = [shown._size(each) for _, _, each in held._kept.values()]

        assert sum(sizes) <= 20_000
        assert held._free == 20_000 - sum(sizes)
