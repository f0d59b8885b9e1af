"""The tokens of many episodes side by side, as arrays that a step changes in O(num_envs)."""

from __future__ import annotations

import numpy as np
from gymnasium.utils.seeding import np_random

from textgym.episode import Episodes, Tokens
from textgym.examples import ExampleStream


class Rows:
    """What each row of a vector environment is writing.

    Attributes:
        example_ids: int64[N], the examples being played.
        lengths: int64[N], how many tokens each row has generated.
        seeds: What the sequence of examples of each row was seeded with, -1 before.
    """

    def __init__(self, num_envs: int, episodes: Episodes) -> None:
        """Holds no episode yet."""
        self._prompts = episodes.padded_prompts()  # [len(task), C]
        self.example_ids = np.zeros(num_envs, np.int64)
        self.lengths = np.zeros(num_envs, np.int64)
        # The windows of all rows end at one moving column, so that appending a token to every
        # row writes a single column; at the right edge they move back to the left.
        self._context = self._column = episodes.context_length
        self._history = np.zeros((num_envs, 2 * self._context + 1), np.int64)
        # The tokens appended to all rows at clock t are at t modulo the height, [M + 1, N + 8]; the
        # text of a row is what was appended since it began. The 8 keep the width from being a
        # power of 2, with which all tokens of a row would share one set of the cache.
        self._written = np.zeros((episodes.max_new_tokens + 1, num_envs + 8), np.int64)
        self._clock = 0
        self._streams: list[ExampleStream | None] = [None] * num_envs
        self.seeds = [-1] * num_envs
        self._drawn = np.zeros((num_envs, ExampleStream.BLOCK), np.int64)
        self._taken = np.full(num_envs, ExampleStream.BLOCK)

    def seed(self, row: int, seed: int | None) -> None:
        """Restarts the row's sequence of examples; None keeps the one it has, if any."""
        if seed is not None or self._streams[row] is None:
            generator, self.seeds[row] = np_random(seed)
            self._streams[row] = ExampleStream(generator, len(self._prompts))
            self._taken[row] = ExampleStream.BLOCK

    def begin(self, rows: Tokens, example_ids: Tokens | None = None) -> None:
        """Shows the prompts of ``example_ids``, or of the next examples, in ``rows``."""
        ids = self._next_examples(rows) if example_ids is None else example_ids
        self.example_ids[rows] = ids
        self.lengths[rows] = 0
        window = slice(self._column - self._context, self._column)
        self._history[rows, window] = self._prompts.take(ids, axis=0)

    def write(self, tokens: Tokens) -> None:
        """Puts ``tokens``, int64[N], behind what is generated, without counting them yet."""
        self._written[self._clock % len(self._written), : len(tokens)] = tokens

    def append(self, tokens: Tokens) -> None:
        """Counts the ``tokens`` just written and moves the windows on by one."""
        self.lengths += 1
        self._clock += 1
        if self._column == self._history.shape[1]:
            self._history[:, : self._context] = self._history[:, -self._context :]
            self._column = self._context
        self._history[:, self._column] = tokens
        self._column += 1

    def windows(self) -> Tokens:
        """The newest tokens of every row, a copy, int64[N, C]."""
        return self._history[:, self._column - self._context : self._column].copy()

    def generated(self, rows: Tokens, length: int) -> Tokens:
        """The first ``length`` generated tokens of ``rows``, int64[len(rows), length]."""
        height, width = self._written.shape
        firsts = (self._clock - self.lengths[rows]) % height * width + rows
        at = firsts[:, None] + np.arange(length) * width  # [len(rows), length]
        return self._written.take(at, mode="wrap")

    def _next_examples(self, rows: Tokens) -> Tokens:
        for row in rows[self._taken[rows] == ExampleStream.BLOCK]:
            stream = self._streams[row]
            assert stream is not None, f"row {row} was not seeded"
            self._drawn[row], self._taken[row] = stream.block(), 0
        ids: Tokens = self._drawn[rows, self._taken[rows]]
        self._taken[rows] += 1
        return ids
