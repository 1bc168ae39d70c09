"""`open311 services`: drafts and versions. What is done to them stands in the audit trail."""

from __future__ import annotations

import getpass
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import click
import msgspec

from open311 import preparing
from open311.domain.definitions import Deed
from open311.errors import Invalid
from open311.spec import w3c_datetime
from open311.store import db

__all__ = ["discard", "draft", "history", "list_services", "publish", "retire", "show"]

T = TypeVar("T")

Use: TypeAlias = Callable[[db.Opening, str], Awaitable[T]]
"""What a verb does with what opens transactions, and with the city's id."""

_CITY = click.option("--jurisdiction", required=True, metavar="ID", help="The city.")
_REASON = click.option("--reason", help="Why, for the audit trail.")
_FROM = click.option("--from", "begins", metavar="TIME", help="From when on; else from now.")


@click.command("list")
@_CITY
def list_services(jurisdiction: str) -> None:
    """List the services of a city: code, version, state, who is writing a draft, name."""
    from open311.actions import administration

    for each in _in_city(jurisdiction, administration.overview):
        state = "offered" if each.offered else "retired" if each.version else "new"
        version, author = str(each.version or "-"), each.draft_author or "-"
        _tell(each.service_code, version, state, author, each.service_name)


@click.command()
@_CITY
@click.argument("code")
def history(jurisdiction: str, code: str) -> None:
    """List the versions of a service, newest first: number, hash, begin, end, author, reason."""
    from open311.actions import catalogue

    for each in _in_city(jurisdiction, lambda open_, own: catalogue.versions(open_, own, code)):
        times = w3c_datetime.show(each.published_from), _shown(each.retired_from)
        _tell(str(each.version), each.hash[:12], *times, each.author, each.reason or "-")


@click.command()
@_CITY
@click.argument("code")
@click.option("--version", type=click.IntRange(1, 2**31 - 1), help="Else the one that answers.")
@click.option("--draft", "is_draft", is_flag=True, help="What is being written.")
def show(jurisdiction: str, code: str, version: int | None, *, is_draft: bool) -> None:
    """Print a service as a city folder has it."""
    from open311.actions import administration, catalogue

    async def read(open_: db.Opening, own: str) -> msgspec.Struct:
        if is_draft:
            return (await catalogue.draft(open_, own, code)).service
        number = version or await administration.answering(open_, own, code)
        return await catalogue.version(open_, own, code, number)

    found = msgspec.json.encode(_in_city(jurisdiction, read))
    click.echo(msgspec.json.format(found, indent=2).decode())


@click.command()
@_CITY
@click.argument("file", type=click.Path(path_type=Path))
def draft(jurisdiction: str, file: Path) -> None:
    """Check a service as a city folder has it, and save it as a draft; its hash."""
    from open311.actions import catalogue
    from open311.formats import single_file

    try:
        service = single_file.service(file.read_bytes(), str(file))
    except OSError as error:
        raise Invalid(f"{file}: cannot be read: {error.strerror}.") from None
    click.echo(
        _in_city(
            jurisdiction,
            lambda open_, own: catalogue.save(open_, own, service, _deed(), replaces=None),
        )
    )


@click.command()
@_CITY
@_REASON
@_FROM
@click.option("--consent", is_flag=True, help="Also where clients of the service will fail.")
@click.argument("code")
def publish(
    jurisdiction: str, code: str, reason: str | None, begins: str | None, *, consent: bool
) -> None:
    """Make a draft the next version: its number and begin, and then what changes."""
    from open311.actions import catalogue

    deed, start = _deed(reason), _time(jurisdiction, "--from", begins)
    made = _in_city(
        jurisdiction,
        lambda open_, own: catalogue.publish(
            open_, own, code, deed, published_from=start, consent=consent
        ),
    )
    _tell(str(made.version), w3c_datetime.show(made.published_from))
    for each in made.steps:
        _tell(each.level.name.lower(), each.place or "-", each.text)


@click.command()
@_CITY
@_REASON
@_FROM
@click.argument("code")
def retire(jurisdiction: str, code: str, reason: str | None, begins: str | None) -> None:
    """Offer a service no more; the number of its last version."""
    from open311.actions import catalogue

    deed, end = _deed(reason), _time(jurisdiction, "--from", begins)
    number = _in_city(
        jurisdiction, lambda open_, own: catalogue.retire(open_, own, code, deed, end)
    )
    click.echo(number)


@click.command()
@_CITY
@click.argument("code")
def discard(jurisdiction: str, code: str) -> None:
    """Throw a draft away."""
    from open311.actions import catalogue

    _in_city(
        jurisdiction,
        lambda open_, own: catalogue.discard(open_, own, code, _deed(), replaces=None),
    )


# --- what all need ------------------------------------------------------------------------------


def _in_city(jurisdiction: str, use: Use[T]) -> T:
    """Do something in transactions of a city."""
    from open311.actions import cities

    async def run(connection: db.Connection) -> T:
        await cities.known(connection, jurisdiction)
        return await use(partial(db.owning, connection), jurisdiction)

    return preparing.in_database(run)


def _deed(reason: str | None = None) -> Deed:
    """What the audit trail is told: the command, and who is at the terminal."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may know no names
        user = f"user {os.getuid()}"
    return Deed(f"open311 services ({user})", datetime.now(UTC), reason or None)


def _time(jurisdiction: str, name: str, text: str | None) -> datetime | None:
    """A time, in the city's zone where it names none."""
    from open311.actions import cities

    if text is None:
        return None
    row = preparing.in_database(lambda connection: cities.known(connection, jurisdiction))
    try:
        return w3c_datetime.parse(text, ZoneInfo(row["timezone"]))
    except ValueError as fault:
        raise Invalid(f"{name}: {fault}.") from None


def _shown(moment: datetime | None) -> str:
    return w3c_datetime.show(moment) if moment else "-"


def _tell(*fields: str) -> None:
    click.echo("\t".join(fields))
