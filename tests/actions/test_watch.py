"""Those who wait for changes: woken by what they wait for, and by nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from open311.actions import watch as watches
from open311.actions.watch import Watch
from open311.errors import Unavailable
from open311.spec.changes import Place


class Feeds:
    """The ends of the feeds, and how often they were asked for."""

    def __init__(self) -> None:
        self.ends: dict[str, Place] = {"a": (5, 1), "b": (5, 1)}
        self.asked: list[str] = []
        self.fault: Exception | None = None

    async def last(self, jurisdiction_id: str) -> Place:
        self.asked.append(jurisdiction_id)
        if self.fault:
            raise self.fault
        return self.ends[jurisdiction_id]


@pytest.fixture
def feeds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Feeds]:
    monkeypatch.setattr(watches, "_SECONDS", 0.01)
    return Feeds()


async def _held(watch: Watch, own: str, after: Place, seconds: float) -> float:
    began = time.monotonic()
    await watch.wait(own, after, seconds)
    return time.monotonic() - began


def during(feeds: Feeds, *waits: tuple[str, Place, float], change: object = None) -> list[float]:
    """How long each was held, and what is done meanwhile."""

    async def run() -> list[float]:
        watch = Watch(feeds.last)
        keeping = asyncio.create_task(watch.keep())
        waiting = [asyncio.create_task(_held(watch, *each)) for each in waits]
        await asyncio.sleep(0.1)
        if callable(change):
            change(watch)
        found = [await each for each in waiting]
        assert watch.waiting == 0
        assert not watch._waiting
        asked = len(feeds.asked)
        await asyncio.sleep(0.05)
        assert len(feeds.asked) <= asked + 1  # nobody waits, nobody looks
        keeping.cancel()
        return found

    return asyncio.run(run())


def test_who_is_behind_is_woken_at_once_and_who_is_not_waits(feeds: Feeds) -> None:
    behind, level, ahead = during(feeds, ("a", (5, 0), 0.3), ("a", (5, 1), 0.3), ("a", (6, 0), 0.3))

    assert behind < 0.1
    assert level > 0.25
    assert ahead > 0.25


def test_a_change_wakes_its_own_city_only(feeds: Feeds) -> None:
    own, other = during(
        feeds,
        ("a", (5, 1), 0.5),
        ("b", (5, 1), 0.5),
        change=lambda _: feeds.ends.update(a=(5, 2)),
    )

    assert 0.05 < own < 0.3
    assert other > 0.4
    assert set(feeds.asked) == {"a", "b"}


def test_the_end_wakes_everybody_and_lets_nobody_wait(feeds: Feeds) -> None:
    assert max(during(feeds, *[("a", (5, 1), 9.0)] * 5, change=Watch.close)) < 1
    closed = Watch(feeds.last)
    closed.close()
    assert asyncio.run(_held(closed, "a", (9, 9), 9.0)) < 0.1


@pytest.mark.parametrize("fault", [Unavailable(), ValueError("a bug")])
def test_a_database_that_is_away_is_waited_for(feeds: Feeds, fault: Exception) -> None:
    feeds.fault = fault

    def mend(_: object) -> None:
        feeds.fault = None

    (held,) = during(feeds, ("a", (5, 0), 5.0), change=mend)
    assert 0.05 < held < 1


def test_no_more_wait_than_there_is_room_for(feeds: Feeds) -> None:
    async def run() -> None:
        watch = Watch(feeds.last, most=2)
        waiting = [asyncio.create_task(watch.wait("a", (9, 9), 0.2)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="Too many"):
            await watch.wait("a", (9, 9), 0.2)
        await asyncio.gather(*waiting)
        await watch.wait("a", (9, 9), 0.01)

    asyncio.run(run())
