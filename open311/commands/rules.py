"""`open311 routing check` and the like: the rules of a city, from the command line."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from open311 import preparing
from open311.domain.rules import Channel
from open311.errors import Invalid
from open311.store import db

if TYPE_CHECKING:
    from open311.spec.routes import RoutedReport, TriedRule
    from open311.store.decisions import Decided

__all__ = ["check", "content", "explain", "history", "publish", "show"]

_CITY = click.option("--jurisdiction", required=True, metavar="ID", help="The city.")
_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@_FILE
@_CITY
def check(file: Path, jurisdiction: str) -> None:
    """Check the rules in FILE, a routing.json, against a city of the database.

    Refused are rules that name what is not there, and rules that can never match. Noted are
    services for which the order of two rules alone decides.
    """
    from open311.actions import routings
    from open311.formats import single_file

    rules = single_file.rules(content(file), file.name)
    for note in preparing.in_database(
        lambda each: routings.check(_opening(each), jurisdiction, rules, file.name)
    ):
        click.echo(f"note: {note}", err=True)
    click.echo(f"{file.name}: rules: {len(rules.rules)}; no faults.")


@click.command()
@_FILE
@_CITY
@click.option("--reason", help="Why, for who looks it up later.")
@click.option("--actor", default="open311 routing publish", show_default=True, help="Who.")
def publish(file: Path, jurisdiction: str, reason: str | None, actor: str) -> None:
    """Check the rules in FILE, and make them those that count; the same ones change nothing."""
    from open311.actions import routings
    from open311.domain.definitions import Deed
    from open311.formats import single_file

    rules = single_file.rules(content(file), file.name)
    deed = Deed(actor, datetime.now(UTC), reason)

    async def work(connection: db.Connection) -> int:
        opening = _opening(connection)
        await routings.check(opening, jurisdiction, rules, file.name)
        made = await routings.publish(opening, jurisdiction, rules, deed, replaces=None)
        return made.version

    click.echo(f"{jurisdiction}: version {preparing.in_database(work)} of the rules counts")


@click.command()
@_CITY
@click.option("--version", "number", type=click.IntRange(min=1), help="Else the one that counts.")
def show(jurisdiction: str, number: int | None) -> None:
    """Print the rules, as a city folder has them."""
    import msgspec

    from open311.actions import cities, routings
    from open311.formats import folder_files

    async def work(connection: db.Connection) -> Any:
        await cities.known(connection, jurisdiction)
        opening = _opening(connection)
        if number is None:
            return (await routings.current(opening, jurisdiction)).file
        return (await routings.version(opening, jurisdiction, number)).file

    file = preparing.in_database(work)
    if file is None:
        raise Invalid(f"{jurisdiction} has no rules.")
    click.echo(folder_files.encoded(msgspec.to_builtins(file)), nl=False)


@click.command()
@_CITY
def history(jurisdiction: str) -> None:
    """List every version of the rules, newest first: number, time, author, reason."""
    from open311.actions import cities, routings

    async def work(connection: db.Connection) -> Any:
        await cities.known(connection, jurisdiction)
        return await routings.versions(_opening(connection), jurisdiction)

    for each in preparing.in_database(work):
        told = (f"{each.created_at:%Y-%m-%d %H:%M}", each.author, each.reason or "-")
        click.echo("\t".join((str(each.version), *told, *(["removed"] if each.removed else []))))


@click.command()
@_CITY
@click.option("--request", "request", metavar="ID", help="A request: every decision about it.")
@click.option("--service", metavar="CODE", help="Else a service, and a place to try:")
@click.option("--lat", help="Degrees.")
@click.option("--long", help="Degrees.")
@click.option("--address", help="Or an address.")
@click.option("--address-id", help="Or the id of one.")
@click.option("--answer", "answers", multiple=True, metavar="CODE=VALUE", help="Repeatable.")
@click.option("--channel", type=click.Choice(get_args(Channel)), help="By which it comes.")
@click.option("--at", help="When, as 2026-12-24T22:00; else now.")
def explain(jurisdiction: str, request: str | None, service: str | None, **more: Any) -> None:
    """Tell who acts on a request, or would act on a report, and why."""
    if (request is None) == (service is None):
        raise click.UsageError("Say --request ID, or --service CODE and a place; one of them.")
    if request is not None:
        for each in preparing.in_database(lambda to: _decisions(to, jurisdiction, request)):
            click.echo("\n".join(_decided(each)))
        return
    names = {"lat": "lat", "long": "long", "address": "address_string", "address_id": "address_id"}
    pairs = [("service_code", str(service))]
    pairs += [(name, more[option]) for option, name in names.items() if more[option]]
    for answer in more["answers"]:
        code, _, value = answer.partition("=")
        pairs.append((f"attribute[{code}]", value))
    found = preparing.in_database(
        lambda to: _tried(to, jurisdiction, pairs, more["channel"], more["at"])
    )
    click.echo("\n".join(_routed(found)))


async def _decisions(connection: db.Connection, own: str, request: str) -> list[Decided]:
    from open311.actions import decisions

    return await decisions.history(_opening(connection), await _city(connection, own), request)


async def _tried(
    connection: db.Connection,
    own: str,
    pairs: list[tuple[str, str]],
    channel: Channel | None,
    at: str | None,
) -> RoutedReport:
    from open311.actions import routes
    from open311.spec import w3c_datetime

    city = await _city(connection, own)
    try:
        now = w3c_datetime.parse(at, city.zone) if at else datetime.now(UTC)
    except ValueError as fault:
        raise Invalid(f"--at: {fault}.") from None
    return routes.dry_run(city, pairs, channel, now).route


async def _city(connection: db.Connection, own: str) -> Any:
    from open311.actions import cities
    from open311.store import cities as rows

    row = await cities.known(connection, own)
    async with db.owning(connection, own):
        return await rows.read(connection, row)


def _opening(connection: db.Connection) -> db.Opening:
    return functools.partial(db.owning, connection)


def content(file: Path) -> bytes:
    """The bytes of a file.

    Raises:
        Invalid: it cannot be read; says why.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise Invalid(f"{file}: {error.strerror}.") from None


