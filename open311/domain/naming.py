"""The names of a city that a question for requests may use. Source: GR-X 10.2 to 10.4."""

from __future__ import annotations

from collections.abc import Collection

from open311.domain.city import City
from open311.spec.filters import Names

__all__ = ["names"]


def names(city: City) -> Names:
    """What finds codes of a city by name, in the language that it is told in; case is no matter."""

    def group(name: str) -> Collection[str]:
        wanted = name.casefold()
        return [
            each.service_code for each in city.services.values() if each.group.casefold() == wanted
        ]

    def department(name: str) -> Collection[str]:
        wanted = name.casefold()
        return [
            code
            for code, public in city.departments.items()
            if wanted in (code.casefold(), public.casefold())
        ]

    return Names(group, department, city.map.codes if city.map else ())
