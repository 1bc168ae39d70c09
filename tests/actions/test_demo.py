"""The demo city enters an empty database only, and its trial key is made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from open311 import resources
from open311.actions import demo, history, keys
from open311.store import cities
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using

OWN = "lanternport.example"


@pytest.fixture
def nothing(cluster: str, bare: str) -> Iterator[str]:
    """A migrated database with nothing in it."""
    with copy_of(cluster, bare) as dsn:
        yield dsn


def fill(dsn: str) -> str | None:
    return using(dsn, lambda each: demo.fill(each, resources.DEMO, NOW, lambda _: None))


def count(dsn: str) -> tuple[int, bool]:
    sql = "select count(*), bool_and(requested_datetime <= $1) from requests"
    return tuple(using(dsn, lambda each: each.fetchrow(sql, NOW)))


def trial_key(dsn: str, path: Path) -> str:
    return using(dsn, lambda each: demo.trial_key(each, OWN, path, NOW))


def test_an_empty_database_is_filled_once(nothing: str) -> None:
    assert fill(nothing) == OWN
    assert count(nothing) == (demo.REQUESTS, True)

    assert fill(nothing) == OWN
    assert count(nothing) == (demo.REQUESTS, True)


def test_a_demo_that_was_cut_short_before_its_history_gets_it(dsn: str) -> None:
    assert fill(dsn) == OWN
    assert count(dsn) == (demo.REQUESTS, True)


def test_a_demo_city_with_requests_of_its_own_gets_no_other(dsn: str) -> None:
    few = {"requests": 7, "seed": 1, "until": NOW, "progress": lambda _: None}
    using(dsn, lambda each: history.write(each, OWN, **few))

    assert fill(dsn) == OWN
    assert count(dsn) == (7, True)


def test_a_database_of_another_city_is_left_alone(nothing: str, tmp_path: Path) -> None:
    load(nothing, small_city(tmp_path / "city", "real.example"), NOW)

    assert fill(nothing) is None
    known = [row["jurisdiction_id"] for row in using(nothing, cities.directory)]
    assert known == ["real.example"]
    assert count(nothing)[0] == 0


def test_the_trial_key_is_kept_for_its_owner_only_and_made_anew_when_revoked(
    dsn: str, tmp_path: Path
) -> None:
    path = tmp_path / "trial-key"
    key = trial_key(dsn, path)

    assert path.read_text() == f"{key}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert trial_key(dsn, path) == key

    (number,) = [each.client_id for each in using(dsn, lambda each: keys.listed(each, OWN))]
    using(dsn, lambda each: keys.revoke(each, OWN, number, NOW))
    again = trial_key(dsn, path)
    assert again != key
    assert path.read_text() == f"{again}\n"
    assert path.stat().st_mode & 0o777 == 0o600
