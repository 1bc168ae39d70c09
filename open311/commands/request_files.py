"""`open311 requests import`: a city's history out of a file of another system."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from msgspec.structs import replace

from open311 import preparing
from open311.errors import Invalid
from open311.formats import spreadsheet

if TYPE_CHECKING:
    from open311.actions.importing import Outcome
    from open311.domain.mappings import Mapping
    from open311.store import db

__all__ = ["FAULTS", "MAPPING", "Faults", "import_", "mapping_of", "summary"]

_SHOWN = 10  # faults, and places of notes

MAPPING = click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(path_type=Path),
    help="Which column is which field, as TOML; answers of a GeoReport server need none.",
)
FAULTS = click.option(
    "--faults",
    type=click.Path(path_type=Path),
    help="Where to write the rows that are left out, as CSV: place, source_id, problem.",
)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--jurisdiction", required=True, metavar="ID", help="The city.")
@MAPPING
@click.option("--source", help="The name of the other system; else as the mapping says.")
@click.option("--dry-run", is_flag=True, help="Check everything, and write nothing.")
@FAULTS
@click.option(
    "--route/--no-route",
    help="Whether the city's rules say who acts; else the file does.  [default: no-route]",
)
def import_(
    file: Path,
    jurisdiction: str,
    mapping_file: Path | None,
    source: str | None,
    faults: Path | None,
    *,
    dry_run: bool,
    route: bool,
) -> None:
    """Let the requests in FILE come into a city: CSV, NDJSON, GeoJSON, or answers of GeoReport.

    Each is known by the source and its id there: what is here already is changed where the file
    says something else of it than it did the last time, and a second import changes nothing. Rows
    that are faulty are told and left out, and the exit status is then 1; the others come in, by
    batches, so that an import that was cut short goes on where it ended.
    """
    from rich.console import Console
    from rich.progress import Progress

    from open311.actions import importing
    from open311.actions.importing import Way
    from open311.formats import record_files

    mapping = mapping_of(mapping_file, source)
    columns, records = record_files.read(file, mapping.file)
    mapping = _fitting(mapping, record_files.kind(file, mapping.file), columns)
    way = Way(route=route, dry=dry_run)
    found: list[Outcome] = []
    with (
        Faults.of(faults) as told,
        Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar,
    ):
        task = bar.add_task("requests", total=None)

        def observe(outcome: Outcome) -> None:
            told.add(outcome)
            found.append(replace(outcome, faults=()))
            bar.advance(task, outcome.rows)

        async def run(connections: Sequence[db.Connection]) -> None:
            city = await importing.prepared(connections[0], jurisdiction, mapping, way)
            await importing.run(connections, city, mapping, records, way, observe)

        preparing.in_database_twice(run)
    faulty = summary(found, dry=dry_run)
    if faulty:
        sys.exit(1)


def mapping_of(path: Path | None, source: str | None) -> Mapping:
    """The mapping in a file; without one, that of the answers of a GeoReport server."""
    from open311.domain.mappings import GEOREPORT, Mapping
    from open311.formats import mapping_file
    from open311.formats.json_file import shown

    if path is None:
        if source is None:
            raise click.UsageError("Say --mapping FILE; or --source NAME for GeoReport answers.")
        found = Mapping(source=source, keep_ids=True, fields=GEOREPORT)
    else:
        found = mapping_file.read(path)
        found = replace(found, source=source) if source is not None else found
    if not mapping_file.is_source(found.source):
        raise Invalid(f"--source: {shown(found.source)} is no name of one line.")
    return found


def _fitting(mapping: Mapping, kind: str, columns: tuple[str, ...] | None) -> Mapping:
    """The mapping of a file of a kind, which has these columns.

    Raises:
        Invalid: it names others.
    """
    from open311.domain.mappings import Origin
    from open311.formats import mapping_file

    if columns is not None:
        missing = [each for each in mapping_file.columns(mapping) if each[1] not in columns]
        if missing:
            there = ", ".join(columns[:60]) or "none"
            told = (f"{place}: there is no column {name!r}" for place, name in missing)
            raise Invalid(*(f"{each}; there is: {there}." for each in told))
    if kind == "geojson" and mapping.fields.lat is None:
        at = {"lat": Origin(column="geometry.lat"), "long": Origin(column="geometry.long")}
        return replace(mapping, fields=replace(mapping.fields, **at))
    return mapping


class Faults:
    """Where the rows that are left out are told: in a file, or the first of them at the terminal.

    One that was told is not told again.
    """

    def __init__(self, file: TextIO | None) -> None:
        """Begin it, with a line of names where it is empty."""
        self._rows = csv.writer(file, lineterminator="\n") if file else None
        self._flush: Callable[[], None] = file.flush if file else lambda: None
        self._told: set[int] = set()
        if self._rows and file and not file.tell():
            self._rows.writerow(["place", "source_id", "problem"])

    @classmethod
    @contextmanager
    def of(cls, path: Path | None, mode: str = "w") -> Iterator[Faults]:
        """Open the file, if there is one.

        Raises:
            Invalid: it cannot be written.
        """
        if path is None:
            yield cls(None)
            return
        try:
            file = path.open(mode, encoding="utf-8", newline="")
        except OSError as error:
            raise Invalid(f"--faults: {path} cannot be written: {error.strerror}.") from error
        with file:
            yield cls(file)  # type: ignore[arg-type]

    def add(self, outcome: Outcome) -> None:
        """Tell those of a batch."""
        for each in outcome.faults:
            key = hash((each.source_id or each.place, each.problem))
            if key in self._told:
                continue
            self._told.add(key)
            if self._rows:
                cells = (each.place, each.source_id, each.problem)
                self._rows.writerow([spreadsheet.harmless(cell) for cell in cells])
            elif len(self._told) <= _SHOWN:
                click.echo(f"{each.place}: {each.problem}.", err=True)
        self._flush()


def summary(found: list[Outcome], *, dry: bool) -> int:
    """Say what came of all rows; how many are faulty."""
    new, changed = sum(each.new for each in found), sum(each.changed for each in found)
    same, faulty = sum(each.same for each in found), sum(each.faulty for each in found)
    outside = [place for each in found for place in each.outside]
    unlinked = [place for each in found for place in each.unlinked]
    renumbered = [own for each in found for own in each.renumbered]
    for told, what in (
        (outside, "lie outside of the boundary, and came in all the same"),
        (unlinked, "have a media_url that is no http or https URL, and came in without"),
        (renumbered, "have an id that is another request's here, and got a new one"),
    ):
        if told:
            some = ", ".join(told[:_SHOWN]) + (", ..." if len(told) > _SHOWN else "")
            click.echo(f"note: {len(told)} {what}: {some}", err=True)
    would = "would be " if dry else ""
    click.echo(f"{would}new: {new}, changed: {changed}, unchanged: {same}, left out: {faulty}")
    return faulty
