"""`open311 requests`: the requests of a city from the command line."""

from __future__ import annotations

import click

from open311.commands import updating

__all__ = ["requests"]


@click.group()
def requests() -> None:
    """The requests of a city: what became of them."""


requests.add_command(updating.update)
