"""JSON says what the document holds: every key, no root, no exponents."""

from __future__ import annotations

import json as standard
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from open311.formats import json
from open311.spec import documents
from open311.spec.documents import Document, ServiceRequest
from tests import strategies

DOCUMENTS = st.sampled_from(sorted(strategies.DOCUMENTS)).flatmap(strategies.DOCUMENTS.__getitem__)
NUMBER = re.compile(rb'"(?:lat|long)":(null|-?(?:0|[1-9]\d*)(?:\.\d+)?)[,}]')


def payload(document: Document) -> Any:
    return getattr(document, document.__struct_fields__[0])


@given(DOCUMENTS)
def test_every_key_is_there_in_the_standards_order(document: Document) -> None:
    def check(value: Any, shown: Any) -> None:
        if isinstance(value, msgspec.Struct):
            there = (name for name in value.__struct_fields__ if getattr(value, name) != UNSET)
            assert list(there) == list(shown)
            for name in shown:
                check(getattr(value, name), shown[name])
        elif isinstance(value, list | tuple):
            for each, item in zip(value, shown, strict=True):
                check(each, item)

    check(payload(document), standard.loads(json.encode(document), parse_constant=pytest.fail))


@given(
    st.lists(
        st.builds(
            msgspec.structs.replace,
            strategies.of(ServiceRequest),
            lat=st.none() | strategies.DEGREES,
            long=st.none() | strategies.DEGREES,
            description=st.sampled_from(["plain", "2e-7", '"lat":1e-7,', "e-6"]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_coordinate_is_in_exponent_form(requests: list[ServiceRequest]) -> None:
    body = json.encode(documents.ServiceRequests(requests))
    shown = standard.loads(body)

    assert 2 * len(requests) == len(NUMBER.findall(body))
    for request, each in zip(requests, shown, strict=True):
        assert request.description == each["description"]
        for sent, back in ((request.lat, each["lat"]), (request.long, each["long"])):
            assert sent == back if sent is None else abs(sent - back) < 1e-7
