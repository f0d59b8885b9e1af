"""The rules of an episode, shared by the single and the vector environment.

``Episodes`` holds what does not change from one episode to the next: the encoded prompts, the
legal tokens, the score of a finished text. The environments hold what does: a row of tokens.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt
from gymnasium.error import InvalidAction
from gymnasium.spaces import Box, Discrete

from textgym.errors import TaskError, UnknownArgument, UnknownName
from textgym.scoring import Breakdown, Scorer, Scores, parse
from textgym.tasks import task as make_task
from textgym.types import SPLITS, Task

Tokens = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shaping = Literal["potential"]
Result = TypeVar("Result")
FINISH_REASONS = np.array(["", "eos", "length"], dtype=object)
EOS, LENGTH = 1, 2  # indices into FINISH_REASONS; 0 is "still writing"
DEFAULT_MAX_NEW_TOKENS = 32


class Episodes:
    """Everything that the episodes of one task, scorer and setting have in common.

    Attributes:
        task: The examples.
        scorer: The reward.
        context_length: Width of an observation in tokens.
        max_new_tokens: An episode ends when it has this many generated tokens.
        prompts: The token ids of every example's prompt, at most context_length each.
        legal: bool[V], the tokens that may be actions (the end token may still be too early).
        part_names: The keys of a breakdown.
    """

    def __init__(
        self,
        task: str | Task,
        scorer: str | Scorer,
        *,
        split: str | None = None,
        context_length: int | None = None,
        max_new_tokens: int | None = None,
        min_new_tokens: int = 0,
        shaping: Shaping | None = None,
        truncate_prompts: bool = False,
    ) -> None:
        """See ``TextGenEnv`` for the arguments and the errors."""
        self.task = resolve_task(task, split)
        self.scorer = parse(scorer) if isinstance(scorer, str) else scorer
        self.vocab = self.task.vocab
        if shaping not in (None, "potential"):
            raise UnknownName("shaping", shaping, ["potential", "None"])
        self.shaping = shaping
        if self.scorer.needs_references:
            _require_references(self.task, self.scorer)
        self.max_new_tokens = _positive("max_new_tokens", max_new_tokens or default_cap(self.task))
        self.min_new_tokens = min_new_tokens
        if not 0 <= min_new_tokens <= self.max_new_tokens:
            raise ValueError(
                f"min_new_tokens={min_new_tokens} must lie in 0..max_new_tokens="
                f"{self.max_new_tokens}."
            )
        self.prompts = encode_prompts(self.task)
        longest = max(map(len, self.prompts))
        if context_length is None:  # wide enough that nothing is ever cut off
            context_length = longest + self.max_new_tokens
        self.context_length = _positive("context_length", context_length)
        if longest > self.context_length:
            self._truncate(truncate_prompts)
        self.eos_id = -1 if self.vocab.eos_id is None else self.vocab.eos_id
        self.legal = self._legal_tokens()
        self.part_names = tuple(self.scorer.evaluate([], [])[1])
        size = len(self.vocab)
        self.observation_space = Box(0, size - 1, (self.context_length,), np.int64)
        self.action_space = Discrete(size)

    def check_action(self, action: Any, length: int) -> int:
        """``action`` as an int, if it is legal after ``length`` generated tokens.

        Raises:
            InvalidAction: It is not a token id, or the mask forbids it.
        """
        if type(action) is not int:
            if (
                not isinstance(action, np.ndarray | np.generic)
                or action.ndim
                or not np.issubdtype(action.dtype, np.integer)
            ):
                raise InvalidAction(f"{self._no_action(action)} Pass one integer.")
            action = int(action)
        if not 0 <= action < len(self.legal):
            raise InvalidAction(self._no_action(action))
        if not self.legal[action] or (action == self.eos_id and self.eos_too_early(length)):
            raise InvalidAction(self._forbidden(action, length))
        return int(action)

    def check_actions(self, actions: Any, lengths: Tokens, playing: Flags) -> Tokens:
        """The same for a batch, int64[N]; rows that are not ``playing`` are not looked at."""
        array = np.asarray(actions)
        if array.shape != lengths.shape or not np.issubdtype(array.dtype, np.integer):
            raise InvalidAction(
                f"Pass integer actions of shape {lengths.shape}; got shape {array.shape}, "
                f"dtype {array.dtype}."
            )
        array = np.where(playing, array, 0).astype(np.int64, copy=False)
        in_range = array.view(np.uint64) < len(self.legal)  # negative ids wrap to huge ones
        if not (in_range.all() and (self._all_legal or self._mask(array, lengths, playing).all())):
            self._raise_first(array, lengths, playing)
        return array

    def ended(self, token: int, length: int) -> int:
        """0 while the text goes on, else ``EOS`` or ``LENGTH``, after ``token`` was appended."""
        if token == self.eos_id:
            return EOS
        return LENGTH if length >= self.max_new_tokens else 0

    def eos_too_early(self, length: Any) -> Any:
        """Whether ``min_new_tokens`` still forbids the end token; of one row or of an array."""
        return (length < self.min_new_tokens) & (not self._only_eos)

    def action_mask(self, length: int) -> Flags:
        """bool[V]: the tokens that may follow ``length`` generated ones."""
        mask = self.legal.copy()
        if self.eos_id >= 0 and self.eos_too_early(length):
            mask[self.eos_id] = False
        return mask

    def text(self, tokens: Sequence[int] | Tokens) -> str:
        """The text that generated ``tokens`` spell, without what separates it from the prompt."""
        return self.vocab.decode(np.asarray(tokens).tolist()).removeprefix(self.vocab.separator)

    def evaluate(
        self, texts: Sequence[str], examples: Sequence[int] | Tokens
    ) -> tuple[Scores, Breakdown]:
        """The scores of finished texts that answer the examples of these ids."""
        return self.scorer.evaluate(texts, [self.task[int(i)] for i in examples])

    def check_options(self, options: Mapping[str, Any] | None, valid: tuple[str, ...]) -> Any:
        """``options["example"]`` or None.

        Raises:
            UnknownArgument: Another option than the ``valid`` ones.
            IndexError: An example the task does not have.
        """
        for key in options or {}:
            if key not in valid:
                raise UnknownArgument("reset option", key, valid)
        example = (options or {}).get("example")
        if example is not None and not np.all((np.asarray(example) >= 0) & (example < self.size)):
            raise IndexError(f"example={example} must lie in 0..{self.size - 1}, the task's rows.")
        return example

    @property
    def size(self) -> int:
        """The number of examples."""
        return len(self.prompts)

    def padded_prompts(self) -> Tokens:
        """Every prompt padded on the left, int64[len(task), context_length]."""
        rows = np.full((self.size, self.context_length), self.vocab.pad_id, np.int64)
        for row, prompt in zip(rows, self.prompts, strict=True):
            row[self.context_length - len(prompt) :] = prompt
        return rows

    def _truncate(self, allowed: bool) -> None:
        width = self.context_length
        if not allowed:
            row = next(i for i, prompt in enumerate(self.prompts) if len(prompt) > width)
            raise TaskError(
                f"The prompt of example {row} has {len(self.prompts[row])} tokens, more than "
                f"context_length={width}: {self.task[row].prompt[:60]!r}. Raise "
                "context_length, or pass truncate_prompts=True to keep each prompt's end."
            )
        self.prompts = [prompt[-width:] for prompt in self.prompts]

    def _legal_tokens(self) -> Flags:
        legal = np.ones(len(self.vocab), np.bool_)
        legal[list(self.vocab.control_ids)] = False
        legal[list(getattr(self.task, "forbidden_ids", ()))] = False
        others = legal.copy()
        if self.eos_id >= 0:
            others[self.eos_id] = False
        self._only_eos = not others.any()
        if self.eos_id < 0:
            _warn_no_end(self._only_eos)
        elif self._only_eos:
            legal[self.eos_id] = True
        self._all_legal = bool(legal.all()) and self.min_new_tokens == 0
        return legal

    def _mask(self, actions: Tokens, lengths: Tokens, playing: Flags) -> Flags:
        early = (actions == self.eos_id) & self.eos_too_early(lengths)
        legal: Flags = self.legal[actions] & ~early
        return legal | ~playing

    def _raise_first(self, actions: Tokens, lengths: Tokens, playing: Flags) -> None:
        for row in np.flatnonzero(playing):
            try:
                self.check_action(actions[row], int(lengths[row]))
            except InvalidAction as error:
                raise InvalidAction(f"Environment {row}: {error}") from None

    def _no_action(self, action: Any) -> str:
        return f"{action!r} is no action: valid are the token ids 0..{len(self.legal) - 1}."

    def _forbidden(self, action: int, length: int) -> str:
        word = "the end token" if action == self.eos_id else repr(self.vocab.decode([action]))
        return (
            f"Token {action} ({word}) is masked after {length} tokens "
            f"(min_new_tokens={self.min_new_tokens}). Choose where action_masks() is True."
        )


class ExampleStream:
    """The example ids that one environment row plays, drawn uniformly from its own generator.

    Drawn in blocks, because a thousand rows that reset together would otherwise make a thousand
    calls; a row of a vector env and a single env of the same seed draw the same ids.
    """

    BLOCK = 64

    def __init__(self, generator: np.random.Generator, size: int) -> None:
        """Draws from ``0 .. size - 1``."""
        self.generator, self.size = generator, size
        self._drawn: list[int] = []

    def next(self) -> int:
        """The next id."""
        if not self._drawn:
            self._drawn = self.block()[::-1].tolist()
        return self._drawn.pop()

    def block(self) -> Tokens:
        """The next ``BLOCK`` ids, int64[BLOCK]."""
        return self.generator.integers(self.size, size=self.BLOCK)


def reject_unknown(env: type, unknown: Mapping[str, Any]) -> None:
    """Raises UnknownArgument, which lists what ``env`` takes, if anything is ``unknown``."""
    for name in unknown:
        valid = set(inspect.signature(env).parameters) - {"unknown"}
        raise UnknownArgument(f"argument of {env.__name__}:", name, valid)


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
    if not len(task):
        raise TaskError(f"{task!r} has no examples.")
    return _per_task(_encode_prompts, task)


def _encode_prompts(task: Task) -> list[list[int]]:
    empty = [] if task.vocab.bos_id is None else [task.vocab.bos_id]
    prompts = [task.vocab.encode(task[i].prompt) or empty for i in range(len(task))]
    if not all(prompts):
        row = next(i for i, prompt in enumerate(prompts) if not prompt)
        raise TaskError(
            f"The prompt of example {row} is empty, {task[row]!r}, and the vocabulary has no "
            "beginning-of-text token to stand for it. Give it a prompt."
        )
    return prompts


def _require_references(task: Task, scorer: Scorer) -> None:
    row = _per_task(_first_without_reference, task)
    if row is not None:
        raise TaskError(f"{scorer!r} needs references; example {row} has none: {task[row]!r}.")


def _first_without_reference(task: Task) -> int | None:
    return next((i for i in range(len(task)) if not task[i].references), None)


@lru_cache(maxsize=32)
def _remembered(function: Callable[[Any], Result], task: Any) -> Result:
    return function(task)


def _warn_no_end(nothing_legal: bool) -> None:
    if nothing_legal:
        raise TaskError("The task forbids every token and the vocabulary has no end token.")
    warnings.warn(
        "The vocabulary has no end token: texts end by max_new_tokens only.", stacklevel=5
    )


def _per_task(function: Callable[[Any], Result], task: Any) -> Result:
    """``function(task)``, computed once for the many envs that share a (hashable) task."""
    try:
        hash(task)
    except TypeError:
        return function(task)
    return cast(Result, _remembered(function, task))


def _positive(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name}={value!r} must be a positive integer.")
    return int(value)
