"""The algebra of scorers: ``BLEU() + 0.3 * Length(12)`` as an object and as a string."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from textgym import expressions
from textgym.errors import ScorerError, TextGymError
from textgym.scorers import registry
from textgym.scores import Breakdown, Scorer, Scores, Tokens, TokenScorer, TokenScores
from textgym.types import Example, Task

__all__ = [
    "Breakdown",
    "Scorer",
    "Scores",
    "TokenScorer",
    "TokenScores",
    "WeightedSum",
    "parse",
]


@dataclasses.dataclass(frozen=True, repr=False)
class WeightedSum(Scorer):
    """Scorers times their weights, summed; ``normalised()`` divides by the sum of weights.

    A scorer of weight 0 is still in the breakdown: a measure that is watched, not optimised.
    """

    terms: tuple[tuple[float, Scorer], ...]
    divisor: float = 1.0

    def __post_init__(self) -> None:
        """Validates the weights."""
        weights = [weight for weight, _ in self.terms]
        if not weights or not all(math.isfinite(w) and w >= 0 for w in weights):
            raise ScorerError(f"Weights must be finite numbers >= 0, at least one; got {weights}.")
        if not (math.isfinite(self.divisor) and self.divisor > 0):
            raise ScorerError(f"Weights must not all be 0 to be normalised; got {weights}.")

    @property
    def needs_references(self) -> bool:  # type: ignore[override]
        """True where any part needs them."""
        return any(scorer.needs_references for _, scorer in self.terms)

    @property
    def upper(self) -> float:  # type: ignore[override]
        """The sum of the weights, or 1 when normalised."""
        return sum(weight * scorer.upper for weight, scorer in self.terms) / self.divisor

    def normalised(self) -> WeightedSum:
        """The same sum divided by the sum of its weights, so that it lies in [0, 1]."""
        return WeightedSum(self.terms, self.upper * self.divisor)

    def check(self, example: Example) -> None:
        """Raises ScorerError if any part cannot score texts that answer ``example``."""
        for _, scorer in self.terms:
            scorer.check(example)

    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> Scores:
        """The weighted sum, float64[N]."""
        return self.evaluate(texts, examples)[0]

    def evaluate(
        self, texts: Sequence[str], examples: Sequence[Example]
    ) -> tuple[Scores, Breakdown]:
        """The weighted sum, and every part unweighted."""
        return self._combine([scorer.evaluate(texts, examples) for _, scorer in self.terms])

    def on_tokens(self, task: Task) -> TokenScorer | None:
        """The token path of the sum, where every part has one."""
        parts = [scorer.on_tokens(task) for _, scorer in self.terms]
        scorers = tuple(part for part in parts if part is not None)
        return _TokenSum(self, scorers) if len(scorers) == len(parts) else None

    def _combine(self, results: Sequence[tuple[Scores, Breakdown]]) -> tuple[Scores, Breakdown]:
        total = np.zeros_like(results[0][0])
        parts: Breakdown = {}
        for (weight, _), (scores, breakdown) in zip(self.terms, results, strict=True):
            total += weight * scores
            for name, values in breakdown.items():
                parts[_fresh(name, parts)] = values
        return total / self.divisor, parts

    def __repr__(self) -> str:
        """The signature of the sum; a divisor shows that it is normalised."""
        parts = [repr(s) if w == 1 else f"{w}*{s!r}" for w, s in self.terms]
        expression = " + ".join(parts)
        return expression if self.divisor == 1 else f"({expression})/{self.divisor}"


@dataclasses.dataclass(frozen=True)
class _TokenSum:
    """The token path of a weighted sum."""

    total: WeightedSum
    scorers: tuple[TokenScorer, ...]

    def __call__(
        self, tokens: Tokens, lengths: Tokens, example_ids: Tokens
    ) -> tuple[Scores, Breakdown]:
        results = [scorer(tokens, lengths, example_ids) for scorer in self.scorers]
        return self.total._combine(results)


def parse(expression: str) -> Scorer:
    """The scorer that ``"bleu + 0.3*length(12)"`` spells.

    Names are those of ``textgym.scorers.registry``; arguments are Python literals; ``+``, ``*``
    with a number and brackets combine. Nothing is executed.

    Raises:
        ScorerError: The expression is not of this form.
        UnknownName: It names a scorer or an argument that does not exist.
    """
    try:
        built = expressions.evaluate(expression, registry.create)
    except TextGymError:
        raise
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ScorerError(
            f"Cannot read the scorer {expression!r}: {error}. "
            "Write for example 'bleu + 0.3*length(12)'."
        ) from error
    if not isinstance(built, Scorer):
        raise ScorerError(f"{expression!r} is a number, not a scorer; write for example 'bleu'.")
    return built


def add(left: Scorer, right: Scorer) -> WeightedSum:
    """The sum of two scorers, not normalised."""
    return WeightedSum((*_terms(left), *_terms(right)))


def multiply(scorer: Scorer, weight: float) -> WeightedSum:
    """A scorer times a number."""
    return WeightedSum(tuple((weight * w, part) for w, part in _terms(scorer)))


def _terms(scorer: Scorer) -> tuple[tuple[float, Scorer], ...]:
    if isinstance(scorer, WeightedSum) and scorer.divisor == 1:
        return scorer.terms
    return ((1.0, scorer),)


def _fresh(name: str, taken: Breakdown) -> str:
    """``name``, or ``name_2``, ``name_3``, ... where it is taken."""
    candidates = (name if n == 1 else f"{name}_{n}" for n in range(1, len(taken) + 2))
    return next(c for c in candidates if c not in taken)
