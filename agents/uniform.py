"""The random baseline, and the template to copy for an agent of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from agents.base import EnvLike, episodes_of


class Uniform:
    """Chooses every legal token with the same probability, and never learns."""

    def __init__(self, env: EnvLike, seed: int = 0) -> None:
        """Looks up which tokens are legal."""
        episodes = episodes_of(env)
        self.legal = np.flatnonzero(episodes.action_mask(episodes.max_new_tokens))
        self.seed, self.rng = seed, np.random.default_rng(seed)

    def learn(self, total_timesteps: int) -> Self:
        """There is nothing to learn."""
        return self

    def predict(
        self,
        observation: npt.NDArray[np.int64],
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[npt.NDArray[np.int64], Any]:
        """Random tokens; always the first legal one where they must not be random."""
        shape = np.shape(observation)[:-1]
        drawn = self.rng.choice(self.legal, size=shape)
        return np.full(shape, self.legal[0]) if deterministic else np.asarray(drawn), state

    def save(self, path: str | Path) -> None:
        """Writes the legal tokens and the seed as JSON."""
        Path(path).write_text(json.dumps({"legal": self.legal.tolist(), "seed": self.seed}))

    @classmethod
    def load(cls, path: str | Path, env: EnvLike | None = None) -> Self:
        """Reads them back; it needs no ``env``."""
        about = json.loads(Path(path).read_text())
        agent = cls.__new__(cls)
        agent.legal, agent.seed = np.array(about["legal"]), about["seed"]
        agent.rng = np.random.default_rng(agent.seed)
        return agent
