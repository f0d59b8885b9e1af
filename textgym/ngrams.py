"""Counting the n-grams that texts share with their references, and BLEU from the counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
LOG_ZERO = -9999999999.0  # what sacrebleu takes for log(0)


def bleu(
    matches: Counts, sizes: Counts, reference_sizes: Counts, smooth_method: str, value: float
) -> Floats:
    """Sentence BLEU with effective order (sacrebleu's ``compute_bleu``), float64[M] in [0, 1].

    Args:
        matches: int64[M, order], clipped n-gram matches.
        sizes: int64[M], words in each text.
        reference_sizes: int64[M], words in the reference of the nearest length.
        smooth_method: One of sacrebleu's.
        value: Its parameter, for ``"floor"`` and ``"add-k"``.
    """
    order = np.arange(matches.shape[1])  # [n]
    add = np.where(order > 0, value, 0.0) if smooth_method == "add-k" else np.zeros(len(order))
    totals = np.maximum(sizes[:, None] - order, 0) + add  # [M, n]
    exists = np.logical_and.accumulate(totals > 0, axis=1)
    found = matches + add
    missed = exists & (found == 0)
    if smooth_method == "exp":
        found = np.where(missed, 0.5 ** np.cumsum(missed, axis=1), found)
    elif smooth_method == "floor":
        found = np.where(missed, value, found)
    precisions = np.where(exists, 100.0 * found / np.where(exists, totals, 1.0), 1.0)
    with np.errstate(divide="ignore"):
        logs = np.where(precisions > 0, np.log(precisions), LOG_ZERO)
    some = matches.any(axis=1)
    mean = logs.sum(axis=1) / np.maximum(exists.sum(axis=1), 1)
    brevity = np.exp(np.minimum(0.0, 1.0 - reference_sizes / np.maximum(sizes, 1)))
    return np.where(some, np.minimum(brevity * np.exp(mean) / 100.0, 1.0), 0.0)
