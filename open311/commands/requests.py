"""`open311 requests`: what residents reported, and what becomes of it."""

from __future__ import annotations

import click

from open311.commands import (
    archiving,
    request_export,
    request_files,
    request_follow,
    updating,
    withdrawing,
)

__all__ = ["requests"]


@click.group()
def requests() -> None:
    """What residents reported, and what becomes of it."""


requests.add_command(archiving.archive)
requests.add_command(request_export.export)
requests.add_command(request_files.import_)
requests.add_command(request_follow.follow)
requests.add_command(updating.update)
requests.add_command(withdrawing.withdraw)
requests.add_command(withdrawing.republish)
