"""`open311 services`: the registry of definitions from the command line."""

from __future__ import annotations

import click

from open311.commands import catalogue, exports, imports, service_files

__all__ = ["services"]


@click.group()
def services() -> None:
    """What residents may report: versions, drafts, import and export."""


services.add_command(catalogue.list_services)
services.add_command(catalogue.history)
services.add_command(catalogue.show)
services.add_command(catalogue.draft)
services.add_command(catalogue.publish)
services.add_command(catalogue.retire)
services.add_command(catalogue.discard)
services.add_command(imports.import_)
services.add_command(exports.export)
services.add_command(service_files.diff)
services.add_command(service_files.schema)
