"""Times of other systems: read as strptime reads them, right where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import clocks

BOSTON = ZoneInfo("America/New_York")
FORM = "%m/%d/%Y %I:%M:%S %p"
FORMS = [FORM, "%Y-%m-%d", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y%m%d%I%M%p", "%d %b %Y %H:%M"]
ZONES = st.sampled_from(
    (
        *("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"),
        *("America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "America/St_Johns"),
    )
).map(ZoneInfo)
LOCAL = st.datetimes(*map(datetime.fromisoformat, ("1950-01-02", "2049-12-30"))).map(
    lambda each: each.replace(microsecond=0)
)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("03/08/2015 01:59:59 AM", "2015-03-08T06:59:59"),
        ("03/08/2015 02:00:00 AM", "2015-03-08T07:00:00"),  # is not there: 03:00 is
        ("03/08/2015 02:30:00 AM", "2015-03-08T07:30:00"),  # is 03:30
        ("03/08/2015 03:00:00 AM", "2015-03-08T07:00:00"),
        ("11/01/2015 12:59:59 AM", "2015-11-01T04:59:59"),
        ("11/01/2015 01:30:00 AM", "2015-11-01T05:30:00"),  # comes twice: the first
        ("11/01/2015 02:00:00 AM", "2015-11-01T07:00:00"),
        ("07/04/2015 12:00:00 PM", "2015-07-04T16:00:00"),
        ("7/4/2015 12:00:00 am", "2015-07-04T04:00:00"),  # as people write it
    ],
)
def test_the_clocks_of_boston(text: str, utc: str) -> None:
    assert clocks.reader(FORM)(text, BOSTON) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@given(LOCAL, ZONES, st.sampled_from(FORMS))
def test_whatever_is_written_is_read_as_strptime_reads_it(
    local: datetime, zone: ZoneInfo, form: str
) -> None:
    text = local.strftime(form)
    read = clocks.reader(form)(text, zone)
    plain = datetime.strptime(text, form)  # noqa: DTZ007

    assert read == clocks.moment(plain, zone)
    assert read.tzinfo is UTC


@given(LOCAL, ZONES)
def test_a_time_that_is_on_the_clocks_comes_back(local: datetime, zone: ZoneInfo) -> None:
    read = clocks.moment(local, zone)
    again = read.astimezone(zone).replace(tzinfo=None)

    if again != local:  # the clocks leave it out: as much later as they jump, so at most a day
        assert timedelta(0) < again - local <= timedelta(days=1)
        before = (read - timedelta(days=1, hours=1)).astimezone(zone).utcoffset()
        after = (read + timedelta(days=1, hours=1)).astimezone(zone).utcoffset()
        assert before != after
    else:  # and of two the first
        earlier = [read - timedelta(minutes=m) for m in (20, 30, 60, 120)]
        assert local not in [e.astimezone(zone).replace(tzinfo=None) for e in earlier]


@pytest.mark.parametrize(
    ("form", "text", "utc"),
    [
        ("w3c", "2015-03-08T02:30:00", "2015-03-08T07:30:00"),
        ("w3c", "2015-03-08T02:30:00+02:00", "2015-03-08T00:30:00"),
        ("unix", "1425798000", "2015-03-08T07:00:00"),
        ("unix_ms", "1425798000999", "2015-03-08T07:00:00"),
        ("%Y-%m-%d %H:%M:%S %z", "2015-03-08 02:30:00 +0000", "2015-03-08T02:30:00"),
        ("%Y-%m-%d %H:%M:%S.%f", "2015-03-08 12:30:00.75", "2015-03-08T16:30:00"),
    ],
)
def test_other_ways_to_write_a_time(form: str, text: str, utc: str) -> None:
    assert clocks.reader(form)(text, BOSTON) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@given(st.text(max_size=30), st.sampled_from([*FORMS, "w3c", "unix", "unix_ms", "%z", "%c"]))
def test_any_text_is_a_time_or_is_refused(text: str, form: str) -> None:
    try:
        read = clocks.reader(form)(text, BOSTON)
    except (ValueError, OverflowError, OSError):
        return
    assert read.tzinfo is UTC
    assert read.microsecond == 0