# --- to people ----------------------------------------------------------------------------------


def _routed(found: RoutedReport) -> Iterator[str]:
    """A dry run, in lines."""
    yield from found.problems
    if found.department is None:
        return
    if found.moved:
        yield f"moved: {found.moved:.1f} m, to {found.lat}, {found.long}"
    yield from (f"area: {layer} {code}" for layer, code in found.areas.items())
    yield from (f"tie: {each.layer} {' before '.join(each.codes)}" for each in found.ties)
    yield from map(_rule, found.rules)
    yield f"version: {found.version}"
    yield f"reason: {found.reason}"
    yield f"department: {found.department.code} ({found.department.name}), by {found.by}"


def _rule(each: TriedRule) -> str:
    place = f"{each.condition}: " if each.condition else ""
    return f"{each.outcome}: {each.code}: {place}{each.reason}"


def _decided(each: Decided) -> Iterator[str]:
    """A decision about a request, in lines."""
    yield f"{each.number}. {each.at:%Y-%m-%d %H:%M} UTC, {each.actor or 'by the rules'}"
    told = each.explained
    if told:
        yield from (f"   area: {layer} {code}" for layer, code in told.areas.items())
        for rule in told.tried:
            place = f"{rule.failed}: " if rule.failed else ""
            yield f"   {'matched' if rule.matched else 'failed'}: {rule.rule}: {place}{rule.why}"
        yield f"   version: {told.version}"
    yield f"   reason: {each.reason}"
    beside = [f"queue {each.queue}"] if each.queue else []
    beside += [f"priority {each.priority}"] if each.priority else []
    yield f"   department: {', '.join([each.department, *beside])}"
