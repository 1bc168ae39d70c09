"""Service Discovery: the document that says where a city's endpoints are."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from tests.conformance.endpoint import Endpoint
from tests.conformance.wire import Answer

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
MIME = {"xml": "text/xml", "json": "application/json"}
FORMATS = ("xml", "json")  # both are mandatory here, whatever the endpoint itself offers


def discover(endpoint: Endpoint, fmt: str, query: str = "") -> Answer:
    """Read the discovery document; without a given URL, the one below the endpoint."""
    url = endpoint.discovery_url or f"{endpoint.base_url}/discovery"
    return endpoint.ask("GET", re.sub(r"\.(xml|json)$", "", url) + f".{fmt}", query)


def ours(answer: Answer) -> list[dict]:
    """The GeoReport v2 endpoints of the document."""
    return [e for e in answer.plain["endpoints"] if e["specification"] == SPECIFICATION]


@pytest.mark.clause("GR-D-01", "GR-D-02")
@pytest.mark.parametrize("form", FORMATS)
def test_discovery_is_published_in_both_formats(endpoint: Endpoint, form: str) -> None:
    """A provider publishes a discovery document, in XML and in JSON."""
    answer = discover(endpoint, form)

    assert answer.ok, answer
    assert answer.format == form
    assert answer.plain["endpoints"]


@pytest.mark.clause("GR-D-09", "GR-F-13", "GR-F-21")
def test_the_xml_nests_endpoints_and_formats(endpoint: Endpoint) -> None:
    """Root discovery; endpoints/endpoint; formats/format."""
    root = discover(endpoint, "xml").xml

    assert root.tag == "discovery"
    assert {"endpoint"} == {child.tag for child in root.find("endpoints")}
    assert {"format"} == {child.tag for child in root.find("endpoints/endpoint/formats")}


@pytest.mark.clause("GR-D-09", "GR-F-21")
def test_the_json_is_an_object_with_arrays(endpoint: Endpoint) -> None:
    """An object; endpoints an array of objects, formats an array of strings."""
    document = discover(endpoint, "json").json

    assert isinstance(document, dict)
    assert all(isinstance(each, dict) for each in document["endpoints"])
    formats = [form for each in document["endpoints"] for form in each["formats"]]
    assert all(isinstance(form, str) for form in formats)


@pytest.mark.clause("GR-D-04")
@pytest.mark.parametrize("form", FORMATS)
def test_every_field_is_there(endpoint: Endpoint, form: str) -> None:
    """Every field is required, and each endpoint offers at least one format."""
    document = discover(endpoint, form).plain

    assert {"changeset", "contact", "key_service", "endpoints"} <= set(document)
    for each in document["endpoints"]:
        assert {"specification", "url", "changeset", "type", "formats"} <= set(each)
        assert each["formats"]


@pytest.mark.clause("GR-D-05")
def test_scalars_are_strings(endpoint: Endpoint) -> None:
    """All scalars of discovery are strings in JSON."""
    document = discover(endpoint, "json").json

    scalars = [document[name] for name in ("changeset", "contact", "key_service")]
    for each in document["endpoints"]:
        scalars += [each[name] for name in ("specification", "url", "changeset", "type")]
    assert all(isinstance(value, str) for value in scalars)


@pytest.mark.clause("GR-D-06")
@pytest.mark.parametrize("form", FORMATS)
def test_the_specification_is_the_exact_token(endpoint: Endpoint, form: str) -> None:
    """The specification is the token of GeoReport v2: http, underscore, no trailing slash."""
    assert ours(discover(endpoint, form))


@pytest.mark.clause("GR-D-07")
@pytest.mark.parametrize("form", FORMATS)
def test_the_type_is_production_or_test(endpoint: Endpoint, form: str) -> None:
    """An endpoint is for production or for tests."""
    types = {each["type"] for each in discover(endpoint, form).plain["endpoints"]}

    assert types <= {"production", "test"}


@pytest.mark.clause("GR-D-08", "GR-F-01")
@pytest.mark.parametrize("form", FORMATS)
def test_formats_are_mime_types_and_hold_xml(endpoint: Endpoint, form: str) -> None:
    """Formats are MIME types; every v2 endpoint lists text/xml, which is mandatory."""
    for each in ours(discover(endpoint, form)):
        assert "text/xml" in each["formats"]
        assert all(re.fullmatch(r"\w+/[\w.+-]+", form) for form in each["formats"])


@pytest.mark.clause("GR-D-16")
def test_both_renderings_carry_equal_values(endpoint: Endpoint) -> None:
    """Contacts, endpoints and formats are equal, and in equal order."""
    assert discover(endpoint, "xml").plain == discover(endpoint, "json").plain


@pytest.mark.clause("GR-D-10", "IO-09")
def test_a_changeset_is_a_time_in_the_past(endpoint: Endpoint) -> None:
    """A changeset is YYYY-MM-DDTHH:MM:SSZ, which sorts as text, and lies in the past."""
    document = discover(endpoint, "json").plain

    for each in (document, *document["endpoints"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", each["changeset"])
        assert datetime.fromisoformat(each["changeset"]) <= datetime.now(UTC)


@pytest.mark.clause("GR-D-11")
def test_endpoint_urls_have_no_slash_at_their_end(endpoint: Endpoint) -> None:
    """The published example has none, and most clients add one."""
    urls = [each["url"] for each in discover(endpoint, "json").plain["endpoints"]]

    assert [url for url in urls if url.endswith("/") or not urlsplit(url).scheme] == []


@pytest.mark.clause("GR-D-12", "IO-07")
@pytest.mark.parametrize("form", FORMATS)
def test_content_types_of_discovery_have_no_charset(endpoint: Endpoint, form: str) -> None:
    """A validator in use compares them with the bare types, so discovery alone is bare."""
    assert MIME[form] == discover(endpoint, form).header("content-type")


@pytest.mark.clause("GR-D-13")
@pytest.mark.parametrize("form", FORMATS)
def test_discovery_ignores_arguments(endpoint: Endpoint, form: str) -> None:
    """Discovery takes no arguments; a jurisdiction and a key are accepted and ignored."""
    plain = discover(endpoint, form)
    answer = discover(endpoint, form, "jurisdiction_id=nowhere.example&api_key=wrong")

    assert answer.status == 200
    assert plain.plain == answer.plain


@pytest.mark.clause("GR-D-14")
def test_the_root_of_the_endpoint_does_not_break(endpoint: Endpoint) -> None:
    """A page for people at the root is welcome but not required; a fault it is not."""
    assert endpoint.call("GET", "").status < 500


@pytest.mark.clause("IO-09")
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", ["root", "beside", "below"])
def test_discovery_answers_at_three_places(endpoint: Endpoint, place: str, form: str) -> None:
    """Discovery answers at the root, beside the endpoint and below it, with one document."""
    parts = urlsplit(endpoint.base_url)
    bases = {
        "root": f"{parts.scheme}://{parts.netloc}",
        "beside": endpoint.base_url.rpartition("/")[0],
        "below": endpoint.base_url,
    }
    answer = endpoint.ask("GET", f"{bases[place]}/discovery.{form}")

    assert answer.status == 200, answer
    assert discover(endpoint, form).plain == answer.plain


@pytest.mark.clause("IO-09")
def test_production_and_test_are_both_listed(endpoint: Endpoint) -> None:
    """Discovery lists a production and a test endpoint, each in both formats."""
    listed = ours(discover(endpoint, "json"))

    assert {"production", "test"} == {each["type"] for each in listed}
    assert all(set(MIME.values()) == set(each["formats"]) for each in listed)
