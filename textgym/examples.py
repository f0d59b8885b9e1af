"""What an environment needs of a task before the first episode, and which example comes when."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from textgym.errors import ScorerError, TaskError, UnknownName
from textgym.scoring import Scorer
from textgym.tasks import task as make_task
from textgym.types import SPLITS, Task

Prepared = TypeVar("Prepared")
DEFAULT_MAX_NEW_TOKENS = 32


class ExampleStream:
    """The example ids that one environment row plays, drawn uniformly from its own generator.

    Drawn in blocks, because a thousand rows that reset together would otherwise make a thousand
    calls; a row of a vector env and a single env of the same seed draw the same ids.
    """

    BLOCK = 256

    def __init__(self, generator: np.random.Generator, size: int) -> None:
        """Draws from ``0 .. size - 1``."""
        self.generator, self.size = generator, size
        self._drawn: list[int] = []

    def next(self) -> int:
        """The next id."""
        if not self._drawn:
            self._drawn = self.block()[::-1].tolist()
        return self._drawn.pop()

    def block(self) -> npt.NDArray[np.int64]:
        """The next ``BLOCK`` ids, int64[BLOCK]."""
        return self.generator.integers(self.size, size=self.BLOCK)


def resolve_task(task: str | Task, split: str | None) -> Task:
    """The task that ``task=`` and ``split=`` ask for.

    Raises:
        UnknownName: No such task or split.
        ValueError: The given task object is of another split.
    """
    if split is not None and split not in SPLITS:
        raise UnknownName("split", split, SPLITS)
    if isinstance(task, str):
        return make_task(task) if split is None else make_task(task, split=split)
    own = getattr(task, "split", None)
    if split is not None and split != own:
        raise ValueError(f"split={split!r} was asked for, but {task!r} has split {own!r}.")
    return task


def default_cap(task: Task) -> int:
    """The task's own ``max_new_tokens``, or a general default."""
    return int(getattr(task, "max_new_tokens", DEFAULT_MAX_NEW_TOKENS))


def encode_prompts(task: Task) -> list[list[int]]:
    """The prompts of all examples as token ids.

    Raises:
        TaskError: The task has no examples, or a prompt is empty and there is no BOS token.
    """
    return _once(_encode_prompts, task)


def check_examples(task: Task, scorer: Scorer) -> None:
    """Raises TaskError, which names the row, if ``scorer`` cannot score an answer to it."""
    _once(_check_examples, task, scorer)


def _encode_prompts(task: Task) -> list[list[int]]:
    if not len(task):
        raise TaskError(f"{task!r} has no examples.")
    empty = [] if task.vocab.bos_id is None else [task.vocab.bos_id]
    prompts = [task.vocab.encode(task[i].prompt) or empty for i in range(len(task))]
    if not all(prompts):
        row = next(i for i, prompt in enumerate(prompts) if not prompt)
        raise TaskError(
            f"The prompt of example {row} is empty, {task[row]!r}, and the vocabulary has no "
            "beginning-of-text token to stand for it. Give it a prompt."
        )
    return prompts


def _check_examples(task: Task, scorer: Scorer) -> None:
    for row in range(len(task)):
        try:
            scorer.check(task[row])
        except ScorerError as error:
            raise TaskError(f"Example {row} of {task!r} cannot be scored: {error}") from error


@lru_cache(maxsize=32)
def _remembered(function: Callable[..., Prepared], *args: Any) -> Prepared:
    return function(*args)


def _once(function: Callable[..., Prepared], *args: Any) -> Prepared:
    """``function(*args)``, computed once for the many envs that share (hashable) arguments."""
    try:
        hash(args)
    except TypeError:
        return function(*args)
    return cast(Prepared, _remembered(function, *args))
