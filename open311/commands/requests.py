"""`open311 requests`: the requests of a city, all at once."""

from __future__ import annotations

import click

from open311.commands import archiving

__all__ = ["requests"]


@click.group()
def requests() -> None:
    """The requests of a city, all at once."""


requests.add_command(archiving.archive)
