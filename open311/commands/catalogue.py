"""`open311 services`: drafts and versions. What is done to them stands in the audit trail."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import msgspec

from open311.commands import within
from open311.errors import Invalid
from open311.spec import w3c_datetime
from open311.store import db

__all__ = ["discard", "draft", "history", "list_services", "publish", "retire", "show"]


@click.command("list")
@within.CITY
def list_services(jurisdiction: str) -> None:
    """List the services of a city: code, version, state, who is writing a draft, name."""
    from open311.actions import administration

    for each in within.city(jurisdiction, administration.overview):
        state = "offered" if each.offered else "retired" if each.version else "new"
        version, author = str(each.version or "-"), each.draft_author or "-"
        within.tell(each.service_code, version, state, author, each.service_name)


@click.command()
@within.CITY
@click.argument("code")
def history(jurisdiction: str, code: str) -> None:
    """List the versions of a service, newest first: number, hash, begin, end, author, reason."""
    from open311.actions import catalogue

    for each in within.city(jurisdiction, lambda open_, own: catalogue.versions(open_, own, code)):
        times = w3c_datetime.show(each.published_from), _shown(each.retired_from)
        within.tell(str(each.version), each.hash[:12], *times, each.author, each.reason or "-")


@click.command()
@within.CITY
@click.argument("code")
@click.option("--version", type=click.IntRange(1, 2**31 - 1), help="Else the one that answers.")
@click.option("--draft", "is_draft", is_flag=True, help="What is being written.")
def show(jurisdiction: str, code: str, version: int | None, *, is_draft: bool) -> None:
    """Print a service as a city folder has it."""
    from open311.actions import administration, catalogue

    async def read(open_: db.Opening, own: str) -> msgspec.Struct:
        if is_draft:
            return (await catalogue.draft(open_, own, code)).service
        number = version or await administration.answering(open_, own, code)
        return await catalogue.version(open_, own, code, number)

    found = msgspec.json.encode(within.city(jurisdiction, read))
    click.echo(msgspec.json.format(found, indent=2).decode())


@click.command()
@within.CITY
@click.argument("file", type=click.Path(path_type=Path))
def draft(jurisdiction: str, file: Path) -> None:
    """Check a service as a city folder has it, and save it as a draft; its hash."""
    from open311.actions import catalogue
    from open311.formats import single_file

    try:
        service = single_file.service(file.read_bytes(), str(file))
    except OSError as error:
        raise Invalid(f"{file}: cannot be read: {error.strerror}.") from None
    deed = within.deed("services")
    click.echo(
        within.city(
            jurisdiction,
            lambda open_, own: catalogue.save(open_, own, service, deed, replaces=None),
        )
    )


@click.command()
@within.CITY
@within.REASON
@within.FROM
@click.option("--consent", is_flag=True, help="Also where clients of the service will fail.")
@click.argument("code")
def publish(
    jurisdiction: str, code: str, reason: str | None, begins: str | None, *, consent: bool
) -> None:
    """Make a draft the next version: its number and begin, and then what changes."""
    from open311.actions import catalogue

    deed, start = within.deed("services", reason), within.moment(jurisdiction, "--from", begins)
    made = within.city(
        jurisdiction,
        lambda open_, own: catalogue.publish(
            open_, own, code, deed, published_from=start, consent=consent
        ),
    )
    within.tell(str(made.version), w3c_datetime.show(made.published_from))
    for each in made.steps:
        within.tell(each.level.name.lower(), each.place or "-", each.text)


@click.command()
@within.CITY
@within.REASON
@within.FROM
@click.argument("code")
def retire(jurisdiction: str, code: str, reason: str | None, begins: str | None) -> None:
    """Offer a service no more; the number of its last version."""
    from open311.actions import catalogue

    deed, end = within.deed("services", reason), within.moment(jurisdiction, "--from", begins)
    number = within.city(
        jurisdiction, lambda open_, own: catalogue.retire(open_, own, code, deed, end)
    )
    click.echo(number)


@click.command()
@within.CITY
@click.argument("code")
def discard(jurisdiction: str, code: str) -> None:
    """Throw a draft away."""
    from open311.actions import catalogue

    deed = within.deed("services")
    within.city(
        jurisdiction,
        lambda open_, own: catalogue.discard(open_, own, code, deed, replaces=None),
    )


def _shown(moment: datetime | None) -> str:
    return w3c_datetime.show(moment) if moment else "-"
