"""Random generators that depend on what they are for, never on global state.

``seed + index`` would make seeds 0 and 1 share almost every item; NumPy's SeedSequence hashes
seed and key together (https://numpy.org/doc/stable/reference/random/parallel.html).
"""

from __future__ import annotations

import zlib

import numpy as np


def rng(seed: int, split: str, index: int = 0) -> np.random.Generator:
    """The generator that belongs to ``(seed, split, index)``, the same on every machine.

    Args:
        seed: A non-negative integer.
        split: Any label; ``"train"`` and ``"test"`` give unrelated streams.
        index: The number of the item within the split.
    """
    key = (zlib.crc32(split.encode()), index)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
