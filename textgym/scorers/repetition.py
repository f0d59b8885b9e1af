"""How little a text repeats itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textgym.errors import ScorerError
from textgym.scoring import Scorer
from textgym.types import Example


@dataclass(frozen=True, repr=False)
class Repetition(Scorer):
    """The share of a text's word n-grams that are distinct (distinct-n); 1 is no repetition.

    A text of fewer than n words scores 0, so that saying nothing cannot win. Words are what white
    space separates, in lower case.

    Attributes:
        n: The number of words in an n-gram, at least 1.

    References:
        Li et al. 2016, https://aclanthology.org/N16-1014, section 5.2 (distinct-1, distinct-2).
    """

    n: int = 2

    def __post_init__(self) -> None:
        """Raises ScorerError for an order below 1."""
        if isinstance(self.n, bool) or not isinstance(self.n, int) or self.n < 1:
            raise ScorerError(f"Repetition needs whole n-grams of n >= 1; got n={self.n!r}.")

    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> list[float]:
        """Distinct n-grams over all n-grams of each text; examples are not looked at."""
        return [self._distinct(text.lower().split()) for text in texts]

    def _distinct(self, words: list[str]) -> float:
        grams = list(zip(*(words[i:] for i in range(self.n)), strict=False))
        return len(set(grams)) / len(grams) if grams else 0.0
