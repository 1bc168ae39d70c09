"""The register of the demo city: invented houses, each where the history would say it is."""

from __future__ import annotations

from open311 import resources
from open311.actions.demo import CENTRE, REACH
from open311.demo import places
from open311.domain import metres
from open311.domain.addresses import entry
from open311.formats import folder


def test_every_house_stands_where_its_address_says() -> None:
    city = folder.read(resources.DEMO)
    within = places.ground(city.areas, city.jurisdiction.jurisdiction_id)
    found = list(places.houses(within, CENTRE, REACH))
    points = [entry(each) for each in found]

    assert 2000 < len(found) < 4000
    for each in found:
        assert places.address(within, (each.long, each.lat)) == f"{each.number} {each.street}"
        assert metres.distance(*CENTRE, each.long, each.lat) < 2 * REACH
    assert len({each.address_id for each in points}) == len(points)
    assert len({(each.street, each.low) for each in points}) == len(points)


def test_another_city_has_other_streets() -> None:
    city = folder.read(resources.DEMO)
    one, other = (
        {each.street for each in places.houses(places.ground(city.areas, own), CENTRE, REACH)}
        for own in ("one.example", "other.example")
    )

    assert one != other
