"""Text generation as Gymnasium environments.

    >>> import gymnasium as gym, textgym
    >>> env = gym.make("TextGen-BLEU-v0", task="proverbs")

An episode is one text: the observation is the token context, the action is the next token, the
reward comes from a scorer that reads the finished text.
"""

from __future__ import annotations

from typing import Any

from gymnasium.envs.registration import register

from textgym.errors import TextGymError
from textgym.scoring import Scorer
from textgym.scoring import parse as scorer
from textgym.tasks import task
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
