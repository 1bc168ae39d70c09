"""Text files that are larger than memory: their lines, and the features of GeoJSON one by one.

Source: RFC 7946; RFC 8142 (a feature a line).
"""

from __future__ import annotations

import gzip
import io
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from open311.errors import Invalid
from open311.formats import json_file

__all__ = ["EMPTY", "decoded", "features", "lines", "opened"]

EMPTY = " \t\r\n\x1e"
"""What a line without anything in it is made of; RFC 8142 begins each with the last one."""

_CHUNK = 1 << 16  # characters
_LARGEST = 1 << 20  # characters of a line, of a feature, or of what stands around all of them
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


def opened(path: Path, encoding: str = "utf-8-sig") -> TextIO:
    """A text file, which may be compressed, as `.csv.gz`; line ends are as they stand."""
    if path.suffix.lower() == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding, newline="")
    return path.open(encoding=encoding, newline="")


def lines(file: TextIO, first: int = 1) -> Iterator[str]:
    """The lines of a file; one that is too long is not held as a whole.

    Args:
        file: from where it stands.
        first: the number of the next line.

    Raises:
        Invalid: a line is too long.
    """
    for number in itertools.count(first):
        line = file.readline(_LARGEST + 1)
        if len(line) > _LARGEST:
            raise Invalid(f"line {number}: has more than {_LARGEST} characters.")
        if not line:
            return
        yield line


def features(file: TextIO) -> Iterator[tuple[str, Any]]:
    """A feature a line, or one collection: told by whether the first line is a feature.

    Yields:
        Where each stands, and what it is; None for a line that is no JSON.

    Raises:
        Invalid: the file is neither, or broken off.
    """
    first, number = file.readline(_LARGEST), 1
    while first and not first.strip(EMPTY):
        first, number = file.readline(_LARGEST), number + 1
    value = decoded(first)
    if isinstance(value, dict) and value.get("type") == "Feature":
        for place, line in enumerate(itertools.chain([first], lines(file, number + 1)), number):
            if line.strip(EMPTY):
                yield f"line {place}", decoded(line)
    else:
        yield from _collection(first, file)


def decoded(text: str) -> Any:
    """The value of a text of JSON; None where it is none."""
    try:
        return json.loads(text.strip("\x1e"))
    except (ValueError, RecursionError):
        return None


def _collection(first: str, file: TextIO) -> Iterator[tuple[str, Any]]:
    """The features of a collection, each decoded when enough of it has been read."""
    text, decoder, index = first + file.read(_CHUNK), json.JSONDecoder(), 0
    began = _FEATURES.search(text)
    if began is None:
        raise Invalid("It is no GeoJSON FeatureCollection, nor has it a Feature in each line.")
    at = began.end()
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # matches nothing, too
        if text[at : at + 1] == "]":
            return _end(text[at:] + file.read(_LARGEST))
        try:
            value, end = decoder.raw_decode(text, at)
        except RecursionError as error:
            place = json_file.where(("features", index))
            raise Invalid(f"{place}: is nested too deeply.") from error
        except ValueError as error:
            more = file.read(_CHUNK)
            if not more or len(text) - at > _LARGEST:
                place = json_file.where(("features", index))
                raise Invalid(f"{place}: is broken off or no JSON: {error}.") from error
            text, at = text[at:] + more, 0
            continue
        yield json_file.where(("features", index)), value
        at, index = end, index + 1


def _end(text: str) -> None:
    """Refuse what does not end a collection, or goes on for too long."""
    if not isinstance(decoded(f'{{"features": [{text}'), dict):
        raise Invalid("features: what stands behind them is broken off or no JSON.")
