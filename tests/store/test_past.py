"""Past requests are read as they are kept, oldest first, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from open311.domain.moves import Past
from open311.domain.replay import CHANNELS
from open311.store import db, past
from tests.cities import KINDS, small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, statement, using

OWN, OTHER = "own.example", "other.example"
MANY = 20_001
SERVICES = {code: index for index, code in enumerate(KINDS)}
AT = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def own_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two cities: one with a second between two requests and more than a batch, one with a few."""
    with copy_of(cluster, bare) as dsn:
        path: Path = tmp_path_factory.mktemp("cities")
        for own, many in ((OWN, MANY), (OTHER, 3)):
            load(dsn, small_city(path / own, own), NOW)
            statement(
                dsn,
                f"""
                insert into clients (jurisdiction_id, name, prefix, key_hash, created_at, channel)
                values ('{own}', 'n', 'p', '{own}', now(), 'sensor');
                insert into requests (jurisdiction_id, service_request_id, status, service_code,
                  definition_version, department, requested_datetime, updated_datetime, long, lat,
                  address, client_id, attributes)
                select '{own}', case when n % 7 > 0 then 'r' || n end, 'open',
                  case when n % 2 = 0 then 'light' else 'tree' end, 1,
                  case when n % 5 > 0 then 'works' end, t.at, t.at,
                  case when n % 3 > 0 then -66.2 end, case when n % 3 > 0 then 44.6 end,
                  case when n % 9 = 0 then 'A street' end,
                  case when n % 4 = 0 then 1 end, '{{"count": 3}}'
                from generate_series({many} - 1, 0, -1) n,
                  lateral (select '{AT:%Y-%m-%dT%H:%M:%SZ}'::timestamptz
                    + n * interval '1 second' + interval '0.9 seconds') t (at);
                """,
            )
        yield dsn


def read(
    dsn: str, begins: datetime = AT, ends: datetime = NOW, answering: tuple[str, ...] = ("light",)
) -> list[Past]:
    async def work(connection: db.Connection) -> list[Past]:
        async with db.owning(connection, OWN):
            rows = past.read(connection, OWN, begins, ends, SERVICES, answering)
            return [each async for each in rows]

    return using(dsn, work)


def test_every_request_comes_once_in_the_order_of_time(own_dsn: str) -> None:
    batches = read(own_dsn)

    assert [len(each.moments) for each in batches] == [20_000, 1]
    moments = [moment for each in batches for moment in each.moments]
    assert moments == sorted(moments)
    assert len({*moments}) == MANY


def test_a_request_is_read_as_it_is_kept(own_dsn: str) -> None:
    (some,) = read(own_dsn, ends=AT + timedelta(seconds=10))
    reports, numbers = some.reports, range(10)

    assert some.ids == tuple(f"r{n}" if n % 7 else None for n in numbers)
    assert some.departments == tuple("works" if n % 5 else None for n in numbers)
    assert reports.services.tolist() == [SERVICES["tree" if n % 2 else "light"] for n in numbers]
    assert reports.at.tolist() == [int(AT.timestamp()) + n for n in numbers]
    assert np.isnan(reports.longs).tolist() == np.isnan(reports.lats).tolist()
    assert [*np.nan_to_num(reports.longs)] == [-66.2 if n % 3 else 0 for n in numbers]
    assert reports.told.tolist() == [n % 3 > 0 or n % 9 == 0 for n in numbers]
    assert reports.channels.tolist() == [-1 if n % 4 else CHANNELS.index("sensor") for n in numbers]
    assert reports.answers == tuple(None if n % 2 else '{"count": 3}' for n in numbers)


def test_the_first_moment_is_included_and_the_last_is_not(own_dsn: str) -> None:
    first = AT + timedelta(seconds=5.9)

    (some,) = read(own_dsn, first, first + timedelta(seconds=2))
    assert [each - AT for each in some.moments] == [timedelta(seconds=n) for n in (5.9, 6.9)]
    assert read(own_dsn, NOW, NOW + timedelta(days=1)) == []


def test_a_second_reading_of_one_transaction_begins_anew(own_dsn: str) -> None:
    async def work(connection: db.Connection) -> list[int]:
        async with db.owning(connection, OWN):
            found = []
            for _ in range(2):
                rows = past.read(connection, OWN, AT, NOW, SERVICES, ())
                found.append(sum([len(each.moments) async for each in rows]))
            return found

    assert using(own_dsn, work) == [MANY, MANY]
