"""How close a text's length is to a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgym.errors import ScorerError, UnknownName
from textgym.scorers._pieces import joinable_pieces, usable_ids
from textgym.scoring import Scorer, Scores, TokenScores
from textgym.types import Example, Task

Ints = npt.NDArray[np.int64]

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

    def token_scores(self, task: Task) -> TokenScores | None:
        """The same where words can be counted in the pieces of a vocabulary."""
        pieces = joinable_pieces(task.vocab)
        if pieces is None or self.unit != "words":
            return None
        return _OnTokens(self, pieces) if all(pieces[i] for i in usable_ids(task.vocab)) else None

    def closeness(self, lengths: Ints) -> Scores:
        """The formula, int[N] -> float64[N]."""
        closeness: Scores = np.maximum(0.0, 1.0 - np.abs(lengths - self.target) / self.target)
        return closeness


class _OnTokens:
    """Length in words of token ids, see ``TokenScores``."""

    def __init__(self, scorer: Length, pieces: Sequence[str]) -> None:
        self.scorer = scorer
        self.words = np.array([len(piece.split()) for piece in pieces])  # [V]
        self.starts_inside = np.array([not piece[:1].isspace() for piece in pieces])
        self.ends_inside = np.array([not piece[-1:].isspace() for piece in pieces])

    def __call__(self, tokens: Ints, lengths: Ints, example_ids: Ints) -> Scores:
        written = np.arange(tokens.shape[1]) < lengths[:, None]  # [M, L]
        known = np.where(written, tokens, 0)
        joined = self.ends_inside[known[:, :-1]] & self.starts_inside[known[:, 1:]]
        words = (self.words[known] * written).sum(axis=1) - (joined & written[:, 1:]).sum(axis=1)
        return self.scorer.closeness(words)
