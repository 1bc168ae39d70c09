"""A server that cannot serve says why in one line, names the setting, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cities import small_city
from tests.servers import ROOT, free_port, serving, wait_until_alive, wait_until_ready


def serve(data_dir: Path, *words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run `open311 serve`, or another command, that is expected to refuse."""
    own = {"data_dir": data_dir, "port": free_port(), "admin_port": free_port()} | settings
    return subprocess.run(
        [sys.executable, "-m", "open311", *(words or ("serve",))],
        env={f"OPEN311_{name.upper()}": str(value) for name, value in own.items()}
        | {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("name", ["port", "admin_port"])
def test_a_port_in_use_is_named(tmp_path: Path, taken: int, name: str) -> None:
    done = serve(tmp_path / "var", **{name: taken})

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"OPEN311_{name.upper()}: cannot listen on 127.0.0.1:{taken}: ")
    assert "Address already in use" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "var" / "postgres").exists()  # refused before anything was started


def test_one_port_for_both_is_refused(tmp_path: Path) -> None:
    port = free_port()
    done = serve(tmp_path / "var", port=port, admin_port=port)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("OPEN311_ADMIN_PORT: cannot listen")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "abc"),
        ("port", "0"),
        ("port", "65536"),
        ("admin_port", "-1"),
        ("workers", "0"),
        ("workers", "two"),
        ("media_max_files", "1.5"),
        ("read_seconds", "0"),
        ("write_seconds", "soon"),
        ("database_connections", "1"),
        ("unsafe_durability", "perhaps"),
        ("log_level", "loud"),
        ("host", "999.1.1.1"),
        ("host", "nowhere.invalid"),
        ("admin_host", "nowhere.invalid"),
        ("public_url", "311.example.org"),
        ("public_url", "//311.example.org"),
        ("public_url", "https://"),
        ("test_url", "test.example.org/open311/v2"),
        ("database_url", "nonsense"),
        ("media_url", "ftp://pictures"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = serve(tmp_path / "var", **{name: value})

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"OPEN311_{name.upper()}: ")
    assert done.stderr.count("\n") == 1


def test_every_bad_setting_is_named_at_once(tmp_path: Path) -> None:
    done = serve(tmp_path, port="x", workers="y", stop_seconds="z")

    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "OPEN311_PORT",
        "OPEN311_WORKERS",
        "OPEN311_STOP_SECONDS",
    ]


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    done = serve(tmp_path / "var")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"OPEN311_DATA_DIR: cannot use {tmp_path / 'var'}: Not a directory.\n"


@pytest.mark.parametrize("words", [("migrate",), ("keys", "list", "--jurisdiction", "x.example")])
def test_a_command_whose_database_is_away_says_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    url = f"postgresql://postgres@127.0.0.1:{free_port()}/open311"
    done = serve(tmp_path, *words, database_url=url)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("OPEN311_DATABASE_URL: the database cannot be used: ")
    assert done.stderr.count("\n") == 1


def test_a_command_whose_database_does_not_exist_says_so(tmp_path: Path, cluster: str) -> None:
    done = serve(tmp_path, "migrate", database_url=cluster.replace("@/open311?", "@/nowhere?"))

    assert (done.returncode, done.stdout) == (1, "")
    assert 'database "nowhere" does not exist' in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_second_server_on_the_same_data_directory_is_refused_and_the_owner_named(
    tmp_path: Path,
) -> None:
    """Else it would lose its PostgreSQL with the first one. Commands may join meanwhile."""
    data_dir = tmp_path / "var"
    with serving(data_dir, ready=False) as first:
        wait_until_alive(first)
        first.command("load", str(small_city(tmp_path / "city", "first.example")))
        wait_until_ready(first)
        done = serve(data_dir)

        assert (done.returncode, done.stdout) == (1, "")
        waiting, refused = done.stderr.splitlines()
        assert "waiting_for_owner" in waiting
        assert refused.startswith(f"OPEN311_DATA_DIR: process {first.process.pid} uses ")
        assert first.get("/readyz")[0] == 200
        assert first.command("keys", "list", "--jurisdiction", "first.example") == ""
