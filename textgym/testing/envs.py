"""What every environment must do, beside what Gymnasium asks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.spaces import Box, Discrete

from textgym.testing.assertions import near, raises, same, true

INFO = {
    "prompt": str,
    "text": str,
    "score": float,
    "breakdown": dict,
    "finish_reason": str,
    "example_id": int,
}
NO_ACTIONS = (-1, 1.5, "1", None, np.array([1]))


def check_env(env: str | gym.Env[Any, Any], **kwargs: Any) -> None:
    """Runs Gymnasium's checker, no warning allowed, and ours.

    Args:
        env: An id or an environment; of a wrapped one what is inside is checked.
        **kwargs: The arguments of the environment that the id names.
    """
    made = gym.make(env, **kwargs) if isinstance(env, str) else env
    inner: Any = made.unwrapped
    _check_spaces(inner)
    _check_by_gymnasium(inner)
    first, second = _play(inner, seed=3), _play(inner, seed=3)
    same(len(first), len(second), "the number of steps with the same seed and actions")
    for (obs, *rest), (obs_again, *rest_again) in zip(first, second, strict=True):
        same((obs.tolist(), rest), (obs_again.tolist(), rest_again), "a step with the same seed")
    _check_episode(inner, first)
    _check_refusals(inner)


def _check_spaces(env: Any) -> None:
    true(isinstance(env.action_space, Discrete), f"{env.action_space} is not Discrete")
    box = env.observation_space
    whole = isinstance(box, Box) and box.dtype == np.int64 and len(box.shape) == 1
    true(whole, f"{box} is not an int64 Box of one dimension")
    same(int(env.action_space.n), len(env.vocab), "the number of actions")


def _check_by_gymnasium(env: Any) -> None:
    from gymnasium.utils.env_checker import check_env as check_by_gymnasium

    env.reset(seed=0)
    space, env.action_space = env.action_space, _Legal(env.action_masks())
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            check_by_gymnasium(env, skip_render_check=True)
    finally:
        env.action_space = space
    same([str(warning.message) for warning in caught], [], "the warnings of Gymnasium's checker")


class _Legal(Discrete):
    """The actions, of which only legal ones are sampled, as Gymnasium's checker knows no mask."""

    def __init__(self, mask: Any) -> None:
        super().__init__(len(mask))
        self._mask = mask.astype(np.int8)

    def sample(self, mask: Any = None, probability: Any = None) -> np.int64:
        return super().sample(self._mask)


def _play(env: Any, seed: int) -> list[tuple[Any, ...]]:
    """An episode of random legal actions: (observation, reward, terminated, truncated, info)."""
    draw = np.random.default_rng(seed)
    obs, info = env.reset(seed=seed)
    steps: list[tuple[Any, ...]] = [(obs, 0.0, False, False, info)]
    while not (steps[-1][2] or steps[-1][3]):
        action = draw.choice(np.flatnonzero(env.action_masks()))
        steps.append(env.step(action))
        same(int(steps[-1][0][-1]), int(action), "the newest token of the observation")
    return steps


def _check_episode(env: Any, steps: Sequence[tuple[Any, ...]]) -> None:
    for obs, _, terminated, truncated, info in steps:
        true(obs in env.observation_space, f"{obs} is not in {env.observation_space}")
        same({key: type(value) for key, value in info.items()}, INFO, "the keys of the info")
        same(terminated, bool(info["finish_reason"]), "terminated and the finish reason")
        true(not truncated, "truncated is True, but the score has been paid")
    final = steps[-1][4]
    example = env.task[final["example_id"]]
    total, parts = env.scorer.evaluate([final["text"]], [example])
    near([final["score"]], total, "the score in the final info")
    near(list(final["breakdown"].values()), np.ravel(list(parts.values())), "the breakdown")
    near([sum(step[1] for step in steps)], total, "the sum of the rewards")


def _check_refusals(env: Any) -> None:
    """Illegal actions change nothing; a step after the end is refused."""
    env.reset(seed=5)
    mask = env.action_masks()
    masked = [int(action) for action in np.flatnonzero(~mask)[:1]]
    for action in (*NO_ACTIONS, len(mask), *masked):
        raises(InvalidAction, partial(env.step, action), f"action {action!r}")
    legal = int(np.flatnonzero(mask)[-1])
    after = env.step(legal)[0]
    env.reset(seed=5)
    same(after.tolist(), env.step(legal)[0].tolist(), "the observation after refused actions")
    _play(env, seed=5)
    raises(ResetNeeded, partial(env.step, legal), "a step after the end")
