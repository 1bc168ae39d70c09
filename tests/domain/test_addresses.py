"""Addresses: one spelling of many, house numbers, and what a register makes of a text."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from open311.domain.addresses import LONG, NONE, Number, Point, Written, entry, house, shown, words
from open311.domain.finding import Candidate, Found, Missed, best, nearest
from open311.domain.readings import Reading, readings

CITY = ("city", "of", "lanternport")
WITHIN = 50.0

LETTERS = st.text(max_size=12) | st.text(alphabet="0123 -\u2013/ab.#'½éßİ,", max_size=12)
NAMES = st.sampled_from(
    ("Warren Street", "Warren Avenue", "N Main St", "South Main Street", "A Street", "Highway 12")
) | st.sampled_from(
    ("5th Avenue", "St. John's Road", "Rue Sainte-Anne Est", "Hauptstraße", "Unit Road", "Row")
)
NUMBERS = st.sampled_from(["1", "12", "100", "100A", "100 A", "100-102", "12 1/2", "37-10", ""])
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
    return [
        Candidate(way, each, likeness(way.street, each.street))
        for way in readings(text)
        for each in register
        if way.number != NONE and way.street != each.street
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

    assert held == (low <= asked <= low + wide and (wide % 2 == 1 or asked % 2 == low % 2))


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
