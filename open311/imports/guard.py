"""Connections to public addresses alone: what a name stands for is checked, and that is dialled.

The home of httpcore. A name is looked up once; where any of its addresses is not public, none is
dialled, not even to see which answers. There are no proxies, redirects or cookies here.

Source: RFC 6890 (special addresses, most of which Python's ipaddress knows); RFC 4291, 2.4 (global
unicast); RFC 3056 (6to4); RFC 9637 (examples).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

import httpcore

from open311 import __version__

__all__ = ["FAULTS", "Guarded", "is_public"]

FAULTS = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)
"""What may go wrong with a call; `TimeoutError` is an OSError."""

_PROTOCOLS = IPv4Network("192.0.0.0/24")
_UNICAST = IPv6Network("2000::/3")  # the only IPv6 that is anybody's: no way to IPv4 but 6to4
_EXAMPLES = IPv6Network("3fff::/20")
_HEADERS = [
    ("User-Agent", f"open311/{__version__}"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),  # so that what comes is as large as it looks
]
_OK = 200


def is_public(address: str) -> bool:
    """Whether an address may be called: it is everybody's, and so is one that it is a way to.

    >>> [is_public(each) for each in ("8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::")]
    [True, False, False, False]
    """
    ip = ip_address(address)
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, IPv4Address):
        return ip not in _PROTOCOLS
    return (
        ip in _UNICAST
        and ip not in _EXAMPLES
        and (ip.sixtofour is None or is_public(str(ip.sixtofour)))
    )


class _Backend(httpcore.AsyncNetworkBackend):
    """Sockets to public addresses."""

    def __init__(self, *, loopback: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._loopback = loopback

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not addresses or not all(map(self._may_be_called, addresses)):
            raise httpcore.ConnectError("it is at no public address")
        for each in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(
                    each, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(
            addresses[-1], port, timeout, local_address, socket_options
        )

    def _may_be_called(self, address: str) -> bool:
        plain = address.partition("%")[0]  # without the interface
        return is_public(plain) or (self._loopback and ip_address(plain).is_loopback)


class Guarded:
    """What calls servers with a public address."""

    def __init__(self, *, most: int, largest: int, loopback: bool = False) -> None:
        """Call nobody yet.

        Args:
            most: connections at a time.
            largest: bytes of an answer.
            loopback: this machine may be called, too; for tests alone.
        """
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=most, network_backend=_Backend(loopback=loopback)
        )
        self._largest = largest

    async def get(self, url: str, seconds: float) -> bytes:
        """The body of an answer 200.

        Args:
            url: http or https; nothing is followed.
            seconds: for everything.

        Raises:
            OSError: there is no such answer; or what else is of `FAULTS`.
        """
        waits = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        async with (
            asyncio.timeout(seconds),
            self._pool.stream("GET", url, headers=_HEADERS, extensions={"timeout": waits}) as said,
        ):
            if said.status != _OK:
                raise OSError(f"it answers {said.status}")
            body = bytearray()
            async for part in said.aiter_stream():
                body += part
                if len(body) > self._largest:
                    raise OSError(f"its answer is larger than {self._largest:,} bytes")
        return bytes(body)

    async def close(self) -> None:
        """End every connection."""
        await self._pool.aclose()
