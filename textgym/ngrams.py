"""Counting the n-grams that many texts, as token ids, share with their references.

The n-grams of all references are paths in a forest: one root per example, one edge per word. All
edges are in one hash table, ``(node, word) -> node``, so that a text is matched by a few array
look-ups whatever the size of the task and of the vocabulary. With numba installed (extra ``fast``)
a compiled loop does it, else whole-array NumPy; the results are equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from textgym.compiled import EMPTY, UNKNOWN, compiled_loop, home

Ints = npt.NDArray[np.int64]
FAR = 1 << 40  # longer than any reference


class NGramForest:
    """The n-grams of the references of every example of a task, and what the tokens expand to."""

    def __init__(
        self,
        references: Sequence[Sequence[Sequence[str]]],
        expansions: Iterable[Sequence[str]],
        order: int,
    ) -> None:
        """Builds the forest.

        Args:
            references: The words of each reference of each example.
            expansions: The words that each token id stands for.
            order: The longest n-gram.
        """
        self.order = order
        words = dict.fromkeys(chain.from_iterable(chain.from_iterable(references)))
        ids = {word: i for i, word in enumerate(words, start=UNKNOWN + 1)}
        self._base = len(ids) + 1
        self._expand(expansions, ids)
        # limits[node]: how often the n-gram that ends there may match at most.
        edges, limits = _grow(references, ids, self._base, order)
        self._limits = np.array(limits, np.int32)
        self._seen = np.zeros_like(self._limits)
        self._table = _hash_table(edges)
        widest = max(map(len, references), default=1)
        self._sizes = np.full((len(references), widest), FAR, np.int64)
        for row, texts in zip(self._sizes, references, strict=True):
            row[: len(texts)] = sorted(map(len, texts))

    def count(self, tokens: Ints, lengths: Ints, example_ids: Ints) -> tuple[Ints, Ints]:
        """The matches and the number of words of M texts.

        Args:
            tokens: int64[M, L], text i in columns 0 .. lengths[i] - 1.
            lengths: int64[M].
            example_ids: int64[M], whose references each text is matched with.

        Returns:
            matches int64[M, order], each n-gram at most as often as in a reference; sizes
            int64[M], in words.
        """
        counter = self.count_compiled if compiled_loop() else self.count_arrays
        return counter(tokens, lengths, example_ids)

    def nearest_sizes(self, sizes: Ints, example_ids: Ints) -> Ints:
        """The length of the reference nearest in length, the shorter of two, int64[M]."""
        candidates = self._sizes[example_ids]  # [M, R], ascending
        nearest = np.abs(candidates - sizes[:, None]).argmin(axis=1)
        chosen: Ints = candidates[np.arange(len(sizes)), nearest]
        return chosen

    def count_compiled(self, tokens: Ints, lengths: Ints, example_ids: Ints) -> tuple[Ints, Ints]:
        """``count`` by numba."""
        loop = compiled_loop()
        assert loop is not None, 'numba is not installed: pip install "textgym[fast]"'
        matches = np.zeros((len(tokens), self.order), np.int64)
        sizes = np.zeros(len(tokens), np.int64)
        loop(
            *(np.ascontiguousarray(a, np.int64) for a in (tokens, lengths, example_ids)),
            *(self._starts, self._words, self._widest, self._base),
            *(self._table, self._limits, self._seen),
            *(matches, sizes),
        )
        return matches, sizes

    def count_arrays(self, tokens: Ints, lengths: Ints, example_ids: Ints) -> tuple[Ints, Ints]:
        """``count`` by NumPy."""
        words, rows, sizes = self._flat_words(tokens, lengths)
        ends = np.cumsum(sizes)[rows]  # where the row of each word ends
        matches = np.zeros((len(tokens), self.order), np.int64)
        at, nodes = np.arange(len(words)), example_ids[rows]
        for n in range(self.order):  # at[k] is where an n-gram that has led to nodes[k] starts
            at, nodes = at[at + n < ends[at]], nodes[at + n < ends[at]]
            nodes = self._follow(nodes, words[at + n])
            at, nodes = at[nodes != EMPTY], nodes[nodes != EMPTY]
            matches[:, n] = self._clipped(rows[at], nodes, len(tokens))
        return matches, sizes

    def _expand(self, expansions: Iterable[Sequence[str]], ids: dict[str, int]) -> None:
        """Token t stands for the word ids ``words[starts[t]:starts[t + 1]]``."""
        expanded = [[ids.get(word, UNKNOWN) for word in words] for words in expansions]
        widths = np.array([len(words) for words in expanded], np.int64)
        self._widest = int(widths.max())
        self._starts = np.concatenate([[0], np.cumsum(widths)]).astype(np.int32)
        self._words = np.array(list(chain.from_iterable(expanded)), np.int32)

    def _flat_words(self, tokens: Ints, lengths: Ints) -> tuple[Ints, Ints, Ints]:
        """The words of all texts end to end [T], the row of each [T], and how many a row has."""
        written = np.arange(tokens.shape[1]) < lengths[:, None]  # [M, L]
        flat = tokens[written]
        starts = self._starts[flat]
        widths = self._starts[flat + 1] - starts
        rows = np.repeat(np.arange(len(tokens)), lengths)
        within = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
        words = self._words[np.repeat(starts, widths) + within]
        rows = np.repeat(rows, widths)
        return words.astype(np.int64), rows, np.bincount(rows, minlength=len(tokens))

    def _follow(self, nodes: Ints, words: Ints) -> Ints:
        """The node that each edge (node, word) leads to, or EMPTY."""
        found = np.full(len(nodes), EMPTY, np.int64)
        open_ = np.flatnonzero(words != UNKNOWN)
        keys = nodes[open_] * self._base + words[open_]
        mask = len(self._table) - 1
        slots = home(keys, mask)
        while len(open_):
            held, children = self._table[slots].T
            hit = held == keys
            found[open_[hit]] = children[hit]
            on = ~hit & (held != EMPTY)
            open_, keys, slots = open_[on], keys[on], (slots[on] + 1) & mask
        return found

    def _clipped(self, rows: Ints, nodes: Ints, count: int) -> Ints:
        """How many nodes each row visits, each at most as often as its limit."""
        pairs, times = np.unique(rows * len(self._limits) + nodes, return_counts=True)
        times = np.minimum(times, self._limits[pairs % len(self._limits)])
        summed = np.bincount(pairs // len(self._limits), times, minlength=count)
        return summed.astype(np.int64)


def _grow(
    references: Sequence[Sequence[Sequence[str]]], ids: dict[str, int], base: int, order: int
) -> tuple[dict[int, int], list[int]]:
    """The edges ``node * base + word -> node`` and the limit of every node."""
    edges: dict[int, int] = {}
    limits = [0] * len(references)  # the roots
    for root, texts in enumerate(references):
        for text in texts:
            words = [ids[word] for word in text]
            visited: Counter[int] = Counter()
            for start in range(len(words)):
                node = root
                for word in words[start : start + order]:
                    node = edges.setdefault(node * base + word, len(limits))
                    if node == len(limits):
                        limits.append(0)
                    visited[node] += 1
            for node, times in visited.items():
                limits[node] = max(limits[node], times)
    return edges, limits


def _hash_table(edges: dict[int, int]) -> Ints:
    """Rows of key and value, int64[2**k, 2], at most half full; open addressing."""
    mask = (1 << (2 * len(edges)).bit_length()) - 1
    table = np.full((mask + 1, 2), EMPTY, np.int64)
    new = np.array(list(edges.items()), np.int64).reshape(-1, 2)
    slots = home(new[:, 0], mask)
    while len(new):
        free = table[slots, 0] == EMPTY
        table[slots[free]] = new[free]  # of several that want one slot the last gets it
        waiting = table[slots, 0] != new[:, 0]
        new, slots = new[waiting], (slots[waiting] + 1) & mask
    return table
