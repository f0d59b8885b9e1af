"""A gated recurrent network with tied input and output embeddings."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import linear

from agents.policies.base import Policy, State, ends


class GRU(Policy):
    """Cho et al. 2014, arXiv 1406.1078; tied embeddings as in Press & Wolf 2017, 1608.05859."""

    def __init__(
        self,
        vocab_size: int,
        pad_id: int,
        max_length: int,
        *,
        hidden_size: int = 128,
        embedding_size: int = 64,
    ) -> None:
        """Any ``max_length`` will do: the state does not grow."""
        super().__init__(vocab_size, pad_id)
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.recurrent = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.project = nn.Linear(hidden_size, embedding_size)
        self.bias = nn.Parameter(self.project.bias.new_zeros(vocab_size))
        nn.init.normal_(self.embedding.weight, std=embedding_size**-0.5)

    def features(self, tokens: Tensor) -> Tensor:
        """Hidden states, long[B, L] -> float[B, L, H]."""
        features: Tensor = self.recurrent(self.embedding(tokens))[0]
        return features

    def head(self, features: Tensor) -> Tensor:
        """float[..., H] -> float[..., V]."""
        return linear(self.project(features), self.embedding.weight, self.bias)

    def prefill(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, State]:
        """The state is the hidden state, float[B, H]."""
        last = ends(self.features(tokens), lengths)
        return last, (last.clone(),)

    def advance(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """One recurrent step."""
        _, hidden = self.recurrent(self.embedding(tokens)[:, None], state[0][None])
        return hidden[0], (hidden[0].clone(),)
