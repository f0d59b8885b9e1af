"""How close a text's length is to a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from textgym.errors import ScorerError, UnknownName
from textgym.scoring import Scorer, Scores
from textgym.types import Example

UNITS = ("words", "characters")


@dataclass(frozen=True, repr=False)
class Length(Scorer):
    """``max(0, 1 - |n - target| / target)`` for a text of n words or characters.

    1 at the target, falling in a straight line to 0 for an empty text and for one of twice the
    target or more. Words are what white space separates. It reads nothing but the length, so it
    is a part of a reward, not a reward for good text.

    Attributes:
        target: The length that scores 1, at least 1.
        unit: ``"words"`` or ``"characters"`` (Unicode code points).
    """

    target: int = 12
    unit: str = "words"

    def __post_init__(self) -> None:
        """Raises ScorerError or UnknownName for a setting that makes no sense."""
        if isinstance(self.target, bool) or not isinstance(self.target, int) or self.target < 1:
            raise ScorerError(f"Length needs a whole target of at least 1; got {self.target!r}.")
        if self.unit not in UNITS:
            raise UnknownName("unit", self.unit, UNITS)

    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> Scores:
        """The closeness of each text's length to the target; examples are not looked at."""
        words = self.unit == "words"
        return self.closeness(np.array([len(t.split()) if words else len(t) for t in texts]))

    def closeness(self, lengths: np.ndarray) -> Scores:
        """The formula, int[N] -> float64[N]."""
        closeness: Scores = np.maximum(0.0, 1.0 - np.abs(lengths - self.target) / self.target)
        return closeness
