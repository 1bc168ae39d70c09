"""`open311 routing`: the rules of a city, checked, published and shown by versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from open311.commands import within
from open311.errors import Invalid
from open311.spec import w3c_datetime
from open311.store import db

if TYPE_CHECKING:
    from open311.domain.rules import RoutingFile
    from open311.store.routings import Rules

__all__ = ["check", "history", "publish", "read", "show"]

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@within.ONE
@click.argument("file", required=False, type=click.Path(path_type=Path))
def check(jurisdiction: str, file: Path | None) -> None:
    """Check the rules in FILE, a routing.json, against a city of the database; else its own rules.

    Refused are rules that name what is not there, and rules that can never match. Noted are
    services for which the order of two rules alone decides.
    """
    from open311.actions import routings

    told, now = read(file) if file else None, within.deed("routing").at

    async def work(open_: db.Opening, own: str) -> tuple[int, tuple[str, ...]]:
        rules = told or (await routings.current(open_, own, now)).file
        if rules is None:
            raise Invalid(f"{own} has no rules.")
        return len(rules.rules), await routings.check(open_, own, rules, now, name)

    name = file.name if file else "routing.json"
    count, notes = within.city(jurisdiction, work)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{name}: rules: {count}; no faults.")


@click.command()
@within.CITY
@within.REASON
@within.FROM
@_FILE
def publish(jurisdiction: str, reason: str | None, begins: str | None, file: Path) -> None:
    """Check the rules in FILE, and make them those that count; their number, and from when on.

    The same rules again change nothing.
    """
    from open311.actions import routings

    rules, deed = read(file), within.deed("routing", reason)
    start = within.moment(jurisdiction, "--from", begins)

    async def work(open_: db.Opening, own: str) -> Rules:
        await routings.check(open_, own, rules, start or deed.at, file.name)
        return await routings.publish(open_, own, rules, deed, published_from=start, replaces=None)

    made = within.city(jurisdiction, work)
    within.tell(str(made.version), w3c_datetime.show(start or deed.at))


@click.command()
@within.CITY
@click.option(
    "--version", "number", type=click.IntRange(1, 2**31 - 1), help="Else those that count."
)
def show(jurisdiction: str, number: int | None) -> None:
    """Print the rules, as a city folder has them."""
    import msgspec

    from open311.actions import routings
    from open311.formats import folder_files

    now = within.deed("routing").at

    async def work(open_: db.Opening, own: str) -> Rules:
        if number is None:
            return await routings.current(open_, own, now)
        return await routings.version(open_, own, number)

    found = within.city(jurisdiction, work)
    if found.file is None:
        raise Invalid(f"{jurisdiction} has no rules.")
    click.echo(folder_files.encoded(msgspec.to_builtins(found.file)), nl=False)


@click.command()
@within.ONE
def history(jurisdiction: str) -> None:
    """List the versions of the rules, newest first: number, from when on, author, reason."""
    from open311.actions import routings

    for each in within.city(jurisdiction, routings.versions):
        removed = ["removed"] if each.removed else []
        times = w3c_datetime.show(each.published_from)
        within.tell(str(each.version), times, each.author, each.reason or "-", *removed)


def read(file: Path) -> RoutingFile:
    """Rules out of a file, nothing being wrong with them by themselves.

    Raises:
        Invalid: it cannot be read, or has faults; each has its place.
    """
    from open311.formats import single_file

    try:
        return single_file.rules(file.read_bytes(), file.name)
    except OSError as error:
        raise Invalid(f"{file}: cannot be read: {error.strerror}.") from None
