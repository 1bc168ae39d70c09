"""`open311 requests update`: staff tells what became of a request."""

from __future__ import annotations

from datetime import UTC

import click
from msgspec.structs import replace

from open311.commands import within
from open311.domain.statuses import STATES
from open311.spec import w3c_datetime

__all__ = ["update"]


@click.command()
@within.CITY
@click.argument("service_request_id", metavar="ID")
@click.option(
    "--status",
    required=True,
    type=click.Choice(list(STATES), case_sensitive=False),
    help="The state that it is in now; outside it is open or closed.",
)
@click.option("--description", required=True, metavar="TEXT", help="What everybody may read.")
@click.option("--at", metavar="TIME", help="Since when, as 2026-12-24T22:00; else now.")
def update(
    jurisdiction: str, service_request_id: str, status: str, description: str, at: str | None
) -> None:
    """Tell what became of a request: everybody sees it at once; its number is printed."""
    from open311.actions import updates
    from open311.domain import updates as told

    deed = within.deed("requests update")
    since = within.moment(jurisdiction, "--at", at) or deed.at
    fields = {
        "service_request_id": service_request_id,
        "update_id": "-",  # of clients only
        "status": status,
        "updated_datetime": w3c_datetime.show(since),
        "description": description,
    }
    new = told.read([*fields.items()], UTC, deed.at)
    new = replace(new, source_update_id=None, actor=deed.actor)
    recorded = within.city(jurisdiction, lambda open_, own: updates.record(open_, own, new))
    within.tell(recorded.service_request_updates[0].update_id)
