"""What a policy network is: a causal model with an incremental form."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]  # batch first


class Policy(nn.Module):
    """Scores next tokens: a whole sequence at once to learn, one token at a time to act.

    Both ways give the same logits; a test holds every policy to it.
    """

    def __init__(self, vocab_size: int, pad_id: int) -> None:
        """Remembers what an observation is padded with."""
        super().__init__()
        self.vocab_size, self.pad_id = vocab_size, pad_id

    @abstractmethod
    def features(self, tokens: Tensor) -> Tensor:
        """What is known after each token: long[B, L] from the first token on -> float[B, L, H]."""

    @abstractmethod
    def head(self, features: Tensor) -> Tensor:
        """Logits of the next token, float[..., H] -> float[..., V]."""

    @abstractmethod
    def prefill(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, State]:
        """Reads prompts long[B, L] of long[B] lengths -> features float[B, H] of their ends."""

    @abstractmethod
    def advance(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Reads one token a row, long[B] -> features float[B, H]; costs no second look back.

        It may write the new state over the old one.
        """

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits after each token, long[B, L] -> float[B, L, V]."""
        return self.head(self.features(tokens))

    def step(
        self, observations: Tensor, reset: Tensor, state: State | None
    ) -> tuple[Tensor, State]:
        """The incremental form over an environment's observations.

        Args:
            observations: long[B, C], windows padded on the left.
            reset: bool[B], the rows whose episode has just begun.
            state: What the last call returned, None at first.

        Returns:
            Logits float[B, V], and the state to pass to the next call.
        """
        if state is None or bool(reset.all()):
            features, state = self.prefill(*left_aligned(observations, self.pad_id))
            return self.head(features), state
        features, state = self.advance(observations[:, -1], state)
        if bool(reset.any()):
            fresh, fresh_state = self.prefill(*left_aligned(observations[reset], self.pad_id))
            features[reset] = fresh
            for old, new in zip(state, fresh_state, strict=True):
                old[reset] = new
        return self.head(features), state


def ends(features: Tensor, lengths: Tensor) -> Tensor:
    """The features of each row's last token, float[B, L, H] -> float[B, H]."""
    return features[torch.arange(len(features), device=features.device), lengths - 1]


def left_aligned(observations: Tensor, pad_id: int) -> tuple[Tensor, Tensor]:
    """Windows long[N, C] padded on the left as (tokens long[N, C] from column 0 on, lengths)."""
    width = observations.shape[1]
    first = (observations != pad_id).long().argmax(1)
    # A window of padding alone is a prompt that is one such token (BOS, in GPT-2).
    lengths = torch.where((observations == pad_id).all(1), 1, width - first)
    columns = torch.arange(width, device=observations.device) + (width - lengths)[:, None]
    return observations.gather(1, columns.clamp(max=width - 1)), lengths
