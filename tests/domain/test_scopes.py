"""What a key may do."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from open311.domain import scopes


def test_every_scope_says_what_it_is_for() -> None:
    assert set(scopes.SCOPES) == set(get_args(scopes.Scope))
    assert all(len(told) > 10 for told, _ in scopes.SCOPES.values())


@pytest.mark.parametrize("scope", scopes.SCOPES)
def test_a_scope_holds_itself_and_what_it_is_told_to_hold_and_nothing_else(
    scope: scopes.Scope,
) -> None:
    assert scopes.whole([scope]) == {scope, *scopes.SCOPES[scope][1]}


def test_holding_goes_no_further_than_one_step() -> None:
    """So that the table says everything at a glance."""
    held = {each for _, others in scopes.SCOPES.values() for each in others}

    assert all(scopes.SCOPES[each][1] == () for each in held)


def test_to_write_a_catalogue_is_not_to_read_what_residents_answered() -> None:
    assert scopes.whole(["catalog:write"]) == {"catalog:write", "catalog:read"}
    assert scopes.whole(scopes.DEFAULT) == {"requests:write"}


def test_a_scope_of_a_newer_release_counts_for_nothing() -> None:
    unknown: Any = "workorders:write"

    assert scopes.whole([unknown, "requests:write"]) == {"requests:write"}
