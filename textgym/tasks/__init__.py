"""The tasks: one file each; the file's name is the task's name."""

from __future__ import annotations

from functools import cache
from typing import Any

from textgym.registry import Registry, parse_call
from textgym.types import Task

registry = Registry(__name__, group="textgym.tasks")
__getattr__ = registry.attribute


@cache
def task(expression: str, /, **kwargs: Any) -> Task:
    """The task that ``"chess"`` or ``"proverbs(size=80)"`` names.

    Equal arguments give the same object, so that many envs share one copy of the data.

    Args:
        expression: A file in ``textgym/tasks/`` or an entry point of the group
            ``textgym.tasks``, with literal arguments in brackets if any.
        **kwargs: More of the task's own arguments, such as ``split="test"``.

    Raises:
        UnknownName: There is no such task or argument.
    """
    name, args, options = parse_call(expression)
    created: Task = registry.create(name, *args, **options, **kwargs)
    return created
