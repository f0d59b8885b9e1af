"""The policy network that an environment and the settings ask for."""

from __future__ import annotations

import torch

from agents.policies import registry
from agents.policies.base import Policy
from agents.training.settings import SettingError, Settings
from textgym.episode import Episodes


def longest(episodes: Episodes) -> int:
    """The most tokens that a prompt and its text have together."""
    return episodes.context_length + episodes.max_new_tokens


def build(episodes: Episodes, settings: Settings, max_length: int) -> Policy:
    """A new network; its weights depend on the seed alone, and no other random state changes.

    Args:
        episodes: Have the vocabulary.
        settings: Name the policy and its sizes.
        max_length: The most tokens it must be able to read.

    Raises:
        UnknownName: There is no such policy or argument.
        SettingError: The policy knows fewer tokens than the vocabulary has.
    """
    vocab = episodes.vocab
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network: Policy = registry.create(
            settings.policy, len(vocab), vocab.pad_id, max_length, **settings.policy_kwargs
        )
    if network.vocab_size < len(vocab):
        raise SettingError(
            f"The policy {settings.policy!r} knows {network.vocab_size} tokens, the task "
            f"{len(vocab)}. Choose another policy or vocabulary."
        )
    return network
