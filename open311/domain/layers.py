"""Areas of some layers, as services and rules name them: a place is in one, in every layer."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from open311.domain.folder import Area

__all__ = ["Layers", "codes", "fewer", "holds", "strange", "told"]

Layers = Mapping[str, Sequence[str]]
"""By layer, codes of its areas: any of these, in every layer that is named."""


def codes(areas: Iterable[Area]) -> dict[str, set[str]]:
    """By layer, the codes of some areas."""
    found: dict[str, set[str]] = {}
    for each in areas:
        found.setdefault(each.layer, set()).add(each.code)
    return found


def holds(layers: Layers | None, areas: Mapping[str, str]) -> bool:
    """Whether a place is there.

    Args:
        layers: None: anywhere.
        areas: by layer, the code of the area that the place is in.

    >>> holds({"wards": ["1", "2"]}, {"wards": "2", "police": "A"}), holds({"wards": ["1"]}, {})
    (True, False)
    """
    return all(areas.get(layer) in codes for layer, codes in (layers or {}).items())


def fewer(old: Layers | None, new: Layers | None) -> bool:
    """Whether a place may be among the old ones and not among the new ones.

    >>> fewer({"wards": ["1"]}, {"wards": ["1", "2"]}), fewer(None, {"wards": ["1", "2"]})
    (False, True)
    """
    before = old or {}
    return any(
        layer not in before or not {*before[layer]} <= {*codes}
        for layer, codes in (new or {}).items()
    )


def told(layers: Layers) -> str:
    """Areas in words.

    >>> told({"wards": ["1", "2"], "harbour": ["port"]})
    'wards 1, 2; harbour port'
    """
    return "; ".join(f"{layer} {', '.join(codes)}" for layer, codes in layers.items())


def strange(
    layers: Layers | None, known: Mapping[str, Container[str]]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is no area of a city.

    Args:
        layers: of a service or a rule.
        known: by layer, the codes that there are.

    Yields:
        The place, as ("wards", 0), and a sentence without its subject.
    """
    for layer, codes in (layers or {}).items():
        if layer not in known:
            yield (layer,), f"{layer!r} is no layer of areas/"
            continue
        for index, code in enumerate(codes):
            if code not in known[layer]:
                yield (layer, index), f"there is no {code!r} in areas/{layer}.geojson"
