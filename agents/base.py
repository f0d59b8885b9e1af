"""What an agent is, and how one is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import gymnasium as gym
import numpy as np
import numpy.typing as npt

import textgym  # noqa: F401  registers the ids
from textgym.env import TextGenEnv
from textgym.episode import Episodes
from textgym.vector import TextGenVectorEnv

EnvLike = str | gym.Env[Any, Any] | gym.vector.VectorEnv[Any, Any, Any]


@runtime_checkable
class Agent(Protocol):
    """The shape of stable-baselines3's algorithms, which are agents as they are."""

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
        """The next tokens for int64[N, C] (or [C]) observations, and the state to pass on."""
        ...

    def save(self, path: str | Path) -> None:
        """Writes the agent to a folder."""
        ...

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads it back."""
        ...


@dataclass(frozen=True)
class Evaluation:
    """The texts an agent wrote and what they scored, one entry per episode."""

    prompts: list[str]
    texts: list[str]
    example_ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    breakdown: dict[str, npt.NDArray[np.float64]]

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(self.scores.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of the mean; resamples examples, since their texts go together.

        Efron & Tibshirani 1993, chapter 13.3 (percentile method).
        """
        _, group = np.unique(self.example_ids, return_inverse=True)
        means = np.bincount(group, self.scores) / np.bincount(group)
        draws = np.random.default_rng(0).integers(len(means), size=(2000, len(means)))
        low, high = np.percentile(means[draws].mean(axis=1), [2.5, 97.5])
        return float(low), float(high)

    def __str__(self) -> str:
        """The mean, its interval and how much was played."""
        low, high = self.interval
        examples = len(np.unique(self.example_ids))
        return (
            f"{self.mean:.3f} [{low:.3f}, {high:.3f}] "
            f"({len(self.scores)} texts on {examples} examples)"
        )


def episodes_of(env: EnvLike) -> Episodes:
    """The rules behind an env id, a ``TextGenEnv`` (wrapped or not) or a ``TextGenVectorEnv``.

    Raises:
        TypeError: ``env`` is something else.
    """
    base = gym.make(env).unwrapped if isinstance(env, str) else env.unwrapped
    if not isinstance(base, TextGenEnv | TextGenVectorEnv):
        raise TypeError(f"Pass an id such as 'TextGen-BLEU-v0' or a TextGen env; got {env!r}.")
    return base.episodes


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


def evaluate(
    agent: Agent,
    env: EnvLike,
    episodes_per_example: int = 1,
    *,
    deterministic: bool = False,
    examples: Sequence[int] | None = None,
) -> Evaluation:
    """Lets ``agent`` answer every example, and scores the texts.

    Args:
        agent: Anything with ``predict``.
        env: What it plays; its ``split`` says on which texts.
        episodes_per_example: More than one only makes sense for sampled texts.
        deterministic: Most likely tokens instead of sampled ones.
        examples: The examples to play; by default all of them.
    """
    rules = episodes_of(env)
    chosen = np.arange(rules.size) if examples is None else np.asarray(examples, np.int64)
    ids = np.repeat(chosen, episodes_per_example)
    venv = vectorised(rules, len(ids), texts=True)
    observation, infos = venv.reset(seed=0, options={"example": ids})
    prompts, texts = infos["prompt"].tolist(), [""] * len(ids)
    scores, parts = np.zeros(len(ids)), {k: np.zeros(len(ids)) for k in rules.part_names}
    state, start = None, np.ones(len(ids), np.bool_)
    playing = np.ones(len(ids), np.bool_)
    while playing.any():
        actions, state = agent.predict(observation, state, start, deterministic)
        observation, _, start, _, infos = venv.step(actions)
        for row in np.flatnonzero(start & playing):
            texts[row], scores[row] = infos["text"][row], infos["score"][row]
            for name, values in parts.items():
                values[row] = infos["breakdown"][name][row]
        start, playing = start | ~playing, playing & ~start
    return Evaluation(prompts, texts, ids, scores, parts)
