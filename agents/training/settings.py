"""What can be set about REINFORCE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from textgym.errors import TextGymError


class SettingError(TextGymError, ValueError):
    """A setting that makes no sense; the message names it, its value and what is allowed."""


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
        """Validates what would fail late or silently.

        Raises:
            SettingError: A value is of the wrong kind or out of range.
        """
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(each.default, int | float):
                _check_number(each.name, value, type(each.default))
        if self.samples < 2:
            raise SettingError(f"samples={self.samples}: the baseline needs at least 2 a prompt.")
        for name in ("prompts", "learning_rate", "max_grad_norm"):
            if not getattr(self, name) > 0:
                raise SettingError(f"{name}={getattr(self, name)} must be more than 0.")


def _check_number(name: str, value: Any, kind: type) -> None:
    """Raises SettingError if ``value`` is no finite number >= 0, or no whole one for an int."""
    allowed = int if kind is int else int | float
    if isinstance(value, bool) or not isinstance(value, allowed) or not 0 <= value < float("inf"):
        noun = "a whole number" if kind is int else "a number"
        raise SettingError(f"{name}={value!r} must be {noun}, at least 0.")
