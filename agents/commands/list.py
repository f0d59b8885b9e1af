"""``textgym list``."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import agents
import textgym
from agents.policies import registry as policies
from textgym.registry import Registry
from textgym.scorers import registry as scorers
from textgym.tasks import registry as tasks


class List:
    """Shows the environment ids, tasks, scorers, agents and policies, one line each."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """None."""

    @staticmethod
    def run(options: argparse.Namespace) -> None:
        """Prints the table."""
        table = Table("kind", "name", "what it is", box=None)
        for name, kwargs in textgym.IDS.items():
            table.add_row("id", name, f"task={kwargs['task']}, scorer={kwargs['scorer']}")
        kinds: dict[str, Registry] = {
            "task": tasks,
            "scorer": scorers,
            "agent": agents.registry,
            "policy": policies,
        }
        for kind, registry in kinds.items():
            for name in registry.names():
                table.add_row(kind, name, escape(summary(registry, name)))
        Console(width=120, soft_wrap=True).print(table)


def summary(registry: Registry, name: str) -> str:
    """The first line of a class's docstring, or why it cannot be imported."""
    try:
        return (registry.load(name).__doc__ or "").partition("\n")[0]
    except ImportError as error:
        return f"not available: {error}"
