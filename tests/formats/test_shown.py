"""Requests that are shown again: what is put together is what would have been written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.formats import FORMATS
from open311.spec.documents import ServiceRequest, ServiceRequests, ShownRequests, Written
from tests.answers import REQUEST


@pytest.mark.parametrize("name", FORMATS)
@given(st.lists(REQUEST, max_size=6), st.integers(0, 6))
def test_a_list_that_is_put_together_is_the_one_that_is_written_whole(
    name: str, requests: list[ServiceRequest], known: int
) -> None:
    encode, written = FORMATS[name].encode, [Written() for _ in requests]
    encode(ShownRequests(requests[:known], written[:known]))  # some were shown before
    whole = encode(ServiceRequests(requests))

    assert encode(ShownRequests(requests, written)) == whole
    assert all(getattr(each, name) for each in written)
    assert encode(ShownRequests(requests, written)) == whole
