"""What every command says that reads a layer of areas out of a file of others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from open311.domain.folder import Area

__all__ = ["LAYER", "fields", "read"]

F = TypeVar("F", bound=Callable[..., Any])

_LAYER = "The layer, as wards."
LAYER = click.option("--layer", required=True, metavar="NAME", help=_LAYER)
"""Which layer of the city is meant."""


def fields(*, required: bool) -> Callable[[F], F]:
    """The options that say what a file means, for `read`."""
    options = (
        click.option("--layer", required=required, metavar="NAME", help=_LAYER),
        click.option(
            "--code", required=required, metavar="FIELD", help="The member that is an area's code."
        ),
        click.option("--name", metavar="FIELD", help="The member that is its name; else the code."),
        click.option("--crs", metavar="EPSG:N", help="What its coordinates are; else as it says."),
        click.option("--of", "inner", metavar="NAME", help="The layer in it, if it has several."),
    )

    def added(command: F) -> F:
        for each in reversed(options):
            command = each(command)
        return command

    return added


def read(file: Path, begins: date, options: dict[str, Any]) -> tuple[Area, ...]:
    """The areas in a file; what was done to make them is told.

    Args:
        file: of any kind that `geodata` reads.
        begins: from when on they count.
        options: those of `fields`, by name.

    Raises:
        Invalid: with every fault by its place.
    """
    from rich.console import Console
    from rich.progress import Progress

    from open311.formats import area_files, geodata

    found = geodata.degrees(geodata.read(file, options["inner"]), options["crs"])
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("areas", total=len(found.features))
        made = area_files.gathered(
            found,
            options["layer"],
            options["code"],
            options["name"],
            begins,
            lambda done: bar.update(task, completed=done),
        )
    for each in made.notes:
        click.echo(f"note: {each}", err=True)
    return made.areas
