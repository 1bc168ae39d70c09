"""POST Service Request: where it is."""

from __future__ import annotations

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint
from tests.conformance.wire import Answer

NOWHERE = {"lat": None, "long": None, "address_string": None, "address_id": None}


def post(endpoint: Endpoint, fmt: str, **changes: str | None) -> Answer:
    """POST a good report with changes."""
    return endpoint.post(reports.fields(endpoint, changes), fmt)


@pytest.mark.clause("GR-P-03", "GR-P-04", "GR-P-36")
def test_a_report_without_location_is_400(endpoint: Endpoint, fmt: str) -> None:
    """A location is required: coordinates, an address, or the id of an address."""
    answer = post(endpoint, fmt, **NOWHERE)

    assert answer.status == 400
    assert answer.blames("address_string") or answer.blames("lat") or answer.blames("location")


@pytest.mark.clause("GR-P-04", "GR-P-06")
def test_coordinates_are_a_location(endpoint: Endpoint, fmt: str) -> None:
    """lat with long, decimal degrees in WGS84, come back as they were sent."""
    lat, long = float(endpoint.need("lat")), float(endpoint.need("long"))
    request = reports.stored(endpoint, NOWHERE | {"lat": str(lat), "long": str(long)}, fmt)

    assert (lat, long) == (pytest.approx(request["lat"]), pytest.approx(request["long"]))


@pytest.mark.clause("GR-P-04")
def test_an_address_is_a_location(endpoint: Endpoint, fmt: str) -> None:
    """address_string alone will do, and comes back as address."""
    request = reports.stored(endpoint, NOWHERE | {"address_string": "12 Main Street"}, fmt)

    assert "12 Main Street" in request["address"]


@pytest.mark.clause("GR-P-04")
def test_the_id_of_an_address_is_a_location(endpoint: Endpoint, fmt: str) -> None:
    """address_id alone will do; at most, that address is unknown."""
    given = reports.stored(endpoint, {})["address_id"] or "101"
    answer = post(endpoint, fmt, **NOWHERE | {"address_id": given})

    assert answer.ok or (answer.blames("address_id") and not answer.blames("address_string"))


@pytest.mark.clause("GR-P-04")
def test_several_locations_may_be_sent_together(endpoint: Endpoint, fmt: str) -> None:
    """The published example sends lat, long and address_string."""
    assert post(endpoint, fmt, address_string="12 Main Street").ok


@pytest.mark.clause("GR-P-05", "GR-E-03")
@pytest.mark.parametrize("half", ["lat", "long"])
def test_half_a_pair_is_no_location(endpoint: Endpoint, fmt: str, half: str) -> None:
    """lat without long, or the reverse, is no location."""
    answer = post(endpoint, fmt, **NOWHERE | {half: endpoint.need(half)})

    assert answer.status == 400


@pytest.mark.clause("GR-P-05d")
@pytest.mark.parametrize("half", ["lat", "long"])
def test_half_a_pair_is_400_even_with_an_address(endpoint: Endpoint, fmt: str, half: str) -> None:
    """An incomplete pair is the client's fault, which an address does not heal."""
    there = NOWHERE | {"address_string": "12 Main Street", half: endpoint.need(half)}
    answer = post(endpoint, fmt, **there)

    assert answer.status == 400
    assert answer.blames({"lat": "long", "long": "lat"}[half])


@pytest.mark.clause("GR-P-05d", "GR-F-31")
def test_an_empty_pair_counts_as_not_sent(endpoint: Endpoint, fmt: str) -> None:
    """lat= and long= beside an address are absent."""
    answer = post(endpoint, fmt, address_string="12 Main Street", lat="", long="")

    assert answer.ok


@pytest.mark.clause("GR-P-06d")
@pytest.mark.parametrize(
    ("lat", "long"),
    [
        ("90.1", "0"), ("-91", "0"), ("0", "180.5"), ("0", "-181"), ("NaN", "0"), ("0", "inf"),
        ("-Infinity", "0"), ("42,36", "-71,06"), ("north", "west"), ("0x10", "0"), ("1_0", "0"),
    ],
)  # fmt: skip
def test_coordinates_out_of_range_are_400(
    endpoint: Endpoint, fmt: str, lat: str, long: str
) -> None:
    """-90 to 90 and -180 to 180, with a point as the decimal mark; no NaN, no infinity."""
    answer = post(endpoint, fmt, **NOWHERE | {"lat": lat, "long": long})

    assert answer.status == 400
    assert answer.blames("lat") or answer.blames("long")


@pytest.mark.clause("GR-P-06d")
def test_coordinates_may_have_an_exponent(endpoint: Endpoint, fmt: str) -> None:
    """Programming languages print small numbers so."""
    lat, long = float(endpoint.need("lat")), float(endpoint.need("long"))
    request = reports.stored(endpoint, {"lat": f"{lat:.10e}", "long": f"{long:.10E}"}, fmt)

    assert (lat, long) == (pytest.approx(request["lat"]), pytest.approx(request["long"]))


@pytest.mark.clause("IO-13")
def test_a_point_gets_an_address(endpoint: Endpoint, fmt: str) -> None:
    """Clients exist that need lat, long and address of every request."""
    endpoint.need("address")
    point = NOWHERE | {"lat": endpoint.need("lat"), "long": endpoint.need("long")}

    assert reports.stored(endpoint, point, fmt)["address"]


@pytest.mark.clause("IO-13")
def test_an_address_of_the_city_gets_a_point(endpoint: Endpoint, fmt: str) -> None:
    """An address in the city's own register is one that it can place."""
    address = NOWHERE | {"address_string": endpoint.need("address")}
    request = reports.stored(endpoint, address, fmt)

    assert request["lat"] is not None
    assert request["long"] is not None
