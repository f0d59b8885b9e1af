"""Text generation as Gymnasium environments.

    >>> import gymnasium as gym, textgym
    >>> env = gym.make("TextGen-BLEU-v0", task="proverbs")

An episode is one text: the observation is the token context, the action is the next token, the
reward comes from a scorer that reads the finished text.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from gymnasium.envs.registration import register

from textgym.errors import TextGymError
from textgym.scoring import Scorer
from textgym.scoring import parse as scorer
from textgym.types import Example, Task, Vocab

__version__ = "0.1.0"
__all__ = ["Example", "Scorer", "Task", "TextGymError", "Vocab", "scorer", "task"]

# What each id pays by default; every id takes the same keyword arguments (see TextGenEnv).
IDS: dict[str, dict[str, Any]] = {
    "TextGen-BLEU-v0": {"task": "proverbs", "scorer": "bleu"},
    "TextGen-ROUGE-v0": {"task": "proverbs", "scorer": "rouge"},
    "TextGen-Length-v0": {"task": "proverbs", "scorer": "length"},
}

for _id, _kwargs in IDS.items():
    register(
        id=_id,
        entry_point="textgym.env:TextGenEnv",
        vector_entry_point="textgym.vector:TextGenVectorEnv",
        kwargs=_kwargs,
    )


@cache
def task(name: str, /, **kwargs: Any) -> Task:
    """The task called ``name``; equal arguments give the same object, so that envs can share it.

    Args:
        name: A file in ``textgym/tasks/`` or an entry point of the group ``textgym.tasks``.
        **kwargs: The task's own arguments, such as ``split="test"``.

    Raises:
        UnknownName: There is no such task or argument.
    """
    from textgym.tasks import registry

    created: Task = registry.create(name, **kwargs)
    return created
