"""The past as files: what changed is written anew and nothing else, and nobody meets half of it."""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from open311.actions import archive
from open311.actions.archive import Place
from open311.actions.duties import Archive
from open311.domain.city import City
from open311.errors import NotFound, Unavailable
from open311.spec.archive import Manifest
from open311.store import archive as rows
from open311.store import cities, db, media
from open311.store.copies import Copies
from tests import inprocess
from tests.conftest import NOW
from tests.databases import statement

CITY = "lanternport.example"
MONTHS = ["2026-01", "2026-02", "2026-03"]


class Ground(msgspec.Struct):
    dsn: str
    runner: asyncio.Runner
    place: Place
    city: City
    folder: Path

    def write(self, hours: int = 0) -> int:
        work = archive.write(self.place, self.city, NOW + timedelta(hours=hours))
        return self.runner.run(work)

    def manifest(self) -> Manifest:
        return self.runner.run(archive.manifest(self.place.store, CITY))

    def content(self, name: str) -> bytes:
        async def read() -> bytes:
            found = await archive.file(self.place.store, CITY, name)
            return b"".join([piece async for piece in found])

        return self.runner.run(read())

    def names(self) -> dict[str, set[str]]:
        """The names of the files of each month."""
        found: dict[str, set[str]] = {}
        for each in self.manifest().files:
            found.setdefault(each.month, set()).add(each.name)
        return found

    def kept(self) -> set[str]:
        return {each.name for each in (self.folder / "archive" / CITY).iterdir()}


@pytest.fixture
def ground(dsn: str, tmp_path: Path) -> Iterator[Ground]:
    for month in (1, 2, 3):
        statement(
            dsn,
            f"""
            insert into requests (jurisdiction_id, service_request_id, status, service_code,
              description, definition_version, requested_datetime, updated_datetime, lat, long)
            select '{CITY}', '{month}-' || n, 'open', 'pothole', '=A hole, "deep"' || chr(10) || n,
              1, timestamptz '2026-0{month}-01 00:00:00+00' + n * interval '1 hour',
              timestamptz '2026-0{month}-01 00:00:00+00' + n * interval '1 hour', 44.6, -66.2
            from generate_series(0, 400) n
            """,
        )
    folder = tmp_path / "store"
    with asyncio.Runner() as runner:
        copies = Copies(dsn, db.READER, size=1, seconds=30)
        place = Place(copies, media.open_store(str(folder)), "https://own")
        yield Ground(dsn, runner, place, runner.run(_city(dsn)), folder)
        runner.run(copies.close())


async def _city(dsn: str) -> City:
    writes = db.Connections(dsn, db.WRITER, size=1, seconds=30)
    (row,) = await cities.directory(writes)
    async with writes.transaction(CITY) as transaction:
        found = await cities.read(transaction, row)
    await writes.close()
    return found


def test_every_file_is_as_the_manifest_says(ground: Ground) -> None:
    written = ground.write()
    found = ground.manifest()

    assert written == len(found.files) == 2 * len(MONTHS)
    assert [each.month for each in found.files] == sorted(MONTHS * 2)
    for each in found.files:
        content = ground.content(each.name)
        text = gzip.decompress(content).decode()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (each.bytes, each.sha256)
        if each.format == "csv":
            lines = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
            assert list(lines[0]) == list(found.columns)
        else:
            lines = [json.loads(line) for line in text.splitlines()]
        times = [line["requested_datetime"] for line in lines]
        assert len(lines) == each.rows == 401
        assert times == sorted(times)
        assert {time[:7] for time in times} == {each.month}
        edges = each.first_datetime, each.last_datetime
        assert (times[0], times[-1]) == tuple(f"{edge:%Y-%m-%dT%H:%M:%SZ}" for edge in edges)
        assert lines[7]["description"].lstrip("'") == '=A hole, "deep"\n7'
        assert not lines[7]["address"]


def test_a_second_time_changes_nothing(ground: Ground) -> None:
    ground.write()
    before = ground.manifest(), ground.kept()

    assert ground.write(hours=24) == 0
    assert before == (ground.manifest(), ground.kept())


@pytest.mark.parametrize(
    ("change", "month"),
    [
        ("update requests set status = 'closed' where service_request_id = '2-7'", "2026-02"),
        ("delete from requests where service_request_id = '1-7'", "2026-01"),
        (
            "insert into requests (jurisdiction_id, service_request_id, status, service_code,"
            " definition_version, requested_datetime, updated_datetime) values"
            f" ('{CITY}', 'new', 'open', 'pothole', 1, '2026-04-30T23:59:59Z', now())",
            "2026-04",
        ),
    ],
)
def test_a_change_writes_its_month_only(ground: Ground, change: str, month: str) -> None:
    ground.write()
    before = ground.names()
    statement(ground.dsn, change)

    assert ground.write(hours=24) == 2
    after = ground.names()
    assert {each for each in after if after[each] != before.get(each)} == {month}
    old = before.get(month, set())
    assert set(ground.manifest().replaced) == old
    for each in old:  # who has the manifest of yesterday still gets its files
        assert ground.content(each)


