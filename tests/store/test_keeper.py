"""A child that is kept alive, with `sleep` in place of PostgreSQL; and whose directory it is."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from open311.errors import Unavailable
from open311.store import embedded, keeper
from open311.store.keeper import Keeper

Child = subprocess.Popen[bytes]


def sleeping(seconds: float = 60) -> Child:
    return subprocess.Popen(["sleep", str(seconds)])


@contextmanager
def keeping(launch: Callable[[], Child]) -> Iterator[Keeper]:
    kept = Keeper(launch)
    try:
        yield kept
    finally:
        kept.stop()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_PAUSE", 0.05)


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.005)
    return happened()


# --- keeping --------------------------------------------------------------------------------------


def test_a_child_that_dies_is_started_again_every_time() -> None:
    with keeping(sleeping) as kept:
        kept.watch()
        for _ in range(3):
            old = kept.process
            old.kill()
            assert within(5, lambda old=old: kept.process is not old)
            assert kept.process.poll() is None

    assert kept.process.returncode == -signal.SIGINT


def test_a_child_that_nobody_watches_stays_dead() -> None:
    with keeping(sleeping) as kept:
        kept.process.kill()
        kept.process.wait()
        time.sleep(0.2)
        assert kept.process.poll() == -signal.SIGKILL


def test_a_child_that_is_stopped_is_not_started_again() -> None:
    launched: list[Child] = []

    def launch() -> Child:
        launched.append(sleeping())
        return launched[-1]

    kept = Keeper(launch)
    kept.watch()
    kept.stop()
    time.sleep(0.3)

    assert [each.returncode for each in launched] == [-signal.SIGINT]


def test_a_child_that_died_just_before_it_is_stopped_is_not_started_again() -> None:
    launched: list[Child] = []

    def launch() -> Child:
        launched.append(sleeping())
        return launched[-1]

    kept = Keeper(launch)
    kept.watch()
    launched[0].kill()
    kept.stop()
    time.sleep(0.3)

    assert [each.poll() for each in launched] == [-signal.SIGKILL]


@pytest.mark.parametrize("fault", [OSError("no memory"), Unavailable("in use")])
def test_a_start_that_fails_is_tried_again(fault: Exception) -> None:
    tries: list[int] = []

    def launch() -> Child:
        tries.append(1)
        if len(tries) in (2, 3):
            raise fault
        return sleeping()

    with keeping(launch) as kept:
        old = kept.process
        kept.watch()
        old.kill()
        assert within(5, lambda: kept.process is not old)

    assert len(tries) == 4


def test_a_child_that_does_not_heed_is_told_more_firmly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_STOPPED", 0.3)
    deaf = ["sh", "-c", "trap '' INT; echo; exec sleep 60"]

    def launch() -> Child:
        child = subprocess.Popen(deaf, stdout=subprocess.PIPE)
        assert child.stdout
        with child.stdout:
            child.stdout.readline()  # it hears nothing from now on
        return child

    kept = Keeper(launch)
    kept.stop()

    assert kept.process.returncode == -signal.SIGQUIT


# --- whose directory it is ------------------------------------------------------------------------


@contextmanager
def owned(data_dir: Path, seconds: float) -> Iterator[None]:
    """The directory belongs to somebody, who calls himself 4711, for so many seconds at most."""
    data_dir.mkdir()
    ended = threading.Event()
    with (data_dir / "postgres.owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        print(4711, data_dir, end="", file=owner, flush=True)

        def leave() -> None:
            ended.wait(seconds)
            owner.truncate(0)
            fcntl.flock(owner, fcntl.LOCK_UN)

        thread = threading.Thread(target=leave)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def test_who_must_be_alone_waits_for_an_owner_that_goes_soon(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        owned(tmp_path / "var", seconds=0.5),
        embedded.running(tmp_path / "var", shared_buffers="16MB", alone=True),
    ):
        assert time.monotonic() - began > 0.45
        report = (tmp_path / "var" / "postgres" / "postmaster.pid").read_text()
        assert "ready" in report


def test_who_must_be_alone_names_an_owner_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "ALONE_SECONDS", 0.3)
    with (
        owned(tmp_path / "var", seconds=60),
        pytest.raises(Unavailable, match="OPEN311_DATA_DIR: process 4711 uses"),
        embedded.running(tmp_path / "var", alone=True),
    ):
        pass

    assert not (tmp_path / "var" / "postgres").exists()


def test_who_may_have_company_joins(tmp_path: Path) -> None:
    with owned(tmp_path / "var", seconds=60), embedded.running(tmp_path / "var") as dsn:
        assert f"host={tmp_path / 'var'}&" in dsn
