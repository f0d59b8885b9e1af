"""What every registered scorer must do, and what the small ones do."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import textgym
from textgym.scorers import Length, Repetition, registry
from textgym.testing import check_scorer
from textgym.types import Example

NAMES = registry.names()
EXAMPLES = [
    Example("A stitch", ("in time saves nine.",)),
    Example("", ("one", "two words, or three", "")),
    Example("\U0001f600 ??", ("naïve café, 3.5 <unk>",)),
]
texts = st.lists(st.text(max_size=40), min_size=3, max_size=3)


def test_the_scorers_that_are_promised_are_registered():
    assert {"bleu", "rouge", "chrf", "length", "repetition"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_scorer_conforms(name):
    check_scorer(textgym.scorer(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_scores_like_its_texts_one_by_one_in_any_order(name):
    scorer = textgym.scorer(name)

    @settings(max_examples=30, deadline=None)
    @given(texts=texts)
    def check(texts):
        scores = scorer(texts, EXAMPLES)
        assert scores.dtype == np.float64
        assert ((scores >= 0) & (scores <= 1)).all()
        single = [scorer([t], [e])[0] for t, e in zip(texts, EXAMPLES, strict=True)]
        np.testing.assert_array_equal(scores, single)
        np.testing.assert_array_equal(scores[::-1], scorer(texts[::-1], EXAMPLES[::-1]))

    check()


@pytest.mark.parametrize("name", NAMES)
def test_copies_are_equal_and_score_equally(name):
    scorer = textgym.scorer(name)
    for again in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert again == scorer
        assert repr(again) == repr(scorer)
        np.testing.assert_array_equal(again(["a b"] * 3, EXAMPLES), scorer(["a b"] * 3, EXAMPLES))


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_no_texts_have_the_names_of_real_ones(name):
    scorer = textgym.scorer(name)
    total, parts = scorer.evaluate([], [])
    assert total.shape == (0,)
    assert list(parts) == list(scorer.evaluate(["a"], EXAMPLES[:1])[1])


@pytest.mark.parametrize(
    ("text", "score"),
    [("", 0.0), ("a b", 0.5), ("a b c d", 1.0), (" a\nb\tc d e ", 0.75), ("a " * 99, 0.0)],
)
def test_length_falls_from_the_target_in_a_straight_line(text, score):
    assert Length(4)([text], [Example("")])[0] == score


def test_length_counts_characters_where_asked():
    assert Length(4, unit="characters")(["é!"], [Example("")])[0] == 0.5


@pytest.mark.parametrize("wrong", [{"target": 0}, {"target": 2.5}, {"target": True}, {"unit": "x"}])
def test_length_refuses_settings_without_sense(wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        Length(**wrong)


@pytest.mark.parametrize(
    ("text", "score"),
    [("a b c d", 1.0), ("a b a b a", 0.5), ("The the the", 0.5), ("word", 0.0), ("", 0.0)],
)
def test_repetition_is_the_share_of_distinct_bigrams(text, score):
    assert Repetition(2)([text], [Example("")])[0] == score


def test_repetition_refuses_an_order_below_one():
    with pytest.raises(ValueError, match="n=0"):
        Repetition(0)


@pytest.mark.parametrize("hack", ["", "time", "nine " * 12, "A stitch", "in in in in"])
@pytest.mark.parametrize("reward", ["bleu", "rouge", "chrf", "bleu + 0.3*length(4)"])
def test_degenerate_texts_score_below_an_honest_one(reward, hack):
    scorer = textgym.scorer(reward)
    honest, hacked = scorer(["in time saves ten.", hack], EXAMPLES[:1] * 2)
    assert hacked < honest
