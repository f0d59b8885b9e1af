"""What an update of REINFORCE descends: the policy gradient's loss, and that of imitation."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from agents.policies.base import Policy
from agents.training.batch import Prompts, Tokens
from agents.training.loss import leave_one_out, likelihood
from agents.training.memory import Memory
from agents.training.rollout import Rollout
from textgym.episode import Episodes

DRAWS = 4  # from the remembered texts of each prompt, for an update to imitate


class Objective:
    """The losses of texts that answer the prompts of one task."""

    def __init__(self, episodes: Episodes) -> None:
        """Reads the prompts once."""
        self.episodes, self.prompts = episodes, Prompts(episodes)

    def policy_gradient(
        self, policy: Policy, rollout: Rollout, samples: int, entropy: float
    ) -> tuple[Tensor, dict[str, float]]:
        """The loss whose gradient is the policy gradient, and figures about the texts.

        Args:
            policy: Wrote the texts.
            rollout: ``samples`` texts of each prompt, one prompt after another.
            samples: The size of a group.
            entropy: Weight of the bonus.
        """
        batch = self.prompts.with_texts(rollout.example_ids, rollout.tokens, rollout.lengths)
        said = likelihood(policy, batch, self.episodes)
        returns = torch.from_numpy(rollout.returns).float().view(-1, samples)
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

    def imitation(
        self, policy: Policy, memory: Memory, ids: Tokens, rng: np.random.Generator
    ) -> Tensor:
        """Negative log-likelihood per text of some that are remembered for the examples ``ids``."""
        found, texts, lengths = memory.sample(np.repeat(ids, DRAWS), rng)
        if not len(found):
            return torch.zeros(())
        batch = self.prompts.with_texts(found, texts, lengths)
        return -likelihood(policy, batch, self.episodes).log_probs.sum() / len(found)
