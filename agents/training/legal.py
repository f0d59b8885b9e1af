"""Action masks on logits, the same when acting and when learning."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from textgym.episode import Episodes

FORBIDDEN = -1e9  # finite, so that 0 * log 0 stays 0 in an entropy


def legal_logits(logits: Tensor, steps: Tensor, episodes: Episodes) -> Tensor:
    """``logits`` with those of illegal tokens at -1e9.

    Args:
        logits: float[N, V].
        steps: long[N], how many tokens were generated before each.
        episodes: Says which tokens are legal.
    """
    legal = torch.from_numpy(episodes.legal)
    if not legal.all():
        logits = logits.masked_fill(~legal, FORBIDDEN)
    if episodes.min_new_tokens:
        early = torch.from_numpy(np.asarray(episodes.eos_too_early(steps.numpy())))
        logits = logits.clone()
        logits[early, episodes.eos_id] = FORBIDDEN
    return logits
