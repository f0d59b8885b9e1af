"""The scorer base class and the algebra of scorers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import textgym
from textgym.errors import ScorerError, UnknownArgument, UnknownName
from textgym.scorers import BLEU, CHRF, ROUGE, Length, Repetition
from textgym.scoring import Scorer, WeightedSum, parse
from textgym.types import Example
from textgym.vocab import WordVocab

EXAMPLES = [Example("A stitch", ("in time saves nine.",)), Example("x", ("y", "y z"))]
TEXTS = ["in time saves ten.", "y"]
weights = st.floats(0.0, 100.0)
simple = st.sampled_from([BLEU(), CHRF(), ROUGE("2"), Length(3), Repetition(1)])


@dataclass(frozen=True, repr=False)
class Returns(Scorer):
    """Returns the same whatever the texts, from both paths."""

    value: Any

    def score(self, texts, examples):
        return self.value

    def token_scores(self, task):
        return self.call

    def call(self, tokens, lengths, example_ids):
        return self.value


class OneExample:
    vocab = WordVocab([" bad", " text"])

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return EXAMPLES[index]


@given(a=simple, b=simple, v=weights, w=weights)
def test_a_sum_is_the_weighted_sum_of_its_parts(a, b, v, w):
    total, parts = (v * a + b * w).evaluate(TEXTS, EXAMPLES)
    first, second = a(TEXTS, EXAMPLES), b(TEXTS, EXAMPLES)
    np.testing.assert_allclose(total, v * first + w * second, atol=1e-9)
    np.testing.assert_array_equal(list(parts.values()), [first, second])


@given(a=simple, b=simple, w=weights)
def test_brackets_and_order_of_weights_do_not_matter(a, b, w):
    assert w * (a + b) == w * a + w * b == (a + b) * w
    assert sum([a, b]) == a + b
    assert (a + b) + a == a + (b + a)


@given(a=simple, b=simple, v=st.floats(0.1, 100.0), w=weights)
def test_a_normalised_sum_lies_in_the_unit_interval(a, b, v, w):
    plain = v * a + w * b
    scores = plain.normalised()(TEXTS, EXAMPLES)
    np.testing.assert_allclose(scores, plain(TEXTS, EXAMPLES) / (v + w))
    assert ((scores >= 0) & (scores <= 1)).all()
    assert plain.normalised().upper == pytest.approx(1.0)


def test_numpy_weights_work():
    assert np.float64(0.5) * BLEU() == BLEU() * np.float64(0.5) == 0.5 * BLEU()
    assert np.float32(0.5) * BLEU() == 0.5 * BLEU()
    assert np.int64(2) * BLEU() == 2 * BLEU()


@pytest.mark.parametrize(
    ("expression", "scorer"),
    [
        ("bleu", BLEU()),
        (" bleu() ", BLEU()),
        ("bleu + 0.3*length(12)", BLEU() + 0.3 * Length(12)),
        ("0.5 * (bleu + rouge('2')) + chrf*2", 0.5 * (BLEU() + ROUGE("2")) + 2 * CHRF()),
        ("bleu(tokenize='zh', lowercase=True)", BLEU(tokenize="zh", lowercase=True)),
        ("2*0.5*repetition(n=3)", 1.0 * Repetition(3)),
    ],
)
def test_a_string_is_the_scorer_it_spells(expression, scorer):
    assert parse(expression) == scorer
    assert repr(textgym.scorer(expression)) == repr(scorer)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "1", "bleu +", "bleu - length", "bleu + 1", "bleu * length", "bleu.score", "(" * 500),
        *(
            "__import__('os')",
            "length(x)",
            "length(1, 2, 3)",
            "-0.3*bleu",
            "length(0)",
            "bleu if 1",
        ),
        *("length(**{'target': 3})", "1e999*bleu"),
    ],
)
def test_what_is_no_scorer_is_refused(wrong):
    with pytest.raises((ScorerError, UnknownName)):
        parse(wrong)


def test_unknown_names_and_arguments_list_the_valid_ones():
    with pytest.raises(UnknownName, match="Did you mean 'bleu'.*rouge"):
        parse("blue + length")
    with pytest.raises(UnknownArgument, match="target"):
        parse("length(aim=3)")


def test_the_repr_is_a_signature():
    assert repr(BLEU()) == (
        "BLEU(max_ngram_order=4, smooth_method='exp', smooth_value=None, tokenize='13a', "
        f"lowercase=False, sacrebleu={version('sacrebleu')!r})"
    )
    assert f"rouge_score={version('rouge-score')!r}" in repr(ROUGE())
    plain = Length(3) + 0.25 * Repetition()
    assert repr(plain) == "Length(target=3, unit='words') + 0.25*Repetition(n=2)"
    assert repr(plain.normalised()) == f"({plain!r})/1.25"


@pytest.mark.parametrize("weight", [math.nan, math.inf, -0.3])
def test_weights_that_make_no_sense_are_refused(weight):
    with pytest.raises(ScorerError, match="Weights"):
        weight * BLEU()


def test_empty_and_all_zero_weights_are_refused():
    with pytest.raises(ScorerError, match="at least one"):
        WeightedSum(())
    with pytest.raises(ScorerError, match="all be 0"):
        (0 * BLEU() + 0 * CHRF()).normalised()


def test_a_part_of_weight_zero_is_watched_only():
    total, parts = (BLEU() + 0 * Length(5)).evaluate(TEXTS, EXAMPLES)
    np.testing.assert_array_equal(total, parts["bleu"])
    assert parts["length"].any()


@pytest.mark.parametrize("other", [1, "bleu", None, True, [1.0]])
def test_other_things_cannot_be_added_or_multiplied(other):
    with pytest.raises(TypeError):
        BLEU() + other
    with pytest.raises(TypeError):
        other + BLEU()
    if not isinstance(other, int) or isinstance(other, bool):
        with pytest.raises(TypeError):
            other * BLEU()


def test_parts_of_one_name_are_told_apart():
    parts = (BLEU() + BLEU(2) + ROUGE("1") + BLEU(lowercase=True)).evaluate([], [])[1]
    assert list(parts) == ["bleu", "bleu_2", "rouge1", "bleu_3"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1, 1.1])
def test_a_score_that_is_no_number_in_range_names_scorer_and_text(value):
    scorer = Returns((0.5, value))
    with pytest.raises(ScorerError, match=r"Returns\(value=.*'bad text'"):
        scorer(["good", "bad text"], EXAMPLES)
    with pytest.raises(ScorerError, match=r"Returns\(value=.*'bad text'"):
        (BLEU() + 0.5 * scorer)(["good", "bad text"], EXAMPLES)
    on_tokens = (Length(2) + scorer).on_tokens(OneExample())
    with pytest.raises(ScorerError, match=r"Returns\(value=.*'bad text'"):
        on_tokens(np.array([[2, 2], [2, 3]]), np.array([1, 2]), np.array([0, 0]))


@pytest.mark.parametrize(
    "value",
    [0.5, [0.5], [0.1] * 3, [[0.5], [0.5]], ["a", "b"], ["0.5", "0.5"], [None, 1], None, [1j, 0]],
)
def test_another_shape_or_type_names_the_scorer(value):
    with pytest.raises((TypeError, ValueError), match="Returns"):
        Returns(value)(["a", "b"], EXAMPLES)


@pytest.mark.parametrize(
    ("texts", "examples"), [(["a"], EXAMPLES), (["a", "b"], EXAMPLES[:1]), ("ab", EXAMPLES)]
)
def test_texts_and_examples_must_be_as_many(texts, examples):
    for scorer in (BLEU(), BLEU() + Length(1)):
        with pytest.raises(ValueError, match=r"BLEU\(.*as many texts as examples"):
            scorer(texts, examples)


def test_integers_and_booleans_are_scores():
    assert Returns([True, False])(TEXTS, EXAMPLES).tolist() == [1.0, 0.0]
    assert Returns(np.array([1, 0], np.int8))(TEXTS, EXAMPLES).dtype == np.float64


def test_rounding_past_the_ends_is_clamped():
    assert Returns([1 + 4e-16, -1e-17])(TEXTS, EXAMPLES).tolist() == [1.0, 0.0]


def test_a_scorer_s_own_exception_is_raised():
    @dataclass(frozen=True, repr=False)
    class Breaks(Scorer):
        def score(self, texts, examples):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        (BLEU() + Breaks())(TEXTS, EXAMPLES)
    assert list(Breaks().evaluate([], [])[1]) == ["breaks"]


def test_an_example_without_references_is_named():
    for scorer in (BLEU(), ROUGE(), CHRF(), Length(2) + BLEU()):
        with pytest.raises(ScorerError, match="lonely"):
            scorer(["a"], [Example("lonely")])
        with pytest.raises(ScorerError, match="lonely"):
            scorer.check(Example("lonely"))
