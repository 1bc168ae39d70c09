"""An address with several hosts: each is tried, and one that is silent hides no other."""

from __future__ import annotations

import asyncio
import socket
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.errors import Invalid
from open311.store import db
from open311.store.dialing import hosts
from open311.store.replica import Replicated

HOSTS = st.lists(st.from_regex(r"[a-z][a-z0-9.-]{0,8}", fullmatch=True), min_size=1, max_size=4)
PATHS = st.lists(st.from_regex(r"/[a-z][a-z0-9./-]{0,8}", fullmatch=True), min_size=1, max_size=4)
PORT = st.integers(1, 65535)


@given(HOSTS, PORT)
def test_hosts_with_a_port_each(named: list[str], port: int) -> None:
    told = [f"{each}:{port + number}" for number, each in enumerate(named)]
    found = hosts(f"postgresql://u:p%40@{','.join(told)}/db?target_session_attrs=any")

    assert [urlsplit(each).netloc for each in found] == [f"u:p%40@{each}" for each in told]
    assert {urlsplit(each).query for each in found} == {"target_session_attrs=any"}


@given(PATHS, PORT, st.booleans())
def test_sockets_with_one_port_or_each_its_own(named: list[str], port: int, one: bool) -> None:
    ports = [str(port)] * (1 if one else len(named))
    found = hosts(f"postgresql://u@/db?host={','.join(named)}&port={','.join(ports)}")
    told = [parse_qs(urlsplit(each).query) for each in found]

    assert [each["host"] for each in told] == [[each] for each in named]
    assert {each["port"][0] for each in told} == {str(port)}


def test_ports_that_do_not_match_are_refused() -> None:
    dsn = "postgresql://u@/db?host=/a,/b,/c&port=1,2"
    with pytest.raises(Invalid, match="DATABASE_URL"):
        asyncio.run(db.connect(dsn))
    with pytest.raises(Invalid, match="REPLICA_URL"):
        Replicated(dsn, dsn, db.READER, size=1, seconds=1)


def test_a_host_that_is_silent_hides_no_other(cluster: str) -> None:
    own = parse_qs(urlsplit(cluster).query)["host"][0]

    async def seconds(dsn: str) -> float:
        began = time.monotonic()
        connection = await db.connect(dsn)
        await connection.close()
        return time.monotonic() - began

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        dsn = f"postgresql://postgres@/open311?host=127.0.0.1,{own}&port={port},5432"
        took = [asyncio.run(seconds(dsn)) for _ in range(2)]

    assert took[0] < 3
    assert took[1] < 1.4  # the one that answered last is asked first
