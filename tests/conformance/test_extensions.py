"""What a server adds where arguments beyond the standard ask for it: `--with`."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint

SERVICE = {"service_name", "description", "keywords", "group", "datatype_description", "name"}
REQUEST = {"service_name", "status_notes", "agency_responsible", "service_notice"}
"""What the city says may be said in another language; what a resident wrote may not."""


@pytest.fixture
def plainly(endpoint: Endpoint) -> Endpoint:
    """The same endpoint, asked by a client that knows nothing but the standard."""
    if not endpoint.arguments:
        pytest.skip("needs --with")
    return replace(endpoint, arguments=())


def shape(answer: Any, plain: Any, texts: Set[str] = frozenset(), name: str = "") -> Any:
    """What an answer begins with: as much of it as a plain answer has, in the order it has it.

    Args:
        answer: in the neutral shape.
        plain: the same without the arguments; a definition may have more attributes than it.
        texts: members of which only counts whether they are there.
        name: of the member that these are.
    """
    match answer, plain:
        case dict(), dict():
            begin = list(answer)[: len(plain)]
            return [(each, shape(answer[each], plain.get(each), texts, each)) for each in begin]
        case list(), list():
            codes = {each["code"] for each in plain} if name == "attributes" else None
            kept = [each for each in answer if codes is None or each["code"] in codes]
            return [shape(*each, texts) for each in zip_longest(kept, plain)]
    return bool(answer) if name in texts else answer


def ids(endpoint: Endpoint, known: dict[str, Any]) -> str:
    """Requests to ask for, with commas: of that one's day and others."""
    found = [
        each["service_request_id"] for each in endpoint.get("requests", endpoint.formats[0]).plain
    ]
    return ",".join(dict.fromkeys([known["service_request_id"], *found[:100]]))


@pytest.mark.clause("GR-X-05")
def test_a_list_of_services_begins_as_the_standard_says(
    endpoint: Endpoint, plainly: Endpoint, fmt: str
) -> None:
    """The same services, each with its seven fields and their values; what is added comes last.

    In another language they may stand in another order.
    """
    whole, plain = (
        sorted(each.get("services", fmt).plain, key=lambda one: one["service_code"])
        for each in (endpoint, plainly)
    )

    assert shape(plain, plain, SERVICE) == shape(whole, plain, SERVICE)


@pytest.mark.clause("GR-X-05")
def test_a_definition_begins_as_the_standard_says(
    endpoint: Endpoint, plainly: Endpoint, fmt: str
) -> None:
    """A client of the standard reads the same attributes: no rule changes what they say."""
    for code in reports.with_attributes(plainly):
        whole, plain = (reports.definition(each, code, fmt).plain for each in (endpoint, plainly))
        assert shape(plain, plain, SERVICE) == shape(whole, plain, SERVICE)


@pytest.mark.clause("GR-X-05")
def test_a_request_begins_as_the_standard_says(
    endpoint: Endpoint, plainly: Endpoint, fmt: str, known: dict[str, Any]
) -> None:
    """Its seventeen fields and their values, in the list too; what is added comes last."""
    query = {"service_request_id": ids(plainly, known)}
    whole, plain = (each.get("requests", fmt, query).plain for each in (endpoint, plainly))

    assert plain
    assert shape(plain, plain, REQUEST) == shape(whole, plain, REQUEST)


@pytest.mark.clause("GR-X-05", "GR-F-20")
def test_both_formats_say_the_same_of_it(
    endpoint: Endpoint, plainly: Endpoint, as_json: str, known: dict[str, Any]
) -> None:
    """What is added to a request is in both formats, too."""
    query = {"service_request_id": ids(plainly, known)}
    xml, json = (endpoint.get("requests", fmt, query) for fmt in ("xml", as_json))

    assert xml.leaves == json.leaves


@pytest.mark.clause("GR-X-05")
@pytest.mark.parametrize(
    ("path", "status"),
    [("services/no-such-service", 404), ("requests/no-such-request", 404),
     ("tokens/no-such-token", 404), ("requests?status=lost", 400), ("nothing", 404)],
)  # fmt: skip
def test_an_error_is_the_same(
    endpoint: Endpoint, plainly: Endpoint, fmt: str, path: str, status: int
) -> None:
    """What fails without the arguments fails with them, by the same document."""
    path, _, query = path.partition("?")
    whole, plain = (each.get(path, fmt, query) for each in (endpoint, plainly))

    assert (whole.status, plain.status) == (status, status)
    assert shape(plain.plain, plain.plain) == shape(whole.plain, plain.plain)
