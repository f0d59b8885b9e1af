"""Vocabularies: characters, words, and any Hugging Face tokenizer.

``CharVocab`` and ``WordVocab`` have two special tokens: ``<eos>`` (id 0), which also fills the
left of an observation as in GPT-2, and ``<unk>`` (id 1). Both round-trip every text whose pieces
they know. ``HFVocab`` wraps a tokenizer of the transformers library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from textgym.errors import MissingDependency, VocabError
from textgym.types import Vocab

# A word with the space before it, a punctuation mark with the space before it, or white space.
# Every character falls in one of the three, so joining the pieces gives the text back.
PIECE = re.compile(r" ?['’]?\w+(?:['’\-]\w+)*['’]?| ?[^\w\s]|\s")
EOS, UNK = "<eos>", "<unk>"


class PieceVocab:
    """A vocabulary whose tokens are strings; the parent of ``CharVocab`` and ``WordVocab``."""

    pad_id = 0
    eos_id: int | None = 0
    unk_id: int | None = 1
    bos_id: int | None = None
    control_ids: tuple[int, ...] = ()
    separator = ""

    def __init__(self, pieces: Sequence[str]) -> None:
        """Numbers ``pieces`` from 2 on, in the given order."""
        self.pieces: Sequence[str] = ("", self.unk_piece, *pieces)
        self._ids = {piece: i for i, piece in enumerate(pieces, start=2)}
        if len(self._ids) < len(pieces):
            twice = next(p for p, n in Counter(pieces).items() if n > 1)
            raise VocabError(f"The piece {twice!r} is given twice; pieces must be distinct.")

    unk_piece = UNK

    @classmethod
    def from_texts(cls, texts: Iterable[str], max_size: int | None = None) -> PieceVocab:
        """The vocabulary of ``texts``, most frequent first, ties in alphabetical order.

        Args:
            texts: What the vocabulary must cover.
            max_size: Keep this many pieces; the rest becomes ``<unk>``.
        """
        counts = Counter(piece for text in texts for piece in cls.split(text))
        ranked = sorted(counts, key=lambda piece: (-counts[piece], piece))
        return cls(ranked[:max_size])

    @staticmethod
    def split(text: str) -> list[str]:
        """The pieces of ``text``, whose concatenation it is."""
        raise NotImplementedError

    def __len__(self) -> int:
        """The number of tokens, special ones included."""
        return len(self.pieces)

    def __eq__(self, other: object) -> bool:
        """Equal where every token is."""
        return type(self) is type(other) and self.pieces == other.pieces

    def __hash__(self) -> int:
        """Consistent with equality."""
        return hash((type(self), len(self), self.pieces[-1]))

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``; what the vocabulary does not know becomes ``unk_id``."""
        get = self._ids.get
        return [get(piece, 1) for piece in self.split(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``; ``<eos>`` adds nothing.

        Raises:
            VocabError: An id outside ``0 .. len(self) - 1``.
        """
        ids = list(ids)
        if ids and not 0 <= min(ids) <= max(ids) < len(self):
            raise VocabError(f"Token ids must lie in 0..{len(self) - 1}; got {ids}.")
        return "".join(self.pieces[i] for i in ids)


class CharVocab(PieceVocab):
    """One token per character (Unicode code point)."""

    def __init__(self, pieces: Sequence[str], separator: str = " ") -> None:
        """Takes the characters; ``separator`` is ``""`` for scripts that write no spaces."""
        super().__init__(pieces)
        self.separator = separator

    @staticmethod
    def split(text: str) -> list[str]:
        """The characters of ``text``."""
        return list(text)


class WordVocab(PieceVocab):
    """One token per word or punctuation mark, each with the space before it, if any.

    As in SentencePiece a text is read as if a space stood before it, so that a word is the same
    token at the start of a text and inside it.
    """

    unk_piece = f" {UNK}"

    @staticmethod
    def split(text: str) -> list[str]:
        """The pieces of ``" " + text``."""
        return PIECE.findall(f" {text}") if text else []

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``, less the space before its first word."""
        return super().decode(ids).removeprefix(" ")


class HFVocab:
    """A tokenizer of the transformers library, as a vocabulary.

    Special tokens other than the end of text are never legal actions. A tokenizer without a
    padding token is padded with its end token; one without an end token (or padding) ends texts
    by length only. Decoding keeps every character: no clean-up of spaces.
    """

    pieces: Sequence[str] | None = None

    def __init__(self, tokenizer: Any, separator: str | None = None) -> None:
        """Wraps ``tokenizer``.

        Args:
            tokenizer: A ``PreTrainedTokenizerBase``, or the hub id or folder of one.
            separator: What joins prompt and continuation; found by trying when None.

        Raises:
            MissingDependency: transformers is not installed.
        """
        if isinstance(tokenizer, str | Path):
            try:
                from transformers import AutoTokenizer
            except ImportError as error:
                raise MissingDependency("HFVocab", "transformers", "agents") from error
            tokenizer = AutoTokenizer.from_pretrained(tokenizer)
        self.tokenizer = tokenizer
        self.eos_id: int | None = tokenizer.eos_token_id
        self.unk_id: int | None = tokenizer.unk_token_id
        self.bos_id: int | None = tokenizer.bos_token_id
        pad = tokenizer.pad_token_id
        self.pad_id: int = next((i for i in (pad, self.eos_id, self.bos_id) if i is not None), 0)
        self.control_ids = tuple(sorted(set(tokenizer.all_special_ids) - {self.eos_id}))
        self.separator = self._find_separator() if separator is None else separator

    def __len__(self) -> int:
        """The number of tokens, added ones included."""
        return len(self.tokenizer)

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, without special tokens."""
        # A lone surrogate has no UTF-8 form, which every fast tokenizer needs.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        ids: list[int] = self.tokenizer.encode(clean, add_special_tokens=False)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``, special tokens left out; broken UTF-8 shows as U+FFFD."""
        hidden = {self.eos_id, *self.control_ids}
        text: str = self.tokenizer.decode(
            [int(i) for i in ids if int(i) not in hidden], clean_up_tokenization_spaces=False
        )
        return text

    def _find_separator(self) -> str:
        whole, head = self.encode("one two"), self.encode("one")
        return next((s for s in (" ", "") if head + self.encode(s + "two") == whole), " ")


def build_vocab(kind: str | Vocab, texts: Iterable[str], max_size: int | None = None) -> Vocab:
    """The vocabulary a task's ``vocab=`` argument asks for.

    Args:
        kind: ``"words"``, ``"chars"``, the id or folder of a Hugging Face tokenizer, or a
            vocabulary, which is returned as it is.
        texts: What ``"words"`` and ``"chars"`` must cover.
        max_size: Keep this many pieces of ``texts``.
    """
    if not isinstance(kind, str):
        return kind
    own: dict[str, type[PieceVocab]] = {"words": WordVocab, "chars": CharVocab}
    return own[kind].from_texts(texts, max_size) if kind in own else HFVocab(kind)
