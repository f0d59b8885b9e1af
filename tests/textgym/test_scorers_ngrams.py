"""The n-gram forest against counting with dictionaries, by numba and by NumPy."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textgym import compiled
from textgym.ngrams import NGramForest, home
from textgym.scorers.bleu import count_matches, count_references

WORDS = ["a", "b", "c", "d"]
lines = st.lists(st.sampled_from(WORDS), max_size=9)
# What each token stands for; the last word is in no reference.
EXPANSIONS = [(), ("a",), ("b",), ("c",), ("d",), ("a", "b"), ("<", "unk", ">"), ("d",) * 3]


def engines(forest):
    numba = [] if compiled.compiled_loop() is None else [forest.count_compiled]
    return [forest.count_arrays, *numba]


@settings(max_examples=60, deadline=None)
@given(
    references=st.lists(st.lists(lines, min_size=1, max_size=3), min_size=1, max_size=4),
    rows=st.lists(
        st.tuples(st.integers(0, 99), st.lists(st.integers(0, 7), max_size=8)), max_size=9
    ),
    order=st.integers(1, 5),
)
def test_the_forest_counts_what_dictionaries_count(references, rows, order):
    forest = NGramForest(references, EXPANSIONS, order)
    lengths = np.array([len(row) for _, row in rows], np.int64)
    tokens = np.full((len(rows), 8), 10**6)
    ids = np.array([example % len(references) for example, _ in rows], np.int64)
    for line, (_, row) in zip(tokens, rows, strict=True):
        line[: len(row)] = row
    texts = [[word for token in row for word in EXPANSIONS[token]] for _, row in rows]
    counted = [
        count_references(tuple(map(" ".join, references[i])), "13a", False, order) for i in ids
    ]
    expected = [
        count_matches(text, limits) for text, (limits, _) in zip(texts, counted, strict=True)
    ]
    for engine in engines(forest):
        matches, sizes = engine(tokens, lengths, ids)
        assert matches.tolist() == expected
        assert sizes.tolist() == [len(text) for text in texts]
    nearest = [
        min(sizes, key=lambda n: (abs(n - len(text)), n))
        for text, (_, sizes) in zip(texts, counted, strict=True)
    ]
    assert forest.nearest_sizes(np.array([len(t) for t in texts], int), ids).tolist() == nearest


def test_words_that_fall_on_one_slot_of_the_table_are_told_apart():
    names = [f"w{i}" for i in range(4000)]
    forest = NGramForest([[names]], [(name,) for name in [*names, "other"]], 2)
    taken = home(forest._table[:, 0], len(forest._table) - 1)[forest._table[:, 0] >= 0]
    assert len(np.unique(taken)) < len(taken)  # there are collisions
    for engine in engines(forest):
        matches, _ = engine(np.arange(4001)[None], np.array([4001]), np.array([0]))
        assert matches.tolist() == [[4000, 3999]]


def test_numpy_takes_over_without_numba(monkeypatch):
    monkeypatch.setattr("textgym.ngrams.compiled_loop", lambda: None)
    forest = NGramForest([[["a", "b"]]], [("a",), ("b",)], 2)
    matches, _ = forest.count(np.array([[0, 1]]), np.array([2]), np.array([0]))
    assert matches.tolist() == [[2, 1]]


def test_without_numba_there_is_no_compiled_loop(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    assert compiled.compiled_loop.__wrapped__() is None


def test_where_nothing_can_be_kept_the_loop_is_compiled_anew(monkeypatch):
    numba = pytest.importorskip("numba")

    def njit(*args, cache=False):
        if cache:
            raise RuntimeError("cannot cache function")
        return args[0]

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled.compiled_loop.__wrapped__() is compiled._loop
