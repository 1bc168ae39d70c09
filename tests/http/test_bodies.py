"""Bodies: how long they may take, and how many large ones are in memory at a time."""

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
from open311.http.bodies import Gone, Seats

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


def free(seats: Seats) -> int:
    """How many more may sit down."""
    return seats._free


def read(
    receive: Receive,
    seats: Seats,
    *,
    declared: bytes = b"",
    limit: int = 1000,
    seconds: float = 5,
    small: int = 10,
) -> bytes:
    """Read a body as the handler does."""

    async def run() -> bytes:
        with seats.seat() as take:
            return await bodies.read(receive, declared, limit, seconds, small=small, take=take)

    return asyncio.run(run())


# --- seats ----------------------------------------------------------------------------------------


def test_a_seat_is_taken_when_it_is_asked_for_and_only_once() -> None:
    seats = Seats(2)
    with seats.seat() as take:
        assert free(seats) == 2
        for _ in range(3):
            take()
            assert free(seats) == 1

    assert free(seats) == 2


def test_without_a_free_seat_the_client_is_told_when_to_come_back() -> None:
    seats = Seats(1)
    with seats.seat() as take, seats.seat() as another:
        take()
        with pytest.raises(Unavailable) as caught:
            another()

    assert caught.value.retry_after >= 1
    assert free(seats) == 1


def seated(seats: Seats, fault: BaseException | None = None) -> None:
    """Take a seat; then something may happen."""
    with seats.seat() as take:
        take()
        if fault:
            raise fault


def test_who_finds_no_seat_gives_none_back() -> None:
    seats = Seats(0)
    with pytest.raises(Unavailable):
        seated(seats)

    assert free(seats) == 0


@pytest.mark.parametrize("fault", [Invalid, Gone, KeyError, asyncio.CancelledError])
def test_a_seat_is_given_back_whatever_happens(fault: type[BaseException]) -> None:
    seats = Seats(1)
    with pytest.raises(fault):
        seated(seats, fault())

    assert free(seats) == 1


@given(pieces=st.lists(st.binary(max_size=8), min_size=1), small=st.integers(0, 30))
def test_a_body_is_whole_and_needs_a_seat_just_beyond_the_small_size(
    pieces: list[bytes], small: int
) -> None:
    whole, seats = b"".join(pieces), Seats(0)
    if len(whole) > small:
        with pytest.raises(Unavailable):
            read(sending(*pieces), seats, small=small)
        seats = Seats(1)

    assert read(sending(*pieces), seats, small=small) == whole
    assert free(seats) == (len(whole) > small)


@pytest.mark.parametrize(
    ("receive", "fault"),
    [
        (sending(b"x" * 20, b"x" * 2000), TooLarge),
        (sending(b"x" * 20, None), Gone),
        (sending(None), Gone),
        (dripping(b"x" * 20, 0.003), TooLarge),
    ],
    ids=["too large", "gone with a seat", "gone without", "endless"],
)
def test_a_body_that_is_refused_leaves_its_seat(receive: Receive, fault: type[Exception]) -> None:
    seats = Seats(1)
    with pytest.raises(fault):
        read(receive, seats)

    assert free(seats) == 1


def test_a_body_that_is_cancelled_leaves_its_seat() -> None:
    async def run() -> int:
        seats = Seats(1)

        async def handle() -> None:
            with seats.seat() as take:
                await bodies.read(
                    sending(b"x" * 20, b"", every=0.05), b"", 99, 9, small=1, take=take
                )

        task = asyncio.create_task(handle())
        while free(seats):
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        return free(seats)

    assert asyncio.run(run()) == 1


# --- time and size --------------------------------------------------------------------------------


@pytest.mark.parametrize("declared", [b"1001", b"9" * 30])
def test_a_length_beyond_the_limit_is_refused_before_anything_is_read(declared: bytes) -> None:
    with pytest.raises(TooLarge):
        read(sending(), Seats(1), declared=declared)


def test_a_body_that_stands_still_is_given_up() -> None:
    began = monotonic()
    with pytest.raises(TooSlow, match="after 0 bytes"):
        read(sending(), Seats(1), seconds=0.2)

    assert 0.15 < monotonic() - began < 2


def test_a_body_that_lags_behind_the_least_speed_is_given_up() -> None:
    """It never stands still for long, but sends ten bytes a second."""
    began, seats = monotonic(), Seats(1)
    with pytest.raises(TooSlow):
        read(dripping(b"x", 0.1), seats, seconds=0.4)

    assert 0.3 < monotonic() - began < 2
    assert free(seats) == 1


def test_a_body_above_the_least_speed_is_ended_after_the_longest_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """40 kB every 0.05 s: fast enough for ever, were it not for that."""
    piece, seats = b"x" * 40_000, Seats(1)
    monkeypatch.setattr(bodies, "_LONGEST_SECONDS", 0.5)
    began = monotonic()
    with pytest.raises(TooSlow):
        read(dripping(piece, 0.05), seats, limit=10**9)

    assert 0.4 < monotonic() - began < 2
    assert free(seats) == 1


def test_a_body_faster_than_the_least_speed_may_take_longer_than_it_may_stand_still() -> None:
    pieces = [b"x" * 4_000] * 6
    assert len(read(sending(*pieces, every=0.1), Seats(1), limit=10**6, seconds=0.25)) == 24_000


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
