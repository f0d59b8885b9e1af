"""What an agent is, and the rules it plays by."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker

import textgym  # noqa: F401  registers the ids
from textgym.env import TextGenEnv
from textgym.episode import Episodes
from textgym.errors import TextGymError
from textgym.vector import TextGenVectorEnv

EnvLike = str | gym.Env[Any, Any] | gym.vector.VectorEnv[Any, Any, Any]


class WrongEnvironment(TextGymError, TypeError):
    """What was passed as an environment is not one that agents can play by the rules of."""


@runtime_checkable
class Agent(Protocol):
    """The shape of stable-baselines3's algorithms, which are agents as they are.

    The ``textgym`` command makes one by ``cls(env, seed=0)``, and calls ``load(path, env)``.
    """

    def learn(self, total_timesteps: int) -> Self:
        """Learns from about ``total_timesteps`` tokens."""
        ...

    def predict(
        self,
        observation: npt.NDArray[np.int64],
        state: Any = None,
        episode_start: npt.NDArray[np.bool_] | None = None,
        deterministic: bool = False,
    ) -> tuple[npt.NDArray[np.int64], Any]:
        """The next tokens for int64[N, C] (or [C]) observations, and the state to pass on.

        Args:
            observation: The windows of N texts, or of one.
            state: What the last call returned; None at first.
            episode_start: bool[N], the rows whose episode has just begun.
            deterministic: The same tokens whenever it is asked, instead of sampled ones.
        """
        ...

    def save(self, path: str | Path) -> None:
        """Writes the agent to ``path``."""
        ...

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads it back."""
        ...


def episodes_of(env: EnvLike) -> Episodes:
    """The rules behind an env id, a ``TextGenEnv`` or a ``TextGenVectorEnv``.

    Raises:
        WrongEnvironment: ``env`` is something else, or is wrapped: agents play by the rules and
            not in ``env`` itself, so that what a wrapper changes would be lost without a word.
    """
    outer: Any = gym.make(env) if isinstance(env, str) else env
    inner = getattr(outer, "unwrapped", None)
    if not isinstance(inner, TextGenEnv | TextGenVectorEnv):
        raise WrongEnvironment(f"Pass an id such as 'TextGen-BLEU-v0' or a TextGenEnv; got {env!r}")
    while isinstance(outer, PassiveEnvChecker | OrderEnforcing):  # those of gym.make only check
        outer = outer.env
    if outer is not inner:
        raise WrongEnvironment(
            f"{type(outer).__name__} around the environment would be ignored. Pass env.unwrapped, "
            "and put what the wrapper does into a task or a scorer."
        )
    rules: Episodes = inner.episodes
    return rules


def vectorised(episodes: Episodes, num_envs: int, texts: bool = False) -> TextGenVectorEnv:
    """``num_envs`` rows that play by the rules of ``episodes``."""
    return TextGenVectorEnv(
        num_envs,
        episodes.task,
        episodes.scorer,
        context_length=episodes.context_length,
        max_new_tokens=episodes.max_new_tokens,
        min_new_tokens=episodes.min_new_tokens,
        shaping=episodes.shaping,
        truncate_prompts=True,
        texts=texts,
    )
