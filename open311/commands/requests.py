"""`open311 requests`: the requests of a city from the command line."""

from __future__ import annotations

import click

from open311.commands import withdrawing

__all__ = ["requests"]


@click.group()
def requests() -> None:
    """What residents reported: withdrawn, and brought back."""


requests.add_command(withdrawing.withdraw)
requests.add_command(withdrawing.republish)
