"""The arguments of GET requests."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.errors import Invalid
from open311.spec import search

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
DAY = timedelta(days=1)


def read(*pairs, **options):
    return search.read(pairs, **{"zone": BERLIN, "now": NOW} | options)


def problems(*pairs, **options):
    with pytest.raises(Invalid) as fault:
        read(*pairs, **options)
    return fault.value.problems


def window(*pairs, **options):
    found = read(*pairs, **options)
    return found.start_date, found.end_date


# --- lists --------------------------------------------------------------------------------------


def test_without_arguments_it_is_the_last_90_days_and_the_first_1000():
    """GR-Q-03, GR-Q-05."""
    found = read()

    assert found == search.Search(
        start_date=NOW - 90 * DAY, end_date=NOW, limit=1000, offset=0, asked=NOW
    )


def test_empty_and_unknown_arguments_are_absent():
    """GR-Q-19, GR-Q-20."""
    empties = [(name, " ") for name in ("status", "start_date", "end_date", "service_code", "page")]

    assert read(*empties, ("service_request_id", " , ,"), ("colour", "red")) == read()


def test_items_are_trimmed_joined_and_taken_once():
    """GR-Q-14."""
    found = read(("service_code", " 007, ,010,"), ("service_code", "001,007"))

    assert found.service_code == ("001", "007", "010")


def test_an_id_overrides_every_other_argument_even_a_wrong_one():
    """GR-Q-06."""
    found = read(
        ("start_date", "tomorrow"), ("status", "lost"), ("page", "x"), ("service_code", "1"),
        ("service_request_id", "638349,638344"),
    )  # fmt: skip

    assert found == search.Search(service_request_id=("638344", "638349"))
    assert found.start_date.year == 1
    assert found.end_date.year == 9999


@pytest.mark.parametrize("item", ["\x00", "1\x002", "\ud800", "1\uffff", "a\rb"])
@pytest.mark.parametrize("name", ["service_request_id", "service_code"])
def test_an_item_that_cannot_exist_matches_nothing_and_still_filters(name, item):
    found = read((name, f"{item},7"))

    assert getattr(found, name) == ("", "7")
    assert getattr(read((name, item)), name) == ("",)


@pytest.mark.parametrize("name", ["service_request_id", "service_code"])
def test_more_than_1000_items_are_refused(name):
    assert len(getattr(read((name, ",".join(map(str, range(1000))))), name)) == 1000

    assert problems((name, ",".join(map(str, range(1001))))) == (
        f"{name}: it lists 1001; at most 1000 are taken.",
    )


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (["open"], ("open",)),
        (["Closed"], ("closed",)),
        (["OPEN,open, open"], ("open",)),
        (["open,closed"], ()),
        (["open", "closed"], ()),
        ([","], ()),
    ],
)
def test_status_compares_in_any_case_and_both_are_no_filter(sent, status):
    """GR-Q-15."""
    assert read(*(("status", text) for text in sent)).status == status


@pytest.mark.parametrize("sent", ["lost", "open,in_progress", "open closed", "\x00"])
def test_an_unknown_status_is_refused(sent):
    (problem,) = problems(("status", sent))

    assert problem.startswith("status: ")


# --- dates --------------------------------------------------------------------------------------


def day(number):
    return datetime(2026, 1, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "options", "expected"),
    [
        ({"start_date": "2026-01-01T00:00:00Z"}, {}, (day(1), day(1) + 90 * DAY)),
        ({"start_date": "2026-04-01T00:00:00Z"}, {}, (datetime(2026, 4, 1, tzinfo=UTC), NOW)),
        ({"end_date": "2026-01-02T00:00:00Z"}, {}, (day(2) - 90 * DAY, day(2))),
        ({"start_date": "2026-01-02", "end_date": "2026-01-02"}, {},
         (day(2) - DAY / 24, day(2) - DAY / 24)),
        ({"start_date": "2026-05-02T00:00:00Z"}, {},
         (datetime(2026, 5, 2, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC) + 90 * DAY)),
        ({"start_date": "9999-12-30T00:00:00Z"}, {},
         (datetime(9999, 12, 30, tzinfo=UTC), search.LAST)),
        ({"end_date": "0001-01-02T00:00:00Z"}, {},
         (search.FIRST, datetime(1, 1, 2, tzinfo=UTC))),
        ({}, {"max_span_days": 0}, (NOW - 90 * DAY, NOW)),
        ({}, {"max_span_days": 30}, (NOW - 30 * DAY, NOW)),
        ({}, {"max_span_days": 365}, (NOW - 90 * DAY, NOW)),
        ({"start_date": "2020-01-01T00:00:00Z"}, {"max_span_days": 0},
         (datetime(2020, 1, 1, tzinfo=UTC), NOW)),
        ({"start_date": "2026-06-01T00:00:00Z"}, {"max_span_days": 0},
         (datetime(2026, 6, 1, tzinfo=UTC), search.LAST)),
        ({"start_date": "0001-01-01T00:00:00Z", "end_date": "9999-12-31T23:59:59Z"},
         {"max_span_days": 0}, (search.FIRST, search.LAST)),
        ({"start_date": "2025-01-01T00:00:00Z"}, {"max_span_days": 365},
         (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))),
    ],
)  # fmt: skip
def test_one_date_gives_the_other(sent, options, expected):
    """GR-Q-10, GR-Q-11."""
    assert window(*sent.items(), **options) == expected


def test_90_days_to_the_second_are_taken_and_one_second_more_is_not():
    """GR-Q-11: instants, not local days; the clocks change inside this range."""
    start = ("start_date", "2026-01-15T00:00:00Z")

    assert window(start, ("end_date", "2026-04-15T00:00:00Z"))[1].day == 15
    assert problems(start, ("end_date", "2026-04-15T00:00:01Z")) == (
        "start_date 2026-01-15T00:00:00Z, end_date 2026-04-15T00:00:01Z:"
        " the range is longer than 90 days.",
    )


def test_a_reversed_range_is_refused_and_names_both_dates():
    (problem,) = problems(
        ("start_date", "2026-01-02T00:00:00Z"), ("end_date", "2026-01-01T00:00:00Z")
    )

    assert problem.endswith("the end is before the start.")
    assert "start_date 2026-01-02T00:00:00Z, end_date 2026-01-01T00:00:00Z" in problem


def test_every_fault_is_reported_at_once():
    """GR-E-04, GR-E-05."""
    found = problems(
        ("start_date", "x"), ("end_date", "y"), ("status", "z"), ("page", "1.5"), ("offset", "-1"),
        ("page_size", "0"), ("per_page", "ten"), ("limit", "-5"),
    )  # fmt: skip

    assert sorted(problem.partition(":")[0] for problem in found) == sorted(
        ["start_date", "end_date", "status", "page", "offset", "page_size", "per_page", "limit"]
    )


# --- pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "limit", "offset"),
    [
        ({"page": "1"}, 1000, 0),
        ({"page": "0", "page_size": "10"}, 10, 0),
        ({"page": "3"}, 1000, 2000),
        ({"page": "3", "page_size": "10"}, 10, 20),
        ({"page": "+3", "per_page": "10"}, 10, 20),
        ({"page_size": "5000"}, 1000, 0),
        ({"page_size": "9" * 5000}, 1000, 0),
        ({"limit": "25", "offset": "50"}, 25, 50),
        ({"limit": "25", "page": "2"}, 25, 25),
        ({"page": "9" * 5000, "page_size": "7"}, 7, 10**15),
        ({"offset": "9" * 5000}, 1000, 10**15),
        ({"offset": "7", "page": "9"}, 1000, 7),
    ],
)
def test_pages_are_rows_before_and_rows_of_it(sent, limit, offset):
    """GR-X 10.1."""
    if sent.get("page") == "+3":  # a plus is a blank when it arrives
        sent = sent | {"page": " 3"}

    found = read(*sent.items())

    assert (found.limit, found.offset) == (limit, offset)


@pytest.mark.parametrize("text", ["-1", "1.0", "one", "0x1", "1e3", "\uff11", "\xb2"])
def test_a_page_that_is_no_whole_number_is_refused(text):
    (problem,) = problems(("page", text))

    assert problem.startswith("page: ")


# --- laws ---------------------------------------------------------------------------------------

DATES = st.datetimes().map(datetime.isoformat)
NEAR = st.integers(-200, 200).map(lambda days: (NOW + days * DAY).isoformat())
ARGUMENTS = st.lists(
    st.tuples(st.sampled_from(["start_date", "end_date"]), DATES | NEAR)
    | st.tuples(
        st.sampled_from(
            ["service_request_id", "service_code", "status", "start_date", "page", "page_size",
             "limit", "offset", "per_page", "x"]
        ),
        st.text(max_size=8),
    )
    | st.tuples(st.sampled_from(["page", "page_size", "offset"]), st.integers().map(str)),
    max_size=6,
)  # fmt: skip


@given(ARGUMENTS)
def test_any_arguments_are_a_search_or_listed_faults(pairs):
    try:
        found = read(*pairs)
    except Invalid as fault:
        assert fault.problems  # noqa: PT017
        return

    if not found.service_request_id:
        assert timedelta(0) <= found.end_date - found.start_date <= 90 * DAY
    assert 1 <= found.limit <= 1000
    assert 0 <= found.offset < 2**63
    for text in found.service_request_id + found.service_code:
        text.encode()
        assert "\x00" not in text


@given(st.lists(st.text("ab1 ,", max_size=4), max_size=6), st.randoms())
def test_the_order_of_items_does_not_matter(items, random):
    shuffled = random.sample(items, len(items))

    one = read(("service_code", ",".join(items)))
    other = read(*(("service_code", item) for item in shuffled))

    assert one == other


def test_what_was_changed_before_a_time_was_there_a_day_later():
    found = read(("updated_before", "2026-01-01T00:00:00Z"))

    assert found.updated_before == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.end_date == datetime(2026, 1, 2, tzinfo=UTC)
    assert found.start_date.year == 1
