"""What the verbs that change a city share: transactions of it, who is at the terminal, times."""

from __future__ import annotations

import getpass
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import click

from open311 import preparing
from open311.domain.definitions import Deed
from open311.errors import Invalid
from open311.spec import w3c_datetime
from open311.store import db

__all__ = ["CITY", "FROM", "ONE", "REASON", "city", "deed", "moment", "tell"]

T = TypeVar("T")

Use: TypeAlias = Callable[[db.Opening, str], Awaitable[T]]
"""What a verb does with what opens transactions, and with the city's id."""

CITY = click.option("--jurisdiction", required=True, metavar="ID", help="The city.")


def _only(_: click.Context, __: click.Parameter, told: str | None) -> str:
    """The city that is meant where none is told."""
    from open311.store import cities

    if told is not None:
        return told
    there = [row["jurisdiction_id"] for row in preparing.in_database(cities.directory)]
    if len(there) != 1:
        raise Invalid(f"--jurisdiction: it is required; there is: {', '.join(there) or 'none'}.")
    return str(there[0])


ONE = click.option(
    "--jurisdiction", metavar="ID", callback=_only, help="The city, if there are several."
)
"""The same, of verbs that change nothing."""

REASON = click.option("--reason", help="Why, for the audit trail.")
FROM = click.option("--from", "begins", metavar="TIME", help="From when on; else from now.")


def city(jurisdiction: str, use: Use[T]) -> T:
    """Do something in transactions of a city."""
    from open311.actions import cities

    async def run(connection: db.Connection) -> T:
        await cities.known(connection, jurisdiction)
        return await use(partial(db.owning, connection), jurisdiction)

    return preparing.in_database(run)


def deed(noun: str, reason: str | None = None) -> Deed:
    """What the audit trail is told: the command, and who is at the terminal."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may know no names
        user = f"user {os.getuid()}"
    return Deed(f"open311 {noun} ({user})", datetime.now(UTC), reason or None)


def moment(jurisdiction: str, name: str, text: str | None) -> datetime | None:
    """A time, in the city's zone where it names none."""
    from open311.actions import cities

    if text is None:
        return None
    row = preparing.in_database(lambda connection: cities.known(connection, jurisdiction))
    try:
        return w3c_datetime.parse(text, ZoneInfo(row["timezone"]))
    except ValueError as fault:
        raise Invalid(f"{name}: {fault}.") from None


def tell(*fields: str) -> None:
    """A line of fields, tab-separated."""
    click.echo("\t".join(fields))
