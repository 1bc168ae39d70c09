"""`open311 addresses`: the register of a city, in, and asked."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from open311 import preparing

__all__ = ["addresses"]

_TOLD = 5  # rows that were there before
_CITY = click.option("--jurisdiction", required=True, metavar="ID", help="The city.")


@click.group()
def addresses() -> None:
    """The register of addresses of a city."""


@addresses.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_CITY
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="PART=NAME",
    help="Where a part stands: id, number, street, unit, city, region, postcode, long, lat.",
)
def import_(file: Path, jurisdiction: str, columns: tuple[str, ...]) -> None:
    """Put the addresses in FILE in the place of a city's register, in one transaction.

    CSV, or GeoJSON with a feature a line or as a FeatureCollection, in degrees, either also as
    .gz; the columns are those of OpenAddresses unless told. A faulty row is told with its line,
    and nothing is changed then; nor is it where most addresses lie beyond the boundary.
    """
    from rich.console import Console
    from rich.progress import Progress

    from open311.actions import addresses as actions
    from open311.formats import address_files

    named = dict(each.partition("=")[::2] for each in columns)
    found = address_files.read(file, named)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("addresses", total=None)
        made = preparing.in_database(
            lambda connection: actions.put(
                connection,
                jurisdiction,
                found,
                datetime.now(UTC),
                lambda done: bar.update(task, completed=done),
            )
        )
    for each in made.twice[:_TOLD]:
        click.echo(f"note: {each}: is there twice", err=True)
    if len(made.twice) > _TOLD:
        click.echo(f"note: {len(made.twice)} rows are there twice", err=True)
    if made.outside:
        click.echo(f"note: {made.outside} rows lie beyond the boundary", err=True)
    click.echo(f"{jurisdiction}: {made.addresses} addresses")
