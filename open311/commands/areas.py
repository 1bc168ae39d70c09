"""`open311 areas`: the layers of a city, in and out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from open311 import preparing
from open311.commands import layer_files, within

__all__ = ["areas"]

_CITY = click.option("--jurisdiction", required=True, metavar="ID", help="The city.")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def areas() -> None:
    """The areas of a city, in layers: its boundary, wards, districts."""


@areas.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_CITY
@layer_files.fields(required=True)
@click.option(
    "--from",
    "begins",
    type=_DAY,
    help="The day that they count from; those of today count until then. Else from ever.",
)
@click.option("--consent", is_flag=True, help="Also where rules or services name what is gone.")
def import_(
    file: Path,
    jurisdiction: str,
    layer: str,
    begins: datetime | None,
    *,
    consent: bool,
    **fields: str | None,
) -> None:
    """Put the areas in FILE in the place of those of a layer, in one transaction.

    GeoJSON is read as it is; GeoPackage, Shapefile, FlatGeobuf, KML and other systems of
    coordinates need the extra `geo`. Features of one code become one area, what is not valid is
    made so, and both is told.
    """
    from open311.actions import areas as actions

    day = begins.date() if begins else date.min
    made = layer_files.read(file, day, {"layer": layer, **fields})
    change = preparing.in_database(
        lambda connection: actions.put(
            connection, jurisdiction, layer, made, day, datetime.now(UTC), consent=consent
        )
    )
    click.echo(f"{layer}: {change.added} added, {change.changed} changed, {change.retired} removed")


@areas.command()
@_CITY
@layer_files.LAYER
@click.option("--on", type=_DAY, help="The day whose areas are written; else today.")
@click.option(
    "--all-days", is_flag=True, help="Those of every day, each with its days, for a city folder."
)
def export(jurisdiction: str, layer: str, on: datetime | None, *, all_days: bool) -> None:
    """Write a layer as GeoJSON to standard output, as it counts on one day.

    What is written can be changed, tried and put back: `open311 routing replay --areas`, `open311
    areas import`.
    """
    from open311.actions import areas as actions
    from open311.formats import folder_files

    if on and all_days:
        raise click.UsageError("Say --on DAY or --all-days, not both.")
    found = preparing.in_database(
        lambda connection: (
            actions.of_layer(connection, jurisdiction, layer)
            if all_days
            else actions.of_layer_on(
                connection, jurisdiction, layer, on and on.date(), datetime.now(UTC)
            )
        )
    )
    click.echo(folder_files.encoded(folder_files.collection(found)), nl=False)


@areas.command()
@within.ONE
@click.option("--layer", "layers", multiple=True, metavar="NAME", help="Repeatable; else all.")
@click.option("--on", type=_DAY, help="The day whose areas are looked at; else today.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "geojson"]),
    default="table",
    show_default=True,
    help="What is written to standard output.",
)
@click.option("--svg", type=click.Path(path_type=Path), help="Also draw a map into this file.")
def check(
    jurisdiction: str, layers: tuple[str, ...], on: datetime | None, form: str, svg: Path | None
) -> None:
    """Find overlaps, gaps and what lies beyond the boundary, with their square metres.

    None of it is a fault: the layers of real cities overlap and leave gaps by slivers. What is
    smaller than a square metre is rounding, and not told.
    """
    from open311.actions import areas as actions
    from open311.domain import survey as surveys
    from open311.domain.areas import BOUNDARY
    from open311.formats import folder_files, survey

    day, found = preparing.in_database(
        lambda connection: actions.on_day(
            connection, jurisdiction, layers, on and on.date(), datetime.now(UTC)
        )
    )
    if not any(each.layer == BOUNDARY for each in found):
        click.echo(f"note: there is no {BOUNDARY} on {day}: only overlaps are found.", err=True)
    findings = surveys.findings(found)
    if svg:
        image = survey.picture(jurisdiction, day, found, findings)
        folder_files.write(svg.parent, {svg.name: image})
    if form == "table":
        click.echo(survey.table(found, findings), nl=False)
    else:
        click.echo(folder_files.encoded(survey.collection(findings)), nl=False)
