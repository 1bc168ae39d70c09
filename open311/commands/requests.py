"""`open311 requests`: what residents reported, and what becomes of it."""

from __future__ import annotations

import click

from open311.commands import archiving, updating, withdrawing

__all__ = ["requests"]


@click.group()
def requests() -> None:
    """What residents reported, and what becomes of it."""


requests.add_command(archiving.archive)
requests.add_command(updating.update)
requests.add_command(withdrawing.withdraw)
requests.add_command(withdrawing.republish)
