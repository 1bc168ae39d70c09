"""Where requests are, for lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from open311.domain.spots import CELLS, spot


@given(st.floats(-180, 180), st.floats(-90, 90), st.dictionaries(st.text(), st.text(), max_size=3))
def test_a_point_is_in_its_cell_and_in_all_of_its_areas(long, lat, areas) -> None:
    x, y, named = spot(long, lat, areas)

    assert x <= long * CELLS < x + 1
    assert y <= lat * CELLS < y + 1
    assert list(named) == sorted(f"{layer}={code}" for layer, code in areas.items())
