"""What scores are: their types, and the check that every scorer's result goes through."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from textgym.errors import ScorerError

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
