"""What was found, as tables in benchmarks/README.md between marks."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

import msgspec

from benchmarks import table
from benchmarks.scale.asking import Found, growth
from benchmarks.scale.cities import Built
from benchmarks.scale.scene import Scene

HEAD = (
    "| | goal | reached | | CPU µs an answer: ours | floor | floor / ours"
    " | answers/s: ours / floor |\n|---|---|---|---|---|---|---|---|\n"
)
SHORT = "| | goal | reached | | rows/s: ours / floor |\n|---|---|---|---|---|\n"


class Line(msgspec.Struct, frozen=True):
    """A question, and what it costs in each city."""

    name: str
    goal: float
    path: str
    found: list[Found]

    @property
    def growth(self) -> float:
        return growth(self.found)

    @property
    def answered(self) -> bool:
        return all(each.status == 200 for each in self.found)

    @property
    def holds(self) -> bool:
        return self.answered and (len(self.found) == 1 or self.growth <= self.goal)

    @property
    def verdict(self) -> str:
        return "yes" if self.holds else "**no**"

    @property
    def short(self) -> str:
        """A line for whoever waits."""
        costs = "  ".join(
            f"{each.rows:5.0f} rows {each.sample.worker:7.0f} + {each.sample.database:7.0f} us"
            f" {each.sample.blocks:6.0f} blocks"
            for each in self.found
        )
        mark = "" if self.holds else "  <<<<"
        status = "" if self.answered else f"  {[each.status for each in self.found]}"
        return f"{self.name:<58} {costs}  x{self.growth:.2f}{status}{mark}"


def put(name: str, text: str) -> None:
    """Put a text in the place of the old one of that name."""
    begin, end = f"<!-- scale {name} -->\n", f"<!-- end of scale {name} -->\n"
    before, found, after = table.README.read_text("utf-8").partition(begin)
    assert found, f"benchmarks/README.md has no {begin}"
    after = after.partition(end)[2]
    table.README.write_text(before + begin + text + end + after, "utf-8")


def write(lines: Sequence[Line], built: Sequence[tuple[Scene, Built]]) -> None:
    """The table of growth."""
    sizes = " | ".join(_size(each.requests) for each in lines[0].found)
    many = len(lines[0].found)
    good = sum(each.holds for each in lines)
    head = (
        f"{table.machine()}{good} of {len(lines)} questions hold their goal."
        f" Built in {_and(f'{each.seconds:.0f} s' for _, each in built)},"
        f" {_and(f'{each.megabytes:,} MB' for _, each in built)} on disk.\n\n"
        f"| | asked | rows | CPU µs, worker + PostgreSQL: {sizes}"
        f" | blocks: {sizes} | growth | goal | |\n"
        f"|---|---|---{'|---' * (2 * many)}|---|---|---|\n"
    )
    put("growth", head + "".join(map(_row, lines)))


def _row(line: Line) -> str:
    cpu = " | ".join(f"{s.worker:.0f} + {s.database:.0f}" for s in map(_sample, line.found))
    blocks = " | ".join(f"{s.blocks:.0f}" for s in map(_sample, line.found))
    counts = [f"{each.rows:.0f}" for each in line.found]
    rows = counts[0] if len({*counts}) == 1 else " / ".join(counts)
    if not line.answered:
        rows = " / ".join(str(each.status) for each in line.found)
    return (
        f"| {line.name} | {_asked(line.path)} | {rows} | {cpu} | {blocks}"
        f" | **{line.growth:.2f}** | ≤ {line.goal:g} | {line.verdict} |\n"
    )


def _sample(found: Found):
    return found.sample


def _asked(path: str) -> str:
    """A path without what every one has, and cursors cut short."""
    parts = urlsplit(path)
    pairs = [(key, value) for key, value in parse_qsl(parts.query) if key != "page_size"]
    text = "&".join(f"{key}={value[:24]}{'…' * (len(value) > 24)}" for key, value in pairs)
    where = parts.path.rpartition("/v2/")[2]
    where = "" if where == "requests.json" else f"{where[:40]}"
    return f"`{where}{'?' * bool(text)}{text}`" if where or text else "`requests.json`"


def _size(requests: int) -> str:
    millions = requests // 1_000_000
    return f"{millions} million" if millions else f"{requests:,}"


def _and(texts: object) -> str:
    return " / ".join(texts)
