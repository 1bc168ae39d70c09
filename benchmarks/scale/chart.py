"""The growth as a picture: a row for each question, a dot for each city. SVG 1.1, by hand."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.scale.report import Line
from open311.formats.svg_map import BLUE, GREEN, GREY, INK, ORANGE, PAPER, RED

FILE = Path(__file__).parents[1] / "scale.svg"
_ROW, _LEFT, _WIDE, _RIGHT, _TOP = 15, 330, 520, 90, 76
_COLOURS = (BLUE, ORANGE, GREEN)


def write(lines: Sequence[Line]) -> None:
    """Draw it beside the table."""
    FILE.write_text("".join(_drawn(lines)), "utf-8")


def _drawn(lines: Sequence[Line]) -> Iterator[str]:
    costs = [each.sample.cpu for line in lines for each in line.found]
    low, high = math.log10(min(costs)), math.log10(max(costs))
    low, high = math.floor(low * 2) / 2, math.ceil(high * 2) / 2
    wide, high_ = _LEFT + _WIDE + _RIGHT, _TOP + _ROW * len(lines) + 30
    sizes = [each.requests for each in lines[0].found]

    def place(cost: float) -> float:
        return round(_LEFT + (math.log10(cost) - low) / (high - low) * _WIDE, 1)

    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high_}" width="{wide}"'
        f' height="{high_}" font-family="sans-serif" font-size="11">\n'
        "<title>What an answer costs in cities of several sizes</title>\n"
        "<desc>Processor time of worker and PostgreSQL for each question, on a logarithmic scale;"
        " dots that lie upon each other say that size does not matter.</desc>\n"
        f'<rect width="{wide}" height="{high_}" fill="{PAPER}"/>\n'
    )
    yield _text(16, 22, "CPU of an answer, microseconds, worker and PostgreSQL", 'font-size="14"')
    for number, (size, colour) in enumerate(zip(sizes, _COLOURS, strict=False)):
        x = _LEFT + number * 150
        yield f'<circle cx="{x}" cy="40" r="4" fill="{colour}"/>\n'
        yield _text(x + 10, 44, f"{size:,} requests")
    for half in range(round(low * 2), round(high * 2) + 1):
        cost = 10 ** (half / 2)
        x = place(cost)
        yield (
            f'<line x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{high_ - 24}" stroke="{GREY}"'
            ' stroke-width="0.5" stroke-dasharray="2 3"/>\n'
        )
        yield _text(x, _TOP - 12, f"{cost:,.0f}", 'text-anchor="middle"')
    yield _text(wide - 16, _TOP - 12, "growth", 'text-anchor="end"')
    for number, line in enumerate(lines):
        yield from _row(line, _TOP + 8 + number * _ROW, place, wide)
    yield "</svg>\n"


def _row(line: Line, y: int, place, wide: int) -> Iterator[str]:
    xs = [place(each.sample.cpu) for each in line.found]
    yield "<g>"
    yield f"<title>{html.escape(line.name)}: {line.growth:.2f}</title>"
    yield _text(_LEFT - 12, y + 4, line.name, f'text-anchor="end" fill="{INK}"')
    yield f'<line x1="{min(xs)}" y1="{y}" x2="{max(xs)}" y2="{y}" stroke="{GREY}"/>\n'
    for x, colour in zip(xs, _COLOURS, strict=False):
        yield f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}" fill-opacity="0.8"/>\n'
    own = INK if line.holds else RED
    yield _text(wide - 16, y + 4, f"{line.growth:.2f}", f'text-anchor="end" fill="{own}"')
    yield "</g>\n"


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" {more}>{html.escape(text)}</text>\n'
