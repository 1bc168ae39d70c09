"""The synthetic past of a city looks like one, stays inside the city, and is always the same."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from open311 import resources
from open311.actions import demo
from open311.actions.demo import SEED
from open311.demo import history, notes
from open311.demo.history import PastRequest
from open311.demo.versions import Edition
from open311.domain import attributes, definitions, layers, routing
from open311.domain.areas import BOUNDARY, shape
from open311.domain.city import City
from open311.domain.folder import Area, CityAttribute, CityFolder, CityService
from open311.domain.map import Map
from open311.domain.routing import Report
from open311.errors import Invalid
from open311.formats import folder
from open311.spec import submission, w3c_datetime

UNTIL = datetime(2026, 11, 22, 15, 30, 20, tzinfo=UTC)
COUNT = 20_000
ZONE = ZoneInfo("America/Halifax")
BEGINS = datetime(2024, 1, 1, tzinfo=UTC)


def edition(service: CityService, version: int = 1, begins: datetime = BEGINS) -> Edition:
    return Edition(definitions.canonical(service), version, begins)


def city_of(files: CityFolder) -> City:
    own = files.jurisdiction
    services = map(definitions.canonical, files.services)
    return City(
        jurisdiction_id=own.jurisdiction_id,
        name=own.name,
        zone=ZoneInfo(own.timezone),
        contact=own.contact,
        key_service=own.key_service,
        max_span_days=own.max_span_days,
        changeset=UNTIL,
        changes_in=None,
        services={
            each.service_code: definitions.offer(each, 1, definitions.hashed(each))
            for each in services
        },
        departments={each.code: each.name for each in files.departments},
    )


FILES = folder.read(resources.DEMO)
CITY = city_of(FILES)
EDITIONS = {each.service_code: [edition(each)] for each in FILES.services}
INSIDE = next(shape(each) for each in FILES.areas if each.layer == BOUNDARY)


def past(**changed: Any) -> list[PastRequest]:
    wanted = {"requests": 300, "seed": 1, "until": UNTIL} | changed
    return [*history.past(CITY, FILES.areas, EDITIONS, **wanted)]


@pytest.fixture(scope="module")
def year() -> list[PastRequest]:
    return past(requests=COUNT)


def test_the_hundred_services_that_the_demo_is_asked_for_most_have_french_texts() -> None:
    asked = Counter(each.service_code for each in past(requests=COUNT, seed=SEED))
    french = {each.service_code for each in FILES.services if "fr" in each.translations}

    assert {code for code, _ in asked.most_common(100)} <= french


def local(request: PastRequest) -> datetime:
    return request.requested_datetime.astimezone(ZONE)


def share(some: Iterable[object], of: Iterable[object]) -> float:
    return sum(map(bool, some)) / len([*of])


def is_duplicate(request: PastRequest) -> bool:
    return request.status_notes in notes.DUPLICATES


# --- the same arguments, the same requests ------------------------------------------------------


def test_the_same_arguments_give_the_same_requests() -> None:
    assert past() == past()


def test_the_order_of_services_and_areas_in_the_source_changes_nothing() -> None:
    turned = msgspec.structs.replace(CITY, services=dict(reversed(CITY.services.items())))
    found = history.past(turned, FILES.areas[::-1], EDITIONS, requests=300, seed=1, until=UNTIL)

    assert [*found] == past()


def test_a_layer_that_holds_little_of_the_city_changes_nothing() -> None:
    """Nobody lives in the parks, so they are no hot spots."""
    few = [each for each in FILES.areas if each.layer not in ("parks", "port", "provincial_roads")]
    assert len(few) < len(FILES.areas)

    assert [*history.past(CITY, few, EDITIONS, requests=300, seed=1, until=UNTIL)] == past()


def test_the_zone_and_the_fraction_of_the_end_change_nothing() -> None:
    end = (UNTIL + timedelta(microseconds=7)).astimezone(ZONE)

    assert repr(past(until=end)) == repr(past())


def test_another_seed_gives_other_requests() -> None:
    assert past(seed=2) != past()


# --- laws ---------------------------------------------------------------------------------------


@pytest.mark.timeout(400)  # 50 s alone
@given(
    requests=st.integers(0, 200),
    seed=st.integers(),
    until=st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    days=st.integers(1, 800),
)
def test_any_past_has_so_many_requests_in_order_and_nothing_outside_of_its_days(
    requests: int, seed: int, until: datetime, days: int
) -> None:
    found = past(requests=requests, seed=seed, until=until, days=days)

    assert len(found) == requests
    moments = [each.requested_datetime for each in found]
    assert moments == sorted(moments)
    start = until.replace(microsecond=0) - timedelta(days=days)
    for each in found:
        assert start <= each.requested_datetime <= each.updated_datetime <= until
        assert each.status == "closed" or each.updated_datetime < until or not each.status_notes


@pytest.mark.parametrize(
    "until",
    [
        pytest.param(datetime(2026, 3, 8, 6, 10, tzinfo=UTC), id="spring, just after the hour"),
        pytest.param(datetime(2026, 11, 1, 4, 30, tzinfo=UTC), id="autumn, the first 1:30"),
        pytest.param(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), id="autumn, the second 1:30"),
        pytest.param(datetime(2026, 11, 2, 5, 30, tzinfo=UTC), id="a day after the second 1:30"),
        pytest.param(datetime(2026, 7, 1, 3, 0, tzinfo=UTC), id="midnight"),
        pytest.param(datetime(2026, 7, 1, 3, 0, 1, tzinfo=UTC), id="a second after midnight"),
    ],
)
def test_nothing_is_reported_before_the_beginning_or_after_the_end_when_the_clocks_change(
    until: datetime,
) -> None:
    found = past(until=until, days=1, requests=2_000)

    assert len(found) == 2_000
    assert min(each.requested_datetime for each in found) >= until - timedelta(days=1)
    assert max(each.updated_datetime for each in found) <= until


def test_times_are_whole_seconds_of_utc(year: list[PastRequest]) -> None:
    times = [
        moment
        for each in year
        for moment in (each.requested_datetime, each.updated_datetime, each.expected_datetime)
        if moment
    ]

    assert {moment.microsecond for moment in times} == {0}
    assert {moment.tzinfo for moment in times} == {UTC}


def test_every_point_lies_inside_the_boundary_with_six_decimals(year: list[PastRequest]) -> None:
    points = [(each.long, each.lat) for each in year if each.lat is not None]

    assert 0.96 < len(points) / COUNT < 1
    assert shapely.contains_xy(INSIDE, [x for x, _ in points], [y for _, y in points]).all()
    assert all(round(each, 6) == each for point in points for each in point if each)


def test_a_service_is_asked_for_where_it_is_offered(year: list[PastRequest]) -> None:
    somewhere = {code: offer for code, offer in CITY.services.items() if offer.offered_in}
    there = [each for each in year if each.service_code in somewhere and each.lat is not None]
    port = Map(area for area in FILES.areas if area.layer in ("boundary", "port"))

    assert {each.service_code for each in there} == {"pump-out", "quay-ladder"}
    for each in there:
        located = port.locate(each.long or 0, each.lat or 0)
        assert located
        assert layers.holds(somewhere[each.service_code].offered_in, located.areas)


def test_a_request_has_a_place_where_its_service_needs_one(year: list[PastRequest]) -> None:
    placed: dict[str, set[bool]] = {}
    for each in year:
        rule = CITY.services[each.service_code].location
        placed.setdefault(rule, set()).add(each.address is not None or each.lat is not None)

    assert placed == {"required": {True}, "optional": {True, False}, "none": {False}}
    assert all((each.lat is None) == (each.long is None) for each in year)
    assert any(each.address is None and each.lat is not None for each in year)


def test_no_request_is_for_a_service_that_is_never_public(year: list[PastRequest]) -> None:
    types = {CITY.services[each.service_code].type for each in year}

    assert types == {"realtime", "batch"}


def test_a_retired_service_is_not_asked_for() -> None:
    retired = msgspec.structs.replace(CITY.services["pothole"], active=False)
    services = {**CITY.services, "pothole": retired}
    city = msgspec.structs.replace(CITY, services=services)

    found = {
        each.service_code
        for each in history.past(city, FILES.areas, EDITIONS, requests=3_000, seed=1, until=UNTIL)
    }

    assert "pothole" not in found
    assert "graffiti" in found


def test_the_answers_are_what_the_service_would_have_accepted(year: list[PastRequest]) -> None:
    answered = 0
    for each in year:
        form = CITY.services[each.service_code].form
        sent = {code: written(answer) for code, answer in (each.attributes or {}).items()}

        good, problems = attributes.check(form, sent, ZONE, each.requested_datetime)

        assert problems == ()
        assert good == (each.attributes or {})
        answered += bool(good)
    assert answered > COUNT / 4


def written(answer: attributes.Answer) -> tuple[str, ...]:
    """An answer as a form sends it."""
    if isinstance(answer, list):
        return tuple(answer)
    return (w3c_datetime.show(answer) if isinstance(answer, datetime) else str(answer),)


def test_the_texts_are_what_a_submission_could_have_said(year: list[PastRequest]) -> None:
    for each in year:
        assert each.description is None or submission.clean(each.description) == each.description
        assert each.description != ""
        assert len(each.description or "") <= submission.LENGTHS["description"]
        assert each.address is None or submission.line(each.address) == each.address


def test_every_row_says_what_its_service_says(year: list[PastRequest]) -> None:
    for each in year:
        service = CITY.services[each.service_code]
        promised = each.expected_datetime and each.expected_datetime - each.requested_datetime
        hours = service.expected_hours

        assert (each.department, each.service_notice) == (
            service.department,
            service.service_notice,
        )
        assert promised == (timedelta(hours=hours) if hours else None)


def test_a_request_is_of_the_version_that_answered_at_its_time() -> None:
    """And before there was any, of the first."""
    pothole = CITY.services["pothole"]
    service = next(each for each in FILES.services if each.service_code == "pothole")
    first, second, third = (UNTIL - timedelta(days=days) for days in (300, 200, 100))
    noted = [msgspec.structs.replace(service, service_notice=f"Notice {n}") for n in (1, 2, 3)]
    editions = [
        edition(noted[0], 1, first),
        edition(noted[1], 2, second),
        edition(noted[2], 3, third),
    ]
    city = msgspec.structs.replace(CITY, services={"pothole": pothole})

    found = history.past(
        city, FILES.areas, {"pothole": editions}, requests=500, seed=1, until=UNTIL
    )

    versions = {1: (BEGINS, second), 2: (second, third), 3: (third, UNTIL)}
    seen = set()
    for each in found:
        begins, ends = versions[each.definition_version]
        assert begins <= each.requested_datetime <= ends
        assert each.service_notice == f"Notice {each.definition_version}"
        seen.add((each.definition_version, each.requested_datetime < first))
    assert seen == {(1, True), (1, False), (2, False), (3, False)}


def test_a_service_that_asks_for_what_nobody_can_make_up_is_not_asked_for() -> None:
    asked = CityAttribute(
        code="spell", datatype="string", description="Say it", required=True, pattern=r"\pN\x{2603}"
    )
    service = next(each for each in FILES.services if each.service_code == "pothole")
    odd = msgspec.structs.replace(service, attributes=[asked])
    city = msgspec.structs.replace(
        CITY, services={code: CITY.services[code] for code in ("pothole", "graffiti")}
    )
    editions = EDITIONS | {"pothole": [edition(service), edition(odd, 2, UNTIL)]}

    found = history.past(city, FILES.areas, editions, requests=50, seed=1, until=UNTIL)

    assert {each.service_code for each in found} == {"graffiti"}

    only = msgspec.structs.replace(CITY, services={"pothole": CITY.services["pothole"]})
    with pytest.raises(Invalid, match=r"lanternport\.example has no services"):
        history.past(only, FILES.areas, editions, requests=1, seed=1, until=UNTIL)


# --- who acts -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def routed() -> City:
    """The demo city with its rules."""
    acting = {each.code for each in FILES.departments}
    rules = routing.compiled(FILES.routing, FILES.services, acting, ZONE, 3)
    return msgspec.structs.replace(CITY, routing=rules, map=Map(FILES.areas, rules.tolerance))


def test_a_past_under_rules_is_what_they_say_and_else_the_same(routed: City) -> None:
    wanted = {"requests": demo.REQUESTS, "seed": SEED, "until": UNTIL}
    found = [*history.past(routed, FILES.areas, EDITIONS, **wanted)]
    assert routed.map is not None
    assert routed.routing is not None
    decided = Counter()
    for each, other in zip(found, past(**wanted), strict=True):
        told = each.lat is not None or each.address is not None
        located = routed.map.locate(each.long, each.lat) if each.lat and each.long else None
        one = Report(
            service_code=each.service_code,
            group=CITY.services[each.service_code].group,
            answers=each.attributes or {},
            at=each.requested_datetime,
            located=located,
            unplaced=told and located is None,
        )
        decision = routing.explain(routed.routing, one)
        assert each.decision == msgspec.structs.replace(decision, tried=())
        assert (each.department, each.queue, each.priority) == (
            decision.department,
            decision.queue,
            decision.priority,
        )
        decided[decision.by, decision.rule] += 1
        without = {"decision": None, "department": other.department}
        assert msgspec.structs.replace(each, queue=None, priority=None, **without) == other

    assert {by for by, _ in decided} == {"rule", "service", "triage"}
    assert len(decided) > 40
    assert sum(count for (by, _), count in decided.items() if by == "rule") > 200


# --- what it looks like -------------------------------------------------------------------------


def test_months_differ_by_service(year: list[PastRequest]) -> None:
    months: dict[str, Counter[int]] = {}
    for each in year:
        months.setdefault(each.service_code, Counter())[local(each).month] += 1

    def part(service_code: str, *some: int) -> float:
        counted = months[service_code]
        return sum(counted[month] for month in some) / counted.total()

    assert part("street-not-ploughed", 12, 1, 2, 3) > 0.85
    assert part("street-not-ploughed", 6, 7, 8) < 0.02
    assert part("noise-party", 6, 7, 8) > 0.45
    assert part("noise-party", 12, 1, 2) < 0.1
    assert part("pothole", 3, 4, 5) > 0.4
    assert part("no-heat", 11, 12, 1, 2) > 0.5
    assert part("missed-yard-waste", 10, 11) > 0.4


def test_few_report_at_night_and_most_in_the_morning_and_after_work(
    year: list[PastRequest],
) -> None:
    hours = Counter(local(each).hour for each in year)

    assert hours[9] + hours[10] > hours[16] + hours[17] > hours[13] + hours[14]
    assert sum(hours[hour] for hour in (0, 1, 2, 3, 4, 5)) < COUNT * 0.08


def test_noise_is_reported_at_night(year: list[PastRequest]) -> None:
    hours = [local(each).hour for each in year if each.service_code == "noise-party"]

    assert share((hour in (21, 22, 23, 0, 1) for hour in hours), hours) > 0.4


def test_weekends_are_quiet_but_for_noise(year: list[PastRequest]) -> None:
    def weekend(service_code: str) -> float:
        days = [local(each).weekday() for each in year if each.service_code == service_code]
        return share((day in (5, 6) for day in days), days)

    assert 0.08 < weekend("pothole") < 0.2
    assert weekend("noise-party") > 0.35


def test_a_few_services_make_up_most_of_it_and_nearly_all_occur(year: list[PastRequest]) -> None:
    counts = [count for _, count in Counter(each.service_code for each in year).most_common()]

    assert 0.04 < counts[0] / COUNT < 0.12
    assert sum(counts[:30]) > COUNT * 0.55
    assert len(counts) > 250


def test_what_every_city_is_asked_for_is_asked_for_most(year: list[PastRequest]) -> None:
    common = [code for code, _ in Counter(each.service_code for each in year).most_common(20)]

    assert {"pothole", "streetlight-out", "missed-trash", "graffiti"} <= {*common}


def test_requests_crowd_at_hot_spots(year: list[PastRequest]) -> None:
    cells = Counter(
        (math.floor(each.long * 200), math.floor(each.lat * 200))
        for each in year
        if each.lat and each.long
    )
    crowded = sum(count for _, count in cells.most_common(len(cells) // 20))

    assert crowded > COUNT * 0.2
    assert len(cells) > 300


def test_three_to_six_in_a_hundred_are_duplicates_of_something_near_and_recent(
    year: list[PastRequest],
) -> None:
    places = [number for number, each in enumerate(year) if is_duplicate(each)]

    assert 0.03 < len(places) / COUNT < 0.06
    pointed = [number for number in places if year[number].lat is not None]
    near = [any(is_near(year[number], each) for each in before(year, number)) for number in pointed]
    assert share(near, near) > 0.95  # the first one may have an address only


def before(year: list[PastRequest], number: int) -> Iterable[PastRequest]:
    soonest = year[number].requested_datetime - timedelta(days=3)
    return itertools.takewhile(
        lambda each: each.requested_datetime >= soonest, reversed(year[:number])
    )


def is_near(one: PastRequest, other: PastRequest) -> bool:
    return (
        one.service_code == other.service_code
        and other.lat is not None
        and abs((one.lat or 0) - other.lat) < 0.001
        and abs((one.long or 0) - (other.long or 0)) < 0.001
    )


def test_what_is_old_is_closed_and_some_of_the_newest_is_open(year: list[PastRequest]) -> None:
    old = [each for each in year if each.requested_datetime < UNTIL - timedelta(days=60)]
    new = [each for each in year if each.requested_datetime > UNTIL - timedelta(days=7)]

    assert 0.95 < share((each.status == "closed" for each in old), old) < 1
    assert 0.25 < share((each.status == "open" for each in new), new) < 0.75


def test_most_is_done_in_the_time_promised_and_crews_rest_at_weekends(
    year: list[PastRequest],
) -> None:
    slow = [
        each
        for each in year
        if each.status == "closed"
        and each.expected_datetime
        and (CITY.services[each.service_code].expected_hours or 0) > 24
        and not is_duplicate(each)
    ]
    kept = [each.updated_datetime <= each.expected_datetime for each in slow]
    sundays = [each.updated_datetime.astimezone(ZONE).weekday() == 6 for each in slow]

    assert 0.5 < share(kept, kept) < 0.9
    assert share(sundays, sundays) < 0.02


def test_closed_ones_have_notes_as_a_rule_and_none_of_them_a_blank(
    year: list[PastRequest],
) -> None:
    closed = [each.status_notes for each in year if each.status == "closed"]

    assert 0.9 < share(closed, closed) < 1
    assert not any(re.search(r"[{}]", note) for note in closed if note)


def test_residents_write_in_many_ways(year: list[PastRequest]) -> None:
    texts = [each.description for each in year]
    said = [text for text in texts if text]

    assert 0.05 < texts.count(None) / COUNT < 0.2
    assert len({*said}) > COUNT / 4
    assert not any(re.search(r"[{}]", text) for text in said)
    for sign in ("é", "¿", "«", "🙏", "&", "<", '"', "\n", "—"):
        assert any(sign in text for text in said), sign
    assert any(text.isupper() for text in said)


def test_nobody_is_named_or_can_be_called(year: list[PastRequest]) -> None:
    """Questions for a person are answered `withheld`; no telephone number and no mail address."""
    asked = {
        ("heat-relief", "name"),
        ("record-certificate", "full_name"),
        ("vote-register", "old_address"),
        ("snow-shovel-help", "telephone"),
        ("building-inspection", "contact"),
        ("eviction-help", "callback"),
    }
    answers = {
        (each.service_code, code): answer
        for each in past(requests=60_000)
        for code, answer in (each.attributes or {}).items()
        if (each.service_code, code) in asked
    }

    assert answers == dict.fromkeys(asked, "withheld")
    said = msgspec.json.encode([(each.description, each.attributes) for each in year]).decode()
    assert not re.search(r"\w@\w|\b\d{3}-\d{4}\b", said)


def test_neighbours_live_in_the_same_street(year: list[PastRequest]) -> None:
    """An address is decided by the place alone, whichever the seed."""
    streets: dict[tuple[int, int], set[str]] = {}
    for each in [*year, *past(requests=COUNT, seed=2)]:
        if each.address and each.lat and each.long:
            cell = math.floor(each.long * 500), math.floor(each.lat * 500)
            streets.setdefault(cell, set()).update(re.findall(r"[A-Z]\w+ [A-Z]\w+", each.address))

    assert len(set().union(*streets.values())) > 200
    assert max(map(len, streets.values())) <= 8


# --- other cities -------------------------------------------------------------------------------


def square(layer: str, west: float, size: float) -> Area:
    ring = shapely.box(west, 44.5, west + size, 44.5 + size)
    return Area(layer, f"{layer}{west}", "A square", str(shapely.to_geojson(ring)).encode())


@pytest.mark.parametrize(
    ("areas", "west", "east"),
    [
        pytest.param([square("wards", -66, 0.01)], -66, -65.99, id="no boundary"),
        pytest.param(
            [square(BOUNDARY, -66, 0.01), square("wards", -65, 0.01), square("wards", -65.9901, 1)],
            -66,
            -65.99,
            id="wards outside",
        ),
        pytest.param(
            [
                square("wards", -66, 0.01),
                square("parks", -65.98, 0.01),
                square("port", -65.96, 0.01),
            ],
            -66,
            -65.95,
            id="no layer holds half of it",
        ),
        pytest.param([square(BOUNDARY, -66, 0.0001)], -66, -65.9999, id="a city of ten metres"),
    ],
)
def test_a_city_with_odd_areas_has_a_past_inside_of_them(
    areas: list[Area], west: float, east: float
) -> None:
    found = [*history.past(CITY, areas, EDITIONS, requests=500, seed=1, until=UNTIL)]

    assert all(west <= each.long <= east for each in found if each.long)
    assert len(found) == 500


def test_a_city_of_a_single_service_without_keywords_has_a_past() -> None:
    plain = msgspec.structs.replace(CITY.services["pothole"], keywords="", expected_hours=None)
    city = msgspec.structs.replace(CITY, services={"pothole": plain})

    found = [*history.past(city, FILES.areas, EDITIONS, requests=500, seed=1, until=UNTIL)]

    assert {each.service_code for each in found} == {"pothole"}


def test_a_city_without_areas_is_refused() -> None:
    with pytest.raises(Invalid, match=r"lanternport\.example has no areas"):
        history.past(CITY, [], EDITIONS, requests=1, seed=1, until=UNTIL)


def test_a_city_without_public_services_is_refused() -> None:
    city = msgspec.structs.replace(CITY, services={"idea": CITY.services["idea"]})

    with pytest.raises(Invalid, match=r"lanternport\.example has no services"):
        history.past(city, FILES.areas, EDITIONS, requests=1, seed=1, until=UNTIL)
