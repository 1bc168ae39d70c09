"""`open311 services import`: a catalogue out of another system."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from open311 import preparing
from open311.errors import Invalid

if TYPE_CHECKING:
    from open311.formats.catalogue.reading import Catalogue
    from open311.formats.catalogue.updates import Update, Wishes

__all__ = ["import_"]

_COMMAND = "open311 services import"
_SCHEMES = ("http://", "https://")
_OF_THE_CITY = "Of the city, where the folder does not say it yet."
_OF_A_URL = "Of a URL: "


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="City folder to write into.")
@click.option("--jurisdiction", metavar="ID", help="The city; without --to: draft its services.")
@click.option("--name", help=_OF_THE_CITY)
@click.option("--timezone", default="UTC", show_default=True, help=_OF_THE_CITY)
@click.option("--contact", help=_OF_THE_CITY)
@click.option("--key-service", help=_OF_THE_CITY)
@click.option("--department", default="city", show_default=True, help="Code, where none is told.")
@click.option("--department-name", help="Its name, where it is new; else the city's.")
@click.option("--group", default="Other", show_default=True, help="Where none is told.")
@click.option("--partial", is_flag=True, help="Leave out what has faults, and write the rest.")
@click.option("--reason", help="Why, for the audit trail.")
@click.option("--answers", type=click.Path(path_type=Path), help=_OF_A_URL + "where to save them.")
@click.option("--fresh", is_flag=True, help=_OF_A_URL + "fetch again what is saved.")
@click.option("--every", is_flag=True, help=_OF_A_URL + "also definitions that ask nothing.")
@click.option(
    "--pause",
    type=click.FloatRange(0, 60),
    default=0.5,
    show_default=True,
    help=_OF_A_URL + "seconds between two calls.",
)
@click.option("--mail", help=_OF_A_URL + "where its keepers may write to.")
def import_(
    sources: tuple[str, ...], folder: Path | None, jurisdiction: str | None, **options: Any
) -> None:
    """Read a catalogue out of saved answers (files, folders), or from an endpoint (a URL).

    Answers of a URL are saved as they come, in .answers of the city folder unless told; starting
    again fetches only what is missing. With a fault in it, nothing else is written.
    """
    from open311.formats import folder as folders
    from open311.formats.catalogue import reading
    from open311.imports import saved

    if folder is None and jurisdiction is None:
        raise click.UsageError("Say --to DIR, or --jurisdiction ID for drafts in the database.")
    paths, problems = _paths(sources, folder, options)
    answers, told = saved.read(paths)
    found, faults = reading.read(answers)
    problems += folders.sentences([*told, *faults])
    if not found.services:
        raise Invalid(*(problems or [f"{' '.join(sources)}: tells of no service."]))
    if folder is None:
        _into_database(found, str(jurisdiction), options, problems)
    else:
        _into_folder(found, folder, jurisdiction, options, problems)


def _into_folder(
    found: Catalogue,
    path: Path,
    jurisdiction: str | None,
    options: dict[str, Any],
    problems: list[str],
) -> None:
    from open311.formats import folder as folders
    from open311.formats import folder_files
    from open311.formats.catalogue import updates

    before, flaws = folders.opened(path) if path.exists() else ([], [])
    flaws = [each for each in flaws if each[1] != folders.MISSING]
    partial = options["partial"]
    update, told = updates.updated(found, before, _wishes(jurisdiction, options), partial=partial)
    if flaws or told or (problems and not partial):
        raise Invalid(*problems, *folders.sentences([*flaws, *told]))
    folder_files.write(path, {name: folder_files.encoded(v) for name, v in update.files.items()})
    _tell(update, problems)
    click.echo(f"services: {len(update.added)} added, {len(update.changed)} changed")


def _into_database(
    found: Catalogue, jurisdiction: str, options: dict[str, Any], problems: list[str]
) -> None:
    from open311.actions import exchange
    from open311.domain.definitions import Deed

    if problems and not options["partial"]:
        raise Invalid(*problems)
    deed = Deed(_COMMAND, datetime.now(UTC), options["reason"])
    update, codes = preparing.in_database(
        lambda connection: exchange.drafted(
            connection,
            jurisdiction,
            found,
            _wishes(jurisdiction, options),
            deed,
            partial=options["partial"],
        )
    )
    _tell(update, problems)
    click.echo(f"services: {len(codes)} drafted")


def _wishes(jurisdiction: str | None, options: dict[str, Any]) -> Wishes:
    from open311.formats.catalogue.updates import Wishes

    own = {name: options[name] for name in Wishes.__struct_fields__ if name in options}
    return Wishes(jurisdiction_id=jurisdiction, **own)


def _tell(update: Update, problems: list[str]) -> None:
    """What a person should look at."""
    from open311.formats import folder as folders

    for each in (*problems, *folders.sentences(update.refused)):
        click.echo(f"left out: {each}", err=True)
    for each in update.notes:
        click.echo(f"note: {each}", err=True)


# --- from a URL ---------------------------------------------------------------------------------


def _paths(
    sources: tuple[str, ...], folder: Path | None, options: dict[str, Any]
) -> tuple[list[Path], list[str]]:
    """Where the answers are, those of a URL fetched; and what of it could not be had."""
    urls = [each for each in sources if each.startswith(_SCHEMES)]
    if not urls:
        return [Path(each) for each in sources], []
    answers = options["answers"] or (folder and folder / ".answers")
    if len(sources) > 1 or answers is None:
        raise click.UsageError("A URL stands alone, with --to DIR or --answers DIR beside it.")
    return [answers], _fetched(urls[0], answers, options)


def _fetched(url: str, answers: Path, options: dict[str, Any]) -> list[str]:
    from rich.console import Console
    from rich.progress import Progress

    from open311.imports import endpoint
    from open311.imports.calls import Manners

    mail = options["mail"]
    if mail and not (mail.isascii() and mail.isprintable()):
        raise click.BadParameter("is not plain text", param_hint="--mail")
    manners = Manners(mail=mail, pause=options["pause"])
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("definitions", total=None)
        done = endpoint.fetch(
            url,
            answers,
            manners,
            lambda there, of: bar.update(task, completed=there, total=of),
            fresh=options["fresh"],
            every=options["every"],
        )
    click.echo(f"definitions: {done.came} fetched, {done.there} there before", err=True)
    return [*done.problems]
