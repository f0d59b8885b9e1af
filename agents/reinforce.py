"""REINFORCE for texts (Williams 1992), with a memory that keeps it exploring.

One update:

1. sample some texts for each of some prompts from the policy;
2. explore: play variations of the best texts remembered for these prompts;
3. step along ``E[(R - baseline) grad log p(text)]``, the baseline being the mean return of the
   prompt's other samples, plus an entropy bonus that fades out, plus the log-likelihood of
   remembered texts (self-imitation).

With ``memory=0`` step 2 and self-imitation are left out; what remains is REINFORCE with a
leave-one-out baseline (Ahmadian et al. 2024, arXiv 2402.14740). Left out on purpose: a reference
model and its KL term; PPO's ratio and clipping, since each batch is used once; and dividing
advantages by their standard deviation, which makes a prompt that is nearly solved as loud as one
that is not.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np

from agents.base import EnvLike, episodes_of, vectorised
from textgym.errors import MissingDependency, UnknownArgument
from textgym.vector import TextGenVectorEnv

try:
    import torch
    from torch import Tensor

    from agents.training import checkpoint, network, resume
    from agents.training.acting import Acting, act
    from agents.training.batch import Tokens
    from agents.training.descent import descend
    from agents.training.imitation import imitate
    from agents.training.memory import Memory
    from agents.training.objective import Objective
    from agents.training.progress import Progress
    from agents.training.rollout import replay, sample
    from agents.training.settings import Settings
except ModuleNotFoundError as error:
    raise MissingDependency("Reinforce", str(error.name), "agents") from error

Stats = dict[str, float]


class Reinforce:
    """Learns to write texts that score well; see the module's text for the algorithm.

    Attributes:
        policy: The network.
        num_timesteps: Tokens played so far, explored ones included.
        history: One dict of figures for each update.
        losses: Nats per token, one dict for each epoch of the last ``imitate``.
    """

    def __init__(self, env: EnvLike, settings: Settings | None = None, **changes: Any) -> None:
        """Builds the network; nothing is played yet.

        Args:
            env: An id such as ``"TextGen-BLEU-v0"``, or a textgym environment.
            settings: What to use instead of the defaults.
            **changes: Single settings, such as ``policy="transformer"`` or ``seed=1``.

        Raises:
            UnknownArgument: There is no such setting; SettingError: it makes no sense.
            WrongEnvironment: ``env`` is none of ours, or is wrapped.
        """
        for name in changes.keys() - Settings.__dataclass_fields__.keys():
            raise UnknownArgument("setting", name, Settings.__dataclass_fields__)
        self.settings = dataclasses.replace(settings or Settings(), **changes)
        self.env, self.episodes = env, episodes_of(env)
        seed = self.settings.seed
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)  # of the texts it learns from
        self.acting = torch.Generator().manual_seed(seed)  # of those it is only asked for
        self.build(network.longest(self.episodes))
        self.objective = Objective(self.episodes)
        self.memory = Memory(self.episodes, self.settings.memory) if self.settings.memory else None
        self.num_timesteps = 0
        self.order: list[int] = []  # example ids to come
        self.history: list[Stats] = []
        self.losses: list[Stats] = []

    def build(self, max_length: int) -> None:
        """Makes the network anew, for prompt and text of ``max_length`` tokens, untrained."""
        self.max_length = max_length
        self.policy = network.build(self.episodes, self.settings, max_length)
        self.optimizer = torch.optim.Adam(self.policy.parameters(), lr=self.settings.learning_rate)

    def learn(
        self,
        total_timesteps: int,
        callback: Callable[[Reinforce, Stats], bool | None] | None = None,
        progress_bar: bool = False,
    ) -> Self:
        """Plays and learns until ``total_timesteps`` more tokens have been played.

        Args:
            total_timesteps: When to stop; the update under way is finished.
            callback: Called after each update; returning False stops.
            progress_bar: Shows one.
        """
        group = min(self.settings.prompts, self.episodes.size)
        env = vectorised(self.episodes, group * self.settings.samples)
        explored = vectorised(self.episodes, group * max(self.settings.explore, 1))
        first = self.num_timesteps
        began = time.perf_counter() - (self.history[-1]["seconds"] if self.history else 0.0)
        with Progress(total_timesteps, progress_bar) as progress:
            while (done := self.num_timesteps - first) < total_timesteps:
                stats = self._update(env, explored, self._next(group), 1 - done / total_timesteps)
                stats["seconds"] = time.perf_counter() - began
                self.history.append(stats)
                progress.show(self.num_timesteps - first, stats)
                if callback is not None and callback(self, stats) is False:
                    break
        return self

    def imitate(self, epochs: int = 10, progress_bar: bool = False, **options: Any) -> Self:
        """Learns from the references first, a warm start; see ``agents.training.imitation``."""
        self.losses = imitate(self, epochs, progress_bar=progress_bar, **options)
        return self

    def predict(
        self,
        observation: Tokens,
        state: Acting | None = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[Tokens, Acting]:
        """The next tokens and the state to pass on; see ``agents.training.acting``."""
        generator = None if deterministic else self.acting
        return act(self.policy, self.episodes, observation, state, episode_start, generator)

    def save(self, path: str | Path) -> None:
        """Writes policy, optimizer, memory and random states to the folder ``path``."""
        checkpoint.write(Path(path), resume.tensors_of(self), resume.about(self))

    @classmethod
    def load(cls, path: str | Path, env: EnvLike | None = None) -> Self:
        """Reads what ``save`` wrote, so that learning goes on as if it had never stopped.

        Args:
            path: The folder.
            env: Where it acts; needed where the agent was not built from an id. If its examples,
                scorer or lengths are others, what is remembered of the old ones is forgotten.

        Raises:
            CheckpointError: The folder is damaged or another agent's, or ``env`` has another
                vocabulary.
        """
        tensors, about = checkpoint.read(Path(path), cls.__name__)
        agent = cls(resume.env_of(about) if env is None else env, Settings(**about["settings"]))
        resume.restore(agent, tensors, about)
        return agent

    def _update(
        self, env: TextGenVectorEnv, explored: TextGenVectorEnv, ids: Tokens, fade: float
    ) -> Stats:
        """One round of the algorithm on the examples ``ids``."""
        rollout = sample(self.policy, env, np.repeat(ids, self.settings.samples), self.generator)
        played = [rollout]
        if self.memory is not None and self.settings.explore:
            rows = np.repeat(ids, self.settings.explore)
            played.append(replay(explored, rows, self.memory.variations(rows, self.rng)))
        entropy = self.settings.entropy * fade
        loss, stats = self.objective.policy_gradient(
            self.policy, rollout, self.settings.samples, entropy
        )
        self.num_timesteps += sum(int(some.lengths.sum()) for some in played)
        if self.memory is not None:
            for some in played:
                self.memory.add(some.example_ids, some.tokens, some.returns)
            imitated = self.objective.imitation(self.policy, self.memory, ids, self.rng)
            loss = loss + self.settings.imitation * imitated
            stats["best"] = float(np.maximum(self.memory.scores[ids, 0], 0).mean())
        stats["grad_norm"] = self.step(loss)
        return {"timesteps": self.num_timesteps, **stats}

    def step(self, loss: Tensor) -> float:
        """One step of the optimizer; returns the norm of the gradient before it was clipped."""
        return descend(self.policy, self.optimizer, loss, self.settings.max_grad_norm)

    def _next(self, count: int) -> Tokens:
        """The next example ids; each comes as often as any other."""
        while len(self.order) < count:
            self.order += self.rng.permutation(self.episodes.size).tolist()
        ids, self.order = self.order[:count], self.order[count:]
        return np.array(ids)
