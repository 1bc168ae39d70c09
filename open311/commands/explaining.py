"""`open311 routing explain`: who acts on a request, or would act on a report, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import click

from open311 import preparing
from open311.commands import within
from open311.domain.rules import Channel
from open311.store import db

if TYPE_CHECKING:
    from open311.spec.routes import RoutedReport, TriedRule
    from open311.store.decisions import Decided

__all__ = ["explain"]


@click.command()
@within.CITY
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
    now = within.moment(jurisdiction, "--at", more["at"]) or datetime.now(UTC)
    found = preparing.in_database(lambda to: _tried(to, jurisdiction, pairs, more["channel"], now))
    click.echo("\n".join(_routed(found)))


async def _decisions(connection: db.Connection, own: str, request: str) -> list[Decided]:
    from open311.actions import decisions

    return await decisions.history(
        partial(db.owning, connection), await _city(connection, own), request
    )


async def _tried(
    connection: db.Connection,
    own: str,
    pairs: list[tuple[str, str]],
    channel: Channel | None,
    now: datetime,
) -> RoutedReport:
    from open311.actions import places, routes

    city = await _city(connection, own)
    async with db.owning(connection, own):
        found = await places.look_up(connection, None, city, pairs)
    return routes.dry_run(city, pairs, channel, now, found).route


async def _city(connection: db.Connection, own: str) -> Any:
    from open311.actions import cities
    from open311.store import cities as rows

    row = await cities.known(connection, own)
    async with db.owning(connection, own):
        return await rows.read(connection, row)


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
