"""Where the endpoints are and whom to ask for a key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from open311.domain.city import City
from open311.formats import FORMATS
from open311.spec import w3c_datetime
from open311.spec.documents import Directory, Discovery, Endpoint

__all__ = ["SPECIFICATION", "describe"]

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
"""The exact token of the standard. Source: GR-D-06."""


def describe(
    cities: Sequence[City], production_url: str, test_url: str, now: datetime
) -> tuple[Discovery, bool]:
    """The discovery document of the server, for all of its cities together.

    A changeset moves by a second with every change, so that after several in one second it is ahead
    of the clock; what is shown never is (GR-D-10), and moves on with it.

    Args:
        cities: at least one; a document of several names each city's contact.
        production_url: of the endpoint, without a slash at its end (GR-D-11).
        test_url: likewise; the same one where a city runs no test endpoint of its own.
        now: aware.

    Returns:
        The document, and whether it holds until a city changes.

    Source: GR-D-04 to GR-D-11, interop 9.
    """
    moved = max(city.changeset for city in cities)
    changeset = w3c_datetime.show(min(moved, now))
    formats = tuple(each.media_type for each in FORMATS.values())
    document = Discovery(
        Directory(
            changeset=changeset,
            contact=_each([(city.name, city.contact) for city in cities]),
            key_service=_each([(city.name, city.key_service) for city in cities]),
            endpoints=(
                Endpoint(SPECIFICATION, production_url, changeset, "production", formats),
                Endpoint(SPECIFICATION, test_url, changeset, "test", formats),
            ),
        )
    )
    return document, moved <= now


def _each(texts: list[tuple[str, str]]) -> str:
    return texts[0][1] if len(texts) == 1 else "; ".join(f"{name}: {text}" for name, text in texts)
