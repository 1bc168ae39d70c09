"""`open311 services diff` and `schema`: what files say by themselves, without any database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from open311.domain.folder import CityService

__all__ = ["diff", "schema"]

_BREAKING = 3
"""Exit status where clients of what was there will fail."""


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
def diff(old: Path, new: Path) -> None:
    """Tell what changes from OLD to NEW, and whom it concerns.

    Each is a service file, or a whole city folder; where one is a file and the other a folder, that
    one service is compared. One line a change: level, service_code, place, and what changes.

    HARMLESS: nobody need do anything.

    FORMS: forms should change, and nothing fails if they do not.

    BREAKING: reports that were accepted are refused, or answered in another way.

    The exit status is 3 where a change is BREAKING, 0 where none is, 1 where a file has faults.
    """
    from open311.domain import compatibility
    from open311.domain.compatibility import Level

    steps = compatibility.compare_all(*_sides(old, new))
    for code, step in steps:
        click.echo("\t".join((step.level.name, code, step.place, step.text)))
    if any(step.level is Level.BREAKING for _, step in steps):
        sys.exit(_BREAKING)


def _sides(old: Path, new: Path) -> list[list[CityService]]:
    """The services on both sides, canonical; where one side is a file, of its code alone."""
    from open311.domain import definitions
    from open311.formats import folder

    sides = [
        list(folder.read(path).services) if path.is_dir() else [folder.read_service(path)]
        for path in (old, new)
    ]
    if old.is_dir() != new.is_dir():
        (single,) = sides[old.is_dir()]
        sides = [
            [each for each in side if each.service_code == single.service_code] for side in sides
        ]
    return [[definitions.canonical(each) for each in side] for side in sides]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def schema(file: Path) -> None:
    """Print the JSON Schema (2020-12) of the reports of one service FILE, conditions included.

    It is that of the JSON body of POST requests, as the server has it beside the definition of the
    service: ending in .schema.json.
    """
    import msgspec

    from open311.domain import definitions
    from open311.formats import folder
    from open311.formats.schemas.body import body_schema

    service = definitions.canonical(folder.read_service(file))
    told = msgspec.json.encode(body_schema(service))
    click.echo(msgspec.json.format(told, indent=2).decode())
