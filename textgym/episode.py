"""The rules of an episode, shared by the single and the vector environment.

``Episodes`` holds what does not change from one episode to the next: the encoded prompts, the
legal tokens, the score of a finished text. The environments hold what does: a row of tokens.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.error import InvalidAction
from gymnasium.spaces import Box, Discrete

from textgym.errors import TaskError, UnknownArgument, UnknownName
from textgym.examples import check_examples, default_cap, encode_prompts, resolve_task
from textgym.scoring import Breakdown, Scorer, Scores, parse
from textgym.types import Task

Tokens = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shaping = Literal["potential"]
FINISH_REASONS = np.array(["", "eos", "length"], dtype=object)
EOS, LENGTH = 1, 2  # indices into FINISH_REASONS; 0 is "still writing"


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
        if not isinstance(self.scorer, Scorer):
            raise TypeError(f"scorer={scorer!r} must be a name such as 'bleu' or a Scorer object.")
        self.vocab = self.task.vocab
        if shaping not in (None, "potential"):
            raise UnknownName("shaping", shaping, ["potential", "None"])
        self.shaping = shaping
        cap = default_cap(self.task) if max_new_tokens is None else max_new_tokens
        self.max_new_tokens = whole("max_new_tokens", cap, at_least=1)
        self.min_new_tokens = whole("min_new_tokens", min_new_tokens, at_least=0)
        if self.min_new_tokens > self.max_new_tokens:
            raise ValueError(
                f"min_new_tokens={min_new_tokens} is more than max_new_tokens="
                f"{self.max_new_tokens}."
            )
        check_examples(self.task, self.scorer)
        self.prompts = encode_prompts(self.task)
        longest = max(map(len, self.prompts))
        if context_length is None:  # wide enough that nothing is ever cut off
            context_length = longest + self.max_new_tokens
        self.context_length = whole("context_length", context_length, at_least=1)
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
        in_range = array.view(np.uint64).max() < len(self.legal)  # negative ids wrap to huge ones
        if not (in_range and (self._all_legal or self._mask(array, lengths, playing).all())):
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

    def check_options(
        self, options: Mapping[str, Any] | None, valid: Sequence[str], rows: tuple[int, ...] = ()
    ) -> Tokens | None:
        """``options["example"]``, for all or for each of the ``rows``, as int64[rows]; or None.

        Raises:
            UnknownArgument: Another option than the ``valid`` ones.
            ValueError: The example is no whole number, or not one for each row.
            IndexError: An example the task does not have.
        """
        for key in options or {}:
            if key not in valid:
                raise UnknownArgument("reset option", key, valid)
        asked = (options or {}).get("example")
        if asked is None:
            return None
        example = np.asarray(asked)
        if not np.issubdtype(example.dtype, np.integer) or example.shape not in ((), rows):
            raise ValueError(f"example={asked!r} must be a row of the task, 0..{self.size - 1}.")
        if example.min() < 0 or example.max() >= self.size:
            raise IndexError(f"example={asked!r} must lie in 0..{self.size - 1}, the task's rows.")
        return np.broadcast_to(example, rows).astype(np.int64)

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


def reject_unknown(env: type, unknown: Mapping[str, Any]) -> None:
    """Raises UnknownArgument, which lists what ``env`` takes, if anything is ``unknown``."""
    for name in unknown:
        valid = set(inspect.signature(env).parameters) - {"unknown"}
        raise UnknownArgument(f"argument of {env.__name__}:", name, valid)


def _warn_no_end(nothing_legal: bool) -> None:
    if nothing_legal:
        raise TaskError("The task forbids every token and the vocabulary has no end token.")
    warnings.warn(
        "The vocabulary has no end token: texts end by max_new_tokens only.", stacklevel=5
    )


def whole(name: str, value: object, at_least: int) -> int:
    """``value`` as an int; raises ValueError, which calls it ``name``, if it is none or smaller."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < at_least:
        raise ValueError(f"{name}={value!r} must be a whole number of at least {at_least}.")
    return int(value)
