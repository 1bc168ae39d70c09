"""Where the text of a field is from: columns, templates and constants, read off a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from open311.domain.mappings import COLUMN, Origin
from open311.spec import submission

__all__ = ["Read", "Values", "reader"]

Values: TypeAlias = Mapping[str, Any]
"""A row: what stands in each column."""

Read: TypeAlias = Callable[[Values], str]

_WHOLE = re.compile(r"([0-9]{1,20})(?:\.0*)?")


def _text(value: Any) -> str:
    """A value of JSON as text; a list says its items, with commas between."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    return str(value)


def reader(origin: Origin, tidy: Callable[[str], str]) -> Read:
    """What reads a field of a row.

    Args:
        origin: without flaws.
        tidy: what makes a text fit.
    """
    source = _source(origin)
    values = {submission.line(each).casefold(): told for each, told in origin.values.items()}
    digits, otherwise = origin.digits, tidy(origin.otherwise or "")

    def plain(row: Values) -> str:
        text = source(row)
        return text.strip() if text.isprintable() else tidy(text)  # the same, but at once

    if not (values or digits or otherwise):
        return plain

    def read(row: Values) -> str:
        text = plain(row)
        if values:
            text = tidy(values.get(text.casefold(), text))
        if digits and (whole := _WHOLE.fullmatch(text)):
            text = str(int(whole[1])).zfill(digits)
        return text or otherwise

    return read


def _source(origin: Origin) -> Read:
    columns = (origin.column,) if origin.column else origin.columns
    if origin.template:
        return _template(origin.template)
    if not columns:
        constant = origin.constant or ""
        return lambda _: constant
    if len(columns) > 1:
        return lambda row: next((text for each in columns if (text := _cell(row, each))), "")
    (column,) = columns
    return lambda row: value if type(value := row.get(column)) is str else _text(value)


def _cell(row: Values, column: str) -> str:
    return _text(row.get(column)).strip()


def _template(template: str) -> Read:
    """A text with columns in it; nothing where all of them are empty."""
    literal, *rest = COLUMN.split(template)  # text and columns by turns
    pairs = [*zip(rest[::2], rest[1::2], strict=True)]

    def read(row: Values) -> str:
        told = [(_cell(row, column), after) for column, after in pairs]
        if not any(text for text, _ in told):
            return ""
        return literal + "".join(text + after for text, after in told)

    return read
