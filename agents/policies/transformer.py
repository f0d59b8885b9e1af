"""A small decoder-only transformer with a key-value cache."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention

from agents.policies.base import Policy, State, ends
from textgym.errors import TextGymError


class TooLong(TextGymError, ValueError):
    """A window of more tokens than the network has positions for."""


class Transformer(Policy):
    """GPT-2's block (Radford et al. 2019): pre-norm, learned positions, tied embeddings."""

    def __init__(
        self,
        vocab_size: int,
        pad_id: int,
        max_length: int,
        *,
        width: int = 96,
        heads: int = 4,
        layers: int = 2,
    ) -> None:
        """``max_length`` is the longest prompt and text together, in tokens."""
        super().__init__(vocab_size, pad_id)
        self.max_length, self.heads = max_length, heads
        self.embedding = nn.Embedding(vocab_size, width)
        self.positions = nn.Embedding(max_length, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        for table in (self.embedding, self.positions):
            nn.init.normal_(table.weight, std=width**-0.5)

    def features(self, tokens: Tensor) -> Tensor:
        """long[B, L] -> float[B, L, width]."""
        return self._read(tokens)[0]

    def head(self, features: Tensor) -> Tensor:
        """float[..., width] -> float[..., V]."""
        return linear(features, self.embedding.weight)

    def prefill(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, State]:
        """The state is the cache float[B, layers, 2, heads, max_length, width / heads], long[B]."""
        features, entries = self._read(tokens[:, : int(lengths.max())])
        cache = features.new_zeros(*entries.shape[:4], self.max_length, entries.shape[-1])
        cache[..., : entries.shape[4], :] = entries
        return ends(features, lengths), (cache, lengths.clone())

    def advance(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """One query against the cache."""
        cache, lengths = state
        self._check(int(lengths.max()) + 1)
        rows = torch.arange(len(tokens), device=tokens.device)
        seen = torch.arange(self.max_length, device=tokens.device) <= lengths[:, None]  # [B, L]
        x = (self.embedding(tokens) + self.positions(lengths))[:, None]  # [B, 1, W]
        for index, block in enumerate(cast("list[Block]", self.blocks)):
            query, key, value = block.project(x)  # each [B, heads, 1, W / heads]
            cache[rows, index, 0, :, lengths] = key[:, :, 0]
            cache[rows, index, 1, :, lengths] = value[:, :, 0]
            keys, values = cache[:, index, 0], cache[:, index, 1]
            x = block.mix(x, query, keys, values, mask=seen[:, None, None])
        return self.norm(x)[:, 0], (cache, lengths + 1)

    def _read(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Features, and keys and values float[B, layers, 2, heads, L, width / heads]."""
        self._check(tokens.shape[1])
        x = self.embedding(tokens) + self.positions.weight[: tokens.shape[1]]
        entries = []
        for block in cast("list[Block]", self.blocks):
            query, key, value = block.project(x)
            x = block.mix(x, query, key, value)
            entries.append(torch.stack([key, value], 1))
        return self.norm(x), torch.stack(entries, 1)

    def _check(self, length: int) -> None:
        if length > self.max_length:
            raise TooLong(
                f"This transformer reads {self.max_length} tokens; got {length}. Build it for an "
                "environment whose prompts and texts are that long."
            )


class Block(nn.Module):
    """Attention, then a two-layer network, each behind a norm and beside a shortcut."""

    def __init__(self, width: int, heads: int) -> None:
        """``heads`` must divide ``width``."""
        super().__init__()
        self.heads = heads
        self.norm, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def project(self, x: Tensor) -> tuple[Tensor, ...]:
        """Queries, keys and values of float[B, L, W], each float[B, heads, L, W / heads]."""
        split = self.qkv(self.norm(x)).unflatten(-1, (3, self.heads, -1))
        return tuple(split.permute(2, 0, 3, 1, 4))

    def mix(
        self, x: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """The block's output; causal unless a ``mask`` says what each query may see."""
        seen = scaled_dot_product_attention(query, key, value, mask, is_causal=mask is None)
        x = x + self.out(seen.transpose(1, 2).flatten(2))
        result: Tensor = x + self.mlp(self.norm2(x))
        return result
