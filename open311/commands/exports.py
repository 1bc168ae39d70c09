"""`open311 services export`: a catalogue into other systems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from open311 import preparing
from open311.errors import Invalid

if TYPE_CHECKING:
    from open311.domain.folder import CityFolder

__all__ = ["export"]

_OF_GEOREPORT = "Of georeport: "


def _georeport(city: CityFolder, extension: str, extensions: bool) -> dict[str, bytes]:
    from open311.actions import exchange
    from open311.formats import folder_files
    from open311.formats.catalogue import documents

    if not extensions:
        return exchange.documents(city, extension)
    if extension != "json":
        raise click.UsageError("Further members are shown in JSON only.")
    files = documents.files(city.services)
    return {name: folder_files.encoded(value) for name, value in files.items()}


def _folder(city: CityFolder, *_: object) -> dict[str, bytes]:
    from open311.formats import folder_files

    files = folder_files.files(city)
    return {name: folder_files.encoded(value) for name, value in files.items()}


_EXPORTS: dict[str, Callable[[CityFolder, str, bool], dict[str, bytes]]] = {
    "georeport": _georeport,
    "folder": _folder,
}
"""What a city can be written as: the files, by their path."""


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--jurisdiction", metavar="ID", help="A city of the database, instead of DIR.")
@click.option("--as", "kind", type=click.Choice([*_EXPORTS]), required=True, help="As what.")
@click.option(
    "--format",
    "extension",
    type=click.Choice(["json", "xml"]),
    default="json",
    show_default=True,
    help=_OF_GEOREPORT + "how it is written.",
)
@click.option("--extensions", is_flag=True, help=_OF_GEOREPORT + "with further members, in JSON.")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="Where to.")
@click.option(
    "--replace", is_flag=True, help="Remove services, areas and rules there that are no more."
)
def export(
    folder: Path | None,
    jurisdiction: str | None,
    kind: str,
    extension: str,
    target: Path,
    **options: bool,
) -> None:
    """Write a catalogue: as the documents that a GeoReport server answers, or as a city folder.

    Out of a city folder, or out of the database as it answers now.
    """
    from open311.actions import exchange
    from open311.formats import folder as folders
    from open311.formats import folder_files

    if (folder is None) == (jurisdiction is None):
        raise click.UsageError("Say DIR, or --jurisdiction ID; one of them.")
    if folder is not None:
        city = folders.read(folder)
    else:
        city = preparing.in_database(lambda each: exchange.folder_of(each, str(jurisdiction)))
    contents = _EXPORTS[kind](city, extension, options["extensions"])
    old = folder_files.others(target, contents)
    if old and not options["replace"]:
        raise Invalid(f"{old[0]}: is no part of this (1 of {len(old)}); say --replace.")
    for each in old:
        each.unlink()
    folder_files.write(target, contents)
    click.echo(f"{len(contents)} files in {target}")
