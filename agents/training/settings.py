"""What can be set about REINFORCE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Settings:
    """The arguments of ``Reinforce`` beside the environment."""

    policy: str = "gru"
    """A file in ``agents/policies/``."""
    policy_kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Sizes of the network; see its class."""
    seed: int = 0
    """Makes learning repeatable to the bit, on the same machine and number of threads."""
    learning_rate: float = 4e-3
    """Of Adam."""
    prompts: int = 40
    """Prompts that an update asks for; all of them where a task has fewer."""
    samples: int = 8
    """Texts sampled for each prompt, at least 2: each is the others' baseline."""
    entropy: float = 0.01
    """Bonus for each nat of a token's distribution, in units of reward; fades to 0 in a run."""
    memory: int = 16
    """Texts remembered for each prompt; 0 leaves plain REINFORCE."""
    explore: int = 128
    """Variations of remembered texts played for each prompt in an update. Each is scored: take
    fewer, or none, where the scorer is slow."""
    imitation: float = 0.2
    """Weight of the log-likelihood of remembered texts."""
    max_grad_norm: float = 1.0
    """Gradients are clipped to this norm."""

    def __post_init__(self) -> None:
        """Validates what would fail late or silently."""
        if self.samples < 2:
            raise ValueError(f"samples={self.samples}: the baseline needs at least 2 a prompt.")
        if min(self.prompts, self.learning_rate, self.max_grad_norm) <= 0:
            raise ValueError(f"prompts, learning_rate and max_grad_norm must be > 0; got {self}.")
        if min(self.entropy, self.memory, self.explore, self.imitation) < 0:
            raise ValueError(f"entropy, memory, explore and imitation must be >= 0; got {self}.")
