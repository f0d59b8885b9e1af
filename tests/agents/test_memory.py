from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.training.memory import Memory
from textgym.env import TextGenEnv

EPISODES = TextGenEnv("proverbs", max_new_tokens=6, min_new_tokens=1).episodes
SIZE = len(EPISODES.vocab)
texts = st.lists(st.integers(2, SIZE - 1), min_size=1, max_size=6)


def row(text):
    return np.array([text + [0] * (6 - len(text))])


@given(st.lists(st.tuples(texts, st.floats(0.01, 1)), max_size=20))
def test_the_best_distinct_texts_are_kept_in_order(pairs):
    memory = Memory(EPISODES, 4)
    best: dict[tuple, float] = {}
    for text, score in pairs:
        score = best.setdefault(tuple(text), score)  # a text has one score
        memory.add(np.array([3]), row(text), np.array([score]))
    kept = sorted(best.values(), reverse=True)[:4]
    np.testing.assert_allclose(memory.scores[3, : len(kept)], kept)
    assert (memory.scores[3, len(kept) :] == -1).all()
    assert (memory.scores[4] == -1).all()


def test_what_follows_the_end_of_a_text_is_not_part_of_it():
    memory = Memory(EPISODES, 4)
    memory.add(np.array([0, 0]), np.array([[5, 0, 7, 7, 7, 7], [5, 0, 0, 9, 9, 9]]), np.ones(2))
    assert (memory.scores[0] > 0).sum() == 1
    ids, tokens, lengths = memory.sample(np.array([0, 1]), np.random.default_rng(0))
    assert ids.tolist() == [0]
    assert tokens[0, : lengths[0]].tolist() == [5, 0]


@given(texts, st.integers(0, 10_000))
def test_variations_are_legal_texts_one_edit_away(text, seed):
    memory = Memory(EPISODES, 4)
    memory.add(np.array([0]), row(text), np.array([0.5]))
    varied = memory.variations(np.zeros(50, int), np.random.default_rng(seed))
    for tokens in varied:
        ended = np.flatnonzero(tokens == 0)
        length = ended[0] if len(ended) else 6
        assert 1 <= length <= 6
        assert EPISODES.legal[tokens[:length]].all()
        assert (tokens[length:] == 0).all()
        assert one_edit(text, tokens[:length].tolist())


def one_edit(old, new):
    """Whether ``new`` is ``old`` with a word put in, replaced, a span cut, or two spans swapped."""
    n = range(len(old) + 1)
    cut_or_swapped = [
        changed
        for a, b, c in product(n, n, n)
        if a <= b <= c
        for changed in (old[:a] + old[b:c] + old[a:b] + old[c:], old[:a] + old[b:])
    ]
    put_or_replaced = [
        (old[:a] + [word] + old[b:])[:6] for a in n for b in (a, a + 1) for word in new
    ]
    return new in cut_or_swapped + put_or_replaced


def test_every_kind_of_edit_can_reach_its_neighbours():
    """From any text each put-in, replacement, cut and swap of spans comes up."""
    memory = Memory(EPISODES, 2)
    memory.add(np.array([0]), row([5, 6, 7]), np.array([0.5]))
    varied = memory.variations(np.zeros(20_000, int), np.random.default_rng(0))
    seen = {tuple(t[t != 0]) for t in varied}
    for wanted in (
        [6, 7],
        [5, 7],
        [5, 6],
        [6, 5, 7],
        [7, 5, 6],
        [6, 7, 5],
        [5, 5, 7],
        [7, 5, 6, 7],
    ):
        assert tuple(wanted) in seen, wanted


def test_examples_without_a_text_get_random_ones():
    varied = Memory(EPISODES, 4).variations(np.zeros(200, int), np.random.default_rng(0))
    assert len(np.unique(varied)) > 100


def test_a_vocabulary_without_an_end_is_refused():
    env = TextGenEnv("proverbs")
    env.episodes.eos_id = -1
    with pytest.raises(ValueError, match="memory=0"):
        Memory(env.episodes, 4)