def test_a_month_that_has_no_requests_any_more_goes(ground: Ground) -> None:
    ground.write()
    statement(ground.dsn, "delete from requests where service_request_id like '3-%'")
    ground.write(hours=24)

    assert list(ground.names()) == ["2026-01", "2026-02"]


def test_files_go_when_two_manifests_do_without_them(ground: Ground) -> None:
    ground.write()
    old = ground.names()["2026-02"]
    for hours, status in ((24, "closed"), (48, "open")):
        statement(
            ground.dsn,
            f"update requests set status = '{status}', status_notes = '{hours}'"
            " where service_request_id = '2-7'",
        )
        assert old <= ground.kept()
        ground.write(hours=hours)

    assert not old & ground.kept()
    assert {*ground.manifest().replaced} <= ground.kept()


def test_files_that_were_replaced_go_where_nothing_changes_any_more(ground: Ground) -> None:
    ground.write()
    old = ground.names()["2026-02"]
    sql = "update requests set service_request_id = null where service_request_id = '2-7'"
    statement(ground.dsn, sql)
    ground.write(hours=24)
    assert {*ground.manifest().replaced} == old <= ground.kept()

    assert ground.write(hours=48) == 0
    assert ground.manifest().replaced == []
    assert not old & ground.kept()


def test_the_same_rows_give_the_same_files(ground: Ground, tmp_path: Path) -> None:
    ground.write()
    before = ground.names()
    statement(ground.dsn, "update requests set status = status")

    assert ground.write(hours=24) == 0
    assert before == ground.names()
    assert ground.manifest().replaced == []


def test_an_end_between_the_files_and_the_manifest_shows_the_old_state(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.write()
    before = ground.manifest()
    statement(ground.dsn, "update requests set status = 'closed'")

    async def dies(*_: Any) -> None:
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr(rows, "point", dies)
        with pytest.raises(Unavailable):
            ground.write(hours=24)

    assert ground.manifest() == before
    for each in before.files:
        assert hashlib.sha256(ground.content(each.name)).hexdigest() == each.sha256
    ground.write(hours=48)
    for each in ground.manifest().files:
        assert hashlib.sha256(ground.content(each.name)).hexdigest() == each.sha256
        assert b'"closed"' in gzip.decompress(ground.content(each.name))


def test_a_file_that_the_manifest_does_not_name_is_not_shown(ground: Ground) -> None:
    with pytest.raises(NotFound):
        ground.manifest()
    ground.write()
    (ground.folder / "archive" / CITY / "secret.gz").write_bytes(b"x")
    for name in ("secret.gz", "manifest.json", "../../x", ""):
        with pytest.raises(NotFound):
            ground.content(name)


def test_the_archive_is_shown_over_http(ground: Ground, tmp_path: Path) -> None:
    ground.write()
    with inprocess.opened(
        ground.dsn, tmp_path / "data", lambda: NOW, media_url=str(ground.folder)
    ) as door:
        told = door.ask("GET", "archive/manifest.json")
        assert (told.status, told.header("content-type")) == (200, "application/json")
        for each in json.loads(told.body)["files"]:
            answer = door.ask("GET", f"archive/{each['name']}", (("accept-encoding", "gzip"),))
            assert (answer.status, answer.header("content-encoding")) == (200, None)
            assert answer.header("content-type") == "application/gzip"
            assert hashlib.sha256(answer.body).hexdigest() == each["sha256"]
        assert door.ask("GET", "archive/none.gz").status == 404
        assert door.ask("GET", "archive/").status == 400
        assert door.ask("GET", "archive/manifest.xml").status == 404


def test_the_duty_is_done_once_a_day_from_its_hour_on(ground: Ground) -> None:
    """Lanternport is four hours behind UTC, or three in summer."""
    at = [datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (6, 7, 8)]
    at += [datetime(2026, 11, 23, 7, 30, tzinfo=UTC)]
    now = iter(at)
    duty = Archive(ground.place, 3, lambda: next(now))
    writes = db.Connections(ground.dsn, db.WRITER, size=1, seconds=30)

    async def turns() -> list[int]:
        done = [await duty.write(writes) for _ in (6, 7, 8)]
        return [*done, await duty.write(writes)]

    done = ground.runner.run(turns())
    ground.runner.run(writes.close())
    assert done == [0, 6, 0, 0]
    assert ground.manifest().made_at == at[1]
