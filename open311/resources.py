"""Where the files are that come with the program: migrations, schemas, the demo city.

In a checkout they stand beside the package; in a wheel they are inside it.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["BEFORE", "DEMO", "MIGRATIONS", "SCHEMAS"]

_PACKAGE = Path(__file__).parent
_ROOT = _PACKAGE / "_files" if (_PACKAGE / "_files").is_dir() else _PACKAGE.parent

MIGRATIONS = _ROOT / "alembic"
SCHEMAS = _ROOT / "schemas"
DEMO = _ROOT / "fixtures" / "lanternport"
BEFORE = _ROOT / "fixtures" / "lanternport-before"
"""What some services of the demo city were before."""
