"""How each run of the suite went: a line at the end of the report.

A run is the suite against one server with one set of arguments; a report may hold several.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

__all__ = ["Summary", "enlist", "mark"]

RUN, CLAUSES = "conformance run", "clauses"
OUTCOMES = ("passed", "failed", "error", "skipped")


def enlist(config: Any) -> None:
    """Have the lines written, once, whichever folder was named on the command line."""
    if not config.pluginmanager.has_plugin(__name__):
        config.pluginmanager.register(Summary(), __name__)


def mark(item: Any, run: str, clauses: Iterable[str]) -> None:
    """Have what is reported of a test say what it belongs to, over processes too."""
    item.user_properties += [(RUN, run), (CLAUSES, sorted(clauses))]


class Summary:
    """A plugin of pytest."""

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the line of each run."""
        tests: dict[str, Counter[str]] = defaultdict(Counter)
        clauses: dict[tuple[str, str], set[str]] = defaultdict(set)
        for outcome in OUTCOMES:
            for report in terminalreporter.stats.get(outcome, ()):
                told = dict(getattr(report, "user_properties", ()))
                if RUN in told:
                    tests[told[RUN]][outcome] += 1
                    clauses[told[RUN], outcome].update(told[CLAUSES])
        for run, counted in sorted(tests.items(), reverse=True):
            broken = sorted(clauses[run, "failed"] | clauses[run, "error"])
            shown = clauses[run, "passed"].difference(broken)
            told = ", ".join(f"{counted[each]} {each}" for each in OUTCOMES if counted[each])
            more = f", in doubt: {', '.join(broken)}" if broken else ""
            line = f"conformance, {run}: {told}; {len(shown)} clauses shown{more}"
            terminalreporter.write_line(line)
