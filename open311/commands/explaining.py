"""`open311 routing explain`: who acts on a request, or would act on a report, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import click

from open311 import preparing
from open311.commands import within
from open311.domain.rules import Channel
from open311.errors import Invalid
from open311.store import db

if TYPE_CHECKING:
    from open311.domain.decisions import Decision, Tried
    from open311.store.decisions import Decided

__all__ = ["explain"]

_PLACE = {"lat": "lat", "long": "long", "address": "address_string", "address_id": "address_id"}
"""What a POST calls the place that an option tells."""


@click.command()
@within.ONE
@click.option("--request", "request", metavar="ID", help="A request: every decision about it.")
@click.option("--service", metavar="CODE", help="Else a service, and a place to try:")
@click.option("--lat", help="Degrees.")
@click.option("--long", help="Degrees.")
@click.option("--address", help="Or an address.")
@click.option("--address-id", help="Or the id of one.")
@click.option("--answer", "answers", multiple=True, metavar="CODE=VALUE", help="Repeatable.")
@click.option("--channel", type=click.Choice(get_args(Channel)), help="By which it comes.")
@click.option("--at", metavar="TIME", help="When, as 2026-12-24T22:00; else now.")
@click.option("--all", "every", is_flag=True, help="Also the rules about other services.")
def explain(jurisdiction: str, request: str | None, service: str | None, **more: Any) -> None:
    """Tell who acts on a request, or would act on a report, and why; nothing is filed."""
    if (request is None) == (service is None):
        raise click.UsageError("Say --request ID, or --service CODE and a place; one of them.")
    if request is not None:
        for each in preparing.in_database(lambda to: _decisions(to, jurisdiction, request)):
            click.echo("\n".join(_decided(each, every=more["every"])))
        return
    now = within.moment(jurisdiction, "--at", more["at"]) or datetime.now(UTC)
    pairs = [("service_code", str(service))]
    pairs += [(name, more[option]) for option, name in _PLACE.items() if more[option]]
    for answer in more["answers"]:
        code, _, value = answer.partition("=")
        pairs.append((f"attribute[{code}]", value))
    decision, problems = preparing.in_database(
        lambda to: _tried(to, jurisdiction, pairs, more["channel"], now)
    )
    if decision is None:
        raise Invalid(*problems)
    click.echo("\n".join(_told(decision, every=more["every"])))


async def _decisions(connection: db.Connection, own: str, request: str) -> list[Decided]:
    from open311.actions import decisions

    city = await _city(connection, own)
    return await decisions.history(partial(db.owning, connection), city, request)


async def _tried(
    connection: db.Connection,
    own: str,
    pairs: list[tuple[str, str]],
    channel: Channel | None,
    now: datetime,
) -> tuple[Decision | None, Sequence[str]]:
    from open311.actions import places, requests, routes

    city = await _city(connection, own, now)
    offer = requests.asked_for(city, pairs)
    async with db.owning(connection, own):
        found = await places.look_up(connection, city, offer.location, pairs)
    _, decision, problems = routes.tried(city, offer, pairs, channel, now, found)
    return decision, problems


async def _city(connection: db.Connection, own: str, at: datetime | None = None) -> Any:
    """A city as it was, or will be, at an instant."""
    from open311.actions import cities
    from open311.store import cities as rows

    row = await cities.known(connection, own)
    async with db.owning(connection, own):
        return await rows.read(connection, row, at=at)


# --- to people ----------------------------------------------------------------------------------


def _decided(each: Decided, *, every: bool) -> Iterator[str]:
    """A decision about a request, in lines; of staff's there is less to say."""
    yield f"{each.number}. {each.at:%Y-%m-%d %H:%M} UTC, {each.actor or 'by the rules'}"
    if each.explained:
        yield from (f"   {line}" for line in _told(each.explained, every=every))
    else:
        yield f"   reason: {each.reason}"
        yield f"   department: {_acting(each)}"


def _told(decision: Decision, *, every: bool) -> Iterator[str]:
    if decision.moved:
        yield f"moved: {decision.moved:.1f} m, onto the boundary"
    yield from (f"area: {layer} {code}" for layer, code in decision.areas.items())
    yield from (f"tie: {layer} {' before '.join(codes)}" for layer, codes in decision.ties.items())
    about = [each for each in decision.tried if every or not _is_of_others(each)]
    if others := len(decision.tried) - len(about):
        yield f"failed: {others} rules about other services"
    yield from map(_rule, about)
    yield f"version: {decision.version}"
    yield f"reason: {decision.reason}"
    yield f"department: {_acting(decision)}, by {decision.by}"


def _is_of_others(each: Tried) -> bool:
    return each.failed in ("services", "groups")


def _rule(each: Tried) -> str:
    place = f"{each.failed}: " if each.failed else ""
    return f"{'matched' if each.matched else 'failed'}: {each.rule}: {place}{each.why}"


def _acting(each: Decision | Decided) -> str:
    """Department, queue and priority."""
    beside = [f"queue {each.queue}"] if each.queue else []
    beside += [f"priority {each.priority}"] if each.priority else []
    return ", ".join([each.department, *beside])
