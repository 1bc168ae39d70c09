"""The primary dies, its standby takes over, and nothing acknowledged is lost. Trust 1, 7; fact 2.

Two servers share nothing but PostgreSQL and a folder for pictures; neither is started again.
A commit is acknowledged only when the standby has it, too: without that, no failover can promise
anything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from open311.errors import Unavailable
from open311.store import db, replica
from tests.faults.calls import V2, Line, number
from tests.faults.journal import Journal, Sent, check
from tests.faults.replication import Pair, pair
from tests.faults.visitors import Visit, Visitors
from tests.servers import Server, serving

PATHS = (f"{V2}/requests.json", f"{V2}/requests.xml?status=open", f"{V2}/services.json")
RESUMED_SECONDS = 10


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Pair]:
    with pair(tmp_path / "city") as made:
        yield made


def served(both: Pair, tmp_path: Path, name: str, **more: object) -> Any:
    return serving(
        tmp_path / name,
        database_url=both.dsn,
        replica_url=both.dsn,
        media_url=tmp_path / "media",
        **more,
    )


def file(server: Server, key: str) -> str:
    with Line(server.port) as line:
        reply = line.post(api_key=key, service_code="tree", lat=44.6, long=-66.2)
        assert reply.status == 200, reply
        return number(reply)


def resumed(server: Server, key: str, began: float) -> float:
    """How many seconds after the beginning a report is taken again."""
    while True:
        with Line(server.port) as line:
            reply = line.post(api_key=key, service_code="tree", lat=44.6, long=-66.2)
        took = time.monotonic() - began
        if reply.status == 200:
            return took
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert took < 3 * RESUMED_SECONDS, server.log.read_text()[-3000:]
        time.sleep(0.05)


@pytest.mark.timeout(180)
def test_the_primary_dies_and_no_acknowledged_request_is_lost(
    both: Pair, tmp_path: Path, run: Callable[..., Any]
) -> None:
    sent: list[Sent] = []
    visits: list[Visit] = []
    with (
        served(both, tmp_path, "one", workers=2) as one,
        served(both, tmp_path, "two", workers=2) as two,
    ):
        before = [each.process.pid for each in (one, two)]
        with (
            Visitors(one.port, PATHS) as visitors,
            Visitors(two.port, PATHS) as others,
            Journal(one.port, both.api_key, begin=1) as journal,
            Journal(two.port, both.api_key, begin=2) as other,
        ):
            time.sleep(2)
            both.primary.kill()
            began = time.monotonic()
            time.sleep(0.5)
            assert both.ask(both.standby, "select pg_promote(true)") == [True]
            took = [resumed(each, both.api_key, began) for each in (one, two)]
            time.sleep(2)
        sent = [*journal.sent, *other.sent]
        visits = [*visitors.visits, *others.visits]
        rows = lambda sql: [  # noqa: E731 - `resumed` filed some without a text
            row for row in run(both.standby.dsn, sql) if dict(row).get("description", "x")
        ]
        find = lambda path: two.get(path)[2]  # noqa: E731
        check(sent, rows, find)
        last = [each for each in visits if each.at > began + RESUMED_SECONDS / 2]

        assert max(took) < RESUMED_SECONDS
        assert [each.process.poll() for each in (one, two)] == [None, None]
        assert [each.process.pid for each in (one, two)] == before
    told = {(each.status, each.headers.get("retry-after")) for each in sent if not each.problem}
    told |= {(each.status, each.retry_after) for each in visits if not each.problem}

    assert [each.problem for each in (*sent, *visits) if each.problem] == []
    assert told == {(200, None), (503, "1")}
    assert {each.status for each in last} <= {200}
    acknowledged = [each for each in sent if each.status == 200]
    assert len([each for each in acknowledged if each.name.startswith("1-")]) > 50
    assert len(sent) - len(acknowledged) > 5


def test_who_has_just_written_finds_it_at_once_on_both_servers(both: Pair, tmp_path: Path) -> None:
    with (
        served(both, tmp_path, "one") as one,
        served(both, tmp_path, "two") as two,
        Line(one.port) as here,
        Line(two.port) as there,
    ):
        for turn in range(40):
            own = file(one, both.api_key)
            kind = ("json", "xml")[turn % 2]
            told = [line.get(f"{V2}/requests/{own}.{kind}").status for line in (here, there)]
            list_ = here.get(f"{V2}/requests.{kind}").body

            assert told == [200, 200]
            assert own.encode() in list_
            time.sleep(0.03 * (turn % 3))


def test_a_replica_that_stands_still_is_not_read(both: Pair, tmp_path: Path) -> None:
    with served(both, tmp_path, "one") as one, served(both, tmp_path, "two") as two:
        time.sleep(1)
        both.ask(both.standby, "select pg_wal_replay_pause()")
        with Line(one.port) as here, Line(two.port) as there:
            for _ in range(5):
                own = file(one, both.api_key)
                filed = time.monotonic()

                assert own.encode() in here.get(f"{V2}/requests.json").body
                assert there.get(f"{V2}/requests/{own}.json").status == 200
                while own.encode() not in there.get(f"{V2}/requests.json").body:
                    assert time.monotonic() - filed < 1
                    time.sleep(0.01)
        with Line(two.admin_port) as admin:
            deadline = time.monotonic() + 5
            while b'event="replica_left"' not in admin.get("/metrics").body:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        assert both.ask(both.standby, "select count(*) from requests") == [0]
        both.ask(both.standby, "select pg_wal_replay_resume()")


def test_a_replica_that_dies_costs_nothing(tmp_path: Path) -> None:
    with (
        pair(tmp_path / "city", synchronous=False) as both,
        served(both, tmp_path, "one", workers=2) as one,
    ):
        file(one, both.api_key)
        with Visitors(one.port, PATHS) as visitors:
            time.sleep(1)
            both.standby.kill()
            time.sleep(1.5)
            both.standby.start()
            time.sleep(1)

        assert {each.status for each in visitors.visits} == {200}
        assert max(each.seconds for each in visitors.visits) < 3


def test_what_one_host_alone_has_is_not_acknowledged(both: Pair, tmp_path: Path) -> None:
    """An administrator ends the wait for a standby: PostgreSQL calls that a success."""
    waiting = "from pg_stat_activity where wait_event = 'SyncRep'"
    with served(both, tmp_path, "one", write_seconds=60) as one:
        file(one, both.api_key)
        both.standby.kill()
        with ThreadPoolExecutor() as pool, Line(one.port) as line:
            fields = {"api_key": both.api_key, "service_code": "tree", "lat": 44.6, "long": -66.2}
            for code in ("tree", "record"):
                asked = pool.submit(line.post, **fields | {"service_code": code})
                while not asked.done():  # there may be several waits in a report
                    both.ask(both.primary, f"select pg_cancel_backend(pid) {waiting}")
                    time.sleep(0.05)
                reply = asked.result()

                assert (reply.status, reply.headers.get("retry-after")) == (503, "1")
        both.standby.start()
        assert file(one, both.api_key)


# --- the connections by themselves ----------------------------------------------------------------


async def by_copy(reads: replica.Replicated) -> bool:
    """Whether a copy answered."""
    return bool((await reads.fetch("select pg_is_in_recovery()"))[0][0])


def test_a_copy_is_read_where_it_has_everything(both: Pair) -> None:
    time_ = [1000.0]

    async def tried() -> list[bool]:
        reads = replica.Replicated(
            both.dsn, both.dsn, db.READER, size=2, seconds=5, clock=lambda: time_[0]
        )
        writes = db.Connections(both.dsn, db.WRITER, size=1, seconds=5)
        answers = [await by_copy(reads)]  # nothing is known yet
        await _reached(reads)
        answers.append(await by_copy(reads))
        time_[0] += replica.FRESH_SECONDS + 0.01
        answers.append(await by_copy(reads))  # not looked at for too long
        await _reached(reads)
        answers.append(await by_copy(reads))
        await writes.fetch("select nextval('request_numbers')")
        reads.written()
        answers.append(await by_copy(reads))  # it may not have that yet
        await _reached(reads)
        answers.append(await by_copy(reads))
        await reads.close()
        await writes.close()
        return answers

    assert asyncio.run(tried()) == [False, True, False, True, False, True]


async def _reached(reads: replica.Replicated) -> None:
    for _ in range(200):
        await reads.look()
        if reads._best():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the standby never catches up")


def test_an_address_with_several_hosts_leads_to_the_primary(both: Pair) -> None:
    turned = both.dsn.replace(str(both.primary.socket.parent), "/tmp/x").replace(
        str(both.standby.socket.parent), str(both.primary.socket.parent)
    )
    turned = turned.replace("/tmp/x", str(both.standby.socket.parent))

    async def tried() -> list[bool]:
        found = []
        for dsn in (both.dsn, turned, turned):
            connection = await db.connect(dsn, db.WRITER)
            found.append(await connection.fetchval("select pg_is_in_recovery()"))
            await connection.close()
        connection = await db.connect(f"{turned}&target_session_attrs=standby")
        found.append(await connection.fetchval("select pg_is_in_recovery()"))
        await connection.close()
        return found

    assert asyncio.run(tried()) == [False, False, False, True]


def test_a_connection_to_what_became_read_only_is_ended(both: Pair) -> None:
    async def tried() -> list[str]:
        writes = db.Connections(both.primary.dsn, db.WRITER, size=2, seconds=5)
        update = "select nextval('request_numbers')"
        told = []
        for default in ("on", "off"):
            await asyncio.gather(*(writes.fetch("select pg_sleep(0.05)") for _ in range(2)))
            await writes.fetch(f"set default_transaction_read_only = {default}")
            try:
                await writes.fetch(update)
                told.append("written")
            except Unavailable:
                told.append(f"refused, {len(writes._idle)} kept")
        await writes.close()
        return told

    assert asyncio.run(tried()) == ["refused, 0 kept", "written"]
