"""GET Service List."""

from __future__ import annotations

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint, segment

FIELDS = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]


@pytest.mark.clause("GR-S-01", "GR-S-02")
def test_the_list_needs_no_key(endpoint: Endpoint, fmt: str) -> None:
    """GET services answers 200 without an api_key; a city has at least one service to show."""
    answer = endpoint.get("services", fmt)

    assert answer.status == 200
    assert answer.plain


@pytest.mark.clause("GR-S-02", "GR-F-13", "GR-F-20", "GR-F-21")
def test_the_list_is_wrapped_in_xml_and_bare_in_json(endpoint: Endpoint, fmt: str) -> None:
    """XML: services with service elements; JSON: an array of objects without a wrapper."""
    answer = endpoint.get("services", fmt)

    if fmt == "xml":
        assert answer.xml.tag == "services"
        assert {"service"} == {child.tag for child in answer.xml}
    else:
        assert isinstance(answer.json, list)
        assert all(isinstance(each, dict) for each in answer.json)


@pytest.mark.clause("GR-S-03")
def test_every_service_has_its_seven_fields(endpoint: Endpoint, fmt: str) -> None:
    """All fields of a service are present, and its type is one of three."""
    for each in endpoint.get("services", fmt).plain:
        assert set(FIELDS) <= set(each)
        assert each["service_code"]
        assert each["service_name"]
        assert each["type"] in ("realtime", "batch", "blackbox")


@pytest.mark.clause("GR-S-03")
def test_service_codes_are_unique(endpoint: Endpoint, fmt: str) -> None:
    """A service_code names one service of its jurisdiction."""
    codes = [each["service_code"] for each in endpoint.get("services", fmt).plain]

    assert len(codes) == len(set(codes))


@pytest.mark.clause("GR-S-04", "GR-F-23")
def test_metadata_is_a_boolean(endpoint: Endpoint, fmt: str) -> None:
    """The lowercase words true and false in XML, real booleans in JSON."""
    answer = endpoint.get("services", fmt)

    if fmt == "xml":
        assert {each.text for each in answer.xml.iter("metadata")} <= {"true", "false"}
    else:
        assert {bool} == {type(each["metadata"]) for each in answer.json}


@pytest.mark.clause("GR-S-06", "GR-S-07", "GR-F-24", "IO-04")
def test_texts_are_strings(endpoint: Endpoint, as_json: str) -> None:
    """service_code is a string, which keeps leading zeros; keywords is one string, not a list."""
    for each in endpoint.get("services", as_json).json:
        assert isinstance(each["service_code"], str)
        assert isinstance(each["service_name"], str)
        assert isinstance(each["keywords"], str | None)


@pytest.mark.clause("GR-S-08", "IO-01")
def test_fields_come_in_a_steady_order(endpoint: Endpoint, fmt: str) -> None:
    """Order means nothing, but it is always the same one, and what a server adds comes last."""
    for each in endpoint.get("services", fmt).plain:
        assert list(each)[: len(FIELDS)] == FIELDS


@pytest.mark.clause("GR-F-20")
def test_both_formats_hold_the_same_services(endpoint: Endpoint, as_json: str) -> None:
    """JSON is the mechanical image of the XML."""
    xml, json = (endpoint.get("services", fmt) for fmt in ("xml", as_json))

    assert [reports.only(each, FIELDS) for each in xml.plain] == [
        reports.only(each, FIELDS) for each in json.plain
    ]
    assert xml.leaves == json.leaves


@pytest.mark.clause("GR-S-10")
def test_metadata_tells_whether_there_are_attributes(endpoint: Endpoint) -> None:
    """metadata is true exactly when the definition has at least one attribute."""
    told = {each["service_code"]: each["metadata"] for each in reports.services(endpoint)}
    some = list(told)[: reports.MOST_SERVICES]

    assert {c: told[c] for c in some} == {c: bool(reports.attributes(endpoint, c)) for c in some}


@pytest.mark.clause("GR-S-01", "GR-A-01", "GR-A-03")
def test_every_listed_service_has_a_definition(endpoint: Endpoint, fmt: str) -> None:
    """Where metadata is true the definition is there to be fetched, by the listed code."""
    for code in reports.with_attributes(endpoint)[:10]:
        answer = endpoint.get(f"services/{segment(code)}", fmt)

        assert answer.status == 200
        assert answer.plain["service_code"] == code
