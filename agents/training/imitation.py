"""The supervised warm start: maximum likelihood on the references."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from agents.base import EnvLike, episodes_of
from agents.training.batch import Batch, Prompts
from agents.training.loss import likelihood
from agents.training.progress import Progress
from textgym.episode import Episodes
from textgym.errors import TaskError

if TYPE_CHECKING:
    from agents.reinforce import Reinforce


class References:
    """Every reference of a task with its prompt, ready to be imitated."""

    def __init__(self, episodes: Episodes) -> None:
        """Reads them once; a reference longer than ``max_new_tokens`` is cut, without its end.

        Raises:
            TaskError: No example has a reference.
        """
        vocab, cap = episodes.vocab, episodes.max_new_tokens
        end = [episodes.eos_id] if episodes.eos_id >= 0 else []
        pairs = [
            (i, (vocab.encode(vocab.separator + reference) + end)[:cap])
            for i in range(episodes.size)
            for reference in episodes.task[i].references
        ]
        if not pairs:
            raise TaskError(f"{episodes.task!r} has no references that could be imitated.")
        self.prompts = Prompts(episodes)
        self.example_ids = np.array([i for i, _ in pairs])
        self.lengths = np.array([len(tokens) for _, tokens in pairs])
        self.tokens = np.zeros((len(pairs), cap), np.int64)
        for row, (_, tokens) in zip(self.tokens, pairs, strict=True):
            row[: len(tokens)] = tokens

    def __len__(self) -> int:
        """The number of pairs."""
        return len(self.lengths)

    def batch(self, rows: np.ndarray) -> Batch:
        """The pairs of these numbers."""
        ids, lengths = self.example_ids[rows], self.lengths[rows]
        return self.prompts.with_texts(ids, self.tokens[rows], lengths)


def imitate(
    agent: Reinforce,
    epochs: int,
    *,
    batch_size: int = 64,
    validation: EnvLike | None = None,
    progress_bar: bool = False,
) -> list[dict[str, float]]:
    """Fits the agent's policy to the references of its environment.

    Args:
        agent: Whose policy and optimizer are used.
        epochs: Passes over the references, at most.
        batch_size: References in a step.
        validation: An environment of held-out examples: learning stops, and goes back to the best
            weights, when their loss has not fallen for two epochs.
        progress_bar: Shows one.

    Returns:
        Nats per token, one dict an epoch.
    """
    train = References(agent.episodes)
    held_out = None if validation is None else References(episodes_of(validation))
    losses: list[dict[str, float]] = []
    best, weights = np.inf, None
    with Progress(epochs * len(train), progress_bar, unit="references") as progress:
        for epoch in range(epochs):
            losses.append({"loss": _epoch(agent, train, batch_size)})
            if held_out is not None:
                losses[-1]["validation"] = now = nats_per_token(agent, held_out, batch_size)
                if now < best:
                    best, weights, best_epoch = now, _copy(agent), epoch
                elif epoch - best_epoch >= 2:
                    break
            progress.show((epoch + 1) * len(train), losses[-1])
    if weights is not None:
        agent.policy.load_state_dict(weights)
    # Momentum towards the references is not one towards the reward.
    agent.optimizer.state.clear()
    return losses


@torch.no_grad()
def nats_per_token(agent: Reinforce, references: References, batch_size: int = 64) -> float:
    """The mean negative log-likelihood of the references' tokens."""
    total = 0.0
    for rows in _batches(np.arange(len(references)), batch_size):
        batch = references.batch(rows)
        total -= float(likelihood(agent.policy, batch, agent.episodes).log_probs.sum())
    return total / int(references.lengths.sum())


def _epoch(agent: Reinforce, references: References, batch_size: int) -> float:
    total = 0.0
    for rows in _batches(agent.rng.permutation(len(references)), batch_size):
        batch = references.batch(rows)
        nats = -likelihood(agent.policy, batch, agent.episodes).log_probs.sum()
        agent.step(nats / int(batch.lengths.sum()))
        total += float(nats.detach())
    return total / int(references.lengths.sum())


def _batches(order: np.ndarray, size: int) -> list[np.ndarray]:
    return [order[i : i + size] for i in range(0, len(order), size)]


def _copy(agent: Reinforce) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in agent.policy.state_dict().items()}
