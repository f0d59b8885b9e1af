"""ROUGE-1, ROUGE-2 and ROUGE-L, as Google's rouge-score computes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from textgym.errors import ScorerError, UnknownName
from textgym.scoring import Scorer
from textgym.types import Example

VARIANTS = (*map(str, range(1, 10)), "L")
TOKENIZERS = ("default", "unicode")
ASCII_WORD = re.compile("[a-z0-9]+")
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
Reference = tuple[dict[Any, int], int]


@dataclass(frozen=True, repr=False)
class ROUGE(Scorer):
    """ROUGE F1 of the best reference, equal to rouge-score's ``score_multi(...).fmeasure``.

    The default tokenizer of rouge-score keeps only a-z and 0-9. A reference of which it leaves
    nothing is an error here, not a silent 0; use ``tokenizer="unicode"`` for other scripts.

    Attributes:
        variant: ``"1"`` to ``"9"`` for n-grams (or the number), ``"L"`` for the longest common
            subsequence; ``"rougeL"`` means the same as ``"L"``.
        tokenizer: ``"default"`` or ``"unicode"``, which takes each run of letters and digits of
            any script for a word, and each Chinese, Japanese or Thai character for one.
        use_stemmer: Porter stemming of words longer than 3 letters (default tokenizer only).

    References:
        Lin 2004, https://aclanthology.org/W04-1013.
        Hyyrö 2004, "Bit-parallel LCS-length computation revisited" (how L is computed).
    """

    variant: str | int = "L"
    tokenizer: str = "default"
    use_stemmer: bool = False

    needs_references = True
    library = "rouge-score"

    def __post_init__(self) -> None:
        """Settles on one spelling of the variant."""
        variant = str(self.variant).removeprefix("rouge")
        if variant not in VARIANTS:
            raise UnknownName("ROUGE variant", self.variant, VARIANTS)
        if self.tokenizer not in TOKENIZERS:
            raise UnknownName("tokenizer", self.tokenizer, TOKENIZERS)
        object.__setattr__(self, "variant", variant)

    @property
    def name(self) -> str:
        """rouge-score's name for it, ``"rougeL"`` for example."""
        return f"rouge{self.variant}"

    def check(self, example: Example) -> None:
        """Raises ScorerError if the tokenizer leaves nothing of any reference."""
        super().check(example)
        _references(self, example.references)

    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> list[float]:
        """The F1 of each text with its best reference."""
        pairs = zip(texts, examples, strict=True)
        return [self._best(text, _references(self, e.references)) for text, e in pairs]

    def words(self, text: str) -> list[str]:
        """What counts as a word."""
        if self.tokenizer == "unicode":
            return _unicode_words().findall(text.lower())  # type: ignore[no-any-return]
        words = ASCII_WORD.findall(text.lower())
        return [stem for w in words if (stem := _stem(w))] if self.use_stemmer else words

    def units(self, text: str) -> list[Any]:
        """What a text and a reference should share: words in order, or n-grams."""
        words = self.words(text)
        if self.variant == "L":
            return words
        return list(zip(*(words[i:] for i in range(int(self.variant))), strict=False))

    def _best(self, text: str, references: list[Reference]) -> float:
        units = self.units(text)
        count = count_common_subsequence if self.variant == "L" else count_common
        pairs = [(count(units, reference), len(units) + size) for reference, size in references]
        # The harmonic mean of common/a and common/b is 2 * common / (a + b).
        return max(2 * common / total if total else 0.0 for common, total in pairs)


@lru_cache(2**14)
def _references(scorer: ROUGE, references: tuple[str, ...]) -> list[Reference]:
    """Of each reference where its units stand (L) or how many there are, and their number."""
    if not any(map(scorer.words, references)):
        raise ScorerError(
            f"{scorer!r} finds no word in the references {references!r}: its default tokenizer "
            'keeps only a-z and 0-9. Use ROUGE(tokenizer="unicode") or chrF for other scripts.'
        )
    units = [scorer.units(reference) for reference in references]
    index = _positions if scorer.variant == "L" else Counter
    return [(index(each), len(each)) for each in units]


def count_common(units: list[Any], limits: dict[Any, int]) -> int:
    """How many ``units`` are in ``limits``, each at most as often as it says there."""
    left = dict(limits)
    common = 0
    for unit in units:
        if left.get(unit):
            left[unit] -= 1
            common += 1
    return common


def count_common_subsequence(units: list[Any], positions: dict[Any, int]) -> int:
    """The length of the longest common subsequence, a row of the table at a time (Hyyrö).

    Bit i of ``row`` is 0 where taking one more unit of the reference lengthens the subsequence.
    """
    everything = positions[None]
    row = everything
    for unit in units:
        if here := positions.get(unit, 0) & row:
            row = ((row + here) | (row - here)) & everything
    return (everything ^ row).bit_count()


def _positions(units: list[Any]) -> dict[Any, int]:
    """Bit i is set for the unit at i; under None all of them."""
    positions: dict[Any, int] = {None: (1 << len(units)) - 1}
    for i, unit in enumerate(units):
        positions[unit] = positions.get(unit, 0) | 1 << i
    return positions


@cache
def _unicode_words() -> Any:
    import regex  # type: ignore[import-untyped]  # sacrebleu needs it, so it is there

    return regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]+")


@cache
def _stemmer() -> Any:
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer=True)


@lru_cache(2**16)
def _stem(word: str) -> str:
    return "".join(_stemmer().tokenize(word))
