"""`open311 requests export`: the requests of a city, as the server's files of them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import click

from open311 import preparing, settings
from open311.commands import within
from open311.errors import Invalid
from open311.store import db

if TYPE_CHECKING:
    from open311.domain.city import City

__all__ = ["export"]

_ALWAYS = ("service_request_id", "start_date", "end_date", "area", "sort")
_DAY = 86_400.0  # seconds that an export may take


@click.command()
@within.ONE
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "ndjson", "geojson"]),
    default="csv",
    show_default=True,
    help="What is written to standard output.",
)
@click.option(
    "--query",
    default="",
    metavar="ARGUMENTS",
    help="Of which requests, as the list is asked: 'status=open&start_date=2026-01-01'.",
)
def export(jurisdiction: str, form: str, query: str) -> None:
    """Write the requests of a city, oldest first: all of them, or those that a query finds.

    The same as `GET requests.csv`, `.ndjson` or `.geojson` gives. A cell of CSV that a spreadsheet
    would work out as a formula stands behind an apostrophe; GeoJSON has those with a point only.
    """
    from open311.actions import cities as actions
    from open311.actions import exports
    from open311.store import cities
    from open311.store.copies import Copies

    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    media = settings.from_environment().base_url
    file = sys.stdout.buffer

    with preparing.ready() as dsn:

        async def run(connection: db.Connection) -> None:
            row = await actions.known(connection, jurisdiction)
            async with db.owning(connection, jurisdiction):
                city = await cities.read(connection, row)
            _known(pairs, city)
            search = exports.asked(city, pairs, datetime.now(UTC))
            copies = Copies(dsn, db.READER, size=1, seconds=_DAY)
            try:
                async for chunk in exports.export(copies, city, search, media, form):
                    file.write(chunk)
            finally:
                await copies.close()

        preparing.connected(dsn, run)
    file.flush()


def _known(pairs: list[tuple[str, str]], city: City) -> None:
    """Refuse arguments that the list does not know, which the server lets be.

    Raises:
        Invalid: there is one.
    """
    from open311.domain import naming
    from open311.spec.filters import FILTERS

    layers = {*naming.names(city).layers}
    known = {*FILTERS, *_ALWAYS, *layers, *(each.removesuffix("s") for each in layers)}
    if unknown := [name for name, _ in pairs if name not in known]:
        there = ", ".join(sorted(known))
        raise Invalid(f"--query: there is no {unknown[0][:60]!r}; there is: {there}.")
