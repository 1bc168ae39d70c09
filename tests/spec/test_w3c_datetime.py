"""Dates and times: read leniently, written strictly."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from open311.spec import w3c_datetime

BERLIN = ZoneInfo("Europe/Berlin")
EARLY = datetime.fromisoformat("0001-01-03")  # in every zone within the years that there are
LATE = datetime.fromisoformat("9999-12-29")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2010-01-01T00:00:00Z", "2010-01-01T00:00:00Z"),
        ("2010-01-01t00:00:00z", "2010-01-01T00:00:00Z"),
        ("2010-01-01T00:00:00+02:00", "2009-12-31T22:00:00Z"),
        ("2010-01-01T00:00:00-05:30", "2010-01-01T05:30:00Z"),
        ("2010-01-01T00:00:00-0530", "2010-01-01T05:30:00Z"),
        ("2012-09-18T15:37-05", "2012-09-18T20:37:00Z"),
        ("2010-01-01T00:00:00 02:00", "2009-12-31T22:00:00Z"),
        ("2010-01-01 00:00:00 02:00", "2009-12-31T22:00:00Z"),
        ("2010-01-01 00:00:00Z", "2010-01-01T00:00:00Z"),
        ("2010-01-01T00:00:59.999999999Z", "2010-01-01T00:00:59Z"),
        ("2010-01-01T00:00:59,5+00:00", "2010-01-01T00:00:59Z"),
        ("2010-01-01T12:30Z", "2010-01-01T12:30:00Z"),
        ("2010-01-01", "2009-12-31T23:00:00Z"),
        ("2010-07-01T12:30", "2010-07-01T10:30:00Z"),
        ("2010-07-01T12:30:15", "2010-07-01T10:30:15Z"),
        ("2010-07-01 12:30:15.25", "2010-07-01T10:30:15Z"),
        ("2024-03-31T02:30:00", "2024-03-31T01:30:00Z"),  # the clocks skip it
        ("2024-10-27T02:30:00", "2024-10-27T00:30:00Z"),  # the clocks repeat it
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_a_form_of_the_table_is_read_in_the_zone_of_the_city(text, shown):
    """GR-Q-12."""
    assert w3c_datetime.show(w3c_datetime.parse(text, BERLIN)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "", "2010", "2010-01", "yesterday", "20100101", "01/02/2010", "1262304000",
        "2010-01-01T", "2010-01-01T10", "2010-01-01T10Z", "2010-01-01Z", "2010-W01-1",
        "2010-13-01T00:00:00Z", "2010-02-30T00:00:00Z", "2010-01-01T24:00:00Z",
        "2010-01-01T00:00:60Z", "2010-01-01T00:60:00Z", "2010-01-01T00:00:00.Z",
        "2010-01-01T00:00:00+24:00", "2010-01-01T00:00:00+02:60", "2010-01-01T00:00:00 0200",
        "2010-01-01T00:00:00 +02:00", "2010-01-01T00:00:00Zulu", "2010-01-01T00:00:00Z\n",
        "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "0001-01-01",
        "٢٠١٠-01-01T00:00:00Z", "2010-01-01T00:00:00Z\x00", "2010-01-01  00:00:00Z",
    ],
)  # fmt: skip
def test_any_other_text_is_a_fault_in_words(text):
    with pytest.raises(ValueError, match="is not a date and time, such as 2010-01-01T00:00:00Z"):
        w3c_datetime.parse(text, BERLIN)


@given(st.datetimes(EARLY, LATE, timezones=st.timezones()))
@example(datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1))
def test_what_is_shown_is_read_back_equal(moment):
    whole = moment.astimezone(UTC).replace(microsecond=0)

    shown = w3c_datetime.show(moment)

    assert len(shown) == 20
    assert w3c_datetime.parse(shown, BERLIN) == whole
    assert w3c_datetime.parse(shown.replace("Z", "+00:00"), BERLIN) == whole
    assert w3c_datetime.parse(shown.replace("Z", " 00:00"), BERLIN) == whole


@given(
    st.datetimes(EARLY, LATE),
    st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59)),
)
def test_every_offset_counts(moment, ahead):
    ahead -= ahead % timedelta(minutes=1)
    moment = moment.replace(microsecond=0, tzinfo=timezone(ahead))

    assert w3c_datetime.parse(moment.isoformat(), BERLIN) == moment
    assert w3c_datetime.parse(moment.isoformat(), UTC).tzinfo is UTC


@given(st.datetimes(EARLY, LATE), st.timezones())
def test_a_time_without_an_offset_never_fails_in_any_zone(moment, zone):
    expected = moment.replace(microsecond=0, tzinfo=zone).astimezone(UTC)

    assert w3c_datetime.parse(moment.isoformat(), zone) == expected


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d)?"))
def test_any_text_is_a_moment_or_a_fault(text):
    try:
        moment = w3c_datetime.parse(text, BERLIN)
    except ValueError as fault:
        assert "such as" in str(fault)  # noqa: PT017
    else:
        assert moment.tzinfo is UTC
        assert moment.microsecond == 0


TWO = st.integers(0, 61).map("{:02}".format)
YEAR = st.integers(0, 9999).map("{:04}".format)
AHEAD = st.just("Z") | st.builds("+{}:{}".format, TWO, TWO) | st.builds("-{}:{}".format, TWO, TWO)


@given(st.builds("{}-{}-{}T{}:{}:{}{}".format, YEAR, TWO, TWO, TWO, TWO, TWO, AHEAD))
def test_what_is_written_as_usual_is_read_like_all_else(text):
    """There is a way for what most write, and a way for all; a blank for the T takes the latter."""
    assert outcome(text) == outcome(text.replace("T", " "))


def outcome(text):
    try:
        return w3c_datetime.parse(text, UTC)
    except ValueError:
        return "a fault"
