"""`open311 requests follow`: a mirror of another GeoReport server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from msgspec.structs import replace

from open311 import preparing
from open311.commands import request_files
from open311.errors import Invalid, Open311Error, Unavailable

if TYPE_CHECKING:
    from open311.actions.importing import Outcome
    from open311.actions.importing_rows import City
    from open311.imports.following import Follower
    from open311.store import db

__all__ = ["follow"]

_CITY_LASTS = 60.0  # seconds


@click.command()
@click.argument("url")
@click.option("--jurisdiction", required=True, metavar="ID", help="The city of the mirror.")
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="Seconds between two rounds.",
)
@click.option("--once", is_flag=True, help="Read what is new, and end.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day (UTC) whose requests are read; else 90 days ago.",
)
@request_files.MAPPING
@click.option("--source", help="A name for the server; else as the mapping says, or its host.")
@request_files.FAULTS
@click.option("--mail", help="Where the keepers of the server may write to.")
@click.option(
    "--pause",
    type=click.FloatRange(min=0),
    default=0.5,
    show_default=True,
    help="Seconds between two calls.",
)
@click.option(
    "--route/--no-route",
    help="Whether the city's rules say who acts; else the server does.  [default: no-route]",
)
def follow(url: str, faults: Path | None, **options: Any) -> None:
    """Keep a mirror of the GeoReport server at URL: all of its requests, then what changes there.

    Up to where it was read is kept in the database, so it may be stopped at any moment and started
    again. A server that errs or asks to be left alone is let be, and asked again later; rows that
    are faulty, as with a service that the city does not have, are told once and left out.
    """
    from open311.imports import calls, pages
    from open311.imports.calls import Manners

    place = pages.place(url)
    if options["mapping_file"] is None and options["source"] is None:
        options["source"] = urlsplit(place.base).hostname
    mapping = request_files.mapping_of(options["mapping_file"], options["source"])
    manners = Manners(purpose="mirror of requests", mail=options["mail"], pause=options["pause"])
    with request_files.Faults.of(faults, "a") as told, calls.calling(manners) as calling:

        async def run(connections: Sequence[db.Connection]) -> None:
            from open311.actions import importing
            from open311.actions.importing import Way
            from open311.imports.following import Follower

            way = Way(route=options["route"])
            found: list[Outcome] = []

            async def city() -> City:
                return await importing.prepared(
                    connections[0], options["jurisdiction"], mapping, way
                )

            def observe(outcome: Outcome) -> None:
                told.add(outcome)
                found.append(replace(outcome, faults=()))

            since = options["since"]
            follower = Follower(
                calls=calling,
                connections=connections,
                city=await city(),
                mapping=mapping,
                place=place,
                way=way,
                observe=observe,
                clock=_now,
                since=since.replace(tzinfo=UTC) if since else _now() - timedelta(days=90),
            )
            await _rounds(follower, city, found, options["every"], once=options["once"])

        preparing.in_database_twice(run)


def _now() -> datetime:
    return datetime.now(UTC)


async def _rounds(
    follower: Follower,
    city: Callable[[], Awaitable[City]],
    found: list[Outcome],
    every: float,
    *,
    once: bool,
) -> None:
    """Rounds without end, or one; what cannot be done the first time is not tried again.

    Raises:
        Invalid: the server refuses at the first round.
        Unavailable: it does not answer, and there is one round only.
    """
    worked, read = False, monotonic()
    while True:
        wait = every
        if monotonic() - read > _CITY_LASTS:  # it may have other services by now
            follower, read = replace(follower, city=await city()), monotonic()
        try:
            await follower.round()
            worked = True
        except (Invalid, Unavailable) as error:
            if once or (isinstance(error, Invalid) and not worked):
                raise
            wait = max(every, _tell(error))
        finally:
            if once or any(each.new + each.changed for each in found):
                request_files.summary(found, dry=False)
            found.clear()
        if once:
            return
        await asyncio.sleep(wait)


def _tell(error: Open311Error) -> float:
    """Say what is wrong; for how many seconds to let it be."""
    for problem in error.problems:
        click.echo(problem, err=True)
    return float(getattr(error, "retry_after", 0))
