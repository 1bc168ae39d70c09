"""`open311 requests withdraw` and `republish`: what the public may see no more, or again."""

from __future__ import annotations

import click

from open311.commands import within

__all__ = ["republish", "withdraw"]

_ID = click.argument("service_request_id", metavar="ID")


@click.command()
@within.CITY
@click.option("--reason", help="Why; not public.")
@_ID
def withdraw(jurisdiction: str, reason: str | None, service_request_id: str) -> None:
    """Take the request ID out of public sight, its picture too; nothing of it is lost."""
    from open311.actions import withdrawals

    deed = within.deed("requests", reason)
    within.city(
        jurisdiction,
        lambda open_, own: withdrawals.withdraw(open_, own, service_request_id, deed),
    )
    click.echo(f"{service_request_id}: withdrawn")


@click.command()
@within.CITY
@_ID
def republish(jurisdiction: str, service_request_id: str) -> None:
    """Bring the withdrawn request ID back, as it was."""
    from open311.actions import withdrawals

    within.city(
        jurisdiction,
        lambda open_, own: withdrawals.republish(open_, own, service_request_id),
    )
    click.echo(f"{service_request_id}: public again")
