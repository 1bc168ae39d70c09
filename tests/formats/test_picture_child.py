"""The process that opens pictures: small, bounded, and never left behind."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop

from open311.errors import Invalid, Unavailable
from open311.formats import image
from open311.formats.image import reencode
from tests import pictures

HONEST = pictures.honest()
SLOW = pictures.slow_jpeg()

Loop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize(
    "loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)


def run(work: Coroutine[Any, Any, Any], loop: Loop = asyncio.new_event_loop) -> Any:
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(work)


OTHERS: set[int] = set()
"""Children before the test: the PostgreSQL and the servers of other tests."""


@pytest.fixture(autouse=True)
def _others() -> None:
    OTHERS.clear()
    OTHERS.update(children())


def children() -> set[int]:
    """The processes that this one has started for the test, zombies included."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == str(os.getpid()):
            found.add(int(stat.parent.name))
    return found - OTHERS


async def confined() -> set[int]:
    """The children, as soon as they have given up what they do not need: signals come last."""
    while True:
        started = children()
        for child in started:
            status = Path(f"/proc/{child}/status").read_text()
            if int(status.partition("SigIgn:")[2].split()[0], 16) & 1 << signal.SIGTERM - 1:
                return started
        await asyncio.sleep(0.005)


@LOOPS
def test_a_picture_is_given_up_at_the_deadline(loop: Loop) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable):
        run(reencode(SLOW, deadline=0.5), loop)
    assert time.monotonic() - started < 5
    assert children() == set()


@LOOPS
@pytest.mark.parametrize("after", [0.0, 0.01, 0.4])
def test_a_cancelled_caller_leaves_no_process_behind(loop: Loop, after: float) -> None:
    async def cancelled() -> set[int]:
        task = asyncio.create_task(reencode(SLOW, deadline=60))
        await asyncio.sleep(after)
        seen = children()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    seen = run(cancelled(), loop)
    assert seen or after < 0.1
    assert children() == set()


@LOOPS
def test_two_pictures_at_once_and_the_others_wait(loop: Loop) -> None:
    async def busiest() -> tuple[int, list[bytes]]:
        work = asyncio.gather(*[reencode(content) for content in list(HONEST.values())[:8]])
        most = 0
        while not work.done():
            most = max(most, len(children()))
            await asyncio.sleep(0.005)
        return most, await work

    most, jpegs = run(busiest(), loop)
    assert (most, len(jpegs)) == (2, 8)


@LOOPS
def test_a_picture_that_waits_too_long_for_its_turn_is_told_to_come_back(
    loop: Loop, monkeypatch: Any
) -> None:
    """Two are at work, and slow; of those behind them, none waits for ever."""
    monkeypatch.setattr(image, "PATIENCE", 0.3)

    async def crowd() -> tuple[list[Any], float, bytes]:
        slow = [asyncio.create_task(reencode(SLOW, deadline=60)) for _ in range(2)]
        await asyncio.sleep(0.1)
        began = time.monotonic()
        behind = [reencode(HONEST["jpeg with XMP"]) for _ in range(5)]
        told = await asyncio.gather(*behind, return_exceptions=True)
        seconds = time.monotonic() - began
        for each in slow:
            each.cancel()
        await asyncio.wait(slow)
        return told, seconds, await reencode(HONEST["jpeg with XMP"])

    told, seconds, after = run(crowd(), loop)
    assert [(type(each), each.retry_after) for each in told] == [(Unavailable, 10)] * 5
    assert 0.25 < seconds < 3
    assert after.startswith(b"\xff\xd8")  # no turn is lost
    assert children() == set()


def test_the_child_may_open_nothing_and_has_little_memory_and_time() -> None:
    command = [sys.executable, "-I", str(image._CHILD)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, env={}) as child:
        proc = Path("/proc", str(child.pid))
        while "Max open files            0 " not in (limits := (proc / "limits").read_text()):
            time.sleep(0.01)
        child.kill()
    assert "Max address space         805306368            805306368" in limits
    assert "Max cpu time              5                    6" in limits
    assert "Max core file size        0                    0" in limits


MEASURE = """
import asyncio, pathlib, resource, sys
from open311.errors import Invalid
from open311.formats.image import reencode

content = pathlib.Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    asyncio.run(reencode(content))
except Invalid:
    pass
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(after - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.parametrize(
    ("content", "most"),
    [(pictures.png_bomb(), 100_000), (pictures.png_bomb(6324), 400_000)],
    ids=["bomb", "largest"],
)
def test_memory_stays_small(content: bytes, most: int, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(content)
    command = [sys.executable, "-c", MEASURE, str(path)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.stderr == ""
    parent, child = map(int, result.stdout.split())
    assert parent < 20_000  # kB
    assert child < most


@LOOPS
def test_a_picture_that_takes_too_much_of_the_processor_is_refused(loop: Loop) -> None:
    async def hurried() -> bytes:
        task = asyncio.create_task(reencode(SLOW, deadline=60))
        for child in await confined():  # five seconds are long for a test
            resource.prlimit(child, resource.RLIMIT_CPU, (1, 3))
        return await task

    with pytest.raises(Invalid, match="it takes too long"):
        run(hurried(), loop)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import no_such_module", Unavailable),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Invalid),
        ("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", Invalid),
        ("import os; assert not set(os.environ) - {'LC_CTYPE'}", Invalid),  # not Unavailable
    ],
)
@LOOPS
def test_a_child_that_fails_lets_nothing_through(
    program: str, expected: type[Exception], loop: Loop, tmp_path: Path, monkeypatch: Any
) -> None:
    path = tmp_path / "child.py"
    path.write_text(program)
    monkeypatch.setattr(image, "_CHILD", path)
    with pytest.raises(expected):
        run(reencode(HONEST["jpeg with XMP"]), loop)


def test_without_an_interpreter_the_fault_is_ours(monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(Unavailable):
        run(reencode(HONEST["jpeg with XMP"]))


@LOOPS
def test_a_stop_of_the_whole_service_lets_the_picture_finish(loop: Loop) -> None:
    async def stopped() -> bytes:
        picture = pictures.saved(pictures.quarters(size=(3000, 2000)), "PNG")
        task = asyncio.create_task(reencode(picture, deadline=60))
        for child in await confined():
            os.kill(child, signal.SIGTERM)
        return await task

    assert run(stopped(), loop).startswith(b"\xff\xd8")
