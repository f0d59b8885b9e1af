"""Prompts and the tokens that follow them, as tensors a policy can read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from textgym.episode import Episodes

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Finished texts.

    Attributes:
        prompts: long[N, P], each from column 0 on, then anything.
        prompt_lengths: long[N].
        tokens: long[N, T], generated tokens, the end token among them.
        lengths: long[N], how many of them count.
    """

    prompts: Tensor
    prompt_lengths: Tensor
    tokens: Tensor
    lengths: Tensor

    def sequences(self) -> Tensor:
        """Prompt and tokens in a row, long[N, P + T], then zeros."""
        (rows, width), steps = self.prompts.shape, self.tokens.shape[1]
        sequence = self.prompts.new_zeros(rows, width + steps)
        sequence[:, :width] = self.prompts
        return sequence.scatter_(1, self.columns(), self.tokens)

    def columns(self) -> Tensor:
        """Where in ``sequences`` each token stands, long[N, T]."""
        steps = torch.arange(self.tokens.shape[1], device=self.tokens.device)
        return self.prompt_lengths[:, None] + steps

    def mask(self) -> Tensor:
        """bool[N, T], the tokens that count."""
        steps = torch.arange(self.tokens.shape[1], device=self.tokens.device)
        return steps < self.lengths[:, None]


class Prompts:
    """The prompts of a task as right-padded rows."""

    def __init__(self, episodes: Episodes) -> None:
        """Reads them once."""
        self.lengths = np.array([len(prompt) for prompt in episodes.prompts])
        self.tokens = np.zeros((len(self.lengths), int(self.lengths.max())), np.int64)
        for row, prompt in zip(self.tokens, episodes.prompts, strict=True):
            row[: len(prompt)] = prompt

    def with_texts(self, example_ids: Tokens, tokens: Tokens, lengths: Tokens) -> Batch:
        """The batch of texts, int64[N, T] of int64[N] lengths, that answer these examples."""
        steps = int(lengths.max()) if len(lengths) else 0
        widths = self.lengths[example_ids]
        prompts = self.tokens[example_ids, : widths.max(initial=1)]
        parts = (prompts, widths, np.where(tokens < 0, 0, tokens)[:, :steps], lengths)
        return Batch(*map(torch.from_numpy, map(np.ascontiguousarray, parts)))
