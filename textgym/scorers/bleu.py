"""BLEU, the share of a text's n-grams that its references have, as sacrebleu computes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from textgym.errors import ScorerError
from textgym.ngrams import bleu
from textgym.scorers._mteval import sacrebleu_tokenizer, tokenize
from textgym.scoring import Scorer, Scores
from textgym.types import Example

Limits = list[dict[tuple[str, ...], int]]
SMOOTH_DEFAULTS = {"none": 0.0, "floor": 0.1, "add-k": 1.0, "exp": 0.0}


@dataclass(frozen=True, repr=False)
class BLEU(Scorer):
    """Sentence BLEU with effective order, equal to sacrebleu's ``sentence_score(...).score/100``.

    The options are those of ``sacrebleu.BLEU``. Of texts up to ``max_ngram_order`` words only the
    orders that exist count. An empty text scores 0.

    References:
        Papineni et al. 2002, https://aclanthology.org/P02-1040.
        Post 2018 (sacrebleu), https://aclanthology.org/W18-6319.
        Chen and Cherry 2014 (the smoothing methods), https://aclanthology.org/W14-3346.
    """

    max_ngram_order: int = 4
    smooth_method: str = "exp"
    smooth_value: float | None = None
    tokenize: str = "13a"
    lowercase: bool = False

    needs_references = True
    library = "sacrebleu"

    def __post_init__(self) -> None:
        """Raises ScorerError for an option that sacrebleu does not have."""
        if self.smooth_method not in SMOOTH_DEFAULTS:
            raise ScorerError(
                f"smooth_method={self.smooth_method!r} is none of {sorted(SMOOTH_DEFAULTS)}."
            )
        if self.max_ngram_order < 1 or not (self.smooth_value or 0.0) >= 0.0:
            raise ScorerError(
                f"Pass max_ngram_order >= 1 and smooth_value >= 0; got {self.max_ngram_order}, "
                f"{self.smooth_value}."
            )
        sacrebleu_tokenizer(self.tokenize)

    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> Scores:
        """BLEU of each text against the references of its example."""
        matches = np.zeros((len(texts), self.max_ngram_order), np.int64)
        sizes = np.zeros((2, len(texts)), np.int64)
        for i, (text, example) in enumerate(zip(texts, examples, strict=True)):
            limits, lengths = self._references(example.references)
            words = self.words(text)
            sizes[:, i] = len(words), min(lengths, key=lambda n: (abs(n - len(words)), n))
            matches[i] = count_matches(words, limits)
        return self.formula(matches, *sizes)

    def formula(
        self, matches: np.ndarray, sizes: np.ndarray, reference_sizes: np.ndarray
    ) -> Scores:
        """BLEU from counts."""
        value = (
            SMOOTH_DEFAULTS[self.smooth_method] if self.smooth_value is None else self.smooth_value
        )
        return bleu(matches, sizes, reference_sizes, self.smooth_method, value)

    def words(self, text: str) -> list[str]:
        """What counts as a word."""
        return tokenize(text.lower() if self.lowercase else text, self.tokenize)

    def _references(self, references: tuple[str, ...]) -> tuple[Limits, tuple[int, ...]]:
        return count_references(references, self.tokenize, self.lowercase, self.max_ngram_order)


@lru_cache(2**14)
def count_references(
    references: tuple[str, ...], name: str, lowercase: bool, order: int
) -> tuple[Limits, tuple[int, ...]]:
    """How often each n-gram, by order, may match at most, and the lengths of the references."""
    words = [tokenize(text.lower() if lowercase else text, name) for text in references]
    limits: Limits = [{} for _ in range(order)]
    for n, limit in enumerate(limits):
        for one in words:
            for gram, count in Counter(ngrams(one, n + 1)).items():
                limit[gram] = max(count, limit.get(gram, 0))
    return limits, tuple(map(len, words))


def count_matches(words: list[str], limits: Limits) -> list[int]:
    """The n-grams of ``words`` that match, by order, each at most as often as its limit."""
    matches = [0] * len(limits)
    for n, limit in enumerate(limits):
        left = limit.copy()
        for gram in ngrams(words, n + 1):
            if left.get(gram):
                left[gram] -= 1
                matches[n] += 1
        if not matches[n]:
            break
    return matches


def ngrams(words: list[str], n: int) -> Iterator[tuple[str, ...]]:
    """Every ``n`` words in a row."""
    return zip(*(words[i:] for i in range(n)), strict=False)
