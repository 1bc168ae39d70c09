"""`open311 routing replay`: what other rules or areas would have made of the past."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from open311 import preparing
from open311.commands import layer_files, rules, within
from open311.errors import Invalid

if TYPE_CHECKING:
    from open311.actions.replay import Proposal, Stage
    from open311.domain.moves import Batch, Found
    from open311.formats.moves import Writer
    from open311.formats.moves_map import Picture

__all__ = ["replay"]

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@within.ONE
@click.option("--since", required=True, type=_DAY, help="The first day that is looked at.")
@click.option("--until", type=_DAY, help="The last one; else until now.")
@click.option("--rules", type=click.Path(path_type=Path), help="A routing.json; else today's.")
@click.option(
    "--areas", type=click.Path(path_type=Path), help="Those of a layer; else as they are today."
)
@layer_files.fields(required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "geojson"]),
    default="table",
    show_default=True,
    help="The counts as a table, or each request that moves.",
)
@click.option("--svg", type=click.Path(path_type=Path), help="Where to draw a map of what moves.")
def replay(
    jurisdiction: str, since: datetime, until: datetime | None, form: str, **options: Any
) -> None:
    """Run proposed rules or areas over past requests, and tell what would move. Changes nothing.

    Held against the rules and areas in force now, each request as it is kept: the answers, the
    place, the time, and the channel of the key that filed it. Areas take the place of those of the
    layer, as `open311 areas import` would put them.
    """
    days = since.date(), until.date() if until else None
    if days[1] and days[1] < days[0]:
        raise Invalid("--until: is before --since.")
    proposal = _proposal(options)
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spool:
        told = _Told(form, spool, options["svg"])
        found = _run(jurisdiction, proposal, days, told)
        told.end(f"What would move in {jurisdiction}, of requests since {days[0]}", found)
        spool.seek(0)  # all of it is there: now it may be written out
        shutil.copyfileobj(spool, sys.stdout)


class _Told:
    """What is told of the requests that move, as it was asked for."""

    def __init__(self, form: str, file: IO[str], svg: Path | None) -> None:
        self._form, self._file, self._svg = form, file, svg
        self._writer: Writer | None = None
        self._picture: Picture | None = None

    def begin(self, stage: Stage) -> None:
        from open311.formats.moves import WRITERS
        from open311.formats.moves_map import Picture

        for each in stage.notes:
            click.echo(f"note: {each}", err=True)
        if self._form in WRITERS:
            self._writer = WRITERS[self._form](self._file, stage.layers)
        if self._svg:
            self._picture = Picture(stage.today, stage.then)

    def add(self, batch: Batch) -> None:
        if self._writer:
            self._writer.add(batch)
        if self._picture:
            self._picture.add(batch)

    def end(self, title: str, found: Found) -> None:
        from open311.formats import moves

        if self._writer:
            self._writer.end()
            click.echo("\n".join(moves.headline(found)), err=True)
        else:
            self._file.writelines(f"{line}\n" for line in moves.table(found))
        if self._svg and self._picture:
            try:
                self._svg.write_bytes(self._picture.drawn(title, found))
            except OSError as error:
                raise Invalid(f"--svg: {self._svg} cannot be written: {error.strerror}.") from error


def _proposal(options: dict[str, Any]) -> Proposal:
    from open311.actions.replay import Proposal

    file, areas = options["rules"], options["areas"]
    if not (file or areas):
        raise click.UsageError("Say --rules FILE, --areas FILE, or both.")
    named = [each for each in ("layer", "code", "name", "crs", "inner") if options[each]]
    if not areas and named:
        raise click.UsageError("--layer, --code, --name, --crs and --of say what --areas FILE is.")
    if areas:  # as a city folder has them, unless told
        options |= {
            "layer": options["layer"] or areas.stem,
            "code": options["code"] or "code",
        }
    return Proposal(
        rules=rules.read(file) if file else None,
        name=file.name if file else "routing.json",
        layer=options["layer"],
        areas=layer_files.read(areas, date.min, options) if areas else (),
    )


def _run(
    jurisdiction: str, proposal: Proposal, days: tuple[date, date | None], told: _Told
) -> Found:
    from rich.console import Console
    from rich.progress import Progress

    from open311.actions import replay as actions

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("requests", total=None)

        def begin(stage: Stage) -> Callable[[Batch], None]:
            told.begin(stage)
            return tell

        def tell(batch: Batch) -> None:
            told.add(batch)
            bar.advance(task, batch.requests)

        return preparing.in_database(
            lambda connection: actions.run(
                connection, jurisdiction, proposal, days, datetime.now(UTC), begin
            )
        )
