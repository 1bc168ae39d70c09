"""The README tells of everything that can be set, called, answered or asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from open311 import __main__ as cli
from open311.domain.attributes import DATATYPES
from open311.domain.scopes import SCOPES
from open311.http.faults import STATUS
from open311.jobs.worker import DUTIES
from open311.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
LINKS = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", README)


def verbs(command: click.Command, *words: str) -> Iterator[str]:
    """Every command as it is typed: `keys create`."""
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from verbs(each, *words, name)
    else:
        yield " ".join(words)


SETTINGS = [PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)]
VERBS = list(verbs(cli.main))


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_its_line(name: str) -> None:
    assert re.search(rf"{name}\b", README)


def test_no_setting_is_told_of_that_is_none() -> None:
    told = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", README))

    assert {name for name in told if "CONFORMANCE" not in name} <= set(SETTINGS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_shown(verb: str) -> None:
    assert f"open311 {verb}" in README


@pytest.mark.parametrize("error", STATUS, ids=lambda error: error.__name__)
def test_every_status_of_an_error_is_told(error: type[Exception]) -> None:
    assert re.search(rf"\b{STATUS[error]}\b", README)


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_is_told(scope: str) -> None:
    assert f"`{scope}`" in README


@pytest.mark.parametrize("datatype", DATATYPES)
def test_every_datatype_is_told(datatype: str) -> None:
    assert re.search(rf"\b{datatype}\b", README)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_option_says_what_it_does(verb: str) -> None:
    command: click.Command = cli.main
    for word in verb.split():
        assert isinstance(command, click.Group)
        command = command.commands[word]

    assert command.help


@pytest.mark.parametrize("name", DUTIES)
def test_every_duty_says_what_it_does(name: str) -> None:
    _, duty = DUTIES[name]

    assert duty.__doc__


@pytest.mark.parametrize("link", LINKS)
def test_every_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize(
    "name", ["README.md", "DECISIONS.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"]
)
def test_a_stranger_finds_what_a_project_has(name: str) -> None:
    assert len((ROOT / name).read_text("utf-8")) > 200
