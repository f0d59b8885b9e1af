"""``HFVocab``: any tokenizer of the transformers library as a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from textgym.errors import MissingDependency, UnknownName


class HFVocab:
    """A tokenizer of the transformers library, as a vocabulary.

    Special tokens other than the end of text are never legal actions. A tokenizer without a
    padding token is padded with its end token; one without an end token (or padding) ends texts
    by length only. Decoding keeps every character: no clean-up of spaces, and a special token
    spelt out in a text is text.
    """

    pieces: Sequence[str] | None = None

    def __init__(self, tokenizer: Any, separator: str | None = None) -> None:
        """Wraps ``tokenizer``.

        Args:
            tokenizer: A ``PreTrainedTokenizerBase``, or the hub id or folder of one.
            separator: What joins prompt and continuation; found by trying when None.

        Raises:
            MissingDependency: transformers is not installed.
            UnknownName: There is no such tokenizer.
        """
        self.tokenizer = _load(tokenizer) if isinstance(tokenizer, str | Path) else tokenizer
        self.eos_id: int | None = self.tokenizer.eos_token_id
        self.unk_id: int | None = self.tokenizer.unk_token_id
        self.bos_id: int | None = self.tokenizer.bos_token_id
        pad = self.tokenizer.pad_token_id
        self.pad_id: int = next((i for i in (pad, self.eos_id, self.bos_id) if i is not None), 0)
        ids = set(self.tokenizer.get_vocab().values())
        self._size: int = max(ids) + 1
        added = self.tokenizer.added_tokens_decoder.items()
        special = {i for i, token in added if token.special} | {*self.tokenizer.all_special_ids}
        gaps = {*range(self._size)} - ids  # numbers that stand for no token
        self.control_ids = tuple(sorted((special | gaps) - {self.eos_id}))
        self._hidden = frozenset({self.eos_id, *self.control_ids} - {self.unk_id}) | {self.eos_id}
        self.separator = self._find_separator() if separator is None else separator

    def __len__(self) -> int:
        """The number of tokens, added ones included."""
        return self._size

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, without special tokens."""
        # A lone surrogate has no UTF-8 form, which every fast tokenizer needs.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        ids: list[int] = self.tokenizer.encode(
            clean, add_special_tokens=False, split_special_tokens=True
        )
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``, special tokens left out; broken UTF-8 shows as U+FFFD."""
        shown = [i for i in map(int, ids) if i not in self._hidden]
        text: str = self.tokenizer.decode(shown, clean_up_tokenization_spaces=False)
        return text

    def _find_separator(self) -> str:
        whole, head = self.encode("one two"), self.encode("one")
        return next((s for s in (" ", "") if head + self.encode(s + "two") == whole), " ")


def _load(tokenizer: str | Path) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingDependency("HFVocab", "transformers", "agents") from error
    try:
        return AutoTokenizer.from_pretrained(tokenizer)
    except (OSError, ValueError) as error:
        raise unknown_vocabulary(tokenizer) from error


def unknown_vocabulary(kind: object) -> UnknownName:
    """The error that a task's ``vocab=`` argument names nothing."""
    valid = ["words", "chars", "the id or folder of a Hugging Face tokenizer"]
    return UnknownName("vocabulary", str(kind), valid)
