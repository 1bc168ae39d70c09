"""`open311 routing`: who acts, and why."""

from __future__ import annotations

import click

from open311.commands import explaining, replay, rules

__all__ = ["routing"]


@click.group()
def routing() -> None:
    """The rules that say who acts: checked, explained, published."""


routing.add_command(rules.check)
routing.add_command(explaining.explain)
routing.add_command(replay.replay)
routing.add_command(rules.publish)
routing.add_command(rules.show)
routing.add_command(rules.history)
