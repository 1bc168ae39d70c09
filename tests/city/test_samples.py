"""Recorded answers of real servers, and the standard's own examples: imported, or told why not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from open311.formats import folder
from open311.formats.catalogue import reading, updates
from open311.formats.catalogue.updates import Wishes

SAMPLES = Path(__file__).parents[3] / "shared" / "spec" / "samples"
FOLDERS = ("wiki", "cities", "extensions")

REQUESTS = "tells of service requests, not of services"
NO_CATALOGUE = "is no service list and no service definition of GeoReport v2"
ZERO = ":{}: not JSON: a number begins with 0; a code needs quotes"

EXPECTED: dict[str, int | str] = {
    # lists and definitions: how many services, of all their questions
    "wiki/bensheldon_services_strings.json": 3,
    "wiki/georeport-v2_service-definition.json": 1,
    "wiki/georeport-v2_service-definition.xml": 1,
    "wiki/georeport-v2_services.xml": 3,
    "cities/accela-islandton_0.json": 2,
    "cities/bloomington_services_2012.json": 46,
    "cities/cfa-gem_san-francisco_services_gem.xml": 36,
    "cities/cfa-gem_service-definition_old-unwrapped.xml": 1,
    "cities/chicago_service-definition_abandoned-vehicle.json": 1,
    "cities/giessen_services.xml": 8,
    "cities/helsinki_services_two.json": 2,
    "cities/san-francisco_services_2012.xml": 38,
    "cities/washington-dc_service-definition_S0301.xml": 1,
    "cities/washington-dc_services.xml": 86,
    "extensions/fiware_service.example.json": 1,
    # lists that cannot be taken
    "wiki/georeport-v2_services_INVALID-as-published.json": ZERO.format(3),
    "extensions/nyc_inquiry-v1_get-service.xml": ":7: not XML: xmlParseEntityRef: no name",
    "extensions/nyc_inquiry-v1_service-list.json": ": [0].service_code: is missing",
    "extensions/nyc_inquiry-v1_service-list.xml": ": services[0].service_code: is missing",
    # discovery goes with a catalogue, and has no services
    "wiki/service-discovery.json": 0,
    "wiki/service-discovery.xml": 0,
    "cities/boston_discovery.json": 0,
    "cities/washington-dc_discovery.xml": 0,
    # anything else
    "wiki/georeport-v2_errors.json": "is an error answer: \"403: Invalid api_key received -- can't",
    "wiki/georeport-v2_errors.xml": "is an error answer: \"403: Invalid api_key received -- can't",
    "wiki/georeport-v2_post-response.json": REQUESTS,
    "wiki/georeport-v2_post-response.xml": REQUESTS,
    "wiki/georeport-v2_request.xml": REQUESTS,
    "wiki/georeport-v2_request_INVALID-as-published.json": ZERO.format(7),
    "wiki/georeport-v2_requests.xml": REQUESTS,
    "wiki/georeport-v2_requests_INVALID-as-published.json": ZERO.format(7),
    "wiki/georeport-v2_token.json": REQUESTS,
    "wiki/georeport-v2_token.xml": REQUESTS,
    "wiki/oiva_token.xml": REQUESTS,
    "cities/accela-islandton_1.json": REQUESTS,
    "cities/accela-islandton_2.json": REQUESTS,
    "cities/bloomington_requests_2012.json": REQUESTS,
    "cities/boston_error_duplicate.xml": "is an error answer: '400: Invalid service request: base",
    "cities/boston_post_token.xml": REQUESTS,
    "cities/cfa-gem_error_403_http-transcript.txt": "is neither JSON nor XML",
    "cities/cfa-gem_error_404_not-found.xml": "is an error answer: '404: Service request not found",
    "cities/cfa-gem_post_realtime.xml": REQUESTS,
    "cities/cfa-gem_requests_empty.xml": REQUESTS,
    "cities/cfa-gem_requests_two.xml": REQUESTS,
    "cities/cfa-gem_san-francisco_request_single.xml": REQUESTS,
    "cities/cfa-gem_token_to_id.xml": REQUESTS,
    "cities/chicago_request_extended_2014.json": REQUESTS,
    "cities/chicago_requests_2014.json": REQUESTS,
    "cities/chicago_requests_extended_2013.json": REQUESTS,
    "cities/cologne_requests_2023.json": REQUESTS,
    "cities/helsinki_post-response_6aika_2016.json": REQUESTS,
    "cities/helsinki_reference-server_db-rows.json": NO_CATALOGUE,
    "cities/helsinki_request_extended_2016.json": REQUESTS,
    "cities/san-francisco_requests_2012.xml": REQUESTS,
    "cities/toronto_request_single_2018.xml": REQUESTS,
    "cities/toronto_requests_2018.xml": REQUESTS,
    "extensions/fiware_service_request.example.json": REQUESTS,
    "extensions/helsinki_fiware_request_2014.json": NO_CATALOGUE,
    "extensions/nyc_inquiry-v1_facility-list.json": NO_CATALOGUE,
    "extensions/nyc_inquiry-v1_facility-list.xml": NO_CATALOGUE,
    "extensions/san-francisco_request_extended_2015.json": REQUESTS,
}
"""What becomes of each file: the number of its services, or words of the fault that is told."""

pytestmark = pytest.mark.skipif(
    not SAMPLES.exists() and os.environ.get("CI") != "true",
    reason="the recorded answers are not beside the project, in ../shared/spec/samples",
)


def test_every_sample_has_its_line() -> None:
    there = {
        path.relative_to(SAMPLES).as_posix()
        for name in FOLDERS
        for path in (SAMPLES / name).iterdir()
    }

    assert set(EXPECTED) == there


@pytest.mark.parametrize("name", [name for name, each in EXPECTED.items() if type(each) is int])
def test_a_catalogue_becomes_services_without_a_fault(name: str) -> None:
    found, faults = reading.read([(name, (SAMPLES / name).read_bytes())])
    update, told = updates.updated(found, [], Wishes(jurisdiction_id="x.example"))

    assert (faults, told) == ([], [])
    assert len(update.added) == EXPECTED[name]
    assert bool(found.discovery) == ("discovery" in name)


@pytest.mark.parametrize("name", [name for name, each in EXPECTED.items() if type(each) is str])
def test_anything_else_is_refused_in_words(name: str) -> None:
    found, faults = reading.read([(name, (SAMPLES / name).read_bytes())])
    (told,) = folder.sentences(faults)

    assert found.services == {}
    assert told.startswith(name)
    assert str(EXPECTED[name]) in told
