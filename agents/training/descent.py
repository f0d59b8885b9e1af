"""One step of an optimizer, with a clipped gradient that is never NaN."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.optim import Optimizer

from textgym.errors import TextGymError


class Diverged(TextGymError, FloatingPointError):
    """A gradient that is not finite."""


def descend(network: nn.Module, optimizer: Optimizer, loss: Tensor, max_norm: float) -> float:
    """One step down ``loss``; returns the norm of the gradient before it was clipped.

    Raises:
        Diverged: The gradient is not finite; the weights are as they were.
    """
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    norm = float(nn.utils.clip_grad_norm_(network.parameters(), max_norm))
    if not math.isfinite(norm):
        raise Diverged(f"The gradient's norm is {norm}; lower learning_rate.")
    optimizer.step()
    return norm
