"""BLEU from its counts, for many texts at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
LOG_ZERO = -9999999999.0  # what sacrebleu takes for log(0)
DEFAULTS = {"none": 0.0, "floor": 0.1, "add-k": 1.0, "exp": 0.0}


def bleu(
    matches: Ints, sizes: Ints, reference_sizes: Ints, smooth_method: str, value: float | None
) -> npt.NDArray[np.float64]:
    """Sentence BLEU with effective order (sacrebleu's ``compute_bleu``), float64[M] in [0, 1].

    Args:
        matches: int64[M, order], clipped n-gram matches.
        sizes: int64[M], words in each text.
        reference_sizes: int64[M], words in the reference of the nearest length.
        smooth_method: One of sacrebleu's.
        value: Its parameter, for ``"floor"`` and ``"add-k"``; None is sacrebleu's default.
    """
    scores = np.zeros(len(matches))
    some = np.flatnonzero(matches[:, 0])  # without a word in common the score is 0
    matches, sizes, reference_sizes = matches[some], sizes[some], reference_sizes[some]
    value = DEFAULTS[smooth_method] if value is None else value
    order = np.arange(matches.shape[1])  # [n]
    added = np.where(order > 0, value, 0.0) if smooth_method == "add-k" else np.zeros(len(order))
    totals = np.maximum(sizes[:, None] - order, 0) + added  # [M, n]
    exists = np.logical_and.accumulate(totals > 0, axis=1)
    found = matches + added
    if smooth_method == "exp":
        missed = exists & (found == 0)
        found = np.where(missed, 0.5 ** np.cumsum(missed, axis=1), found)
    elif smooth_method == "floor":
        found = np.where(found == 0, value, found)
    precisions = np.where(exists, found, 1.0) / np.where(exists, totals, 1.0)
    with np.errstate(divide="ignore"):
        logs = np.where(precisions > 0, np.log(precisions), LOG_ZERO)
    mean = logs.sum(axis=1) / exists.sum(axis=1)
    brevity = np.minimum(0.0, 1.0 - reference_sizes / sizes)
    scores[some] = np.minimum(np.exp(brevity + mean), 1.0)
    return scores
