"""The loop over texts, tokens and n-grams that numba compiles for ``textgym.ngrams``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
EMPTY = -1
UNKNOWN = 0  # a word that no reference has
HASH = -7046029254386353131  # 2**64 / golden ratio as int64 (Knuth's multiplicative hashing)


def home(keys: Any, mask: int) -> Any:
    """The home of an edge in the table; wraps around like C, on arrays and under numba."""
    return ((keys * HASH) >> 32) & mask


def _loop(  # pragma: no cover (compiled)
    tokens: Ints,
    lengths: Ints,
    example_ids: Ints,
    starts: Small,
    words: Small,
    widest: int,
    base: int,
    table: Ints,
    limits: Small,
    seen: Small,
    matches: Ints,
    sizes: Ints,
) -> None:
    """Fills in matches int64[M, order] and sizes int64[M]; see ``NGramForest`` for the rest."""
    mask = len(table) - 1
    order = matches.shape[1]
    text = np.empty(tokens.shape[1] * widest, np.int32)
    touched = np.empty(len(text) * order, np.int64)
    for row in range(len(tokens)):
        size = used = 0
        for column in range(lengths[row]):
            token = tokens[row, column]
            for i in range(starts[token], starts[token + 1]):
                text[size] = words[i]
                size += 1
        for start in range(size):
            node = example_ids[row]
            for n in range(min(order, size - start)):
                word = text[start + n]
                if word == UNKNOWN:
                    break
                key = node * base + word
                slot = ((key * HASH) >> 32) & mask
                while table[slot, 0] != key and table[slot, 0] != EMPTY:
                    slot = (slot + 1) & mask
                if table[slot, 0] == EMPTY:
                    break
                node = table[slot, 1]
                if seen[node] < limits[node]:
                    seen[node] += 1
                    matches[row, n] += 1
                    touched[used] = node
                    used += 1
        for i in range(used):
            seen[touched[i]] = 0
        sizes[row] = size


@cache
def compiled_loop() -> Callable[..., None] | None:
    """The loop compiled by numba, or None where numba is not installed."""
    try:
        import numba
    except ImportError:
        return None
    compiled: Callable[..., None]
    try:
        compiled = numba.njit(cache=True)(_loop)
    except RuntimeError:  # no folder to keep the compiled code in
        compiled = numba.njit(_loop)
    return compiled
