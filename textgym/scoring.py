"""The scorer base class, and the algebra that builds ``BLEU() + 0.3 * Length(12)``.

A scorer reads a batch of finished texts and gives each a number in [0, 1]. A new one is a frozen
dataclass with one method::

    @dataclass(frozen=True, repr=False)
    class Vowels(Scorer):
        def score(self, texts, examples):
            return np.array([sum(c in "aeiou" for c in t) / max(len(t), 1) for t in texts])
"""

from __future__ import annotations

import ast
import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textgym.errors import ScorerError, UnknownArgument
from textgym.scorers import registry
from textgym.types import Example, Task

Scores = npt.NDArray[np.float64]
Breakdown = dict[str, Scores]
# (tokens int64[N, L], lengths int64[N], example ids int64[N]) -> (total float64[N], parts).
# Row i holds lengths[i] generated tokens, without the end token, then anything.
TokenScorer = Callable[
    [npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    tuple[Scores, Breakdown],
]


class Scorer(ABC):
    """A reward in [0, 1] for finished texts; subclasses are frozen dataclasses."""

    needs_references: ClassVar[bool] = False
    """Whether an example without references is an error."""
    library: ClassVar[str | None] = None
    """The distribution that computes the score; its version is part of the signature."""
    upper: float = 1.0
    """The largest score there is; above 1 only for a weighted sum that is not normalised."""

    @abstractmethod
    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> npt.ArrayLike:
        """The scores of ``texts``, float[N] in [0, 1]; ``examples[i]`` asked for ``texts[i]``."""

    def on_tokens(self, task: Task) -> TokenScorer | None:
        """The same scores straight from token ids, or None where the text is needed."""
        return None

    @property
    def name(self) -> str:
        """The key of this scorer in a breakdown."""
        return type(self).__name__.lower()

    def __call__(self, texts: Sequence[str], examples: Sequence[Example]) -> Scores:
        """The validated scores of ``texts``, float64[N].

        Raises:
            ScorerError: Another shape or type than float[N], a NaN, or a score out of range.
        """
        return self.evaluate(texts, examples)[0]

    def breakdown(self, texts: Sequence[str], examples: Sequence[Example]) -> Breakdown:
        """Each part of the score by name, unweighted, float64[N]."""
        return self.evaluate(texts, examples)[1]

    def evaluate(
        self, texts: Sequence[str], examples: Sequence[Example]
    ) -> tuple[Scores, Breakdown]:
        """The total and its parts in one pass."""
        if isinstance(texts, str) or len(texts) != len(examples):
            raise ScorerError(
                f"{self!r} takes as many texts as examples, in two lists; "
                f"got {type(texts).__name__} of {len(texts)} and {len(examples)} examples."
            )
        total = self._checked(self.score(texts, examples), texts)
        return total, {self.name: total}

    def __repr__(self) -> str:
        """The signature: every setting, and the version of the scoring library."""
        settings = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in dataclasses.fields(self)  # type: ignore[arg-type]
        ]
        if self.library:
            settings.append(f"{self.library.replace('-', '_')}={version(self.library)!r}")
        return f"{type(self).__name__}({', '.join(settings)})"

    def __add__(self, other: Scorer) -> WeightedSum:
        """The sum of two scorers, not normalised."""
        if not isinstance(other, Scorer):
            return NotImplemented
        return WeightedSum((*_terms(self), *_terms(other)))

    def __mul__(self, weight: float) -> WeightedSum:
        """This scorer times a non-negative number."""
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            return NotImplemented
        return WeightedSum(tuple((weight * w, scorer) for w, scorer in _terms(self)))

    __rmul__ = __mul__

    def _checked(self, scores: npt.ArrayLike, texts: Sequence[str]) -> Scores:
        """``scores`` as float64[N]; rounding errors past the ends are clamped."""
        try:
            array = np.asarray(scores, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ScorerError(f"{self!r} returned {scores!r}, not one number a text.") from error
        if array.shape != (len(texts),):
            raise ScorerError(f"{self!r} returned shape {array.shape} for {len(texts)} texts.")
        bad = ~((array >= -1e-9) & (array <= self.upper + 1e-9))  # also catches NaN
        if bad.any():
            i = int(bad.argmax())
            raise ScorerError(
                f"{self!r} scored {array[i]} for the text {texts[i]!r}; "
                f"a score must be a number from 0 to {self.upper:g}."
            )
        return np.clip(array, 0.0, self.upper)


@dataclasses.dataclass(frozen=True, repr=False)
class WeightedSum(Scorer):
    """Scorers times their weights, summed; ``normalised()`` divides by the sum of weights."""

    terms: tuple[tuple[float, Scorer], ...]
    divisor: float = 1.0

    def __post_init__(self) -> None:
        """Validates the weights."""
        weights = [weight for weight, _ in self.terms]
        if not weights or not all(math.isfinite(w) and w >= 0 for w in weights) or not any(weights):
            raise ScorerError(f"Weights must be finite, >= 0 and not all 0; got {weights}.")

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
        scorers = [part for part in parts if part is not None]
        if len(scorers) < len(parts):
            return None
        return lambda *batch: self._combine([scorer(*batch) for scorer in scorers])

    def _combine(self, results: list[tuple[Scores, Breakdown]]) -> tuple[Scores, Breakdown]:
        total = sum(
            (weight * scores for (weight, _), (scores, _) in zip(self.terms, results, strict=True)),
            start=np.zeros_like(results[0][0]),
        )
        parts: Breakdown = {}
        for _, breakdown in results:
            for name, scores in breakdown.items():
                parts[_fresh(name, parts)] = scores
        return total / self.divisor, parts

    def __repr__(self) -> str:
        """The signature of the sum; a divisor shows that it is normalised."""
        parts = [repr(s) if w == 1 else f"{w:g}*{s!r}" for w, s in self.terms]
        expression = " + ".join(parts)
        return expression if self.divisor == 1 else f"({expression})/{self.divisor:g}"


def parse(expression: str) -> Scorer:
    """The scorer that ``"bleu + 0.3*length(12)"`` spells.

    Names are those of ``textgym.scorers.registry``; arguments are Python literals; ``+``, ``*``
    with a number and brackets combine. Nothing is executed.

    Raises:
        ScorerError: The expression is not of this form.
        UnknownName: It names a scorer or an argument that does not exist.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
        built = _build(tree)
    except (SyntaxError, ValueError) as error:
        if isinstance(error, ScorerError | UnknownArgument) or "Unknown" in str(error):
            raise
        raise ScorerError(
            f"Cannot read the scorer {expression!r}: {error}. "
            "Write for example 'bleu + 0.3*length(12)'."
        ) from error
    if not isinstance(built, Scorer):
        raise ScorerError(f"{expression!r} is a number, not a scorer; write for example 'bleu'.")
    return built


def _build(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name):
            return registry.create(name)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            options = {k.arg: ast.literal_eval(k.value) for k in keywords if k.arg}
            return registry.create(name, *map(ast.literal_eval, args), **options)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _build(left) + _build(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _build(left) * _build(right)
        case ast.Constant(value=int() | float() as number):
            return number
    raise ValueError(f"{ast.unparse(node)!r} is neither a scorer, a number, a sum nor a product")


def _terms(scorer: Scorer) -> tuple[tuple[float, Scorer], ...]:
    if isinstance(scorer, WeightedSum) and scorer.divisor == 1:
        return scorer.terms
    return ((1.0, scorer),)


def _fresh(name: str, taken: Breakdown) -> str:
    """``name``, or ``name_2``, ``name_3``, ... where it is taken."""
    candidates = (name if n == 1 else f"{name}_{n}" for n in range(1, len(taken) + 2))
    return next(c for c in candidates if c not in taken)
