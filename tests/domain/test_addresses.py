"""Addresses: one spelling of many, house numbers, and what a register makes of a text."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from open311.domain.addresses import NONE, Number, Point, Written, entry, house, shown, words
from open311.domain.finding import Candidate, Found, Missed, best, nearest
from open311.domain.readings import Reading, readings
from open311.domain.slips import plain, slips
from open311.domain.spellings import LONG

CITY = ("city", "of", "lanternport")
WITHIN = 50.0

LETTERS = st.text(max_size=12) | st.text(alphabet="0123 -\u2013/ab.#'½éßİ,", max_size=12)
NAMES = st.sampled_from(
    ("Warren Street", "Warren Avenue", "N Main St", "E Street", "East Street", "Highway 12")
) | st.sampled_from(
    ("5th Avenue", "St. John's Road", "Rue Sainte-Anne Est", "Hauptstraße", "Unit Road", "Row")
)
NUMBERS = st.sampled_from(
    [
        "1",
        "12",
        "100",
        "100A",
        "100 A",
        "100-102",
        "12 1/2",
        "37-10",
        "37-44",
        "12/14",
        "5 & 19",
        "",
    ]
)
PLACES = st.sampled_from(["", "Lanternport", "Eastern Passage", "St. Mary's"])
ROWS = st.builds(
    Written,
    address_id=st.integers(0, 10**6).map(str),
    number=NUMBERS | LETTERS,
    street=NAMES | LETTERS,
    unit=st.sampled_from(["", "", "5", "Apt 5", "#5", "Floor 2"]) | LETTERS,
    city=PLACES | LETTERS,
    region=st.sampled_from(["", "NS", "Nova Scotia"]),
    postcode=st.sampled_from(["", "02119", "Z1A 2B3", "Z1A2B3"]),
    long=st.floats(-66.3, -66.1),
    lat=st.floats(44.5, 44.7),
)


def made(written: Written) -> Point | None:
    try:
        return entry(written)
    except ValueError:
        return None


POINTS = ROWS.map(made).filter(lambda point: point is not None)


def point(number: str, street: str, unit: str = "", **more: object) -> Point:
    told = {"address_id": f"{number} {street} {unit}".strip(), "long": -66.2, "lat": 44.6} | more
    return entry(Written(number=number, street=street, unit=unit, **told))


def candidates(register: list[Point], text: str) -> list[Candidate]:
    """What the store finds: equal streets."""
    return [
        Candidate(way, each)
        for way in readings(text)
        for each in register
        if way.street == each.street
    ]


def alike(register: list[Point], text: str) -> list[Candidate]:
    """What it finds where nothing fits: those that have letters in common."""
    ways = [each for each in readings(text) if each.number != NONE]
    streets = {each.street for each in register}
    pairs = {(way.street, street) for way in ways for street in streets}
    told = [(*pair, likeness(*pair)) for pair in sorted(pairs)]
    there = streets & {each for asked, street in pairs for each in (asked, plain(asked, street))}
    return [
        Candidate(way, each, degree)
        for asked, street, degree in slips(told, there)
        for way in ways
        for each in register
        if way.street == asked and each.street == street
    ]


def likeness(one: str, other: str) -> float:
    """As pg_trgm counts it."""
    ours, theirs = trigrams(one), trigrams(other)
    return len(ours & theirs) / len(ours | theirs)


def trigrams(text: str) -> set[str]:
    return {
        padded[at : at + 3]
        for word in text.split()
        for padded in [f"  {word} "]
        for at in range(len(padded) - 2)
    }


def find(register: list[Point], text: str) -> Found | Missed:
    found = best(candidates(register, text), CITY, WITHIN)
    return best(alike(register, text), CITY, WITHIN) if found == "unknown" else found


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("100 North Warren Street", "100 N. WARREN ST."),
        ("100\u2013102 Warren St", "100 - 102  warren  street"),
        ("12½ Oak Avenue", "12 1/2 oak av"),
        ("1 Saint-Jean Blvd", "1 St Jean Boulevard"),
        ("5 O\u2019Brien Court", "5 obrien ct"),
        ("3 Éclair Rd", "3 ECLAIR ROAD"),
        ("7 Main St, Apt 5", "7 Main Street #5"),
        ("1 First Avenue", "1 1st Ave"),
        ("Hauptstraße 12", "Hauptstr. 12"),
        ("Straße 12", "strasse 12"),
        ("1 N.E. Elm Terrace", "1 northeast elm ter"),
        ("\uff11\uff10\uff10 Elm Lane", "100 Elm Ln"),
    ],
)
def test_one_address_in_two_spellings_has_the_same_words(one: str, other: str) -> None:
    assert words(one) == words(other)


@given(LETTERS)
@example("12½")
@example("a1 1b1 1b1")
def test_words_are_words_of_themselves(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@given(st.text())
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    assert len(readings(text)) < 250
    assert all(each == each.strip() and each for each in words(text))


def test_no_short_form_has_one_itself() -> None:
    assert not set(LONG.values()) & set(LONG)


# --- house numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("100", Number(100, 100)),
        ("100A", Number(100, 100, "a")),
        ("100 B", Number(100, 100, "b")),
        ("12 1/2", Number(12, 12, "1/2")),
        ("100-102", Number(100, 102)),
        ("100A-102C", Number(100, 102, "ac")),
        ("37-10", Number(37, 37, "-10")),
        ("37-44", Number(37, 37, "-44")),
        ("5-104", Number(5, 5, "-104")),
        ("12/14", Number(12, 14)),
        ("12 & 14", Number(12, 14)),
        ("104.0", Number(104, 104)),
    ],
)
def test_a_house_number_is_read(text: str, number: Number) -> None:
    assert house(words(text))[0] == (number, len(words(text)))


@pytest.mark.parametrize("text", ["", "5th", "Lot", "123456789", "A12"])
def test_what_is_no_house_number_is_none(text: str) -> None:
    assert house(words(text)) == []


@given(st.integers(0, 999), st.integers(0, 99), st.integers(-5, 1200))
def test_a_range_of_one_side_holds_that_side_alone(low: int, wide: int, asked: int) -> None:
    held = Number(low, low + wide).holds(asked)

    assert held == (low <= asked <= low + wide and asked % 2 == low % 2)


# --- entries ------------------------------------------------------------------------------------


def test_a_number_that_is_none_belongs_to_the_street() -> None:
    assert point("Lot 5", "Main Street").number == NONE
    assert point("Lot 5", "Main Street").street == "lot 5 main st"


@pytest.mark.parametrize("street", ["", " ", "...", "a " * 21])
def test_a_street_without_words_or_of_too_many_is_refused(street: str) -> None:
    with pytest.raises(ValueError, match="street"):
        point("1", street)


def test_an_address_is_shown_in_one_line() -> None:
    whole = point("1", "Elm St", "Apt 5", city="Lanternport", region="NS", postcode="Z1A 2B3")

    assert shown(whole) == "1 Elm St, Apt 5, Lanternport, NS Z1A 2B3"
    assert shown(whole, unit=False) == "1 Elm St, Lanternport, NS Z1A 2B3"


# --- finding ------------------------------------------------------------------------------------


@given(st.lists(POINTS, max_size=6, unique_by=lambda each: each.address_id), POINTS)
def test_an_entrys_own_text_finds_it_or_one_that_is_equal(others: list[Point], own: Point) -> None:
    register = [own, *(each for each in others if each.address_id != own.address_id)]
    told = candidates(register, shown(own))
    ways = {each.reading for each in told if each.point is own}

    assert Reading(own.number, own.street, words(f"{shown(own)[len(own.line) :]}")) in ways
    found = best(told, CITY, WITHIN)
    assert found != "unknown"
    if isinstance(found, Found):
        assert words(found.address)[: len(words(own.line))] == words(own.line) or any(
            words(shown(each)) == words(shown(own)) for each in register if each is not own
        )


@given(st.lists(POINTS, max_size=8), LETTERS | NAMES, st.randoms(use_true_random=False))
def test_the_order_of_rows_never_changes_what_is_found(
    register: list[Point], text: str, rng: random.Random
) -> None:
    register = list({each.address_id: each for each in register}.values())
    shuffled = rng.sample(register, len(register))

    assert find(register, text) == find(shuffled, text)


REGISTER = [
    point("100-110", "Warren Street", city="Lanternport", postcode="02119", long=-66.20),
    point("111", "Warren Street", city="Lanternport", postcode="02119", long=-66.21),
    point("111", "Warren Avenue", city="Lanternport", postcode="02120", long=-66.22),
    point("8", "N Main St", long=-66.23),
    point("9", "N Main St", long=-66.24),
    point("9", "S Main St", long=-66.25),
    point("5", "15th St", long=-66.26),
    point("7", "Elm St", "Apt 1", long=-66.27),
    point("7", "Elm St", "Apt 2", long=-66.27),
    point("7", "Oak Row", city="Eastport", long=-66.28),
    point("7", "Oak Row", address_id="West", city="Westport", long=-66.29),
    point("20A", "A Street", long=-66.30),
]


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("104 Warren St", -66.20),
        ("100-110 warren street, Lanternport, NS 02119-0001, USA", -66.20),
        ("104 Waren St", -66.20),
        ("111 Warren St", -66.21),
        ("111 Warren Ave., Lanternport", -66.22),
        ("111 Warren, 02120", -66.22),
        ("8 Main Street", -66.23),
        ("9 North Main", -66.24),
        ("7 Elm Street, #2", -66.27),
        ("7 Elm Street", -66.27),
        ("7 Oak Row, Westport", -66.29),
        ("Oak Row 7, Eastport", -66.28),
        ("20A A St", -66.30),
        ("20 A Street", -66.30),
    ],
)
def test_an_address_is_found(text: str, long: float) -> None:
    found = find(REGISTER, text)

    assert isinstance(found, Found)
    assert found.long == long


@pytest.mark.parametrize("text", ["111 Warren", "9 Main St", "7 Oak Row", "7 Oak Row, Lanternport"])
def test_what_may_be_several_is_ambiguous(text: str) -> None:
    assert find(REGISTER, text) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "Warren Street",
        "105 Warren St",  # the other side
        "104 Warren St, Worcester",
        "104 Warren St 02120",
        "104 Warren Ave",
        "8 S Main St",
        "5 5th St",
        "7 Elm St Apt 3",
        "the tree behind the school",
    ],
)
def test_what_is_in_no_register_is_unknown(text: str) -> None:
    assert find(REGISTER, text) == "unknown"


def rows(*told: str, **more: str) -> list[Point]:
    """A register of addresses that lie far apart, as `104 Warren St`."""
    return [
        point(*each.split(" ", 1), address_id=each, long=-66 - index / 100, **more)
        for index, each in enumerate(told)
    ]


WRONG = [
    # another type
    (rows("104 Warren Ave"), "104 Warren St"),
    (rows("104 Warren Ave"), "104 Warren Rd"),
    (rows("104 Warren Ave"), "104 Warren, Street"),
    (rows("104 Warren Ave", city="Saint John"), "104 Warren Street, Saint John"),
    (rows("104 Warren Ave", city="Saint John"), "104 Warren St St John"),
    (rows("104 Warren Ave", city="Saint John"), "104 Warren St John"),
    (rows("9 Main St", city="South Boston"), "9 Main South Boston"),
    (rows("12 Lake Shore Ave"), "12 Lake Ave"),
    # another direction
    (rows("9 Main St NE"), "9 Main St NW"),
    (rows("9 Main St NE"), "9 Main St, NW"),
    (rows("9 Main St", city="South Boston"), "9 Main St South"),
    (rows("9 Main St", city="South Boston"), "9 Main St S, South Boston"),
    (rows("9 Main St", city="South Boston"), "9 Main St South, Boston"),
    (rows("15 Beacon St"), "15 N Beacon St"),
    (rows("100 Warren St"), "100 N Warren St"),
    (rows("100 Warren St"), "100 Warren St North"),
    # one that nobody asked for
    (rows("98 Huntington Ave", "100 S Huntington Ave"), "100 Huntington Ave"),
    (rows("98 Huntington Ave", "100 S Huntington Ave"), "100 Huntington"),
    # a street that exists, or is too unlike
    (rows("98 Harris Ave", "100 Harrison Ave"), "100 Harris Ave"),
    (rows("98 Harris Ave", "100 Harrison Ave"), "100 Harris"),
    (rows("98 Warren Ave", "100 Warrens St"), "100 Warren St"),
    (rows("28 Walker St", "30 Walter St"), "28 Walter St"),
    (rows("20 Elm St"), "20 Elk St"),
    (rows("20 Elm St"), "20 Elmo St"),
    (rows("20 Walker St"), "20 Walter St"),
    (rows("20 Park St"), "20 Parker St"),
    (rows("20 Princeton St"), "20 Prince St"),
    (rows("20 Walden St"), "20 Wall St"),
    # another number
    (rows("5 Elm St", "104 Elm St"), "5-104 Elm St"),
    (rows("5 Elm St", "104 Elm St"), "#5-104 Elm St"),
    (rows("3 Elm St", "20 Elm St"), "3-20 Elm St"),
    (rows("12 Oak St", "14 Oak St"), "12/14 Oak St"),
    (rows("37-10 31st St"), "37-11 31st St"),
    (rows("37-10 31st St"), "37-44 31st St"),
    (rows("37-10 31st St"), "37 31st St"),
    (rows("37-44 31st St"), "40 31st St"),
    (rows("37-44 31st St"), "41 31st St"),
    (rows("37-44 31st St"), "37-12 31st St"),
    (rows("100A Warren St"), "100B Warren St"),
    (rows("100A Warren St"), "100 1/2 Warren St"),
    (rows("100 Warren St"), "100B Warren St"),
    # another name
    (rows("5 E St"), "5 East Street"),
    (rows("5 North Street"), "5 N St"),
    (rows("5 E St"), "5 East"),
    # another place
    (rows("20 Elm St", region="MA"), "20 Elm St, Nova Scotia"),
    (rows("20 Elm St", region="MA"), "20 Elm St, NY"),
    (rows("20 Elm St", postcode="02119"), "20 Elm St 21190"),
    (rows("20 Elm St", postcode="02119"), "20 Elm St 2118"),
]


@pytest.mark.parametrize(("register", "text"), WRONG, ids=[text for _, text in WRONG])
def test_what_is_another_house_is_never_found(register: list[Point], text: str) -> None:
    assert not isinstance(find(register, text), Found)


RIGHT = [
    (rows("9 Main St", city="South Boston"), "9 Main St, South Boston"),
    (rows("9 Main St", city="South Boston"), "9 Main St South Boston MA"),
    (rows("104 Warren St", city="Saint John"), "104 Warren St Saint John"),
    (rows("104 Warren St", city="St. John", region="CT"), "104 Warren, St John, CT"),
    (rows("98 S Huntington Ave", "100 S Huntington Ave"), "100 Huntington Ave"),
    (rows("104 Warren Pl", city="Hill"), "104 Warren"),
    (rows("5 East Street", "9 E St"), "5 East St"),
    (rows("5 East Street", "5 E St"), "5 East"),
    (rows("5 N E St"), "5 North E Street"),
    (rows("15 N Beacon St", "15 Beacon St"), "15 North Beacon St"),
    (rows("37-44 31st St"), "37-44 31st Street"),
    (rows("12-14 Oak St"), "12/14 Oak St"),
    (rows("12-14 Oak St"), "12 & 14 Oak St"),
    (rows("100-110 Oak St"), "102-108 Oak St"),
    (rows("12A Oak St"), "12 A Oak St"),
    (rows("20 Elm St", region="MA"), "20 Elm St, Massachusetts"),
    (rows("20 Elm St", city="Boston", region="MA"), "20 Elm St in Boston MA"),
    (rows("20 Franklin St"), "20 Frankiln St"),
    (rows("20 Franklin St"), "20 Franjlin St"),
    (rows("20 Franklin St"), "20 Frankln"),
    (rows("20 Park Loan St"), "20 Park Laon St"),
    (rows("20 Elm St", region="Massachusetts"), "20 Elm St, MA"),
    (rows("20 Elm St", region="NS"), "20 Elm St, Nova Scotia, Canada"),
    (rows("20 Elm St", region="NC"), "20 Elm St, North Carolina"),
    (rows("20 Elm St", postcode="02119"), "20 Elm St 2119"),
    (rows("20 Elm St", postcode="02119"), "20 Elm St 2119.0"),
    (rows("20 Elm St", postcode="2119.0"), "20 Elm St 02119"),
]


@pytest.mark.parametrize(("register", "text"), RIGHT, ids=[text for _, text in RIGHT])
def test_what_is_told_otherwise_is_found(register: list[Point], text: str) -> None:
    assert isinstance(find(register, text), Found)


NAMED = st.tuples(
    st.sampled_from(("8", "9", "9a", "9-13")),
    st.sampled_from(("", "N", "South")),
    st.sampled_from(("Warren", "Warrens", "Warden", "E", "Lake")),
    st.sampled_from(("", "Street", "Ave")),
    st.sampled_from(("", "", "NW")),
)


@given(st.lists(NAMED, max_size=6, unique=True), NAMED)
def test_what_is_told_of_an_address_is_never_taken_back(
    told: list[tuple[str, ...]], asked: tuple[str, ...]
) -> None:
    """Nor a street that exists for another."""
    found = find(rows(*(" ".join(filter(None, each)) for each in told)), " ".join(asked))

    if isinstance(found, Found):
        (own,) = [each for each in told if found.address == " ".join(filter(None, each))]
        asked_number, *asked_rest = asked
        assert house(words(own[0]))[0][0].has(house(words(asked_number))[0][0])
        lead, name, kind, way = zip(asked_rest, own[1:], strict=True)
        assert all(one in ("", other) for one, other in (lead, kind, way))
        assert name[0] == name[1] or name[0] not in {each[2] for each in told}


def test_what_is_not_told_of_a_street_is_not_guessed_at() -> None:
    """However alike one of them is."""
    assert find(rows("104 Warren Pl", "104 Warren Blvd"), "104 Warren") == "ambiguous"


def test_a_direction_may_be_of_the_street_or_of_the_city() -> None:
    register = [
        *rows("9 Main St", city="South Boston"),
        point("9", "Main St S", city="Boston", long=-67),
    ]
    one, other = (find(register, f"9 Main St{each}") for each in (", South Boston", " S, Boston"))

    assert find(register, "9 Main St South Boston") == "ambiguous"
    assert isinstance(one, Found)
    assert isinstance(other, Found)
    assert (one.long, other.long) == (-66, -67)


def test_a_range_of_too_many_houses_is_one_number() -> None:
    assert point("1-201", "Elm St").number == Number(1, 201)
    register = [point("1-203", "Elm St")]

    assert find(register, "101 Elm St") == "unknown"
    assert isinstance(find(register, "1-203 Elm St"), Found)


def test_the_parts_of_one_house_are_one_place_without_an_id() -> None:
    whole, part = find(REGISTER, "7 Elm St"), find(REGISTER, "7 Elm St Apt 2")

    assert isinstance(whole, Found)
    assert isinstance(part, Found)
    assert (whole.address_id, whole.address) == (None, "7 Elm St")
    assert (part.address_id, part.address) == ("7 Elm St Apt 2", "7 Elm St, Apt 2")


# --- the nearest --------------------------------------------------------------------------------


def test_the_nearest_is_that_in_metres_and_not_in_degrees() -> None:
    east, north = point("1", "E", lat=70, long=25.001), point("2", "N", lat=70.0005, long=25)
    found = nearest([east, north], 25.0, 70.0, 100)

    assert found
    assert found.address_id == "1 E"
    assert nearest([east, north], 25.0, 70.0, 38) is None


def test_the_nearest_may_lie_across_the_antimeridian() -> None:
    assert nearest([point("1", "E", lat=0, long=-179.9999)], 179.9999, 0, 50)


@given(st.lists(POINTS, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_changes_the_nearest(
    register: list[Point], rng: random.Random
) -> None:
    register = list({each.address_id: each for each in register}.values())
    shuffled = rng.sample(register, len(register))

    assert nearest(register, -66.2, 44.6, 20_000) == nearest(shuffled, -66.2, 44.6, 20_000)
