"""What a worker knows of its cities: nothing at first, then all, then whatever has changed."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from open311 import resources
from open311.actions import catalogue, keys
from open311.actions.register import Register
from open311.domain.definitions import Deed
from open311.errors import Invalid, NotFound, Unavailable
from open311.store import db
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import load, statement, using
from tests.questions import service

OWN = "lanternport.example"


def watching(dsn: str, use: Callable[[Register], Awaitable[None]]) -> None:
    """Use a register that keeps itself fresh meanwhile."""

    async def run() -> None:
        writes = db.Connections(dsn, db.WRITER, size=2, seconds=5)
        register = Register(dsn, writes, allow_unsafe=False)
        task = asyncio.create_task(register.keep())
        try:
            await use(register)
        finally:
            task.cancel()
            await asyncio.wait([task])
            await writes.close()

    asyncio.run(run())


async def until(question: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not question():
            await asyncio.sleep(0.01)


def test_a_register_that_has_read_nothing_answers_nothing(city_dsn: str) -> None:
    writes = db.Connections(city_dsn, db.WRITER, size=1, seconds=5)
    register = Register(city_dsn, writes, allow_unsafe=False)

    assert register.why_not
    for question in (lambda: register.cities, lambda: register.city(OWN)):
        with pytest.raises(Unavailable):
            question()
    with pytest.raises(Unavailable):
        register.client(b"")


def test_the_one_city_need_not_be_named(city_dsn: str) -> None:
    async def use(register: Register) -> None:
        await until(lambda: register.why_not is None)
        assert register.city(None) is register.city(OWN)
        with pytest.raises(NotFound, match=r"nowhere\.example"):
            register.city("nowhere.example")

    watching(city_dsn, use)


def test_of_several_cities_one_must_be_named(dsn: str, tmp_path: Path) -> None:
    load(dsn, small_city(tmp_path / "city", "other.example"), NOW)

    async def use(register: Register) -> None:
        await until(lambda: register.why_not is None)
        with pytest.raises(Invalid, match="jurisdiction_id"):
            register.city(None)
        assert register.city("other.example").name == "City of other.example"

    watching(dsn, use)


def test_a_city_and_a_key_are_known_as_soon_as_they_are_there(dsn: str, tmp_path: Path) -> None:
    folder = small_city(tmp_path / "city", "other.example")
    changes: list[int] = []

    async def use(register: Register) -> None:
        register.changed = lambda: changes.append(1)
        await until(lambda: register.why_not is None)
        await asyncio.to_thread(load, dsn, folder, NOW)
        await until(lambda: len(register.cities) == 2, 5)
        key = await asyncio.to_thread(
            using, dsn, lambda each: keys.create(each, OWN, "Ada", None, None, NOW)
        )
        await until(lambda: register.client(keys.hashed(key)), 5)

    watching(dsn, use)

    assert len(changes) >= 3


def test_a_lost_connection_is_made_anew_and_nothing_is_missed(dsn: str, tmp_path: Path) -> None:
    folder = small_city(tmp_path / "city", "other.example")
    kill = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )

    async def use(register: Register) -> None:
        await until(lambda: register.why_not is None)
        await asyncio.to_thread(statement, dsn, kill)
        await asyncio.to_thread(load, dsn, folder, NOW)
        await until(lambda: len(register.cities) == 2, 5)

    watching(dsn, use)


def test_a_database_without_any_city_is_not_ready(bare_dsn: str) -> None:
    async def use(register: Register) -> None:
        await until(lambda: "no jurisdiction" in str(register.why_not))
        with pytest.raises(Unavailable):
            _ = register.cities
        await asyncio.to_thread(load, bare_dsn, resources.DEMO, NOW)
        await until(lambda: register.why_not is None)

    watching(bare_dsn, use)


# --- versions that begin and end by themselves --------------------------------------------------


def publish(dsn: str, name: str, begins: datetime | None = None) -> None:
    """Publish a version of one service of the demo city."""
    said = service(service_code="crater", service_name=name, department="accessibility")
    deed = Deed("x", datetime.now(UTC))

    async def work(connection: db.Connection) -> None:
        opening = functools.partial(db.owning, connection)
        await catalogue.save(opening, OWN, said, deed, replaces=None)
        await catalogue.publish(opening, OWN, "crater", deed, published_from=begins, consent=True)

    using(dsn, work)


def name_of(register: Register) -> str | None:
    offer = register.city(OWN).offered("crater")
    return offer.service_name if offer else None


def test_a_version_begins_and_ends_by_itself_and_moves_the_changeset(dsn: str) -> None:
    """Nobody announces it then. The pages that were kept go, too."""
    publish(dsn, "First")
    begins = datetime.now(UTC) + timedelta(seconds=1)
    ends = begins + timedelta(seconds=0.6)
    publish(dsn, "Second", begins)
    end = f"update definitions set retired_from = '{ends}' where version = 2"
    statement(dsn, f"{end} and service_code = 'crater'")
    seen: list[tuple[str | None, datetime, datetime]] = []

    async def use(register: Register) -> None:
        def note() -> None:
            city = register.city(OWN)
            seen.append((name_of(register), datetime.now(UTC), city.changeset))

        register.changed = note
        await until(lambda: register.why_not is None)
        await until(lambda: len({name for name, *_ in seen}) == 3, 4)

    watching(dsn, use)

    first, second, third = seen[0], *seen[-2:]
    assert [first[0], second[0], third[0]] == ["First", "Second", None]
    assert timedelta(0) <= second[1] - begins < timedelta(seconds=5)
    assert timedelta(0) <= third[1] - ends < timedelta(seconds=5)
    assert first[2] < begins == second[2] < ends == third[2]


def test_a_publication_is_known_within_a_second_and_reads_nothing_else(dsn: str) -> None:
    async def use(register: Register) -> None:
        await until(lambda: register.why_not is None)
        before = register.city(OWN)
        await asyncio.to_thread(publish, dsn, "New")
        began = monotonic()
        await until(lambda: name_of(register) == "New", 1)
        assert monotonic() - began < 1
        after = register.city(OWN)
        assert all(after.services[code] is offer for code, offer in before.services.items())
        assert {*after.services} - {*before.services} == {"crater"}
        assert after.changeset > before.changeset
        assert after.changes_in is None

    watching(dsn, use)


def test_a_database_that_was_put_in_the_place_of_another_is_read_anew(dsn: str) -> None:
    """A version is what its hash says, and not its number."""
    publish(dsn, "One")
    restored = """
      alter table definitions disable trigger user;
      update definitions d
      set content = n.text::json, hash = encode(sha256(convert_to(n.text, 'UTF8')), 'hex')
      from (
        select replace(content::text, 'One', 'Two') as text from definitions
        where service_code = 'crater') n
      where d.service_code = 'crater';
      notify open311_changed"""

    async def use(register: Register) -> None:
        await until(lambda: register.why_not is None)
        await asyncio.to_thread(statement, dsn, restored)
        await until(lambda: name_of(register) == "Two", 2)

    watching(dsn, use)
