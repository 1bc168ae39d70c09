"""Bodies: how long they may take, and how much of them is in memory at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.errors import Invalid, TooLarge, TooSlow, Unavailable
from open311.http import bodies
from open311.http.bodies import Gone, Room

Receive = Callable[[], Awaitable[Any]]

GONE = {"type": "http.disconnect"}


def sending(*pieces: bytes | None, every: float = 0) -> Receive:
    """A client that sends so many pieces, one every so many seconds; None: it goes away.

    After the last piece it is done; with no piece at all it says nothing for ever.
    """
    left = list(pieces)

    async def receive() -> Any:
        await asyncio.sleep(every if left else 3600)
        piece = left.pop(0)
        if piece is None:
            return GONE
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    return receive


def dripping(piece: bytes, every: float) -> Receive:
    """A client that never comes to an end."""

    async def receive() -> Any:
        await asyncio.sleep(every)
        return {"type": "http.request", "body": piece, "more_body": True}

    return receive


KILO = 1_000
WHOLE = 100 * KILO  # of a room


def stranger(_: bytes) -> bool:
    return False


def friend(_: bytes) -> bool:
    return True


def read(
    receive: Receive,
    room: Room,
    knows: Callable[[bytes], bool] = friend,
    *,
    declared: bytes = b"",
    limit: int = 10**6,
    seconds: float = 5,
) -> bytes:
    """Read a body as the handler does."""

    async def run() -> bytes:
        with room.share(knows) as take:
            return await bodies.read(receive, declared, limit, seconds, take=take)

    return asyncio.run(run())


# --- room ---------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 20 * KILO), min_size=1, max_size=8), st.booleans())
def test_a_body_takes_the_room_it_needs_and_gives_it_back(sizes: list[int], known: bool) -> None:
    """A few kilobytes need none; a stranger finds half of it."""
    room, pieces = Room(WHOLE), [b"x" * size for size in sizes]
    fits = sum(sizes) <= (WHOLE if known else WHOLE // 2)
    with room.share(friend if known else stranger) as take:
        for number in range(1, len(pieces) + 1):
            so_far = sum(sizes[:number])
            if so_far > 16 * KILO and so_far > (WHOLE if known else WHOLE // 2):
                with pytest.raises(Unavailable) as caught:
                    take(pieces[:number])
                assert caught.value.retry_after >= 1
                break
            take(pieces[:number])

            assert room.free == WHOLE - (so_far if so_far > 16 * KILO else 0)

    assert room.free == WHOLE
    if fits:
        known_by = friend if known else stranger
        assert read(sending(*pieces), room, known_by) == b"".join(pieces)


def test_strangers_together_find_half_of_the_room_and_who_is_known_the_rest() -> None:
    room, large = Room(WHOLE), [b"x" * 40 * KILO]
    with room.share(stranger) as take, room.share(stranger) as another, room.share(friend) as known:
        take(large)
        with pytest.raises(Unavailable):
            another(large)
        known(large)
        known([*large, b"x" * 20 * KILO])

        assert room.free == 0


def test_who_is_known_by_the_beginning_of_a_body_is_asked_once() -> None:
    asked: list[int] = []
    room = Room(10**6)
    with room.share(lambda beginning: not asked.append(len(beginning))) as take:
        for number in range(1, 9):
            take([b"x" * 6 * KILO] * number)

    assert asked == [18 * KILO]


@pytest.mark.parametrize("fault", [Invalid, Gone, KeyError, asyncio.CancelledError])
def test_room_is_given_back_whatever_happens(fault: type[BaseException]) -> None:
    room = Room(WHOLE)

    def fail() -> None:
        with room.share(friend) as take:
            take([b"x" * 20 * KILO])
            raise fault

    with pytest.raises(fault):
        fail()

    assert room.free == WHOLE


@given(pieces=st.lists(st.binary(max_size=8), min_size=1))
def test_a_body_is_whole(pieces: list[bytes]) -> None:
    assert read(sending(*pieces), Room(0)) == b"".join(pieces)


@pytest.mark.parametrize(
    ("receive", "fault"),
    [
        (sending(b"x" * 20 * KILO, b"x" * 2000 * KILO), TooLarge),
        (sending(b"x" * 20 * KILO, None), Gone),
        (sending(None), Gone),
        (dripping(b"x" * 20 * KILO, 0.003), TooLarge),
    ],
    ids=["too large", "gone with a share", "gone without", "endless"],
)
def test_a_body_that_is_refused_leaves_its_room(receive: Receive, fault: type[Exception]) -> None:
    room = Room(10**7)
    with pytest.raises(fault):
        read(receive, room)

    assert room.free == 10**7


def test_a_body_that_is_cancelled_leaves_its_room() -> None:
    async def run() -> int:
        room = Room(WHOLE)

        async def handle() -> None:
            with room.share(friend) as take:
                pieces = sending(b"x" * 20 * KILO, b"", every=0.05)
                await bodies.read(pieces, b"", 10**6, 9, take=take)

        task = asyncio.create_task(handle())
        while room.free == WHOLE:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        return room.free

    assert asyncio.run(run()) == WHOLE


# --- time and size --------------------------------------------------------------------------------


@pytest.mark.parametrize("declared", [b"1001", b"9" * 30])
def test_a_length_beyond_the_limit_is_refused_before_anything_is_read(declared: bytes) -> None:
    with pytest.raises(TooLarge):
        read(sending(), Room(WHOLE), declared=declared, limit=1000)


def test_a_body_that_stands_still_is_given_up() -> None:
    began = monotonic()
    with pytest.raises(TooSlow, match="after 0 bytes"):
        read(sending(), Room(WHOLE), seconds=0.2)

    assert 0.15 < monotonic() - began < 2


def test_a_body_that_lags_behind_the_least_speed_is_given_up() -> None:
    """It never stands still for long, but sends ten bytes a second."""
    began, room = monotonic(), Room(WHOLE)
    with pytest.raises(TooSlow):
        read(dripping(b"x", 0.1), room, seconds=0.4)

    assert 0.3 < monotonic() - began < 2
    assert room.free == WHOLE


def test_a_body_above_the_least_speed_is_ended_after_the_longest_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """40 kB every 0.05 s: fast enough for ever, were it not for that."""
    piece, room = b"x" * 40_000, Room(10**9)
    monkeypatch.setattr(bodies, "_LONGEST_SECONDS", 0.5)
    began = monotonic()
    with pytest.raises(TooSlow):
        read(dripping(piece, 0.05), room, limit=10**9)

    assert 0.4 < monotonic() - began < 2
    assert room.free == 10**9


def test_a_body_faster_than_the_least_speed_may_take_longer_than_it_may_stand_still() -> None:
    pieces = [b"x" * 4_000] * 6
    assert len(read(sending(*pieces, every=0.1), Room(WHOLE), seconds=0.25)) == 24_000


def test_two_minutes_are_the_longest() -> None:
    assert bodies._LONGEST_SECONDS == 120


# --- what is left unread --------------------------------------------------------------------------


def test_what_a_refused_client_still_sends_is_taken() -> None:
    left = [b"x" * 1000] * 50
    receive = sending(*left, every=0.001)
    asyncio.run(bodies.drain(receive))

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(receive(), 0.05))


def test_a_client_that_sends_for_ever_is_not_listened_to_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "_DRAINED_SECONDS", 0.2)
    began = monotonic()
    asyncio.run(bodies.drain(dripping(b"x", 0.02)))

    assert 0.15 < monotonic() - began < 2
