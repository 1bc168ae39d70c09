"""The guard: nothing of this machine or of its networks is ever dialled, however it is spelt."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.imports.guard import FAULTS, Guarded, is_public
from tests.imports.foreign import foreign, said

HERE = (
    *("127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1"),
    *("0177.0.0.1", "017700000001", "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "0"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::ffff:0:127.0.0.1]"),
)
"""Spellings of this machine: a listener of ours would hear them."""

PRIVATE = (
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "0xa000001"),
    *("169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]"),
    *("[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a00:1::]"),
    *("[64:ff9b:1::1]", "[2001:0:a00:1::]", "[100::1]", "[fec0::1]", "[3fff::1]"),
)


def asked(url: str, **guard: Any) -> str:
    """The name of the fault, or the body."""

    async def ask() -> str:
        guarded = Guarded(most=2, largest=1000, **guard)
        try:
            return (await guarded.get(url, 2)).decode()
        except (*FAULTS, ValueError) as fault:
            return f"{type(fault).__name__}: {fault}"
        finally:
            await guarded.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("host", HERE)
def test_no_spelling_of_this_machine_is_dialled(host: str) -> None:
    with foreign({"/": said({})}) as server:
        told = asked(f"http://{host}:{server.server_port}/")

        assert server.calls == []
        assert "rror" in told
    assert not told.startswith(("ReadTimeout", "TimeoutError"))


def test_the_canary_hears_who_may_call() -> None:
    """Else the tests above would show nothing."""
    with foreign({"/": said({})}) as server:
        assert asked(f"http://127.0.0.1:{server.server_port}/", loopback=True) == "{}"
        assert len(server.calls) == 1


@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("loopback", [False, True])
def test_no_private_address_is_dialled(
    host: str, loopback: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[object] = []

    async def connect(*words: object, **_: object) -> None:
        dialled.append(words)
        raise OSError

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", connect)

    assert "rror" in asked(f"http://{host}:80/", loopback=loopback)
    assert dialled == []


def resolved(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[int]:
    """A name server that gives one answer after the other; how often it was asked."""
    left, times = list(answers), [0]

    async def getaddrinfo(self: Any, host: str, port: int, **_: object) -> list[Any]:
        times[0] += 1
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", getaddrinfo)
    return times


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"], []]
)
def test_a_name_with_any_private_address_is_not_dialled(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved(monkeypatch, addresses)

    assert "it is at no public address" in asked("http://geocoder.example:80/")


def test_what_was_checked_is_dialled_and_no_name_is_looked_up_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name server that answers otherwise a moment later is not asked again."""
    dialled: list[str] = []

    async def connect(_: object, host: str, *__: object, **___: object) -> None:
        dialled.append(host)
        raise OSError("nobody there")

    times = resolved(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", connect)

    assert "nobody there" in asked("http://geocoder.example:80/")
    assert (dialled, times) == (["8.8.8.8"], [1])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with foreign({}) as server:
        server.routes["/"] = (status, {"Location": f"{server.url}/private"}, b"")

        told = asked(f"http://127.0.0.1:{server.server_port}/", loopback=True)

        assert told == f"OSError: it answers {status}"
        assert server.paths() == ["/"]


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with foreign({"/": said({})}) as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, server.url)

        assert "rror" in asked("http://127.0.0.1:9/")
        assert server.calls == []


@given(st.ip_addresses(v=4))
def test_what_is_not_public_is_not_so_inside_of_ipv6_either(address: Any) -> None:
    plain = is_public(str(address))
    bits = f"{int(address):08x}"
    high, low = bits[:4], bits[4:]

    assert plain or not is_public(f"::ffff:{address}")
    assert plain or not is_public(f"64:ff9b::{high}:{low}")
    assert plain or not is_public(f"2002:{high}:{low}::1")
    assert not is_public(f"::{high}:{low}")


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00::1"])
def test_what_is_everybodys_may_be_called(address: str) -> None:
    assert is_public(address)
