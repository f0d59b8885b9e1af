"""Whole episodes: one from each row of a vector environment, so that no length is favoured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from agents.policies.base import Policy
from agents.training.legal import legal_logits
from textgym.episode import Episodes
from textgym.vector import TextGenVectorEnv

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rollout:
    """The episodes of N rows.

    Attributes:
        example_ids: int64[N], what was asked.
        tokens: int64[N, T], the actions; after an episode's end, anything.
        lengths: int64[N], how many actions each episode took.
        returns: float64[N], the undiscounted sums of rewards.
    """

    example_ids: Tokens
    tokens: Tokens
    lengths: Tokens
    returns: npt.NDArray[np.float64]


@torch.no_grad()
def sample(
    policy: Policy, env: TextGenVectorEnv, example_ids: Tokens, generator: torch.Generator
) -> Rollout:
    """Lets ``policy`` answer these examples, int64[num_envs], with sampled tokens."""
    rows = torch.arange(len(example_ids))  # those still writing; the others are not computed
    state = None

    def act(observations: Tokens, playing: npt.NDArray[np.bool_], step: int) -> Tokens:
        nonlocal rows, state
        if state is not None and playing.sum() < 0.8 * len(rows):
            keep = torch.from_numpy(playing)[rows]
            rows, state = rows[keep], tuple(part[keep] for part in state)
        seen = torch.from_numpy(observations)[rows]
        logits, state = policy.step(seen, torch.zeros(len(rows), dtype=torch.bool), state)
        actions = np.full(len(example_ids), filler(env.episodes))
        logits = legal_logits(logits, torch.full((len(rows),), step), env.episodes)
        actions[rows.numpy()] = draw(logits, generator).numpy()
        return actions

    return _play(env, example_ids, act)


def replay(env: TextGenVectorEnv, example_ids: Tokens, tokens: Tokens) -> Rollout:
    """Plays given texts, int64[num_envs, T]."""
    idle = filler(env.episodes)
    return _play(env, example_ids, lambda _, playing, t: np.where(playing, tokens[:, t], idle))


def filler(episodes: Episodes) -> int:
    """An action that is legal at every step, for rows whose episode is over."""
    legal = np.flatnonzero(episodes.legal)
    return int(legal[-1] if len(legal) > 1 and legal[-1] != episodes.eos_id else legal[0])


def draw(logits: Tensor, generator: torch.Generator) -> Tensor:
    """One token a row from softmax(logits), float[N, V] -> long[N], by inverting its CDF."""
    cdf = logits.softmax(-1).cumsum(-1)
    points = torch.rand(len(logits), 1, generator=generator) * cdf[:, -1:]
    return torch.searchsorted(cdf, points, right=True)[:, 0].clamp(max=logits.shape[1] - 1)


def _play(env: TextGenVectorEnv, example_ids: Tokens, act) -> Rollout:  # type: ignore[no-untyped-def]
    count = len(example_ids)
    observations, _ = env.reset(options={"example": example_ids})
    playing = np.ones(count, np.bool_)
    lengths, returns, taken = np.zeros(count, np.int64), np.zeros(count), list[Tokens]()
    while playing.any():
        actions = act(observations, playing, len(taken))
        observations, rewards, ended, _, _ = env.step(actions)
        taken.append(actions)
        lengths += playing
        returns += rewards * playing
        playing &= ~ended
    return Rollout(example_ids, np.stack(taken, axis=1), lengths, returns)
