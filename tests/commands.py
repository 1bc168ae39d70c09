"""The command line as a city's clerk uses it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from tests.servers import ROOT


def open311(*words: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run `open311` to its end.

    Args:
        words: of the command line.
        settings: as `database_url=...`, in small letters without OPEN311_.
    """
    clean = {name: text for name, text in os.environ.items() if not name.startswith("OPEN311_")}
    own = {f"OPEN311_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "open311", *map(str, words)],
        env=clean | own,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
    )


def said(*words: object, **settings: Any) -> str:
    """The standard output of a command that must succeed."""
    done = open311(*words, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout
