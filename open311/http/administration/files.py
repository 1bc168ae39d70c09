"""Bodies that are files of a city folder.

What reads them weighs some megabytes, and is loaded by the first who writes: most workers never
administer anything.
"""

from __future__ import annotations

from open311.domain.folder import CityService
from open311.domain.rules import RoutingFile

__all__ = ["rules", "service"]


def service(body: bytes) -> CityService:
    """A service, as `single_file.service` reads it."""
    from open311.formats import single_file

    return single_file.service(body)


def rules(body: bytes) -> RoutingFile:
    """Rules, as `single_file.rules` reads them."""
    from open311.formats import single_file

    return single_file.rules(body)
