"""What a worker knows of its cities: nothing at first, then all, then whatever has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from open311 import resources
from open311.actions import keys
from open311.actions.register import Register
from open311.errors import Invalid, NotFound, Unavailable
from open311.store import db
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import load, statement, using

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


async def until(question: Callable[[], object], seconds: float = 2) -> None:
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
        await until(lambda: len(register.cities) == 2, 1)
        key = await asyncio.to_thread(
            using, dsn, lambda each: keys.create(each, OWN, "Ada", None, None, NOW)
        )
        await until(lambda: register.client(keys.hashed(key)), 1)

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
