"""The mteval-v13a tokenizer, which sacrebleu calls "13a", a word or a vocabulary's piece at a time.

Its rules look at most one character to the left and right and treat all white space alike, so
the tokens of a text are those of its words, which repeat and can be remembered. Two rules reach
across white space, or make new words, and need the whole text: the removal of a hyphen at a
line's end and that of ``<skipped>``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from textgym.errors import ScorerError
from textgym.scorers._pieces import usable_ids
from textgym.types import Vocab

# What the first or last character of a piece means for the piece next to it.
SPACE, NEWLINE, SPLIT, STOP, DECIMAL, DIGIT, HYPHEN, OTHER, UNSURE = range(9)
DIGITS = frozenset("0123456789")
ALWAYS_SPLIT = frozenset('{|}~[\\]^_`!"#$%()*+:;<=>?@/')
SKIPPED = "<skipped>"
Ints = npt.NDArray[np.int64]


def tokenize(text: str, name: str = "13a") -> list[str]:
    """The tokens of ``text`` as sacrebleu's BLEU makes them with ``tokenize=name``."""
    text = text.rstrip()
    if name != "13a" or "-\n" in text or SKIPPED in text:
        tokens: list[str] = sacrebleu_tokenizer(name)(text).split()
        return tokens
    return [token for word in text.split() for token in split_word(word)]


@lru_cache(2**16)
def split_word(word: str) -> tuple[str, ...]:
    """The tokens of a string without white space."""
    return (word,) if word.isalnum() else tuple(sacrebleu_tokenizer("13a")(word).split())


@cache
def sacrebleu_tokenizer(name: str) -> Callable[[str], str]:
    """Sacrebleu's own tokenizer.

    Raises:
        ScorerError: There is none of this name, or it needs a package that is not installed.
    """
    from sacrebleu.metrics.bleu import BLEU

    if name not in BLEU.TOKENIZERS:
        raise ScorerError(f"sacrebleu has no tokenizer {name!r}; it has {sorted(BLEU.TOKENIZERS)}.")
    try:
        tokenizer: Any = BLEU(tokenize=name).tokenizer
    except (ImportError, RuntimeError) as error:
        raise ScorerError(f"sacrebleu cannot load its tokenizer {name!r}: {error}") from error
    return tokenizer  # type: ignore[no-any-return]


class Seams:
    """Where the tokens of a text are more than those of its pieces, because two grow together.

    ``"5"`` and ``".3"`` make one token of two, ``"a"`` and ``","`` do not.
    """

    def __init__(self, vocab: Vocab, pieces: Sequence[str]) -> None:
        """Looks at the ends of every piece."""
        used = usable_ids(vocab)
        self._left = np.array([_left(piece) for piece in pieces], np.int8)  # [V]
        self._right = np.array([_end(piece, piece[-1:]) for piece in pieces], np.int8)  # [V]
        self._grows = _growth()
        self._any = self._grows[
            np.ix_(np.unique(self._right[used]), np.unique(self._left[used]))
        ].any()
        odd = any("-\n" in pieces[i] or SKIPPED in pieces[i] for i in used)
        self.rare = not odd and float(np.mean(self._left[used] == SPACE)) >= 0.5
        """Whether most pieces start with a space, and so stand alone."""

    def rows(self, tokens: Ints, lengths: Ints) -> Ints:
        """The rows of tokens int64[M, L] in which two neighbours may grow together."""
        if not self._any or tokens.shape[1] < 2:
            return np.zeros(0, np.int64)
        inside = np.arange(1, tokens.shape[1]) < lengths[:, None]  # [M, L - 1]
        before, after = np.where(inside, tokens[:, :-1], 0), np.where(inside, tokens[:, 1:], 0)
        grows = self._grows[self._right[before], self._left[after]] & inside
        return np.flatnonzero(grows.any(axis=1))


def _growth() -> npt.NDArray[np.bool_]:
    """bool[right end of a piece, left end of the next]: whether the two may grow together."""
    grows = np.zeros((UNSURE + 1, UNSURE + 1), np.bool_)
    inner = [DIGIT, HYPHEN, OTHER]
    grows[np.ix_(inner, inner)] = True
    # A stop is a token of its own, whatever stands before it, unless a digit follows.
    grows[STOP, DIGIT] = True
    grows[[STOP, *inner], DECIMAL] = True
    grows[HYPHEN, NEWLINE] = True
    grows[UNSURE, NEWLINE:] = grows[NEWLINE:, UNSURE] = True
    return grows


def _left(piece: str) -> int:
    stops = len(piece) - len(piece.lstrip(".,"))
    decimal = stops > 0 and piece[stops : stops + 1] in DIGITS
    return DECIMAL if decimal and _end(piece, ".") == STOP else _end(piece, piece[:1])


def _end(piece: str, end: str) -> int:
    """The class of the first or last character, ``end``, of ``piece``."""
    if end.isspace():
        return NEWLINE if end == "\n" else SPACE
    # An HTML entity, or <skipped>, may begin in one piece and end in the next.
    if not end or "&" in piece or any(piece.endswith(SKIPPED[:n]) for n in range(1, 9)):
        return UNSURE
    if end in ".,":
        return STOP
    if end in DIGITS:
        return DIGIT
    if end == "-":
        return HYPHEN
    return SPLIT if end in ALWAYS_SPLIT else OTHER
