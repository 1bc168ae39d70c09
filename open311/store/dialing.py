"""One connection to PostgreSQL: to the host, of several, that is what it must be."""

from __future__ import annotations

import asyncio
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg

from open311.errors import Invalid, Unavailable

__all__ = ["CONNECT_SECONDS", "FAULTS", "Connection", "connect", "hosts"]

Connection: TypeAlias = asyncpg.Connection

CONNECT_SECONDS = 3.0

FAULTS = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What goes wrong on the way to PostgreSQL, beside what it says itself."""

_last: dict[str, str] = {}  # of each address with several hosts, the one that answered last


async def connect(
    dsn: str, role: str | None = None, seconds: float = 0, session: str = "read-write"
) -> Connection:
    """One connection, made within three seconds.

    Args:
        dsn: any that asyncpg reads. Of several hosts the one that answered last is asked first, and
            each has its part of the seconds, so that one that is silent does not hide the others.
        role: taken on for the whole life of the connection; None keeps the login's own.
        seconds: after which PostgreSQL gives up a statement that nobody waits for; 0: never.
        session: what one of several hosts must be, where the address has no target_session_attrs.

    Raises:
        Unavailable: nothing answers there, or not in time, or lets nobody in.
        Invalid: it is no such address.
    """
    settings = {"application_name": "open311", "jit": "off"}
    settings["max_parallel_workers_per_gather"] = "0"  # to start them takes longer than any list
    settings["statement_timeout"] = str(int(seconds * 1000))
    if role:  # a server asks the same few questions for ever: planned once each, not once a call
        settings |= {"role": role, "plan_cache_mode": "force_generic_plan"}
    try:
        _check(dsn)
        return await _first(dsn, session, settings)
    except asyncpg.ClientConfigurationError as error:
        raise Invalid(f"OPEN311_DATABASE_URL: {error}.") from error
    except ValueError:  # whose words may quote the password
        raise Invalid(
            "OPEN311_DATABASE_URL: it cannot be read; # / ? @ in a password are %23 %2F %3F %40."
        ) from None
    except (asyncpg.PostgresError, *FAULTS) as error:
        # whoever is not let in today, or finds no such database, may be tomorrow
        raise Unavailable(retry_after=1) from error


async def _first(dsn: str, session: str, settings: dict[str, str]) -> Connection:
    """A connection to the first host that is what it must be."""
    several = hosts(dsn)
    attributes = session if len(several) > 1 and "target_session_attrs=" not in dsn else None
    fault: Exception | None = None
    for each in sorted(several, key=lambda host: host != _last.get(dsn)):
        try:
            async with asyncio.timeout(CONNECT_SECONDS / len(several)):
                found = await asyncpg.connect(
                    each, server_settings=settings, target_session_attrs=attributes
                )
        except asyncpg.ClientConfigurationError:
            raise
        except (asyncpg.PostgresError, *FAULTS) as error:
            fault = error
        else:
            _last[dsn] = each
            return found
    raise fault or TimeoutError


def hosts(dsn: str) -> list[str]:
    """An address with several hosts as addresses with one each.

    >>> hosts("postgresql://u:p@a:1,b:2/db?x=y")
    ['postgresql://u:p@a:1/db?x=y', 'postgresql://u:p@b:2/db?x=y']
    >>> hosts("postgresql://u@/db?host=/a,/b&port=5432")
    ['postgresql://u@/db?host=/a&port=5432', 'postgresql://u@/db?host=/b&port=5432']
    """
    parts = urlsplit(dsn)
    who, at, named = parts.netloc.rpartition("@")
    if "," in named:
        return [parts._replace(netloc=who + at + each).geturl() for each in named.split(",")]
    query = dict(parse_qsl(parts.query))
    several = query.get("host", "").split(",")
    if len(several) == 1:
        return [dsn]
    ports = query.get("port", "5432").split(",")
    ports *= len(several) if len(ports) == 1 else 1
    told = [query | {"host": host, "port": port} for host, port in zip(several, ports, strict=True)]
    return [parts._replace(query=urlencode(each, safe="/")).geturl() for each in told]


def _check(dsn: str) -> None:
    """Refuse an address that a raw # or / in the password has cut in two.

    Raises:
        ValueError: its rest would be taken for the name of the database, or for nothing.
    """
    parts = urlsplit(dsn)
    if "@" in parts.path + parts.fragment:
        raise ValueError(dsn)
