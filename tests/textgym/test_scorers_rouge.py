"""ROUGE against rouge-score, and on scripts that rouge-score does not know."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from textgym.errors import ScorerError, UnknownName
from textgym.scorers import ROUGE
from textgym.types import Example

LINE = "the cat cats running ran relational don't 3.5 x x y y U.S. foo_bar Über İ K"
WORDS = LINE.split()
texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from(WORDS), max_size=70).map(" ".join),  # longer than a machine word
)


@pytest.mark.parametrize("stemmed", [False, True])
@pytest.mark.parametrize("variant", ["1", "2", "3", "L"])
def test_rouge_equals_rouge_score_on_any_text(variant, stemmed):
    kind = f"rouge{variant}"
    scorer, metric = ROUGE(variant, use_stemmer=stemmed), RougeScorer([kind], use_stemmer=stemmed)

    @settings(max_examples=120, deadline=None)
    @given(text=texts, refs=st.lists(texts, min_size=1, max_size=3).map(tuple))
    def check(text, refs):
        assume(any(map(scorer.words, refs)))
        got = scorer([text], [Example("", refs)])[0]
        assert got == pytest.approx(metric.score_multi(refs, text)[kind].fmeasure, abs=1e-9)

    check()


def test_the_best_reference_counts():
    example = Example("", ("nothing alike", "the cat sat"))
    assert ROUGE()(["the cat sat", "", "the"], [example] * 3).tolist() == [1.0, 0.0, 0.5]


@pytest.mark.parametrize("reference", ["猫坐在垫子上", "кот", "!?", ""])
def test_a_reference_of_which_the_tokenizer_leaves_nothing_is_an_error(reference):
    example = Example("", (reference,))
    with pytest.raises(ScorerError, match="unicode"):
        ROUGE()(["the cat"], [example])
    with pytest.raises(ScorerError, match="unicode"):
        ROUGE().check(example)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("猫坐", ["猫", "坐"]),
        ("Кот на МАТЕ", ["кот", "на", "мате"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("GPT-4 は、猫だ", ["gpt", "4", "は", "猫", "だ"]),
        ("naïve cafe\u0301", ["naïve", "cafe\u0301"]),
    ],
)
def test_the_unicode_tokenizer_knows_the_words_of_any_script(text, words):
    scorer = ROUGE("1", tokenizer="unicode")
    assert scorer.words(text) == words
    assert scorer([text], [Example("", (text,))])[0] == 1.0


def test_spellings_of_a_variant_are_one_scorer():
    assert ROUGE("rougeL") == ROUGE("L") == ROUGE()
    assert ROUGE(2) == ROUGE("rouge2")
    assert ROUGE(2).name == "rouge2"


@pytest.mark.parametrize("wrong", [{"variant": "W"}, {"variant": 0}, {"tokenizer": "nltk"}])
def test_unknown_settings_list_the_valid_ones(wrong):
    with pytest.raises(UnknownName, match="Valid"):
        ROUGE(**wrong)
