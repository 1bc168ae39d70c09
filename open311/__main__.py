"""The command line. Data goes to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from open311 import __version__, log, preparing, settings
from open311.commands.addresses import addresses
from open311.commands.areas import areas
from open311.commands.requests import requests
from open311.commands.routing import routing
from open311.commands.services import services
from open311.domain import scopes
from open311.domain.rules import Channel
from open311.domain.scopes import Scope
from open311.errors import Open311Error
from open311.store import db

T = TypeVar("T")


class _Verbs(click.Group):
    """Says what is wrong, one problem a line, instead of a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except Open311Error as error:
            for problem in error.problems:
                click.echo(problem, err=True)
            sys.exit(1)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """An Open311 GeoReport v2 server. Settings come from the environment, as OPEN311_PORT."""
    log.configure(settings.from_environment().log_level)
    for name in settings.unknown(os.environ):
        click.echo(f"{name} is no setting; the README lists them.", err=True)


@main.command()
@click.option("--demo", is_flag=True, help="Load the demo city into an empty database.")
def serve(*, demo: bool) -> None:
    """Serve until told to stop."""
    from open311 import serving

    serving.serve(settings.from_environment(), demo=demo)


@main.command()
def migrate() -> None:
    """Bring the schema of the database up to date."""

    async def nothing(_: db.Connection) -> None:
        """The schema is brought up to date before anything is done."""

    preparing.in_database(nothing)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Check a city folder, without any database; report every fault."""
    from open311.domain import areas as shapes
    from open311.domain import languages, routing_check
    from open311.domain import survey as surveys
    from open311.formats import folder as folders

    city = folders.read(folder)
    today = _now().date()
    fits = surveys.notes(each for each in city.areas if shapes.counts(each, today))
    routed = routing_check.survey(city.routing, routing_check.known(city)) if city.routing else ()
    for note in (*fits, *languages.survey(city), *routed):
        click.echo(f"note: {note}", err=True)
    click.echo(
        f"{city.jurisdiction.jurisdiction_id}: services: {len(city.services)},"
        f" departments: {len(city.departments)}, areas: {len(city.areas)}; no faults."
    )


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--reason", help="Why, for the audit trail.")
@click.option("--consent", is_flag=True, help="Also where clients of a service will fail.")
def load(folder: Path, reason: str | None, *, consent: bool) -> None:
    """Check a city folder and load it; loading it twice changes nothing."""
    from open311.actions import cities
    from open311.formats import folder as folders

    city = folders.read(folder)
    changes = preparing.in_database(
        lambda connection: cities.load(connection, city, _now(), reason=reason, consent=consent)
    )
    click.echo(f"{city.jurisdiction.jurisdiction_id}:")
    for each in changes:
        click.echo(
            f"{each.kind}: {each.added} added, {each.changed} changed, {each.retired} retired"
        )


@main.group()
def keys() -> None:
    """The API keys of a city."""


_MOST = 200  # characters of a name


def _line(_: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """One line of printable text, since a list of keys is read by lines."""
    if text is not None and not (0 < len(text.strip()) <= _MOST and text.isprintable()):
        raise click.BadParameter(f"one line of 1 to {_MOST} printable characters", param=option)
    return text and text.strip()


_JURISDICTION = click.option("--jurisdiction", required=True, metavar="ID", help="The city.")


@keys.command()
@_JURISDICTION
@click.option("--name", required=True, callback=_line, help="Who holds the key.")
@click.option("--contact", callback=_line, help="Whom to ask about it.")
@click.option(
    "--rate-limit",
    type=click.IntRange(0, 1_000_000),
    default=600,
    show_default=True,
    help="Requests a minute; 0: no limit.",
)
@click.option(
    "--scope",
    "may",
    type=click.Choice(list(scopes.SCOPES)),
    multiple=True,
    default=scopes.DEFAULT,
    show_default=True,
    help="What it may be used for; repeatable.",
)
@click.option(
    "--channel",
    type=click.Choice(get_args(Channel)),
    help="By which reports come with it, for the rules that say who acts.",
)
def create(
    jurisdiction: str, name: str, may: tuple[Scope, ...], channel: Channel | None, **more: Any
) -> None:
    """Make a key; it is printed once, and only its hash is stored."""
    from open311.actions import keys as actions

    click.echo(
        preparing.in_database(
            lambda connection: actions.create(
                connection,
                jurisdiction,
                name,
                more["contact"],
                more["rate_limit"] or None,
                _now(),
                may,
                channel=channel,
            )
        )
    )


@keys.command("list")
@_JURISDICTION
def list_keys(jurisdiction: str) -> None:
    """List the keys of a city: number, beginning, name, contact, rate, state, scopes."""
    from open311.actions import keys as actions

    for each in preparing.in_database(lambda connection: actions.listed(connection, jurisdiction)):
        state = f"revoked {each.revoked_at:%Y-%m-%d}" if each.revoked_at else "active"
        rate = f"{each.rate_limit}/min" if each.rate_limit else "no limit"
        told = (each.prefix, each.name, each.contact or "-", rate, state, " ".join(each.scopes))
        click.echo("\t".join((str(each.client_id), *told)))


@keys.command()
@_JURISDICTION
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
def revoke(jurisdiction: str, number: int) -> None:
    """Make a key, by its number in the list, count no more."""
    from open311.actions import keys as actions

    preparing.in_database(
        lambda connection: actions.revoke(connection, jurisdiction, number, _now())
    )


main.add_command(addresses)
main.add_command(areas)
main.add_command(requests)
main.add_command(routing)
main.add_command(services)


@main.group()
def demo() -> None:
    """The demo city."""


@demo.command()
@click.option("--requests", type=click.IntRange(min=1), required=True, help="How many.")
@click.option("--seed", type=int, default=311, show_default=True)
@click.option("--jurisdiction", default="lanternport.example", show_default=True, metavar="ID")
def history(requests: int, seed: int, jurisdiction: str) -> None:
    """Write a synthetic past, up to now, into a loaded city."""
    from rich.console import Console
    from rich.progress import Progress

    from open311.actions import history as actions

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("requests", total=requests)
        written = preparing.in_database(
            lambda connection: actions.write(
                connection,
                jurisdiction,
                requests=requests,
                seed=seed,
                until=_now(),
                progress=lambda done: bar.update(task, completed=done),
            )
        )
    click.echo(f"{written} requests written")


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
