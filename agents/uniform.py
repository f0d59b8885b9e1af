"""The random baseline, and the template to copy for an agent of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from agents.base import EnvLike, episodes_of
from agents.training import checkpoint

Tokens = npt.NDArray[np.int64]


class Uniform:
    """Chooses every legal token with the same probability, and never learns."""

    def __init__(self, env: EnvLike, seed: int = 0) -> None:
        """Looks up which tokens are legal: at first, and from ``min_new_tokens`` on."""
        rules = episodes_of(env)
        first, last = rules.action_mask(0), rules.action_mask(rules.max_new_tokens)
        self.first, self.later = np.flatnonzero(first), np.flatnonzero(last)
        self.min_new_tokens, self.seed = rules.min_new_tokens, seed
        self.rng = np.random.default_rng(seed)

    def learn(self, total_timesteps: int) -> Self:
        """There is nothing to learn."""
        return self

    def predict(
        self,
        observation: Tokens,
        state: Tokens | None = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[Tokens, Tokens]:
        """Random tokens; always the first legal one where they must not be random.

        The state is how many tokens each text has, int64[N], or a scalar array for one text.
        """
        shape = np.shape(observation)[:-1]
        written = np.zeros(shape, np.int64) if state is None else state
        if episode_start is not None:
            written = np.where(np.reshape(episode_start, shape), 0, written)
        if deterministic:
            actions = np.full(shape, self.first[0])
        else:
            first, later = (self.rng.choice(some, size=shape) for some in (self.first, self.later))
            actions = np.where(written < self.min_new_tokens, first, later)
        return actions, written + 1

    def save(self, path: str | Path) -> None:
        """Writes the legal tokens and the seed to the folder ``path``."""
        about = {"first": self.first.tolist(), "later": self.later.tolist()}
        more = {"min_new_tokens": self.min_new_tokens, "seed": self.seed}
        checkpoint.write(Path(path), {}, {"agent": type(self).__name__, **about, **more})

    @classmethod
    def load(cls, path: str | Path, env: EnvLike | None = None) -> Self:
        """Reads them back; an ``env`` says anew what is legal.

        Raises:
            CheckpointError: The folder is damaged, or another agent's.
        """
        _, about = checkpoint.read(Path(path), cls.__name__)
        if env is not None:
            return cls(env, about["seed"])
        agent = cls.__new__(cls)
        agent.first, agent.later = np.array(about["first"]), np.array(about["later"])
        agent.min_new_tokens, agent.seed = about["min_new_tokens"], about["seed"]
        agent.rng = np.random.default_rng(agent.seed)
        return agent
