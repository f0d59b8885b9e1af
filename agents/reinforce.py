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
import torch
from torch import Tensor, nn

from agents.base import EnvLike, episodes_of, vectorised
from agents.policies import registry as policies
from agents.policies.base import Policy, State
from agents.training import checkpoint, resume
from agents.training.batch import Prompts, Tokens
from agents.training.imitation import imitate
from agents.training.legal import legal_logits
from agents.training.loss import leave_one_out, likelihood
from agents.training.memory import Memory
from agents.training.progress import Progress
from agents.training.rollout import Rollout, draw, replay, sample
from agents.training.settings import Settings
from textgym.errors import UnknownArgument
from textgym.vector import TextGenVectorEnv

Stats = dict[str, float]


class Reinforce:
    """Learns to write texts that score well; see the module's text for the algorithm.

    Attributes:
        policy: The network.
        num_timesteps: Tokens played so far, explored ones included.
        history: One dict of figures for each update.
    """

    def __init__(self, env: EnvLike, settings: Settings | None = None, **changes: Any) -> None:
        """Builds the network; nothing is played yet.

        Args:
            env: An id such as ``"TextGen-BLEU-v0"``, or a textgym environment.
            settings: What to use instead of the defaults.
            **changes: Single settings, such as ``policy="transformer"`` or ``seed=1``.

        Raises:
            ValueError: A setting does not exist or makes no sense; the message names it.
        """
        for name in changes.keys() - Settings.__dataclass_fields__.keys():
            raise UnknownArgument("setting", name, Settings.__dataclass_fields__)
        self.settings = dataclasses.replace(settings or Settings(), **changes)
        self.env, self.episodes = env, episodes_of(env)
        seed = self.settings.seed
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.policy = self._network()
        self.optimizer = torch.optim.Adam(self.policy.parameters(), lr=self.settings.learning_rate)
        self.prompts = Prompts(self.episodes)
        self.memory = Memory(self.episodes, self.settings.memory) if self.settings.memory else None
        self.num_timesteps = 0
        self.order: list[int] = []  # example ids to come
        self.history: list[Stats] = []

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
        first, began = self.num_timesteps, time.perf_counter()
        with Progress(total_timesteps, progress_bar) as progress:
            while (done := self.num_timesteps - first) < total_timesteps:
                stats = self._update(
                    env, explored, self._next(group), fade=1 - done / total_timesteps
                )
                stats["seconds"] = time.perf_counter() - began
                self.history.append(stats)
                progress.show(self.num_timesteps - first, stats)
                if callback is not None and callback(self, stats) is False:
                    break
        return self

    def imitate(self, epochs: int = 10, progress_bar: bool = False, **options: Any) -> Self:
        """Learns from the references first, a warm start; see ``agents.training.imitation``.

        ``losses`` then holds the nats per token of each epoch.
        """
        self.losses = imitate(self, epochs, progress_bar=progress_bar, **options)
        return self

    @torch.no_grad()
    def predict(
        self,
        observation: Tokens,
        state: tuple[State, Tensor] | None = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[Tokens, tuple[State, Tensor]]:
        """The next tokens.

        Args:
            observation: int64[N, C], or int64[C] of a single environment.
            state: What the last call returned. Without it the windows are read anew, which gives
                the same tokens and costs more.
            episode_start: bool[N], the rows whose episode has just begun.
            deterministic: The most likely tokens instead of sampled ones.

        Returns:
            int64[N] (or a scalar array for int64[C]), and the state for the next call.
        """
        windows = torch.from_numpy(np.atleast_2d(observation))
        start = np.zeros(len(windows), np.bool_) if episode_start is None else episode_start
        reset = torch.as_tensor(np.atleast_1d(start))
        inner, steps = (
            (None, torch.zeros(len(windows), dtype=torch.long)) if state is None else state
        )
        steps = torch.where(reset, 0, steps)
        logits, inner = self.policy.step(windows, reset, inner)
        logits = legal_logits(logits, steps, self.episodes)
        actions = (logits.argmax(1) if deterministic else draw(logits, self.generator)).numpy()
        return (actions[0] if np.ndim(observation) == 1 else actions), (inner, steps + 1)

    def save(self, path: str | Path) -> None:
        """Writes policy, optimizer, memory and random states to the folder ``path``."""
        checkpoint.write(Path(path), resume.tensors_of(self), resume.about(self))

    @classmethod
    def load(cls, path: str | Path, env: EnvLike | None = None) -> Self:
        """Reads what ``save`` wrote, so that learning goes on as if it had never stopped.

        Args:
            path: The folder.
            env: Where it acts; needed where the agent was not built from an id.

        Raises:
            CheckpointError: The folder is damaged, or ``env`` has another vocabulary.
        """
        tensors, about = checkpoint.read(Path(path))
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
        loss, stats = self._policy_loss(rollout, self.settings.entropy * fade)
        self.num_timesteps += sum(int(some.lengths.sum()) for some in played)
        if self.memory is not None:
            for some in played:
                self.memory.add(some.example_ids, some.tokens, some.returns)
            loss = loss + self.settings.imitation * self._imitation_loss(ids)
            stats["best"] = float(np.maximum(self.memory.scores[ids, 0], 0).mean())
        stats["grad_norm"] = self.step(loss)
        return {"timesteps": self.num_timesteps, **stats}

    def _policy_loss(self, rollout: Rollout, entropy: float) -> tuple[Tensor, Stats]:
        """The loss whose gradient is the policy gradient, and figures about the texts."""
        batch = self.prompts.with_texts(rollout.example_ids, rollout.tokens, rollout.lengths)
        said = likelihood(self.policy, batch, self.episodes)
        returns = torch.from_numpy(rollout.returns).float().view(-1, self.settings.samples)
        advantages = leave_one_out(returns).view(-1, 1)  # [N, 1]
        objective = advantages * said.log_probs + entropy * said.entropies  # [N, T]
        tokens = rollout.lengths.sum()
        stats = {
            "reward": float(returns.mean()),
            "entropy": float(said.entropies.detach().sum() / tokens),
            "length": float(tokens / len(rollout.lengths)),
            "no_spread": float((returns.std(1) < 1e-6).float().mean()),
        }
        return -objective.sum() / len(batch.tokens), stats

    def _imitation_loss(self, ids: Tokens) -> Tensor:
        """Negative log-likelihood per remembered text; one of each example's best, and one more."""
        assert self.memory is not None
        found, texts, lengths = self.memory.sample(np.repeat(ids, IMITATED), self.rng)
        if not len(found):
            return torch.zeros(())
        batch = self.prompts.with_texts(found, texts, lengths)
        return -likelihood(self.policy, batch, self.episodes).log_probs.sum() / len(found)

    def step(self, loss: Tensor) -> float:
        """One step of the optimizer; returns the norm of the gradient before it was clipped.

        Raises:
            FloatingPointError: The gradient is not finite; the weights are as they were.
        """
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = float(
            nn.utils.clip_grad_norm_(self.policy.parameters(), self.settings.max_grad_norm)
        )
        if not np.isfinite(norm):
            raise FloatingPointError(f"The gradient's norm is {norm}; lower learning_rate.")
        self.optimizer.step()
        return norm

    def _next(self, count: int) -> Tokens:
        """The next example ids; each comes as often as any other."""
        while len(self.order) < count:
            self.order += self.rng.permutation(self.episodes.size).tolist()
        ids, self.order = self.order[:count], self.order[count:]
        return np.array(ids)

    def _network(self) -> Policy:
        longest = self.episodes.context_length + self.episodes.max_new_tokens
        vocab = self.episodes.vocab
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            network: Policy = policies.create(
                self.settings.policy,
                len(vocab),
                vocab.pad_id,
                longest,
                **self.settings.policy_kwargs,
            )
        if network.vocab_size < len(vocab):
            raise ValueError(
                f"The policy {self.settings.policy!r} knows {network.vocab_size} tokens, "
                f"the task {len(vocab)}."
            )
        return network


IMITATED = 4  # remembered texts of each prompt that an update imitates
