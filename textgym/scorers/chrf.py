"""chrF, the F-score of character n-grams, as sacrebleu computes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from textgym.errors import ScorerError
from textgym.scoring import Scorer
from textgym.types import Example


@dataclass(frozen=True, repr=False)
class CHRF(Scorer):
    """chrF, equal to ``sacrebleu.CHRF(...).sentence_score(...).score / 100``.

    The options are those of ``sacrebleu.CHRF``. It needs no words and so suits any script.

    Attributes:
        char_order: The longest character n-gram.
        word_order: The longest word n-gram; 0 is chrF, 2 is chrF++.
        beta: How many times as important recall is as precision.

    References:
        Popović 2015 (chrF), https://aclanthology.org/W15-3049.
        Popović 2017 (chrF++), https://aclanthology.org/W17-4770.
    """

    char_order: int = 6
    word_order: int = 0
    beta: int = 2
    lowercase: bool = False
    whitespace: bool = False
    eps_smoothing: bool = False

    needs_references = True
    library = "sacrebleu"

    def __post_init__(self) -> None:
        """Raises ScorerError for negative orders, or none at all."""
        if min(self.char_order, self.word_order, self.beta) < 0 or not (
            self.char_order + self.word_order
        ):
            raise ScorerError(
                f"chrF needs orders >= 0, one of them above 0, and beta >= 0: {self}."
            )

    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> list[float]:
        """ChrF of each text against the references of its example, the best one counting."""
        pairs = zip(texts, examples, strict=True)
        return [_metric(self, e.references).corpus_score([t], None).score / 100 for t, e in pairs]


@lru_cache(2**14)
def _metric(scorer: CHRF, references: tuple[str, ...]) -> Any:
    """Sacrebleu's metric with the n-grams of ``references`` counted beforehand."""
    from sacrebleu.metrics.chrf import CHRF as Metric

    counted = [[reference] for reference in references]
    return Metric(**dataclasses.asdict(scorer), references=counted)
