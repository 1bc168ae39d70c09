"""Which language an answer is in: the query beats the header, and the header beats the default.

A language is asked for as `fr`, `fr-CA` or `fr_CA`, and found as RFC 4647 looks it up (3.4), and
further: who asks for `fr` or `fr-FR` is glad of `fr-CA`.

Source: GR-X 10.14; RFC 9110, 12.5.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from open311.errors import Invalid
from open311.spec import submission
from open311.spec.submission import Pairs

__all__ = ["accepted", "asked", "ranked"]

_LOCALE = re.compile(r"([A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,7})(?:[.@].{0,40})?")
_SUBTAGS = 8  # of a language; the longest in use have five


def asked(pairs: Pairs) -> str | None:
    """The language that the argument `locale` asks for, as `fr-CA`.

    Raises:
        Invalid: it is none; a language that nobody speaks here is one, too.
    """
    text = submission.argument(pairs, "locale")
    if text is None:
        return None
    found = _LOCALE.fullmatch(text)
    if found is None:
        raise Invalid(f"locale: {text[:40]!r} is not a language such as fr or fr_CA.")
    return found[1].replace("_", "-")


def accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header, the most wanted first.

    Args:
        header: in whatever state, but not long; may be empty.

    Returns:
        What stands behind `*`, and so is no better than any, is left out.
    """
    found: list[tuple[float, str]] = []
    for part in header.split(","):
        language, *parameters = (each.strip() for each in part.split(";"))
        weight = next((each for each in parameters if each[:2].lower() == "q="), "q=1")
        found.append((_quality(weight[2:]), language))
    found.sort(key=lambda each: -each[0])
    languages = [language for quality, language in found if quality and language]
    return languages[: languages.index("*")] if "*" in languages else languages


def _quality(text: str) -> float:
    """0 where it is not wanted, or not to be read."""
    try:
        quality = float(text)
    except ValueError:
        return 0
    return quality if 0 <= quality <= 1 else 0


def ranked(wanted: Iterable[str], spoken: Sequence[str]) -> tuple[str, ...]:
    """The languages that are spoken and wanted, the best first.

    Args:
        wanted: the most wanted first; of each the first eight subtags count.
        spoken: each once.
    """
    found: dict[str, None] = {}
    for each in wanted:
        subtags = each.lower().split("-", _SUBTAGS)[:_SUBTAGS]
        while subtags:
            start = "-".join(subtags)
            exact = [tag for tag in spoken if tag.lower() == start]
            more = [tag for tag in spoken if tag.lower().startswith(f"{start}-")]
            found |= dict.fromkeys((*exact, *more))
            subtags.pop()
    return tuple(found)
