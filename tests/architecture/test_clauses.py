"""Every requirement of the standard is shown by a test, or says why none can."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

CONFORMANCE = Path(__file__).parents[1] / "conformance"
LISTED = tomllib.loads((CONFORMANCE / "clauses.toml").read_text("utf-8"))
CLAUSES: dict[str, dict[str, str]] = LISTED["clauses"]
NOT_BLACK_BOX: dict[str, str] = LISTED["not_black_box"]
LEVELS = {"N": "binding", "D": "choice", "X": "extension"}


@cache
def by_test() -> dict[str, tuple[str, ...]]:
    """Clauses by test, as the marks in the source say."""
    found = {}
    for file in sorted(CONFORMANCE.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[f"{file.name}::{node.name}"] = marks(node)
    return found


def marks(function: ast.FunctionDef) -> tuple[str, ...]:
    """What the `clause` marks of a function name."""
    calls = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    clauses = [call for call in calls if ast.unparse(call.func) == "pytest.mark.clause"]
    return tuple(ast.literal_eval(arg) for call in clauses for arg in call.args)


def test_every_binding_clause_and_every_choice_has_a_test() -> None:
    due = {number for number, clause in CLAUSES.items() if clause["mark"] in "ND"}
    shown = {number for numbers in by_test().values() for number in numbers}

    assert set() == due - shown - set(NOT_BLACK_BOX)


def test_what_no_test_can_show_is_shown_by_none() -> None:
    shown = {number for numbers in by_test().values() for number in numbers}

    assert set() == shown & set(NOT_BLACK_BOX)
    assert set() == set(NOT_BLACK_BOX) - set(CLAUSES)


@pytest.mark.parametrize("name", by_test())
def test_every_conformance_test_names_clauses_that_exist(name: str) -> None:
    assert by_test()[name]
    assert set() == set(by_test()[name]) - set(CLAUSES)


def test_every_conformance_test_says_the_rule_in_words() -> None:
    silent = [
        f"{file.name}::{node.name}"
        for file in CONFORMANCE.glob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and not ast.get_docstring(node)
        if node.name.startswith("test_")
    ]

    assert silent == []


def test_no_two_conformance_tests_of_a_file_share_a_name() -> None:
    for file in CONFORMANCE.glob("test_*.py"):
        names = re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
        assert len(names) == len(set(names)), file.name


@pytest.mark.parametrize("number", CLAUSES)
def test_every_clause_has_a_mark_its_level_and_a_title(number: str) -> None:
    clause = CLAUSES[number]

    assert re.fullmatch(r"(GR-[A-Z]|IO)-\d\d(d)?", number)
    assert LEVELS[clause["mark"]] == clause["level"]
    assert 10 < len(clause["title"]) <= 100
