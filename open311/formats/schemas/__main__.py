"""`python -m open311.formats.schemas`, run by `make schemas`: write what is generated."""

from __future__ import annotations

from pathlib import Path

from open311.formats.schemas import generated

if __name__ == "__main__":
    generated.write(Path("schemas"))
