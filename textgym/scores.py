"""What a scorer is: the base class, the types, and the check that every result goes through.

A scorer reads a batch of finished texts and gives each a number in [0, 1]. A new one is a frozen
dataclass with one method::

    @dataclass(frozen=True, repr=False)
    class Vowels(Scorer):
        def score(self, texts, examples):
            return [sum(c in "aeiou" for c in text) / max(len(text), 1) for text in texts]
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textgym.errors import ScorerError
from textgym.types import Example, Task

if TYPE_CHECKING:
    from textgym.scoring import WeightedSum

Scores = npt.NDArray[np.float64]
Tokens = npt.NDArray[np.int64]
Breakdown = dict[str, Scores]
TokenScores = Callable[[Tokens, Tokens, Tokens], npt.ArrayLike]
"""What ``Scorer.token_scores`` gives: the arguments of a TokenScorer -> float[M]."""
TokenScorer = Callable[[Tokens, Tokens, Tokens], tuple[Scores, Breakdown]]
"""What ``Scorer.on_tokens`` gives: ``(tokens, lengths, example_ids) -> (total, parts)``.

tokens int64[M, L]: row i holds lengths[i] generated token ids in columns 0 .. lengths[i] - 1,
then anything. lengths int64[M], from 0 to L, do not count the end token. example_ids int64[M] are
indices into the task. total is float64[M], parts are float64[M] by name; both equal, to 1e-9,
``evaluate`` of the decoded texts. A TokenScorer can be pickled.
"""

ROUNDING = 1e-9


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
        from textgym.scoring import add  # which is built on this class

        return add(self, other)

    def __radd__(self, other: int) -> Scorer:
        """``0 + scorer`` is the scorer, so that ``sum([...])`` works."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __mul__(self, weight: float) -> WeightedSum:
        """This scorer times a non-negative number."""
        if isinstance(weight, bool) or not isinstance(weight, Real):
            return NotImplemented
        from textgym.scoring import multiply

        return multiply(self, float(weight))

    __rmul__ = __mul__


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


def checked(
    scores: npt.ArrayLike, count: int, upper: float, scorer: object, text: Callable[[int], str]
) -> Scores:
    """``scores`` as float64[count]; rounding errors below 0 and above ``upper`` are clamped.

    Args:
        scores: What ``scorer`` returned.
        count: How many texts it scored.
        upper: The largest score there is.
        scorer: Whom an error names.
        text: Gives text i, which an error names too.

    Raises:
        ScorerError: Another shape or type than float[count], a NaN, or a score out of range.
    """
    try:
        array = np.asarray(scores)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise ScorerError(f"{scorer!r} returned {scores!r}, not one number a text.")
    if array.shape != (count,):
        raise ScorerError(f"{scorer!r} returned shape {array.shape} for {count} texts.")
    array = array.astype(np.float64)
    good = (array >= -ROUNDING) & (array <= upper + ROUNDING)  # False for NaN
    if not good.all():
        row = int(good.argmin())
        raise ScorerError(
            f"{scorer!r} scored {array[row]} for the text {text(row)!r}; "
            f"a score must be a number from 0 to {upper:g}."
        )
    clamped: Scores = np.clip(array, 0.0, upper)
    return clamped


@cache
def _version(library: str) -> str:
    return version(library)
