"""The scorer base class, and the algebra that builds ``BLEU() + 0.3 * Length(12)``.

A scorer reads a batch of finished texts and gives each a number in [0, 1]. A new one is a frozen
dataclass with one method::

    @dataclass(frozen=True, repr=False)
    class Vowels(Scorer):
        def score(self, texts, examples):
            return [sum(c in "aeiou" for c in text) / max(len(text), 1) for text in texts]
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textgym import expressions
from textgym.errors import ScorerError, TextGymError
from textgym.scorers import registry
from textgym.scores import Breakdown, Scores, Tokens, TokenScorer, TokenScores, checked
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


class Scorer(ABC):
    """A reward in [0, 1] for finished texts; subclasses are frozen dataclasses."""

    __array_ufunc__ = None  # so that np.float32(0.3) * BLEU() asks us, not numpy

    needs_references: ClassVar[bool] = False
    """Whether an example without references is an error."""
    library: ClassVar[str | None] = None
    """The distribution that computes the score; its version is part of the signature."""
    upper: float = 1.0
    """The largest score there is; above 1 only for a weighted sum that is not normalised."""

    @abstractmethod
    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> npt.ArrayLike:
        """The scores of ``texts``, float[N] in [0, 1]; ``examples[i]`` asked for ``texts[i]``."""

    def token_scores(self, task: Task) -> TokenScores | None:
        """A picklable function that scores token ids of ``task`` just as ``score`` scores texts.

        None, the default, where the text is needed. See ``TokenScorer`` for the arguments.
        """
        return None

    def on_tokens(self, task: Task) -> TokenScorer | None:
        """``evaluate`` straight from token ids, validated too; None where the text is needed."""
        scores = self.token_scores(task)
        return None if scores is None else _CheckedTokens(self, task, scores)

    def check(self, example: Example) -> None:
        """Raises ScorerError if texts that answer ``example`` cannot be scored."""
        if self.needs_references and not example.references:
            raise ScorerError(f"{self!r} needs references; there are none in {example!r}.")

    @property
    def name(self) -> str:
        """The key of this scorer in a breakdown."""
        return type(self).__name__.lower()

    def __call__(self, texts: Sequence[str], examples: Sequence[Example]) -> Scores:
        """The validated scores of ``texts``, float64[N].

        Raises:
            ScorerError: Texts and examples differ in number; or the scorer returned another
                shape or type than float[N], a NaN, or a score out of range.
        """
        return self.evaluate(texts, examples)[0]

    def breakdown(self, texts: Sequence[str], examples: Sequence[Example]) -> Breakdown:
        """Each part of the score by name, unweighted, float64[N]."""
        return self.evaluate(texts, examples)[1]

    def evaluate(
        self, texts: Sequence[str], examples: Sequence[Example]
    ) -> tuple[Scores, Breakdown]:
        """The total and its parts in one pass; of no texts, the names of the parts at no cost."""
        if isinstance(texts, str) or len(texts) != len(examples):
            raise ScorerError(
                f"{self!r} takes as many texts as examples, in two lists; "
                f"got {type(texts).__name__} of {len(texts)} and {len(examples)} examples."
            )
        if self.needs_references and not all(example.references for example in examples):
            self.check(next(example for example in examples if not example.references))
        scores = self.score(texts, examples) if len(texts) else np.zeros(0)
        total = checked(scores, len(texts), self.upper, self, texts.__getitem__)
        return total, {self.name: total}

    def __repr__(self) -> str:
        """The signature: every setting, and the version of the scoring library."""
        fields: Any = dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()
        settings = [f"{field.name}={getattr(self, field.name)!r}" for field in fields]
        if self.library:
            settings.append(f"{self.library.replace('-', '_')}={_version(self.library)!r}")
        return f"{type(self).__name__}({', '.join(settings)})"

    def __add__(self, other: Scorer) -> WeightedSum:
        """The sum of two scorers, not normalised."""
        if not isinstance(other, Scorer):
            return NotImplemented
        return WeightedSum((*_terms(self), *_terms(other)))

    def __radd__(self, other: int) -> Scorer:
        """``0 + scorer`` is the scorer, so that ``sum([...])`` works."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __mul__(self, weight: float) -> WeightedSum:
        """This scorer times a non-negative number."""
        if isinstance(weight, bool) or not isinstance(weight, Real):
            return NotImplemented
        return WeightedSum(tuple((float(weight) * w, scorer) for w, scorer in _terms(self)))

    __rmul__ = __mul__


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
class _CheckedTokens:
    """A scorer's token path, with the checks of its text path."""

    scorer: Scorer
    task: Task
    scores: TokenScores

    def __call__(
        self, tokens: Tokens, lengths: Tokens, example_ids: Tokens
    ) -> tuple[Scores, Breakdown]:
        def text(row: int) -> str:
            return self.task.vocab.decode(tokens[row, : lengths[row]].tolist())

        scores = self.scores(tokens, lengths, example_ids)
        total = checked(scores, len(tokens), self.scorer.upper, self.scorer, text)
        return total, {self.scorer.name: total}


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


def _terms(scorer: Scorer) -> tuple[tuple[float, Scorer], ...]:
    if isinstance(scorer, WeightedSum) and scorer.divisor == 1:
        return scorer.terms
    return ((1.0, scorer),)


def _fresh(name: str, taken: Breakdown) -> str:
    """``name``, or ``name_2``, ``name_3``, ... where it is taken."""
    candidates = (name if n == 1 else f"{name}_{n}" for n in range(1, len(taken) + 2))
    return next(c for c in candidates if c not in taken)


@cache
def _version(library: str) -> str:
    return version(library)
