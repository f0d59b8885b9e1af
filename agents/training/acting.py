"""The next token of each text, from a policy that reads one token a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.policies.base import Policy, State
from agents.training.batch import Tokens
from agents.training.legal import legal_logits
from agents.training.rollout import draw
from textgym.episode import Episodes

Acting = tuple[State, Tensor]  # the policy's state, and how many tokens each text has, long[N]


@torch.no_grad()
def act(
    policy: Policy,
    episodes: Episodes,
    observation: Tokens,
    state: Acting | None,
    episode_start: Any,
    generator: torch.Generator | None,
) -> tuple[Tokens, Acting]:
    """The next tokens.

    Args:
        policy: Scores them.
        episodes: Say which are legal.
        observation: int64[N, C], or int64[C] of a single environment.
        state: What the last call returned. Without it the windows are read anew, which costs more
            and gives the same tokens as long as a window holds all of prompt and text. With
            ``min_new_tokens`` every call without it counts as a text's first.
        episode_start: bool[N], the rows whose episode has just begun; None for no row.
        generator: Draws the tokens; None for the most likely ones.

    Returns:
        int64[N] (or one int64 for int64[C]), and the state for the next call.
    """
    windows = torch.tensor(np.atleast_2d(observation), dtype=torch.long)
    start = np.zeros(len(windows), np.bool_) if episode_start is None else episode_start
    reset = torch.as_tensor(np.atleast_1d(start), dtype=torch.bool)
    inner, steps = (None, torch.zeros(len(windows), dtype=torch.long)) if state is None else state
    steps = torch.where(reset, 0, steps)
    logits, inner = policy.step(windows, reset, inner)
    logits = legal_logits(logits, steps, episodes)
    actions = (logits.argmax(1) if generator is None else draw(logits, generator)).numpy()
    return (actions[0] if np.ndim(observation) == 1 else actions), (inner, steps + 1)
