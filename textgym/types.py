"""The core types: what a task, a vocabulary and one example are.

The scorer's base class lives in ``textgym.scoring``, because it carries the algebra.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Example:
    """One prompt and the texts that would be good continuations of it.

    Attributes:
        prompt: What the agent reads first.
        references: Acceptable texts, without the prompt; empty where no scorer needs them.
        meta: Anything else a scorer or a reader may want (source, line number, game state).
    """

    prompt: str
    references: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises TypeError where the references are one string instead of a tuple of them."""
        if isinstance(self.references, str):
            raise TypeError(
                f"references={self.references!r} must be a tuple of texts; add a comma."
            )


@runtime_checkable
class Vocab(Protocol):
    """A mapping between texts and token ids ``0 .. len(vocab) - 1``.

    Attributes:
        pad_id: Fills the left of an observation. It may equal ``eos_id``, as in GPT-2.
        eos_id: The action that ends the text, or None where a text ends by length only.
        unk_id: What an unknown piece of text becomes, or None where that is an error.
        bos_id: Stands for an empty prompt, or None.
        control_ids: Tokens that are never legal actions (padding, masks, ...).
        separator: What stands between a prompt and its continuation, as part of the
            continuation's tokens: ``" "`` for characters, ``""`` where tokens carry spaces.
        pieces: The exact string each token adds to a text, so that ``decode(ids)`` equals
            ``"".join(pieces[i] for i in ids)`` less one leading space; None where a token has
            no string of its own (a byte-level tokenizer).
    """

    pad_id: int
    eos_id: int | None
    unk_id: int | None
    bos_id: int | None
    control_ids: tuple[int, ...]
    separator: str
    pieces: Sequence[str] | None

    def __len__(self) -> int:
        """The number of tokens."""
        ...

    def encode(self, text: str) -> list[int]:
        """The token ids of ``text``, without special tokens."""
        ...

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``; a trailing end token adds nothing."""
        ...


@runtime_checkable
class Task(Protocol):
    """A sequence of examples with the vocabulary they are written in.

    ``task[i]`` is a pure function of the constructor's arguments and ``i``.

    Attributes:
        vocab: The vocabulary that prompts, references and actions are written in.
    """

    vocab: Vocab

    def __len__(self) -> int:
        """The number of examples."""
        ...

    def __getitem__(self, index: int, /) -> Example:
        """The example at ``index``; raises IndexError past the end."""
        ...
