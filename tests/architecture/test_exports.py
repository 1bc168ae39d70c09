"""What a module exports, what others take from it, and which way the arrows point."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "open311"
CEILING = 300  # lines of a file; the aim is 250


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in FILES.items()}


def exported(name: str) -> list[str] | None:
    """The `__all__` of a module, as it is written."""
    for node in TREES[name].body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def taken(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What a module takes from others of the package: (module, name)."""
    modules: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in FILES:
            for each in node.names:
                whole = f"{node.module}.{each.name}"
                if whole in FILES:
                    modules.setdefault(each.asname or each.name, set()).add(whole)
                else:
                    yield str(node.module), each.name
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=alias), attr=attribute) if alias in modules:
                if len(modules[alias]) == 1:  # else each function has its own
                    yield next(iter(modules[alias])), attribute


TAKEN = sorted({pair for name in TREES for pair in taken(TREES[name])})
EXPORTING = [name for name in TREES if exported(name) is not None]


@pytest.mark.parametrize("name", EXPORTING)
def test_what_a_module_exports_is_sorted_and_there(name: str) -> None:
    names = exported(name)
    module = importlib.import_module(name)

    assert names == sorted(names or [], key=lambda each: (not each.isupper(), each))
    assert len(names) == len(set(names))
    assert [each for each in names if not hasattr(module, each)] == []
    assert [each for each in names if each.startswith("_")] == []


@pytest.mark.parametrize("name", EXPORTING)
def test_what_others_take_from_a_module_it_exports(name: str) -> None:
    used = {what for module, what in TAKEN if module == name}

    assert used - set(exported(name) or ()) == set()


def test_no_module_takes_what_is_private_to_another() -> None:
    assert [pair for pair in TAKEN if pair[1].startswith("_") and pair[1] != "__version__"] == []


def test_the_package_itself_holds_its_version_and_nothing_else() -> None:
    (import_,) = [node for node in TREES["open311"].body if isinstance(node, ast.Assign)]

    assert ast.unparse(import_.targets[0]) == "__version__"


@pytest.mark.parametrize("name", FILES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(TREES[name])


@pytest.mark.parametrize("name", FILES)
def test_no_file_grows_beyond_what_one_can_hold_in_mind(name: str) -> None:
    assert len(FILES[name].read_text("utf-8").splitlines()) <= CEILING


def test_every_arrow_points_down() -> None:
    """The contracts of import-linter, in pyproject.toml."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " kept" in done.stdout
