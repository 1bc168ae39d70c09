"""Areas for a layer of a city, out of a file of others: named, valid, one of each code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import msgspec

from open311.domain import areas
from open311.domain.areas import Shape
from open311.domain.folder import Area
from open311.errors import Invalid
from open311.formats import folder_files, folder_rules, json_file
from open311.formats.folder_rules import Found
from open311.formats.geodata import Feature, Layer

__all__ = ["Gathered", "gathered"]

_DAYS = ("valid_from", "valid_to")  # members of a city folder's features
_NAMED = 20  # members of a file that are named to who asked for another


class Gathered(msgspec.Struct, frozen=True):
    """The areas of a layer, by code; and what was done to make them, in words."""

    areas: tuple[Area, ...]
    notes: tuple[str, ...]


def gathered(
    found: Layer,
    layer: str,
    code: str,
    name: str | None,
    begins: date = date.min,
    progress: Callable[[int], None] = lambda _: None,
) -> Gathered:
    """Make areas of what a file holds.

    Features of one code become one area; what is not valid is made so. All of them count from one
    day on: a feature that says its own would be another's neighbour in time, not in space.

    Args:
        found: in degrees.
        layer: the name of the layer.
        code: the member that holds the code of an area.
        name: the member that holds its name; None: its code is its name.
        begins: from when on they count.
        progress: told how many features are done.

    Raises:
        Invalid: with every fault by its place; nothing is made of such a file.
    """
    problems: list[str] = []
    notes: list[str] = []
    shapes: dict[str, list[Shape]] = {}
    names: dict[str, str] = {}
    for index, each in enumerate(found.features):
        place = json_file.where(("features", index))
        try:
            _dayless(each)
            own = _text(each, code, "--code")
            names.setdefault(own, own if name is None else _text(each, name, "--name"))
            whole = _shape(each, own, place, notes)
            shapes.setdefault(own, []).append(whole)
        except ValueError as fault:
            problems.append(f"{place}: {fault}.")
        progress(index + 1)
    if not (found.features or problems):
        problems.append("The file holds nothing.")
    made = {own: areas.joined(each) if len(each) > 1 else each[0] for own, each in shapes.items()}
    notes += [f"{own!r}: {len(each)} features joined" for own, each in shapes.items() if each[1:]]
    whole_layer = tuple(
        Area(layer, own, names[own], areas.encode(whole), begins) for own, whole in made.items()
    )
    if problems or (problems := [*_broken(whole_layer, layer)]):
        raise Invalid(*problems)
    return Gathered(whole_layer, tuple(notes))


def _dayless(feature: Feature) -> None:
    """Refuse a feature that says when it counts; NaN is how numpy has nothing."""
    for member in _DAYS:
        value = feature.properties.get(member)
        if value not in (None, "") and value == value:  # noqa: PLR0124
            raise ValueError(
                f"{member}: it is {str(value)[:_NAMED]!r}, and one day is read at a time: leave the"
                " member out; open311 areas export --on DAY writes what counts on a day without it"
            )


def _text(feature: Feature, member: str, option: str) -> str:
    """A member as text; a whole number is written without a fraction."""
    value = feature.properties.get(member)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    if not text:
        if member in feature.properties:
            raise ValueError(f"{option}: its {member} is empty")
        there = ", ".join(list(feature.properties)[:_NAMED]) or "none"
        raise ValueError(f"{option}: it has no {member}; it has: {there}")
    return text


def _shape(feature: Feature, code: str, place: str, notes: list[str]) -> Shape:
    if feature.shape is None:
        raise ValueError(f"{code!r} has no geometry")
    made, note = areas.mended(feature.shape)
    if made.is_empty:
        raise ValueError(f"{code!r} has no surface: it is a {feature.shape.geom_type}")
    if note:
        notes.append(f"{place} ({code!r}): {note}")
    return made


def _broken(made: Sequence[Area], layer: str) -> Iterator[str]:
    """What would be wrong with these in a city folder."""
    value = folder_files.collection(made)
    for _, fault in folder_rules.broken([Found(f"areas/{layer}.geojson", "areas", value)]):
        yield f"{json_file.where(fault.place) or '--layer'}: {fault.text}."
