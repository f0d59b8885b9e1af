"""Vocabularies: characters, words, and any Hugging Face tokenizer.

``CharVocab`` and ``WordVocab`` have two special tokens: ``<eos>`` (id 0), which also fills the
left of an observation as in GPT-2, and ``<unk>`` (id 1). Both round-trip every text whose pieces
they know. ``HFVocab``, in ``textgym.tokenizer``, wraps one of the transformers library.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from textgym.errors import VocabError
from textgym.tokenizer import HFVocab, unknown_vocabulary
from textgym.types import Vocab

__all__ = ["CharVocab", "HFVocab", "PieceVocab", "WordVocab", "build_vocab"]

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
    unk_piece = UNK

    def __init__(self, pieces: Sequence[str]) -> None:
        """Numbers ``pieces`` from 2 on, in the given order.

        Raises:
            VocabError: A piece is empty or given twice.
        """
        self._pieces = ("", self.unk_piece, *pieces)
        self._ids = {piece: i for i, piece in enumerate(pieces, start=2)}
        self.pieces: Sequence[str] | None = self._pieces
        if len(self._ids) < len(pieces) or "" in self._ids:
            wrong = next(p for p, n in Counter(["", *pieces]).items() if n > 1)
            raise VocabError(f"The piece {wrong!r} is empty or given twice.")

    @classmethod
    def from_texts(cls, texts: Iterable[str], max_size: int | None = None) -> Self:
        """The vocabulary of ``texts``, most frequent first, ties in alphabetical order.

        It covers the separator too, even if no text has it.

        Args:
            texts: What the vocabulary must cover.
            max_size: Keep this many pieces; the rest becomes ``<unk>``.
        """
        counts = Counter(piece for text in texts for piece in cls.split(text))
        counts.update(cls.split(cls.separator))
        ranked = sorted(counts, key=lambda piece: (-counts[piece], piece))
        return cls(ranked[:max_size])

    @staticmethod
    def split(text: str) -> list[str]:
        """The pieces of ``text``, whose concatenation it is."""
        raise NotImplementedError

    def __len__(self) -> int:
        """The number of tokens, special ones included."""
        return len(self._pieces)

    def __eq__(self, other: object) -> bool:
        """Equal where every token is."""
        return isinstance(other, PieceVocab) and self._key() == other._key()

    def __hash__(self) -> int:
        """Consistent with equality."""
        return hash((type(self), len(self), self._pieces[-1]))

    def _key(self) -> tuple[object, ...]:
        return type(self), self.separator, self._pieces

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
        return "".join(self._pieces[i] for i in ids)


class CharVocab(PieceVocab):
    """One token per character (Unicode code point)."""

    separator = " "

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


OWN: dict[str, type[PieceVocab]] = {"words": WordVocab, "chars": CharVocab}


def build_vocab(
    kind: str | Path | Vocab, texts: Iterable[str], max_size: int | None = None
) -> Vocab:
    """The vocabulary a task's ``vocab=`` argument asks for.

    Args:
        kind: ``"words"``, ``"chars"``, the id or folder of a Hugging Face tokenizer, or a
            vocabulary, which is returned as it is.
        texts: What ``"words"`` and ``"chars"`` must cover.
        max_size: Keep this many pieces of ``texts``.

    Raises:
        UnknownName: There is no such vocabulary or tokenizer.
    """
    if not isinstance(kind, str | Path):
        return kind
    if kind in OWN:
        return OWN[str(kind)].from_texts(texts, max_size)
    if difflib.get_close_matches(str(kind), OWN) and not Path(kind).exists():
        raise unknown_vocabulary(kind)  # at once, while the hub takes most of a minute to say so
    return HFVocab(kind)
