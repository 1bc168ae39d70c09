"""`open311 requests`: the requests of a city, in and out."""

from __future__ import annotations

import click

from open311.commands import request_export, request_files, request_follow

__all__ = ["requests"]


@click.group()
def requests() -> None:
    """The requests of a city: in from other systems, and out."""


requests.add_command(request_files.import_)
requests.add_command(request_export.export)
requests.add_command(request_follow.follow)
