"""The best texts found so far for each example, and variations of them to explore.

Policy gradients stop exploring once the policy is sure of itself, long before it is right. So what
paid is remembered (Go-Explore's archive: Ecoffet et al. 2021, arXiv 2004.12919; for programs as
texts: Abolafia et al. 2018, arXiv 1801.03526), explored around, and imitated (self-imitation
learning: Oh et al. 2018, arXiv 1806.05635). Variations are played in the environment like any
other text and count as its timesteps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from textgym.episode import Episodes

Tokens = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
# A text is chosen as the r-th best of its example with a probability that falls as these ** r:
# exploring needs variety, while imitating the second best too often keeps the policy unsure.
VARIED, IMITATED = 0.5, 0.2


class Memory:
    """Up to ``size`` distinct texts for each example, best first.

    Attributes:
        tokens: int64[E, size, T], with the end token where there was room, then zeros.
        lengths: int64[E, size], the tokens before the end token.
        scores: float64[E, size], -1 where there is no text yet.
    """

    def __init__(self, episodes: Episodes, size: int) -> None:
        """Remembers nothing yet.

        Raises:
            ValueError: The vocabulary has no end token.
        """
        if episodes.eos_id < 0:
            raise ValueError("A memory needs an end token in the vocabulary; pass memory=0.")
        self.eos_id, self.shortest = episodes.eos_id, max(1, episodes.min_new_tokens)
        self.words = np.setdiff1d(np.flatnonzero(episodes.legal), [self.eos_id])
        shape = (episodes.size, size, episodes.max_new_tokens)
        self.tokens = np.zeros(shape, np.int64)
        self.lengths = np.zeros(shape[:2], np.int64)
        self.scores = np.full(shape[:2], -1.0)

    def add(self, example_ids: Tokens, tokens: Tokens, scores: Scores) -> None:
        """Keeps those of these texts, int64[N, T], that are new and good enough."""
        better = (scores > self.scores[example_ids, -1]) & (scores > 0)
        for row in np.flatnonzero(better)[np.argsort(-scores[better], kind="stable")]:
            example, score = example_ids[row], scores[row]
            if score <= self.scores[example, -1]:
                continue  # others of this batch were better
            text, length = self._with_end(tokens[row])
            if not (self.tokens[example] == text).all(axis=1).any():
                self._insert(example, text, length, score)

    def variations(self, example_ids: Tokens, rng: np.random.Generator) -> Tokens:
        """For each example a changed copy of a text of its own, int64[N, T] ending in EOS.

        One word is put in, replaced or cut out (with those beside it), or two neighbouring spans
        change places. New words come from another remembered text of the example or from the
        whole vocabulary. Examples without a text get random words.
        """
        ids, count, width = example_ids, len(example_ids), self.tokens.shape[2]
        slot = self._choose(ids, VARIED, rng)
        lengths = self.lengths[ids, slot]
        donors = self._choose(ids, VARIED, rng)
        place = rng.integers(0, np.maximum(self.lengths[ids, donors], 1))
        borrowed = self.tokens[ids, donors, place]
        random = rng.choice(self.words, size=(count, width))
        legal = (rng.random(count) < 0.5) & (self.lengths[ids, donors] > 0)
        word = np.where(legal, borrowed, random[:, 0])
        source, new_lengths = _edit(lengths, width, rng)  # [N, T]; index T is the new word
        padded = np.concatenate([self.tokens[ids, slot], word[:, None]], axis=1)
        texts = np.take_along_axis(padded, source, axis=1)
        empty = self.scores[ids, 0] < 0
        texts[empty], new_lengths[empty] = random[empty], width
        short = new_lengths < self.shortest
        texts[short], new_lengths[short] = self.tokens[ids, slot][short], lengths[short]
        columns = np.arange(width)
        texts[columns == new_lengths[:, None]] = self.eos_id
        texts[columns > new_lengths[:, None]] = 0
        return texts

    def sample(self, example_ids: Tokens, rng: np.random.Generator) -> tuple[Tokens, ...]:
        """For each example that has one a good text: example ids, texts, lengths with EOS."""
        ids = example_ids[self.scores[example_ids, 0] > 0]
        slot = self._choose(ids, IMITATED, rng)
        lengths = np.minimum(self.lengths[ids, slot] + 1, self.tokens.shape[2])
        return ids, self.tokens[ids, slot], lengths

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What a checkpoint must hold."""
        return {"tokens": self.tokens, "lengths": self.lengths, "scores": self.scores}

    def restore(self, arrays: Mapping[str, Any]) -> None:
        """Takes back what ``arrays`` gave, as arrays or tensors."""
        for name, value in arrays.items():
            getattr(self, name)[:] = np.asarray(value)

    def _choose(self, ids: Tokens, favour: float, rng: np.random.Generator) -> Tokens:
        filled = np.maximum((self.scores[ids] > 0).sum(axis=1), 1)
        rank: Tokens = np.minimum(rng.geometric(1 - favour, len(ids)) - 1, filled - 1)
        return rank

    def _with_end(self, tokens: Tokens) -> tuple[Tokens, int]:
        """The text without what follows its end, and its length."""
        ended = np.flatnonzero(tokens == self.eos_id)
        length = int(ended[0]) if len(ended) else len(tokens)
        text = np.zeros(self.tokens.shape[2], np.int64)
        text[:length] = tokens[:length]
        text[length : length + 1] = self.eos_id
        return text, length

    def _insert(self, example: int, text: Tokens, length: int, score: float) -> None:
        place = int(np.searchsorted(-self.scores[example], -score, side="right"))
        for column, value in ((self.tokens, text), (self.lengths, length), (self.scores, score)):
            column[example, place + 1 :] = column[example, place:-1].copy()
            column[example, place] = value


def _edit(lengths: Tokens, width: int, rng: np.random.Generator) -> tuple[Tokens, Tokens]:
    """Where each token of a changed text comes from, int64[N, width], and the new lengths.

    An index below ``width`` is a place in the old text; ``width`` is the new word.
    """
    count = len(lengths)
    kind = rng.integers(4, size=count)[:, None]
    cuts = np.sort(rng.integers(0, lengths[:, None] + 1, size=(count, 3)), axis=1)
    first, middle, last = cuts[:, :1], cuts[:, 1:2], cuts[:, 2:]
    at = np.broadcast_to(np.arange(width), (count, width))
    put = np.where(at < first, at, np.where(at == first, width, at - 1))
    replace = np.where(at == first, width, at)
    cut = np.where(at < first, at, at + middle - first)
    swapped = np.where(at < first + last - middle, at + middle - first, at - last + middle)
    swap = np.where((at < first) | (at >= last), at, swapped)
    source = np.choose(kind, [put, replace, cut, swap])
    grown = np.stack([lengths + 1, lengths, lengths - (middle - first)[:, 0], lengths])
    new_lengths = np.minimum(grown[kind[:, 0], np.arange(count)], width)
    return np.minimum(source, width), new_lengths
