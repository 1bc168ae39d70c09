"""The texts of a city folder in another language: only what people read, never a code."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from open311.domain.members import Keywords, Line, Text

__all__ = ["AttributeTexts", "DepartmentTexts", "ServiceTexts"]


class AttributeTexts(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """A question."""

    description: Text | None = None
    datatype_description: Line | None = None
    values: Annotated[dict[str, Line], Meta(description="the names of its values, by key")] = {}


class ServiceTexts(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """A service, with its questions by code."""

    service_name: Line | None = None
    description: Text | None = None
    keywords: Keywords | None = None
    group: Line | None = None
    service_notice: Text | None = None
    attributes: dict[str, AttributeTexts] = {}


class DepartmentTexts(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """A department."""

    name: Line | None = None
